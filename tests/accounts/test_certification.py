"""The yearly certification of an area's accounts (ACC-15)."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.certifying import CertificationState, list_certifications_for
from accounts.models import AccessRequest, Certification, User
from accounts.roles import Role
from accounts.selectors import certification_state
from accounts.services.certification import Decision, certify, lines_to_certify
from audit.kinds import Kind
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound, PolicyDenied
from tests.accounts.access_world import approved
from tests.audited import assert_audited, broken_log, recorded
from tests.cast import NOW, Cast, client_for, make_user

LIST = "/admin/accounts/certification/"
KEEP = Decision(is_kept=True)
REMOVE = Decision(is_kept=False, reason="left the task force")


def decisions(cast: Cast, **changed: Decision) -> dict[UUID, Decision]:
    names = ("investigator", "supervisor", "suspended")
    return {cast.everybody[name].pk: changed.get(name, KEEP) for name in names}


def sign(cast: Cast, **changes: Any) -> Certification:
    values: dict[str, Any] = {
        "person": cast.manager.person,
        "aor_id": cast.new_york.pk,
        "decisions": decisions(cast, investigator=REMOVE),
        "signature": " grace  WHITFIELD ",
        "now": NOW,
    }
    return certify(**(values | changes))


def test_the_list_shows_everybody_of_the_area_with_what_matters(cast: Cast) -> None:
    User.objects.filter(pk=cast.investigator.pk).update(
        last_login=datetime(2026, 2, 1, 3, tzinfo=UTC)
    )
    lines = lines_to_certify(person=cast.manager.person, aor=cast.new_york, now=NOW)
    assert [line.username for line in lines] == [
        "investigator", "suspended", "manager", "auditor", "privacy", "supervisor",
    ]  # fmt: skip
    assert lines[0].last_login == "Jan 31, 2026"
    assert lines[0].training == ("LPR-USE: current, completed Jan 13, 2020",)
    assert (lines[0].roles, lines[0].aor) == ("Investigator", "New York")
    assert (lines[0].request_form, lines[1].is_active) == ("none on file", False)


@pytest.mark.parametrize(("sha256", "kind"), [("", "electronic"), ("a" * 64, "paper")])
def test_request_form_on_file_is_named(cast: Cast, sha256: str, kind: str) -> None:
    request = approved(cast)
    AccessRequest.objects.filter(pk=request.pk).update(
        user=cast.investigator, state="registered", form_sha256=sha256
    )
    lines = lines_to_certify(person=cast.manager.person, aor=cast.new_york, now=NOW)
    assert lines[0].request_form == f"{kind} form of Mar 2, 2026"


def test_signing_keeps_the_document_and_suspends_who_is_removed(cast: Cast) -> None:
    events = assert_audited(lambda: sign(cast), Kind.ADMIN_CHANGED, Kind.ADMIN_CREATED)
    found = Certification.objects.get()
    assert (found.kept, found.removed, found.signed_name) == (5, 1, "Grace Whitfield")
    document = bytes(found.document)
    assert hashlib.sha256(document).hexdigest() == found.document_sha256
    assert events[1].fields["after"]["document_sha256"] == found.document_sha256
    assert document.startswith(b"%PDF-")
    cast.investigator.refresh_from_db()
    assert not cast.investigator.is_active
    assert events[0].fields["reason"] == "Certification: left the task force"
    own = next(line for line in found.lines if line["username"] == "manager")
    assert own["decision"] == "own"


def test_who_oversees_managers_is_listed_but_not_theirs_to_remove(cast: Cast) -> None:
    """ACC-15: in the area or in none; the list is whole, and nobody removes their own auditor."""
    watcher = make_user(
        "watcher", "Wanda Ito", [Role.AUDITOR], component=cast.ero, aor=cast.new_york
    )
    lines = {
        line.username: line
        for line in lines_to_certify(person=cast.manager.person, aor=cast.new_york, now=NOW)
    }
    others = {name for name, line in lines.items() if line.decision == "others"}
    assert others == {"auditor", "privacy", "watcher"}
    for user in (watcher, cast.auditor):
        with pytest.raises(DomainError, match="come or gone"):
            sign(cast, decisions=decisions(cast) | {user.pk: REMOVE})
    sign(cast, decisions=decisions(cast))
    assert User.objects.filter(pk__in=[watcher.pk, cast.auditor.pk], is_active=True).count() == 2
    page = client_for(cast.manager).get(f"{LIST}sign/{cast.new_york.pk}/").content.decode()
    assert page.count("Seen to by the vendor") == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signature": "Grace"}, "signature"),
        ({"signature": ""}, "signature"),
        ({"decisions": {}}, "decision-"),
        ({"decisions": "no reason"}, "reason-"),
    ],
)
def test_nothing_is_signed_that_is_not_complete(
    cast: Cast, changes: dict[str, Any], field: str
) -> None:
    if changes.get("decisions") == "no reason":
        blank = Decision(is_kept=False, reason="  ")
        changes = {"decisions": decisions(cast, investigator=blank)}
    with pytest.raises(InvalidInput) as refused:
        sign(cast, **changes)
    assert any(name.startswith(field) for name in refused.value.errors)
    assert not Certification.objects.exists()


def test_a_list_that_changed_meanwhile_is_not_signed(cast: Cast) -> None:
    shown = decisions(cast)
    User.objects.filter(pk=cast.suspended.pk).update(deleted_at=NOW)
    with pytest.raises(DomainError) as refused:
        sign(cast, decisions=shown)
    assert refused.value.code == "list_changed"
    newcomer = make_user(
        "newcomer", "Nora Ek", [Role.INVESTIGATOR], component=cast.ero, aor=cast.new_york
    )
    with pytest.raises(InvalidInput, match=str(newcomer.pk)):
        sign(cast, decisions={pk: KEEP for pk in shown if pk != cast.suspended.pk})


def test_nobody_certifies_their_own_account_or_another_area(cast: Cast) -> None:
    with pytest.raises(DomainError, match="come or gone"):
        sign(cast, decisions=decisions(cast) | {cast.manager.pk: KEEP})
    for who, error in (("manager", NotFound), ("vendor", NotFound), ("supervisor", NotFound)):
        with recorded() as events, pytest.raises(error):
            sign(cast, person=cast.everybody[who].person, aor_id=cast.chicago.pk)
        assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]
    with pytest.raises(PolicyDenied):
        lines_to_certify(person=cast.supervisor.person, aor=cast.new_york, now=NOW)


def test_the_last_manager_of_an_area_is_not_removed(cast: Cast) -> None:
    other = make_user(
        "manager2", "Hugh Lane", [Role.AGENCY_MANAGER], component=cast.ero, aor=cast.new_york
    )
    all_kept = decisions(cast) | {other.pk: REMOVE}
    sign(cast, decisions=all_kept)
    other.refresh_from_db()
    assert not other.is_active


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2027, 1, 30), CertificationState.CURRENT),
        (date(2027, 1, 31), CertificationState.DUE),
        (date(2027, 3, 2), CertificationState.DUE),
        (date(2027, 3, 3), CertificationState.OVERDUE),
    ],
)
def test_it_is_due_a_year_after_the_last(cast: Cast, day: date, state: CertificationState) -> None:
    sign(cast)
    now = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    (found,) = certification_state(cast.manager.person, now=now)
    assert (found.state, found.due_on) == (state, date(2027, 3, 2))
    assert (found.signed_on, found.signed_by) == (date(2026, 3, 2), "Grace Whitfield")


def test_never_certified_is_due_a_year_after_the_agency_began(cast: Cast) -> None:
    (found,) = certification_state(cast.manager.person, now=NOW)
    assert (found.signed_on, found.due_on) == (None, date(2027, 3, 2))
    assert found.label == "Not due yet"
    assert certification_state(cast.vendor.person, now=NOW) == []
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    sign(cast, now=leap)
    (found,) = certification_state(cast.manager.person, now=leap + timedelta(days=1))
    assert found.due_on == date(2029, 2, 28)


def test_the_page_signs_and_hands_out_the_document(cast: Cast) -> None:
    client = client_for(cast.manager)
    listed = client.get(LIST).content.decode()
    assert "Certify New York" in listed
    address = f"{LIST}sign/{cast.new_york.pk}/"
    page = client.get(address).content.decode()
    assert "Alice Moreno" in page
    assert "Your own account" in page
    entries = {f"decision-{pk}": "keep" for pk in decisions(cast)}
    removed = f"decision-{cast.investigator.pk}"
    faulty = client.post(address, entries | {removed: "remove", "signature": "Grace Whitfield"})
    assert faulty.status_code == 422
    assert "Say why Alice Moreno" in faulty.content.decode()
    reason = {f"reason-{cast.investigator.pk}": "left"}
    done = client.post(
        address, entries | {removed: "remove", "signature": "Grace Whitfield"} | reason
    )
    assert done.status_code == 302, done.content.decode()
    found = Certification.objects.get()
    assert client.get(done["Location"]).status_code == 200
    with recorded() as events:
        document = client.get(f"{LIST}{found.pk}/document.pdf")
    assert [event.kind for event in events] == [Kind.REPORT_DOWNLOADED]
    assert hashlib.sha256(document.content).hexdigest() == found.document_sha256
    with broken_log():
        assert client.get(f"{LIST}{found.pk}/document.pdf").status_code == 503
    stale = client.post(address, {"decision-junk": "keep", f"decision-{UUID(int=5)}": "keep"})
    assert stale.status_code == 302


def test_others_certifications_and_areas_look_like_none(cast: Cast) -> None:
    found = sign(cast)
    theirs = make_user(
        "chicago-manager", "Olga Hahn", [Role.AGENCY_MANAGER], component=cast.hsi, aor=cast.chicago
    )
    client = client_for(theirs)
    for address in (
        f"{LIST}{found.pk}/change/",
        f"{LIST}{found.pk}/document.pdf",
        f"{LIST}sign/{cast.new_york.pk}/",
        f"{LIST}sign/987654321/",
    ):
        assert client.get(address).status_code == 404
    assert not list_certifications_for(cast.vendor.person).exists()
