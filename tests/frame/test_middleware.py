"""Around each request: who asks, whether they may, and what a browser is told to allow."""

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import ResolverMatch, get_resolver, path, reverse

from lprsvc.lib.access import public
from lprsvc.middleware import PAGE_MAX_BODY, AccessMiddleware, client_address
from tests.cast import Cast, client_for

STRICT = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
)


@public("for the tests")
def _broken(_: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


def _unmarked(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


class _BrokenUrls:
    """The service's addresses, with some that fail."""

    urlpatterns = [
        path("broken/", _broken),
        path("api/broken/", _broken),
        path("unmarked/", _unmarked),
        *get_resolver().url_patterns,
    ]
    handler404 = "lprsvc.errors.page_not_found"
    handler500 = "lprsvc.errors.server_error"


def test_every_page_carries_a_strict_policy(client: Client, db: None) -> None:  # SAF-2
    response = client.get(reverse("account_login"))
    policy = response["Content-Security-Policy"]
    for directive in STRICT:
        assert directive in policy
    assert "unsafe" not in policy
    # No other place than our own, and data: for the pictures that style sheets hold.
    sources = set(re.findall(r"\s([^\s;]+)", re.sub(r"[a-z-]+-src|[a-z-]+-uri", "", policy)))
    assert sources <= {"'none'", "'self'", "data:", "frame-ancestors", "form-action"}
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 302),
        ("/static/lprsvc/css/lprsvc.css", 200),
        ("/static/no-such.css", 404),
        ("/no/such/page/", 404),
        ("/api/v1/reads/", 405),
        ("/api/v1/no-such/", 404),
        ("/healthz", 200),
        ("/broken/", 500),
        ("/api/broken/", 500),
        ("/unmarked/", 403),
    ],
)
def test_every_answer_carries_the_headers(
    client: Client, db: None, address: str, status: int
) -> None:  # SAF-2
    client.raise_request_exception = False
    with override_settings(ROOT_URLCONF=_BrokenUrls):
        response = client.get(address)
    response.close()
    assert response.status_code == status
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_a_host_that_is_not_ours_gets_the_policy_too(client: Client) -> None:  # SAF-2
    response = client.get("/healthz", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert "default-src 'none'" in response["Content-Security-Policy"]


@override_settings(SECURE_SSL_REDIRECT=True)
def test_plain_http_is_led_to_tls_but_for_the_monitoring(client: Client, db: None) -> None:
    response = client.get("/")
    assert (response.status_code, response["Location"][:8]) == (301, "https://")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert client.get("/healthz").status_code == 200


def test_pages_of_a_person_are_not_kept_anywhere(cast: Cast) -> None:  # QRY-7
    assert client_for(cast.investigator).get(reverse("home"))["Cache-Control"] == "no-store"


def request_from(remote: str, forwarded: str = "") -> HttpRequest:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = remote
    if forwarded:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    return request


def test_without_a_proxy_nobody_chooses_the_address_in_the_log() -> None:  # AUD-2
    assert client_address(request_from("192.0.2.1", "203.0.113.9")) == "192.0.2.1"


@override_settings(TRUSTED_PROXY_COUNT=1)
def test_behind_a_proxy_the_address_it_saw_counts() -> None:
    forged_then_seen = "203.0.113.9, 198.51.100.7"
    assert client_address(request_from("192.0.2.1", forged_then_seen)) == "198.51.100.7"
    assert client_address(request_from("192.0.2.1")) == "192.0.2.1"


def test_a_view_without_a_rule_opens_for_nobody(cast: Cast, rf: RequestFactory) -> None:  # SAF-1
    def unheard_of(_: HttpRequest) -> HttpResponse:
        return HttpResponse()

    request = rf.get("/")
    request.person = cast.auditor.person  # type: ignore[attr-defined]
    request.user = cast.auditor
    request.resolver_match = ResolverMatch(unheard_of, (), {}, url_name="unheard-of")
    middleware = AccessMiddleware(lambda _: HttpResponse())
    answer = middleware.process_view(request, unheard_of, (), {})
    assert answer is not None
    assert answer.status_code == 403


def test_the_service_says_whether_it_lives_and_no_more(client: Client, db: None) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("/no/such/page", "text/html"), ("/api/v1/no-such", "application/problem+json")],
)
def test_an_unknown_address_is_said_to_be_one(
    client: Client, db: None, path: str, content_type: str
) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response["Content-Type"].startswith(content_type)


def test_a_fragment_request_without_a_session_sends_the_whole_page_to_log_on(
    client: Client, db: None
) -> None:
    response = client.get(reverse("home"), headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == reverse("account_login")


@pytest.mark.parametrize("address", ["/accounts/login/", "/queries/new/"])
def test_page_takes_no_body_that_no_form_could_send(
    client: Client, db: None, address: str
) -> None:  # SAF-2
    form = "application/x-www-form-urlencoded"
    just = client.post(address, b"x" * PAGE_MAX_BODY, content_type=form)
    over = client.post(address, b"x" * (PAGE_MAX_BODY + 1), content_type=form)
    assert just.status_code != 413
    assert over.status_code == 413
    assert "10 MB at most" in over.content.decode()


def test_feeds_may_send_more_than_a_page(client: Client, db: None) -> None:
    body = b"[" + b" " * PAGE_MAX_BODY + b"]"
    response = client.post("/api/v1/reads/", body, content_type="application/json")
    assert response.status_code == 401  # for want of a key, not for its length
