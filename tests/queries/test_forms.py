"""What can't be read as one question is named beside its field (QRY-1)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from queries.forms import QueryForm
from queries.limits import ComponentRule
from queries.policy import Grounds

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NEW_YORK = "America/New_York"
COLLEAGUE = UUID(int=2)
GROUNDS = Grounds(
    rule=ComponentRule("ERO", 5, "PIA p. 7"),
    reasons={"criminal": "Criminal investigation"},
    colleagues={COLLEAGUE: "Bob Lindqvist"},
    training=(),
)
TOKEN = uuid4()
ENTRIES = {
    "plate": "abc-123",
    "state": "US-PA",
    "reason": "criminal",
    "case_reference": "Subject name John Doe, case number 12345678",
    "for_whom": "self",
    "period": "previous-60-days",
    "token": str(TOKEN),
}
DATES = {"period": "dates", "start": "2026-01-01", "end": "2026-01-31"}

# What is changed in ENTRIES → the rule that the log names, the fields with a fault, what is said.
FAULTS: dict[str, tuple[dict[str, str], str, set[str], str]] = {
    "no plate": ({"plate": ""}, "plate_missing", {"plate"}, "whole plate"),
    "separators only": ({"plate": " - . "}, "plate_invalid", {"plate"}, "Enter the plate"),
    "percent": ({"plate": "ABC%"}, "plate_invalid", {"plate"}, "“%”"),
    "asterisk": ({"plate": "AB*"}, "plate_invalid", {"plate"}, r"“\*”"),
    "underscore wildcard only": ({"plate": "_"}, "plate_invalid", {"plate"}, "Enter the plate"),
    "emoji": ({"plate": "ABC🚗"}, "plate_invalid", {"plate"}, r"U\+1F697"),
    "Cyrillic A": ({"plate": "АBC123"}, "plate_invalid", {"plate"}, r"U\+0410"),
    "Greek O": ({"plate": "ABCΟ12"}, "plate_invalid", {"plate"}, r"U\+039F"),
    "dotless i": ({"plate": "ıBC12"}, "plate_invalid", {"plate"}, r"U\+0131"),
    "11 characters": ({"plate": "ABCDE123456"}, "plate_invalid", {"plate"}, "at most 10"),
    "two plates": ({"plate": "ABC123,XYZ1"}, "plate_invalid", {"plate"}, "“,”"),
    "SQL": ({"plate": "' OR 1=1 --"}, "plate_invalid", {"plate"}, "“'”"),
    "10,000 characters": ({"plate": "A" * 10_000}, "plate_invalid", {"plate"}, "at most"),
    "no state": ({"state": ""}, "state_missing", {"state"}, "state of registration"),
    "unknown state": ({"state": "US-ZZ"}, "state_invalid", {"state"}, "list"),
    "any state": ({"state": "%"}, "state_invalid", {"state"}, "list"),
    "no reason": ({"reason": ""}, "reason_missing", {"reason"}, "reason"),
    "reason of another agency": ({"reason": "customs"}, "reason_unknown", {"reason"}, "list"),
    "no note": ({"case_reference": ""}, "note_insufficient", {"case_reference"}, "case"),
    "note of blanks": (
        {"case_reference": " \n\t "},
        "note_insufficient",
        {"case_reference"},
        "case",
    ),
    "note too long": (
        {"case_reference": "case 1 " * 1_429},
        "note_too_long",
        {"case_reference"},
        "2000",
    ),
    "nobody": ({"for_whom": ""}, "for_whom_missing", {"for_whom"}, "for whom"),
    "unnamed officer": (
        {"for_whom": "officer"},
        "behalf_unknown",
        {"on_behalf_of", "officer_unit"},
        "name",
    ),
    "unnamed colleague": ({"for_whom": "colleague"}, "behalf_unknown", {"colleague"}, "colleague"),
    "stranger": (
        {"for_whom": "colleague", "colleague": str(UUID(int=3))},
        "behalf_unknown",
        {"colleague"},
        "list",
    ),
    "no time frame": ({"period": ""}, "time_frame_missing", {"period"}, "time frame"),
    "unknown preset": ({"period": "all"}, "period_invalid", {"period"}, "list"),
    "no dates": ({"period": "dates"}, "time_frame_missing", {"start", "end"}, "day"),
    "no last day": (DATES | {"end": ""}, "time_frame_missing", {"end"}, "last day"),
    "no date": (DATES | {"start": "soon"}, "start_invalid", {"start"}, "as 2026-01-31"),
    "February 30": (DATES | {"start": "2026-02-30"}, "start_invalid", {"start"}, "as 2026-01-31"),
    "first year": (DATES | {"start": "0001-01-01"}, "start_invalid", {"start"}, "1900"),
    "last year": (DATES | {"end": "9999-12-31"}, "end_invalid", {"end"}, "2999"),
    "U+0000": (
        {"case_reference": "case\x00 1"},
        "case_reference_invalid",
        {"case_reference"},
        "Null",
    ),
    "token": ({"token": "1"}, "token_invalid", {"token"}, "anew"),
}


def form(changes: dict[str, str] | None = None, grounds: Grounds = GROUNDS) -> QueryForm:
    return QueryForm(ENTRIES | (changes or {}), grounds=grounds)


def question(changes: dict[str, str] | None = None) -> Any:
    filled = form(changes)
    assert filled.is_valid(), filled.errors
    return filled.question(now=NOW, timezone=NEW_YORK)


@pytest.mark.parametrize(("changes", "rule", "fields", "said"), FAULTS.values(), ids=FAULTS)
def test_fault_is_named_beside_its_field(  # QRY-1
    changes: dict[str, str], rule: str, fields: set[str], said: str
) -> None:
    filled = form(changes)
    assert not filled.is_valid()
    assert filled.first_rule() == rule
    assert set(filled.faults()) == fields
    assert re.search(said, str(filled.faults()))


def test_every_missing_field_is_named_at_once() -> None:  # QRY-1
    empty = QueryForm({}, grounds=GROUNDS)
    assert not empty.is_valid()
    assert set(empty.faults()) == {
        "plate",
        "state",
        "reason",
        "case_reference",
        "for_whom",
        "period",
    }


def test_question_holds_what_was_entered_and_its_key() -> None:
    asked = question()
    assert (asked.plate_text, asked.plate_key, asked.state) == ("abc-123", "ABC123", "US-PA")
    assert (asked.behalf_user, asked.behalf_name) == (None, "")
    assert asked.frame.end == NOW
    assert NOW - asked.frame.start > timedelta(days=60)


def test_question_with_dates_covers_local_days() -> None:
    asked = question(DATES)
    assert asked.frame.start == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert asked.frame.end == datetime(2026, 2, 1, 5, tzinfo=UTC)
    assert question(DATES | {"start": "01/01/2026"}).frame == asked.frame


def test_question_for_others() -> None:
    named = {"for_whom": "officer", "on_behalf_of": "Jane Roe", "officer_unit": "ERO Newark"}
    assert question(named).behalf_name == "Jane Roe, ERO Newark"
    colleague = {"for_whom": "colleague", "colleague": str(COLLEAGUE)}
    assert question(colleague).behalf_user == COLLEAGUE
    # What was typed before "myself" was chosen is not a statement.
    assert question(named | {"for_whom": "self"}).behalf_name == ""


def test_same_page_sent_twice_is_one_submission_and_changed_it_is_another() -> None:
    assert question().submission == question().submission
    assert question({"plate": "ABC124"}).submission != question().submission
    assert question({"token": str(uuid4())}).submission != question().submission


def test_presets_beyond_the_components_rule_are_not_offered() -> None:
    one_year = Grounds(ComponentRule("X", 1, "order 1"), GROUNDS.reasons, {}, ())
    filled = form({"period": "previous-5-years"}, grounds=one_year)
    assert not filled.is_valid()
    assert form({"period": "previous-1-year"}, grounds=one_year).is_valid()


def test_new_form_has_a_token_of_its_own_and_presumes_nothing() -> None:
    one, two = QueryForm(grounds=GROUNDS), QueryForm(grounds=GROUNDS)
    assert one["token"].value() != two["token"].value()
    assert [one[name].value() for name in ("for_whom", "period", "reason", "state")] == [None] * 4
