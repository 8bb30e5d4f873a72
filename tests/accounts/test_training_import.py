"""Importing completions: shown, confirmed, applied at once or not at all (ACC-8)."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from accounts.models import TrainingImport, TrainingRecord, User
from accounts.roles import Role
from accounts.services import training_import
from accounts.services.training import withdraw_completion
from accounts.services.training_import import (
    Fate,
    Plan,
    apply_import,
    erase_unconfirmed,
    get_import_for,
    plan_of,
    stage_import,
)
from accounts.standing import list_standings
from accounts.training_files import UnreadableFile
from audit.kinds import Kind
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound, PolicyDenied
from tests.audited import assert_audited, broken_log, recorded
from tests.cast import COURSE, NOW, Cast, client_for, make_user, train
from tests.harness.database import AsRole

HEAD = "Course code,User name,E-mail,Full name,Completed on,Certificate"
# Everybody of an agency has completed the one required course.
_OF_THE_CAST = 8
IMPORT = "/admin/accounts/trainingrecord/import/"


def stage(cast: Cast, *lines: str, name: str = "lms.csv") -> TrainingImport:
    content = "\n".join([HEAD, *lines]).encode()
    return stage_import(
        person=cast.manager.person,
        aor=cast.new_york,
        file=io.BytesIO(content),
        file_name=name,
        size=len(content),
        now=NOW,
    )


def plan(cast: Cast, staged: TrainingImport) -> Plan:
    return plan_of(staged, person=cast.manager.person)


def apply(cast: Cast, staged: TrainingImport, digest: str = "") -> TrainingImport:
    return apply_import(
        person=cast.manager.person,
        pk=staged.pk,
        digest=digest or plan(cast, staged).digest,
        reason="yearly course",
        now=NOW,
    )


def fates(cast: Cast, staged: TrainingImport) -> list[Fate]:
    return [row.fate for row in plan(cast, staged).rows]


ALL_FATES = [
    "LPR-USE,investigator,,Alice Moreno,2026-02-01,C-1",
    "LPR-USE,,SUPERVISOR@example.test,,2020-01-13,C-2",
    "lpr-use,investigator,,,2020-01-13,",
    "LPR-USE,,investigator@example.test,,2026-02-01,C-1",
    "COOKING,investigator,,,2026-02-01,",
    "LPR-USE,colleague,,,2026-02-01,",
    "LPR-USE,,nora.ek@example.test,Nora Ek,2026-02-01,",
    "LPR-USE,manager,,,2020-01-13,",
]


def test_each_row_is_told_what_will_become_of_it(cast: Cast) -> None:
    record = TrainingRecord.objects.get(user=cast.manager)
    withdraw_completion(actor=cast.manager.person, record=record, reason="x", now=NOW)
    staged = stage(cast, *ALL_FATES)
    assert fates(cast, staged) == [
        Fate.NEW,
        Fate.CHANGED,
        Fate.UNCHANGED,
        Fate.REPEATED,
        Fate.UNKNOWN_COURSE,
        Fate.OTHER_AREA,
        Fate.NEW,
        Fate.WITHDRAWN,
    ]
    found = plan(cast, staged)
    assert found.rows[1].difference == "certificate: none → C-2"
    assert (found.change_count, found.without_account) == (3, 1)
    # Nothing counts before it is confirmed.
    assert TrainingRecord.objects.count() == _OF_THE_CAST


def test_importing_writes_records_history_and_one_event(cast: Cast) -> None:
    staged = stage(cast, *ALL_FATES)
    (event,) = assert_audited(lambda: apply(cast, staged), Kind.ADMIN_CHANGED)
    assert event.fields["after"]["rows"]["new"] == 2
    assert event.fields["after"]["file_sha256"] == staged.file_sha256
    new = TrainingRecord.objects.get(user=cast.investigator, completed_on=date(2026, 2, 1))
    assert (new.certificate, new.username) == ("C-1", "investigator")
    (row,) = new.history.all()
    assert (row.history_type, row.history_user_id) == ("+", cast.manager.person.id)
    assert row.history_change_reason == "yearly course"
    corrected = TrainingRecord.objects.get(user=cast.supervisor)
    assert corrected.certificate == "C-2"
    assert [row.history_type for row in corrected.history.all()] == ["~", "+"]
    assert TrainingRecord.objects.get(email="nora.ek@example.test").user is None
    assert not TrainingRecord.objects.filter(user=cast.colleague, completed_on__year=2026)


def test_the_same_file_again_changes_nothing(cast: Cast) -> None:
    apply(cast, stage(cast, *ALL_FATES))
    again = stage(cast, *ALL_FATES)
    assert plan(cast, again).change_count == 0
    with pytest.raises(InvalidInput, match="nothing to import"):
        apply(cast, again)


def test_the_same_file_changes_nothing_when_the_person_has_an_account_by_then(cast: Cast) -> None:
    rows = ["LPR-USE,,nora.ek@example.test,Nora Ek,2026-02-01,"]
    apply(cast, stage(cast, *rows))
    nora = make_user(
        "nora", "Nora Ek", [Role.INVESTIGATOR],
        component=cast.ero, aor=cast.new_york, is_trained=False,
    )  # fmt: skip
    User.objects.filter(pk=nora.pk).update(email="nora.ek@example.test")
    assert fates(cast, stage(cast, *rows)) == [Fate.UNCHANGED]
    (standing,) = list_standings([nora], now=NOW)
    assert standing.gaps == ()


def test_two_accounts_with_one_address_are_never_guessed(cast: Cast) -> None:
    User.objects.filter(pk=cast.supervisor.pk).update(email="investigator@example.test")
    staged = stage(cast, "LPR-USE,,investigator@example.test,,2026-02-01,")
    assert fates(cast, staged) == [Fate.SHARED_ADDRESS]


def test_what_was_shown_is_what_is_imported(cast: Cast) -> None:
    staged = stage(cast, ALL_FATES[0])
    shown = plan(cast, staged).digest
    train(cast.investigator, on=date(2026, 2, 1))
    with pytest.raises(DomainError) as refused:
        apply(cast, staged, shown)
    assert refused.value.code == "plan_changed"


def test_a_file_is_imported_once(cast: Cast) -> None:
    staged = stage(cast, ALL_FATES[0])
    digest = plan(cast, staged).digest
    apply(cast, staged, digest)
    with pytest.raises(InvalidInput, match="already"):
        apply(cast, staged, digest)


def test_a_failure_half_way_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    staged = stage(cast, *ALL_FATES)

    def fail(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(training_import, "_correct", fail)
    with recorded() as events, pytest.raises(RuntimeError):
        apply(cast, staged)
    assert [event.kind for event in events] == [Kind.ADMIN_FAILED]
    assert TrainingRecord.objects.count() == _OF_THE_CAST


@pytest.mark.parametrize("who", ["supervisor", "auditor", "vendor", "other"])
def test_only_the_areas_manager_uploads(cast: Cast, who: str) -> None:
    with recorded() as events, pytest.raises(PolicyDenied):
        stage_import(
            person=cast.everybody[who].person,
            aor=cast.new_york,
            file=io.BytesIO(b"x"),
            file_name="x",
            size=1,
            now=NOW,
        )
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]
    staged = stage(cast, ALL_FATES[0])
    with pytest.raises(NotFound):
        get_import_for(cast.everybody[who].person, staged.pk)


def test_uploading_is_audited_and_a_bad_file_is_too(cast: Cast) -> None:
    assert_audited(lambda: stage(cast, ALL_FATES[0]), Kind.ADMIN_CREATED)
    with recorded() as events, pytest.raises(UnreadableFile):
        stage_import(
            person=cast.manager.person,
            aor=cast.new_york,
            file=io.BytesIO(b""),
            file_name="C:\\temp\\empty.csv",
            size=0,
            now=NOW,
        )
    assert events[0].fields["outcome_code"] == "file_empty"
    assert events[0].fields["object"] == "training import empty.csv"


def test_uploads_that_nobody_confirms_are_erased_by_the_worker(
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    stage(cast, ALL_FATES[0])
    with as_role("lpr_worker"):
        assert erase_unconfirmed(now=NOW + timedelta(hours=23)) == 0
        assert erase_unconfirmed(now=NOW + timedelta(hours=25)) == 1
        assert erase_unconfirmed(now=NOW + timedelta(hours=25)) == 0


def test_50000_rows_are_imported_at_once(cast: Cast) -> None:
    rows = [f"LPR-USE,,p{number}@example.test,P {number},2026-02-01," for number in range(50_000)]
    staged = stage(cast, *rows)
    apply(cast, staged)
    assert TrainingRecord.objects.count() == _OF_THE_CAST + 50_000
    assert TrainingRecord.history.filter(history_user_id=cast.manager.person.id).count() == 50_000


# --- the pages ------------------------------------------------------------------------------------


def upload(client: Client, cast: Cast, content: bytes, name: str = "lms.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(IMPORT, {"file": file, "aor": cast.new_york.pk})


def test_upload_preview_confirm(cast: Cast) -> None:
    client = client_for(cast.manager)
    assert client.get(IMPORT).status_code == 200
    lines = [HEAD, *ALL_FATES, "LPR-USE,investigator,,,03/04/2026,", "<b>x</b>,a,,,2026-01-01,"]
    answer = upload(client, cast, "\n".join(lines).encode("utf-16"))
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer["Location"])
    text = page.content.decode()
    assert "March 4 or April 3" in text
    assert "Nora Ek" in text
    assert "<b>x</b>" not in text.lower()
    digest = page.context["form"].initial["digest"]
    assert client.post(answer["Location"], {"digest": digest, "reason": ""}).status_code == 422
    done = client.post(answer["Location"], {"digest": digest, "reason": "yearly course"})
    assert done.status_code == 302
    assert TrainingRecord.objects.filter(completed_on=date(2026, 2, 1)).count() == 2
    assert "was imported" in client.get(answer["Location"]).content.decode()
    stale = client.post(answer["Location"], {"digest": digest, "reason": "again"})
    assert stale.status_code == 422


def test_a_plan_that_changed_is_shown_again(cast: Cast) -> None:
    client = client_for(cast.manager)
    answer = upload(client, cast, "\n".join([HEAD, ALL_FATES[0]]).encode())
    again = client.post(answer["Location"], {"digest": "0" * 64, "reason": "x"}, follow=True)
    assert "The records have changed" in again.content.decode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Name,Birthday\nA,B", "Missing: Course code, Completed on, User name or E-mail."),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 9, "old Excel file"),
    ],
)
def test_a_bad_file_is_refused_beside_its_field(cast: Cast, content: bytes, words: str) -> None:
    answer = upload(client_for(cast.manager), cast, content)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_another_areas_file_is_not_there(cast: Cast) -> None:
    staged = stage(cast, ALL_FATES[0])
    theirs = make_user(
        "chicago-manager", "Olga Hahn", [Role.AGENCY_MANAGER], component=cast.hsi, aor=cast.chicago
    )
    assert client_for(theirs).get(f"{IMPORT}{staged.pk}/").status_code == 404
    assert upload(client_for(theirs), cast, b"x").status_code == 422


def test_no_upload_that_cannot_be_recorded(cast: Cast) -> None:
    client = client_for(cast.manager)
    with broken_log():
        answer = upload(client, cast, "\n".join([HEAD, ALL_FATES[0]]).encode())
    assert answer.status_code == 503
    assert not TrainingImport.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_can_be_imported_as_it_is(cast: Cast, kind: str) -> None:
    client = client_for(cast.manager)
    template = client.get(f"/admin/accounts/trainingrecord/template.{kind}")
    assert template.status_code == 200
    answer = upload(client, cast, template.content, f"t.{kind}")
    assert answer.status_code == 302, answer.content.decode()
    if kind == "xlsx":
        assert load_workbook(io.BytesIO(template.content)).sheetnames[0] == "Completions"
    assert client.get("/admin/accounts/trainingrecord/template.exe").status_code == 404


def test_course_codes_match_in_any_case(cast: Cast) -> None:
    assert COURSE == "LPR-USE"
    staged = stage(cast, "Lpr-Use,investigator,,,2026-02-01,")
    assert fates(cast, staged) == [Fate.NEW]
