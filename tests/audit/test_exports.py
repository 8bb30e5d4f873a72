"""What was found in the log leaves it with its proof, for whoever may have it (AUD-6)."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import User
from audit import bundles, verifier
from audit.actors import Actor
from audit.exports import making, orders, tables
from audit.exports.tables import Facts, Row
from audit.kinds import Kind
from audit.models import Event, ExportState, LogExport, LogExportPart
from audit.selectors import EventFilter
from audit.tree import store
from audit.tree.notes import Signer
from lprsvc.lib.errors import InvalidInput, NotFound
from tests.audit.test_log_pages import asked
from tests.audit.test_proof_pages import KEY, sign
from tests.audited import recorded
from tests.cast import Cast, client_for
from tests.harness.database import logged_on_as

READERS = ["auditor", "manager", "supervisor"]
FORMULA = "=cmd()"


@pytest.fixture
def log(committed_db: None, cast: Cast, tmp_path: Path) -> None:
    """Refused queries of people in two areas, one of another agency; all signed."""
    for number in range(3):
        asked(cast.investigator.person, f"AAA11{number}")
    asked(cast.colleague.person, "BBB222")
    asked(cast.other.person, "CCC333")
    sign(tmp_path)


def order(user: User, form: str = "csv", **search: str) -> LogExport:
    client = client_for(user)
    answer = client.post(reverse("log_export_order"), {"form": form, **search})
    assert answer.status_code == 303
    return LogExport.objects.latest("ordered_at")


def make(export: LogExport) -> LogExport:
    with logged_on_as("lpr_worker"):
        making.make_export(export_id=export.pk, clock=timezone.now)
    export.refresh_from_db()
    return export


def take(user: User, export: LogExport, **headers: str) -> bytes:
    answer = client_for(user).get(reverse("log_export_file", args=[export.pk]), headers=headers)
    assert answer.status_code in {200, 206}
    return answer.content


def made(user: User, form: str, folder: Path, **search: str) -> zipfile.ZipFile:
    """An export ordered, made, taken, and found good by the verifier."""
    export = make(order(user, form, **search))
    assert export.state == ExportState.DONE, export.fault
    path = folder / "taken.zip"
    path.write_bytes(take(user, export))
    key = Signer(store.get_head(export.log_id).origin, KEY).verifier
    report = verifier.verify(path, policy=verifier.Policy.parse(f"log {key}\n"))
    assert sum(report.counts.values()) == export.count
    return zipfile.ZipFile(path)


@pytest.mark.parametrize(
    ("reader", "plates"),
    [
        ("auditor", {"AAA110", "AAA111", "AAA112", "BBB222"}),
        ("manager", {"AAA110", "AAA111", "AAA112"}),
        ("supervisor", {"AAA110", "AAA111", "AAA112", "BBB222"}),
        ("vendor", set()),
    ],
)
def test_each_reader_takes_their_part_and_no_more(
    log: None, cast: Cast, tmp_path: Path, reader: str, plates: set[str]
) -> None:
    """AUD-5, AUD-6."""
    if reader == "vendor":
        asked(cast.vendor.person, "DDD444")
        sign(tmp_path)
    taken = made(getattr(cast, reader), "jsonl", tmp_path, kind="query.refused")
    lines = taken.read("log.jsonl").decode().splitlines()
    found = {json.loads(line)["fields"]["plate"] for line in lines[1:]}
    assert found == plates or (reader == "vendor" and found == {"DDD444"})


@pytest.mark.parametrize("person", ["investigator", "other", "colleague"])
def test_nobody_else_orders_or_takes(log: None, cast: Cast, person: str) -> None:
    export = make(order(cast.auditor))
    client = client_for(getattr(cast, person))
    assert client.post(reverse("log_export_order"), {"form": "csv"}).status_code == 403
    assert client.get(reverse("log_export_file", args=[export.pk])).status_code == 403


@pytest.mark.parametrize("person", ["manager", "supervisor", "vendor"])
def test_anothers_export_looks_like_none(log: None, cast: Cast, person: str) -> None:
    export = make(order(cast.auditor))
    client = client_for(getattr(cast, person))
    assert client.get(reverse("log_export_file", args=[export.pk])).status_code == 404
    assert client.post(reverse("log_export_remove", args=[export.pk])).status_code == 404
    assert b"No export yet" in client.get(reverse("log_exports")).content


def test_csv_says_what_it_is_and_computes_nothing(log: None, cast: Cast, tmp_path: Path) -> None:
    """AUD-6, SAF-2."""
    asked(cast.investigator.person, FORMULA)
    sign(tmp_path)
    taken = made(cast.auditor, "csv", tmp_path, kind="query.refused", start="2020-01-01")
    text = taken.read("log.csv").decode("utf-8-sig")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert head[0] == "# Format: lprsvc-audit-table/1"
    assert "# Entries: 5" in head
    assert any("“Query refused”, from 2020-01-01" in line for line in head)
    rows = list(csv.reader(io.StringIO(text[text.index("No.,") :])))
    assert [row[5] for row in rows[1:]][-1] == f"'{FORMULA}"
    about = json.loads(taken.read("bundle.json"))
    assert f"# SHA-256 of entries.jsonl: {about['entries_sha256']}" in head


def test_excel_opens_and_computes_nothing(log: None, cast: Cast, tmp_path: Path) -> None:
    """AUD-6, SAF-2."""
    asked(cast.investigator.person, FORMULA)
    sign(tmp_path)
    taken = made(cast.auditor, "xlsx", tmp_path, kind="query.refused")
    book = load_workbook(io.BytesIO(taken.read("log.xlsx")))
    assert book.sheetnames == ["About", "Entries"]
    rows = list(book["Entries"].values)
    assert rows[0][:3] == ("No.", "Time (UTC)", "Who")
    assert len(rows) == 6
    assert rows[-1][5] == f"'{FORMULA}"
    assert ("Entries", "5") in list(book["About"].values)


def test_pdf_carries_root_and_hash_on_every_page(log: None, cast: Cast, tmp_path: Path) -> None:
    """AUD-6."""
    for number in range(120):
        asked(cast.investigator.person, f"X{number}")
    sign(tmp_path)
    taken = made(cast.auditor, "pdf", tmp_path, kind="query.refused")
    about = json.loads(taken.read("bundle.json"))
    pages = PdfReader(io.BytesIO(taken.read("log.pdf"))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert about["entries_sha256"] in text
        assert f"Page {number}" in text
    assert "X119" in pages[-1].extract_text()


def test_a_bundle_alone_has_no_table(log: None, cast: Cast, tmp_path: Path) -> None:
    names = made(cast.auditor, "bundle", tmp_path).namelist()
    assert not [name for name in names if name.startswith("log.")]


def test_a_search_that_finds_nothing_is_exported_as_nothing(
    log: None, cast: Cast, tmp_path: Path
) -> None:
    taken = made(cast.auditor, "xlsx", tmp_path, plate="ZZZ999")
    assert taken.read("entries.jsonl") == b""
    assert len(list(load_workbook(io.BytesIO(taken.read("log.xlsx")))["Entries"].values)) == 1


def test_ordering_making_and_taking_are_recorded(log: None, cast: Cast) -> None:
    """AUD-1, AUD-6."""
    client = client_for(cast.auditor)
    with recorded() as events:
        client.post(reverse("log_export_order"), {"form": "csv", "plate": "AAA110"})
        export = make(LogExport.objects.latest("ordered_at"))
        client.get(reverse("log_export_file", args=[export.pk]))
        client.post(reverse("log_export_remove", args=[export.pk]))
    kinds = [event.kind for event in events]
    ended = Kind.AUDIT_EXPORT_ENDED
    assert kinds == [Kind.AUDIT_EXPORTED, ended, Kind.AUDIT_DOWNLOADED, ended]
    assert events[0].fields["wanted_plate"] == "AAA110"
    assert events[0].plate is None  # a search for a plate is no use of its reads
    assert events[1].fields["sha256"] == events[2].fields["sha256"] == export.sha256
    assert {event.actor for event in events} == {cast.auditor.person.id}
    assert not LogExport.objects.exists()
    assert not LogExportPart.objects.exists()


def test_a_broken_download_goes_on(log: None, cast: Cast) -> None:
    """AUD-6."""
    export = make(order(cast.auditor))
    whole = take(cast.auditor, export)
    begin = take(cast.auditor, export, Range="bytes=0-99")
    rest = take(cast.auditor, export, Range="bytes=100-", **{"If-Range": f'"{export.sha256}"'})
    assert begin + rest == whole
    assert take(cast.auditor, export, Range="bytes=100-", **{"If-Range": '"other"'}) == whole


def test_a_file_of_several_parts_is_whole(
    log: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PART_BYTES", 1_000)
    monkeypatch.setattr(making, "PART_BYTES", 1_000)
    export = make(order(cast.auditor))
    assert LogExportPart.objects.count() > 1
    whole = take(cast.auditor, export)
    assert len(whole) == export.size
    assert take(cast.auditor, export, Range="bytes=900-2100") == whole[900:2101]
    LogExportPart.objects.filter(number=1).delete()
    answer = client_for(cast.auditor).get(reverse("log_export_file", args=[export.pk]))
    assert answer.status_code == 410


def test_who_lost_the_right_meanwhile_gets_nothing(log: None, cast: Cast) -> None:
    """AUD-5: what the worker makes is asked anew."""
    export = order(cast.auditor)
    User.objects.filter(pk=cast.auditor.pk).update(is_active=False)
    assert make(export).state == ExportState.FAILED
    assert not LogExportPart.objects.exists()
    event = Event.objects.filter(kind=Kind.AUDIT_EXPORT_ENDED).latest("at")
    assert event.fields["outcome_code"] == "log_not_permitted"


def test_who_was_demoted_meanwhile_gets_todays_part(log: None, cast: Cast) -> None:
    export = order(cast.auditor, "jsonl", kind="query.refused")
    User.objects.filter(pk=cast.auditor.pk).update(roles=["supervisor"])
    assert make(export).count == 0  # nobody is in that supervisor's team


@pytest.mark.parametrize("code", ["unknown", "", "exe"])
def test_an_unknown_form_is_refused_and_recorded(log: None, cast: Cast, code: str) -> None:
    client = client_for(cast.auditor)
    with recorded() as events:
        answer = client.post(reverse("log_export_order"), {"form": code}, follow=True)
    assert b"Choose one of the forms" in answer.content
    assert (events[0].kind, events[0].outcome) == (Kind.AUDIT_EXPORTED, "refused")
    assert not LogExport.objects.exists()


def test_a_search_that_makes_no_sense_goes_back_to_its_fields(log: None, cast: Cast) -> None:
    answer = client_for(cast.auditor).post(
        reverse("log_export_order"), {"form": "csv", "start": "2026-02-30"}, follow=True
    )
    assert answer.context["form"].errors["start"]
    assert not LogExport.objects.exists()


def test_too_many_at_once_are_refused(log: None, cast: Cast) -> None:
    for _ in range(orders.MOST_OPEN):
        order(cast.auditor)
    actor = cast.auditor.person
    with pytest.raises(InvalidInput):
        order_as(actor, cast)


def order_as(actor: Actor, cast: Cast) -> LogExport:
    from accounts.selectors import log_reader_for

    return orders.order_export(
        actor=actor,
        reader=log_reader_for(cast.auditor.person),
        wanted=EventFilter(),
        sought="all",
        form="csv",
        now=timezone.now(),
    )


# --- what dies half-way ---------------------------------------------------------------------------


def test_an_export_whose_worker_died_is_made_by_the_next(
    log: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-6."""
    export = order(cast.auditor)
    told: list[object] = []
    monkeypatch.setattr(making, "tell_worker", told.append)
    with monkeypatch.context() as dying:
        dying.setattr(making, "_make", _die)
        with pytest.raises(SystemExit):
            make(export)
    assert make(export).state == ExportState.RUNNING  # still the dead one's
    assert making.go_on(now=timezone.now()) == 0
    later = timezone.now() + making.CLAIM_LASTS + timedelta(seconds=1)
    assert making.go_on(now=later) == 1
    assert told == [export.pk]
    with logged_on_as("lpr_worker"):
        LogExport.objects.update(claimed_at=None)
    assert make(export).state == ExportState.DONE


def _die(*_: object) -> None:
    raise SystemExit


def test_what_breaks_off_again_and_again_is_given_up(log: None, cast: Cast) -> None:
    export = order(cast.auditor)
    with logged_on_as("lpr_worker"):
        LogExport.objects.update(attempts=making.MOST_TRIES)
    assert make(export).state == ExportState.FAILED
    assert "several times" in export.fault


def test_a_fault_of_ours_is_told_without_its_words(
    log: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("secret plate")

    export = order(cast.auditor)
    monkeypatch.setattr(making, "_make", fails)
    with pytest.raises(ValueError, match="secret"):
        make(export)
    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert "secret" not in export.fault


def test_a_canceled_export_leaves_nothing(
    log: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = order(cast.auditor)
    write = bundles.write

    def canceled(*args: Any, **more: Any) -> object:
        LogExport.objects.filter(pk=export.pk).delete()
        return write(*args, **more)

    monkeypatch.setattr(bundles, "write", canceled)
    with logged_on_as("lpr_worker"):
        making.make_export(export_id=export.pk, clock=timezone.now)
    assert not LogExport.objects.exists()
    assert not LogExportPart.objects.exists()
    assert not Event.objects.filter(kind=Kind.AUDIT_EXPORT_ENDED).exists()


def test_a_log_not_signed_yet_says_so(committed_db: None, cast: Cast) -> None:
    assert "not signed yet" in make(order(cast.auditor)).fault


def test_an_export_is_erased_when_its_week_is_over(log: None, cast: Cast) -> None:
    export = make(order(cast.auditor))
    with logged_on_as("lpr_worker"):
        assert orders.erase_due(now=export.ordered_at + orders.KEPT - timedelta(seconds=1)) == 0
        assert orders.erase_due(now=export.ordered_at + orders.KEPT) == 1
    assert not LogExportPart.objects.exists()
    with pytest.raises(NotFound):
        orders.download(
            actor=cast.auditor.person, export_id=export.pk, wanted="", unless="", now=timezone.now()
        )


# --- tables ---------------------------------------------------------------------------------------

FACTS = Facts("log", "all", "now", "me", 2, 2, "00", "11")


def rows(count: int, note: str = "") -> Iterator[Row]:
    at = f"{datetime(2026, 1, 1, tzinfo=UTC):%Y-%m-%d}"
    for number in range(count):
        yield Row(number, "id", at, "query.run", "hash", {"note": note, "outcome": "ok"})


def test_a_sheet_that_is_full_goes_on_in_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tables._in_parts
    monkeypatch.setattr(tables, "_in_parts", lambda source, _most: parts(source, 2))
    tables.write_xlsx(tmp_path / "log.xlsx", FACTS, rows(5))
    book = load_workbook(tmp_path / "log.xlsx")
    counts = [len(list(book[name].values)) - 1 for name in book.sheetnames[1:]]
    assert counts == [2, 2, 1]


@pytest.mark.parametrize("form", list(tables.WRITERS))
def test_hostile_text_breaks_no_table(tmp_path: Path, form: str) -> None:
    """SAF-2."""
    note = "a\x00b\x0bc\ufffe\U0001f600 \r\n<x>&\"',;\t" + "W" * 70_000
    path = tmp_path / f"log.{form}"
    tables.WRITERS[form](path, FACTS, rows(2, note))
    assert path.stat().st_size
    if form == "xlsx":
        cells = list(load_workbook(path)["Entries"].values)[1]
        assert "\U0001f600" in str(cells[8])
    elif form == "pdf":
        assert len(PdfReader(path).pages) == 1
