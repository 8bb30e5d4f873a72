"""The public request page, and requests in the admin (ACC-4, ACC-5, ACC-9)."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import AccessRequest, AccessRequestState, Notice, RegistrationKey
from accounts.request_forms import RequestForm, check_form
from accounts.roles import Role
from audit.kinds import Kind
from tests.accounts.access_world import (
    NORA,
    approved,
    ask,
    chicago_manager,
    dallas_manager,
    mail,
    open_key,
    second_manager,
)
from tests.accounts.test_access_forms import PDF, picture
from tests.audited import broken_log, recorded
from tests.cast import Cast, Member, client_for, new_client

_PAGE = "/access/agency/EXAMPLE/"
_ADMIN = "/admin/accounts/accessrequest/"
_USERS = "/admin/accounts/user/"


def _posted(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "full_name": NORA.full_name,
        "email": NORA.email,
        "title": NORA.title,
        "need": NORA.need,
        "aor": cast.new_york.pk,
    } | changes


# --- in public ------------------------------------------------------------------------------------


def test_the_agencys_code_leads_to_its_form(cast: Cast) -> None:
    client = new_client()
    assert client.get("/access/").status_code == 200
    answer = client.post("/access/", {"code": "example"})
    assert (answer.status_code, answer["Location"]) == (302, _PAGE)
    page = client.get(_PAGE).content.decode()
    assert "New York" in page
    assert "Dallas" not in page  # another agency's


@pytest.mark.parametrize("code", ["", "nothing", "two words", "a\0b", "x" * 30])
def test_a_code_that_is_no_agencys(cast: Cast, code: str) -> None:
    assert new_client().post("/access/", {"code": code}).status_code == 422


def test_an_unknown_agency_has_no_form(cast: Cast) -> None:
    assert new_client().get("/access/agency/nothing/").status_code == 404
    assert new_client().post("/access/agency/nothing/").status_code == 404


@pytest.mark.parametrize("with_form", [False, True])
def test_asking_for_access(cast: Cast, with_form: bool) -> None:  # ACC-4
    more = {"form": SimpleUploadedFile("my form.pdf", PDF)} if with_form else {}
    client = new_client()
    answer = client.post(_PAGE, _posted(cast, **more))
    assert (answer.status_code, answer["Location"]) == (302, "/access/sent/")
    assert "was sent" in client.get("/access/sent/").content.decode()
    request = AccessRequest.objects.get()
    assert (request.full_name, request.aor) == ("Nora Ek", cast.new_york)
    assert request.state == AccessRequestState.WAITING
    assert request.form_name == ("my form.pdf" if with_form else "")


def test_asking_says_the_same_for_known_and_unknown_people(cast: Cast) -> None:
    answers = []
    for email in ("nobody@example.test", cast.investigator.email, cast.other.email):
        client = new_client()
        answer = client.post(_PAGE, _posted(cast, email=email), follow=True)
        lines = answer.content.decode().splitlines()
        shown = [line for line in lines if "csrf" not in line.lower()]
        answers.append((answer.status_code, answer.redirect_chain, shown))
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "a\0b"}, "full_name"),
        ({"email": "none"}, "email"),
        ({"need": " "}, "need"),
        ({"need": "x" * 2_001}, "need"),
        ({"aor": ""}, "aor"),
        ({"aor": "987654"}, "aor"),
        ({"aor": "x\0"}, "aor"),
        ({"form": SimpleUploadedFile("form.pdf", b"no form")}, "form"),
        ({"form": SimpleUploadedFile("form.pdf", b"")}, "form"),
    ],
)
def test_a_fault_is_shown_beside_its_field(cast: Cast, changes: dict[str, Any], field: str) -> None:
    page = new_client().post(_PAGE, _posted(cast, **changes))
    assert page.status_code == 422
    assert f'id="id_{field}_error"' in page.content.decode()
    assert not AccessRequest.objects.exists()


def test_an_aor_of_another_agency_cannot_be_asked_for(cast: Cast) -> None:
    assert cast.other.aor is not None
    page = new_client().post(_PAGE, _posted(cast, aor=cast.other.aor.pk))
    assert page.status_code == 422


def test_asking_is_limited_for_each_address(cast: Cast) -> None:
    client = new_client()
    answers = [client.post(_PAGE, _posted(cast)).status_code for _ in range(21)]
    assert answers == [302] * 20 + [429]
    assert new_client().post(_PAGE, _posted(cast)).status_code == 302
    codes = [client.post("/access/", {"code": "x"}).status_code for _ in range(31)]
    assert codes[-1] == 429


def test_agencies_are_not_found_by_trying_addresses(cast: Cast) -> None:
    """SAF: after some tries the form of an agency that is there looks like that of none."""
    client = new_client()
    tried = [client.get(f"/access/agency/no-{n}/").status_code for n in range(60)]
    assert tried == [404] * 60
    assert [client.get(page).status_code for page in ("/access/agency/no/", _PAGE)] == [429, 429]


def test_no_request_that_cannot_be_recorded(cast: Cast) -> None:
    with broken_log():
        assert new_client().post(_PAGE, _posted(cast)).status_code == 503
    assert not AccessRequest.objects.exists()


# --- who sees what --------------------------------------------------------------------------------


def test_manager_sees_requests_of_the_own_aors_alone(cast: Cast) -> None:
    request = ask(cast)
    theirs = ask(cast, aor=cast.chicago)
    page = client_for(cast.manager).get(_ADMIN).content.decode()
    assert str(request.pk) in page
    assert str(theirs.pk) not in page


@pytest.mark.parametrize("page", ["change/", "history/", "form/", "approve/", "refuse/"])
@pytest.mark.parametrize("which", ["chicago", "dallas", "vendor"])
def test_requests_of_others_look_like_none(cast: Cast, page: str, which: str) -> None:
    request = ask(cast)
    who: dict[str, Callable[[Cast], Member]] = {
        "chicago": chicago_manager,
        "dallas": dallas_manager,
        "vendor": lambda c: c.vendor,
    }
    client = client_for(who[which](cast))
    missing = "00000000-0000-7000-8000-00000000ffff"
    for key in (request.pk, missing, "nothing", "%00"):
        assert client.get(f"{_ADMIN}{key}/{page}").status_code == 404
        assert client.post(f"{_ADMIN}{key}/{page}", {"reason": "x"}).status_code == 404
    request.refresh_from_db()
    assert request.state == AccessRequestState.WAITING


@pytest.mark.parametrize("who", ["investigator", "supervisor", "auditor", "other"])
def test_requests_are_closed_to_others(cast: Cast, who: str) -> None:
    client = client_for(cast.everybody[who])
    assert client.get(_ADMIN).status_code == 403
    assert client.post(f"{_ADMIN}{ask(cast).pk}/approve/").status_code == 403


def test_list_is_searched_filtered_and_takes_the_same_queries_however_long(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(8):
        ask(cast)
    client = client_for(cast.manager)
    assert "Nora Ek" not in client.get(_ADMIN, {"q": "Olaf"}).content.decode()
    assert "Nora Ek" in client.get(_ADMIN, {"state__exact": "waiting"}).content.decode()
    assert "Nora Ek" not in client.get(_ADMIN, {"state__exact": "refused"}).content.decode()
    with django_assert_max_num_queries(14):
        assert client.get(_ADMIN).status_code == 200


# --- acts -----------------------------------------------------------------------------------------


def _approval(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "roles": ["investigator"],
        "component": cast.ero.pk,
        "supervisor": str(cast.supervisor.pk),
        "timezone": "America/New_York",
        "reason": "in my unit",
    } | changes


def test_approving_in_the_admin(cast: Cast) -> None:
    request = ask(cast)
    client = client_for(cast.manager)
    page = html.unescape(client.get(f"{_ADMIN}{request.pk}/approve/").content.decode())
    assert "A registration key is mailed to nora.ek@example.test" in page
    assert "Auditor" not in page  # not the manager's to give
    answer = client.post(f"{_ADMIN}{request.pk}/approve/", _approval(cast))
    assert answer.status_code == 302
    assert open_key(request).email == NORA.email
    again = client.post(f"{_ADMIN}{request.pk}/approve/", _approval(cast))
    assert again.status_code == 422
    assert "decided by Grace Whitfield" in again.content.decode()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"roles": ["auditor"]}, 422),
        ({"roles": []}, 422),
        ({"reason": ""}, 422),
        ({"timezone": "Mars/Olympus"}, 422),
        ({"supervisor": "nobody"}, 422),
        ({"component": "987654"}, 422),
    ],
)
def test_approving_with_a_fault(cast: Cast, changes: dict[str, Any], status: int) -> None:
    request = ask(cast)
    client = client_for(cast.manager)
    answer = client.post(f"{_ADMIN}{request.pk}/approve/", _approval(cast, **changes))
    assert answer.status_code == status
    assert not RegistrationKey.objects.exists()


def test_own_request_is_offered_no_decision_and_refused_one(cast: Cast) -> None:  # ACC-4
    request = ask(cast, applicant=NORA.__class__("G", cast.manager.email, "t", "for me"))
    client = client_for(cast.manager)
    assert "/approve/" not in client.get(f"{_ADMIN}{request.pk}/change/").content.decode()
    with recorded() as events:
        answer = client.post(f"{_ADMIN}{request.pk}/approve/", _approval(cast))
    assert answer.status_code == 403
    assert events[-1].fields["outcome_code"] == "own_request"


def test_refusing_withdrawing_and_sending_again(cast: Cast) -> None:
    client = client_for(cast.manager)
    refused, wanted = ask(cast), approved(cast)
    assert client.post(f"{_ADMIN}{refused.pk}/refuse/", {"reason": "no need"}).status_code == 302
    first = open_key(wanted)
    mail(first)
    assert client.post(f"{_ADMIN}{wanted.pk}/send-key/", {"reason": "lost"}).status_code == 302
    assert open_key(wanted) != first
    page = client.get(f"{_ADMIN}{wanted.pk}/change/").content.decode()
    assert "revoked" in page
    assert client.post(f"{_ADMIN}{wanted.pk}/withdraw/", {"reason": "left"}).status_code == 302
    states = set(AccessRequest.objects.values_list("state", flat=True))
    assert states == {"refused", "withdrawn"}
    history = client.get(f"{_ADMIN}{wanted.pk}/history/").content.decode()
    assert "Registration key sent → Withdrawn" in history


def test_only_what_can_be_done_is_offered(cast: Cast) -> None:
    client = client_for(cast.manager)

    def offers(request: AccessRequest) -> set[str]:
        page = client.get(f"{_ADMIN}{request.pk}/change/").content.decode()
        acts = {"approve", "refuse", "send-key", "withdraw"}
        return {act for act in acts if f"/{act}/" in page}

    assert offers(ask(cast)) == {"approve", "refuse", "withdraw"}
    assert offers(approved(cast)) == {"send-key", "withdraw"}


def _entered(cast: Cast, **changes: Any) -> dict[str, Any]:
    return _posted(cast) | _approval(cast) | changes


def test_adding_a_person_with_the_paper_form(cast: Cast) -> None:  # ACC-9
    client = client_for(cast.manager)
    page = client.get(f"{_USERS}add-person/").content.decode()
    assert "multipart/form-data" in page
    assert 'name="agency"' not in page
    scan = SimpleUploadedFile("scan.png", picture("PNG"))
    answer = client.post(f"{_USERS}add-person/", _entered(cast, form=scan))
    assert answer.status_code == 302
    request = AccessRequest.objects.get()
    assert (request.entered_by, request.form_type) == (cast.manager, "image/png")
    assert Notice.objects.get(kind="registration_key").recipient == NORA.email


@pytest.mark.parametrize("changes", [{"aor": ""}, {"email": "none"}, {"reason": ""}])
def test_adding_a_person_with_a_fault(cast: Cast, changes: dict[str, Any]) -> None:
    answer = client_for(cast.manager).post(f"{_USERS}add-person/", _entered(cast, **changes))
    assert answer.status_code == 422
    foreign = _entered(cast, aor=cast.chicago.pk)
    assert client_for(cast.manager).post(f"{_USERS}add-person/", foreign).status_code == 422
    bad = _entered(cast, form=SimpleUploadedFile("scan.png", b"none"))
    assert client_for(cast.manager).post(f"{_ADMIN}add-person/", bad).status_code == 422
    assert not AccessRequest.objects.exists()


def test_vendor_adds_an_agencys_manager_and_sees_that_request(cast: Cast) -> None:
    client = client_for(cast.vendor)
    entered = _entered(
        cast, agency=cast.agency.pk, roles=[Role.AGENCY_MANAGER.value], supervisor=""
    )
    assert client.get(f"{_ADMIN}add-person/").status_code == 200
    assert client.post(f"{_ADMIN}add-person/", entered).status_code == 302
    request = AccessRequest.objects.get()
    assert str(request.pk) in client.get(_ADMIN).content.decode()
    # The manager of that AOR keeps the form (ACC-9).
    assert str(request.pk) in client_for(cast.manager).get(_ADMIN).content.decode()


# --- the uploaded form ----------------------------------------------------------------------------


def _with_form(cast: Cast, data: bytes) -> AccessRequest:
    return ask(cast, form=check_form(data, name="<b>my form</b>.pdf"))


@pytest.mark.parametrize(
    ("data", "how"), [(PDF, "attachment"), (picture("JPEG"), "inline"), (picture("PNG"), "inline")]
)
def test_uploaded_form_is_shown_harmlessly_and_recorded(cast: Cast, data: bytes, how: str) -> None:
    request = _with_form(cast, data)
    client = client_for(cast.manager)
    page = client.get(f"{_ADMIN}{request.pk}/change/").content.decode()
    assert "&lt;b&gt;my form&lt;/b&gt;.pdf" in page
    with recorded() as events:
        shown = client.get(f"{_ADMIN}{request.pk}/form/")
    assert (shown.status_code, shown.content) == (200, data)
    assert shown["Content-Type"] == RequestForm(data, request.form_type, "").type
    assert shown["Content-Disposition"].startswith(f'{how}; filename="request-form-')
    assert "sandbox" in shown["Content-Security-Policy"]
    assert "no-store" in shown["Cache-Control"]
    [event] = events
    assert (event.kind, event.fields["object"]) == (
        Kind.ADMIN_VIEWED,
        f"accessrequest:{request.pk} form",
    )
    with broken_log():
        assert client.get(f"{_ADMIN}{request.pk}/form/").status_code == 503


def test_a_request_without_form_has_none_to_show(cast: Cast) -> None:
    request = ask(cast)
    client = client_for(second_manager(cast))
    assert (
        "asked for electronically" in client.get(f"{_ADMIN}{request.pk}/change/").content.decode()
    )
    assert client.get(f"{_ADMIN}{request.pk}/form/").status_code == 404


@pytest.mark.parametrize("address", ["/request-forms/", "/media/", "/static/request-forms/"])
def test_forms_are_never_served_in_public(cast: Cast, address: str) -> None:
    request = _with_form(cast, PDF)
    name = f"{request.form_sha256[:2]}/{request.form_sha256}"
    assert Client().get(f"{address}{name}").status_code == 404
