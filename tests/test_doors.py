"""Every address, as every kind of person: who may enters, who may not stays out (SAF-1).

New addresses are found by themselves: an address without a rule fails here, and one with a rule is
tried as everybody. What a page shows of whose objects is tested where the page is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.admindocs.views import simplify_regex
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, path, resolve
from django.urls.resolvers import RegexPattern

from accounts.services.people import suspend_user
from audit.actors import system
from audit.kinds import Kind
from ingest.models import Source
from ingest.services.sources import create_feed_key, create_source
from lprsvc.access_rules import rule_of
from lprsvc.lib.access import AccessRule
from lprsvc.lib.permissions import Permission
from tests.audited import recorded
from tests.cast import NOW, Cast, client_for, new_client

_LOG_ON = "/accounts/login/"
# By the name of the parameter, else by its converter; of objects that do not exist.
_BY_NAME = {"role": "scene", "app_label": "accounts", "format": "openalpr", "uidb36": "1"}
_BY_CONVERTER = {
    "int": "987654321",
    "uuid": str(UUID(int=7)),
    "slug": "nothing",
    "str": "nothing",
    "path": "nothing",
}
_PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Door:
    """One address of the service, with the rule of the view behind it (None: it has none)."""

    address: str
    name: str
    rule: AccessRule | None

    def opens_for(self, permissions: frozenset[Permission]) -> bool:
        """Whether somebody logged on, with these permissions, may enter."""
        rule = self.rule
        if rule is None or rule.feed:
            return False
        return bool(rule.public or rule.any_person or rule.permissions & permissions)


def doors() -> list[Door]:
    """All addresses there are, admin and API included."""
    return [_door(route, pattern) for route, pattern in _walk(get_resolver())]


def _walk(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        route = before + _route(entry)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, route)
        else:
            yield route, entry


def _route(entry: URLPattern | URLResolver) -> str:
    pattern = entry.pattern
    if isinstance(pattern, RegexPattern):
        return simplify_regex(str(pattern)).lstrip("/")
    return str(pattern)


def _door(route: str, pattern: URLPattern) -> Door:
    address = "/" + _PARAMETER.sub(lambda found: _sample(found, route), route)
    match = resolve(address)
    assert match.func is pattern.callback, f"{address} leads elsewhere than {route}"
    return Door(address, match.view_name or "", rule_of(match, match.func))


def _sample(parameter: re.Match[str], route: str) -> str:
    name = parameter["name"]
    if name == "object_id" and route.startswith("admin/"):
        return _some_object(*route.split("/")[1:3])
    return _BY_NAME.get(name) or _BY_CONVERTER[parameter["converter"] or "str"]


def _some_object(app_label: str, model_name: str) -> str:
    """The key of any row there is, so that an admin page has something to show."""
    model = apps.get_model(app_label, model_name)
    try:
        with transaction.atomic():
            found = model._default_manager.first()
    except DatabaseError:
        found = None  # a table that not even the service may read freely
    return str(found.pk) if found else "987654321"


@pytest.fixture
def source(cast: Cast) -> Source:
    """A camera operator, so that there is a feed."""
    return create_source(
        actor=cast.vendor.person,
        code="TOLL",
        name="Toll road",
        kind="toll_road",
        state="US-DE",
        reason="tests",
        now=NOW,
    )


def _feed(cast: Cast, source: Source) -> Client:
    """Camera software with a valid key, and no person behind it."""
    issued = create_feed_key(
        actor=cast.vendor.person, source=source, label="gate", reason="tests", now=NOW
    )
    return Client(REMOTE_ADDR="10.200.0.2", headers={"Authorization": f"Token {issued.secret}"})


def _caught(cast: Cast) -> Client:
    """Somebody suspended in the middle of a session."""
    client = client_for(cast.colleague)
    suspend_user(actor=system("tests"), user=cast.colleague, reason="tests", now=NOW)
    return client


def _is_sent_to_log_on(door: Door, response: HttpResponseBase) -> bool:
    if door.address.startswith("/api/"):
        return response.status_code == 401
    return response.status_code == 302 and response["Location"].startswith(_LOG_ON)


def _both(client: Client, door: Door) -> list[HttpResponseBase]:
    return [client.get(door.address), client.post(door.address)]


# --- the rules themselves -------------------------------------------------------------------------


def test_walk_finds_pages_admin_and_api(cast: Cast) -> None:
    found = {door.name for door in doors()}
    assert {
        "home",
        "account_login",
        "account_rules",
        "query_new",
        "alert_list",
        "log",
        "admin:index",
        "admin:accounts_user_changelist",
        "admin:accounts_user_suspend",
        "api_reads",
        "mfa_index",
    } <= found


def test_every_address_has_a_rule(cast: Cast) -> None:
    assert [door.address for door in doors() if door.rule is None] == []


def test_every_rule_opens_for_somebody(cast: Cast) -> None:
    everybody = [member.person.permissions for member in cast.everybody.values()]
    shut = [
        door.address
        for door in doors()
        if not (door.rule and door.rule.feed)
        and not any(door.opens_for(permissions) for permissions in everybody)
    ]
    assert shut == []


def test_what_is_open_to_everybody_is_only_this(cast: Cast) -> None:
    # Whoever adds to this list says so here, where a reviewer sees it.
    assert {door.name for door in doors() if door.rule and door.rule.public} == {
        "access_request",
        "access_requested",
        "access_start",
        "account_login",
        "account_logout",
        "account_answer",
        "account_enroll",
        "account_forgotten",
        "account_new_password",
        "account_inactive",
        "account_rules",
        "admin:login",
        "admin:logout",
        "api_docs",
        "api_schema",
        "dev_mail",
        "dev_mail_html",
        "dev_mail_message",
        "healthz",
        "help_contact",
        "help_log_on",
        "help_sent",
        "mfa_authenticate",
        "register",
    }


def _unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("opened")


class _Urls:
    """An address whose view states nothing."""

    urlpatterns = [path("forgotten/", _unmarked), *get_resolver().url_patterns]


def test_an_address_without_a_rule_opens_for_nobody(cast: Cast) -> None:
    clients = [new_client(), *map(client_for, (cast.vendor, cast.manager, cast.investigator))]
    with override_settings(ROOT_URLCONF=_Urls):
        assert [client.get("/forgotten/").status_code for client in clients] == [403] * 4


# --- everybody at every door ----------------------------------------------------------------------


@pytest.mark.parametrize("who", ["anonymous", "feed", "suspended"])
def test_whoever_is_nobody_is_sent_to_log_on(cast: Cast, source: Source, who: str) -> None:
    if who == "feed":
        client = _feed(cast, source)
    else:
        client = _caught(cast) if who == "suspended" else new_client()
    wrong: list[tuple[str, int]] = []
    for door in doors():
        if door.rule is None or door.rule.public or door.rule.feed:
            continue
        wrong += [
            (door.address, response.status_code)
            for response in _both(client, door)
            if not _is_sent_to_log_on(door, response)
        ]
    assert wrong == []


def test_anonymous_opens_what_is_public(cast: Cast) -> None:
    client = new_client()
    public = [door for door in doors() if door.rule and door.rule.public]
    answers = {door.address: client.get(door.address).status_code for door in public}
    assert {address: status for address, status in answers.items() if status in {401, 403}} == {}
    assert max(answers.values()) < 500


@pytest.mark.parametrize(
    "who", ["investigator", "supervisor", "manager", "auditor", "privacy", "vendor", "other"]
)
def test_every_person_enters_where_they_may_and_nowhere_else(
    cast: Cast, source: Source, who: str
) -> None:
    member = cast.everybody[who]
    client = client_for(member)
    wrong = []
    for door in doors():
        if door.rule and (door.rule.public or door.rule.feed):
            continue
        if door.opens_for(member.person.permissions):
            response = client.get(door.address)
            if response.status_code == 403 or response.status_code >= 500:
                wrong.append((door.address, "shut", response.status_code))
            elif _is_sent_to_log_on(door, response):
                wrong.append((door.address, "log-on", response.status_code))
        else:
            wrong += [
                (door.address, "open", response.status_code)
                for response in _both(client, door)
                if response.status_code not in {403, 404}
            ]
    assert wrong == []
    assert client.get("/").status_code == 200  # still logged on: nothing above ended the session


def test_feed_addresses_open_by_key_alone(cast: Cast, source: Source) -> None:
    feeds = [door for door in doors() if door.rule and door.rule.feed]
    assert feeds
    for door in feeds:
        for client in (new_client(), client_for(cast.vendor), client_for(cast.investigator)):
            answers = {response.status_code for response in _both(client, door)}
            assert 401 in answers, door.address
            assert answers <= {401, 405}, door.address
        answers = {response.status_code for response in _both(_feed(cast, source), door)}
        assert not answers & {401, 403}, door.address


def test_a_refusal_at_the_door_is_recorded(cast: Cast) -> None:
    client = client_for(cast.investigator)
    with recorded() as events:
        assert client.get("/admin/").status_code == 403
    [event] = events
    assert (event.kind, event.outcome) == (Kind.ACCESS_REFUSED, "refused")
    assert event.fields["path"] == "admin/"
