"""Each line of policy's table refuses with its code beside its field, and nothing else does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.people import Person
from accounts.training import standing
from audit.actors import VENDOR_LOG_ID
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission
from queries import policy
from queries.limits import ComponentRule, OffenseRule
from queries.policy import Grounds, check_can_run
from queries.schemas import QueryIn
from queries.timeframes import TimeFrame

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MIDNIGHT = datetime(2021, 3, 2, 5, 0, tzinfo=UTC)  # in New York, five years ago
INSTANT = timedelta(microseconds=1)
COLLEAGUE, STRANGER, GROUP = UUID(int=2), UUID(int=3), UUID(int=4)
PERSON = Person(
    id="user:1",
    name="Alice Moreno",
    log_id=VENDOR_LOG_ID,
    user_id=UUID(int=1),
    timezone="America/New_York",
    permissions=frozenset({Permission.RUN_QUERIES}),
)
GROUNDS = Grounds(
    rule=ComponentRule("ERO", 5, "PIA p. 7"),
    reasons={"criminal": "Criminal investigation"},
    colleagues={COLLEAGUE: "Bob Lindqvist"},
    training=(),
    groups={GROUP: "Task Force Harbor"},
)
OFFENSE = OffenseRule(code="fraud", citation="18 U.S.C. 3301", title="Securities fraud", years=6)
BY_OFFENSE = replace(
    GROUNDS, rule=ComponentRule("HSI", None, "PIA p. 7"), offenses={OFFENSE.code: OFFENSE}
)
ASK = QueryIn(
    plate_text="ABC 123",
    plate_key="ABC123",
    state="US-PA",
    reason_code="criminal",
    case_reference="Subject name John Doe, case number 12345678",
    frame=TimeFrame(NOW - timedelta(days=60), NOW, "previous-60-days"),
    submission=UUID(int=9),
)


def frame(start: datetime, end: datetime = NOW) -> dict[str, Any]:
    return {"frame": TimeFrame(start, end, "dates")}


ALLOWED: dict[str, dict[str, Any]] = {
    "the PIA's own example": {},
    "case number alone": {"case_reference": "12345678"},
    "name alone": {"case_reference": "Jane Roe"},
    "longest note": {"case_reference": "case 1" + "x" * 1_994},
    "for a colleague": {"behalf_user": COLLEAGUE},
    "for another officer": {"behalf_name": "Officer Núñez-O'Hara, ERO Newark"},
    "shared with an own group": {"group": GROUP},
    "five years to the day": frame(MIDNIGHT),
    "an instant": frame(NOW - INSTANT),
}

REFUSED: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "no reason": ({"reason_code": ""}, "reason_unknown", "reason"),
    "reason of another agency": ({"reason_code": "customs"}, "reason_unknown", "reason"),
    "blank note": ({"case_reference": " \t\n  "}, "note_insufficient", "case_reference"),
    "one word": ({"case_reference": "investigation"}, "note_insufficient", "case_reference"),
    "two short words": ({"case_reference": "a b"}, "note_insufficient", "case_reference"),
    "signs only": ({"case_reference": "--- ... ???"}, "note_insufficient", "case_reference"),
    "10,000 characters": ({"case_reference": "case 1 " * 1_429}, "note_too_long", "case_reference"),
    "offense where none is asked": (
        {"offense": "18-usc-3281"},
        "offense_needless",
        "offense",
    ),
    "officer without a unit": ({"behalf_name": "Jane Roe"}, "behalf_unknown", "on_behalf_of"),
    "officer without a first name": (
        {"behalf_name": "Roe, Newark"},
        "behalf_unknown",
        "on_behalf_of",
    ),
    "unit of signs": ({"behalf_name": "Jane Roe, --"}, "behalf_unknown", "on_behalf_of"),
    "colleague named as a stranger": (
        {"behalf_name": "bob  LINDQVIST, HSI Chicago"},
        "behalf_has_account",
        "on_behalf_of",
    ),
    "group of others": ({"group": STRANGER}, "group_unknown", "share_with"),
    "officer without letters": ({"behalf_name": "12345"}, "behalf_unknown", "on_behalf_of"),
    "officer posing as a user": (
        {"behalf_name": "user:00000000-0000-0000-0000-000000000002"},
        "behalf_unknown",
        "on_behalf_of",
    ),
    "officer of two lines": ({"behalf_name": "Bob\nEve"}, "behalf_unknown", "on_behalf_of"),
    "officer too long": ({"behalf_name": "B" * 201}, "behalf_unknown", "on_behalf_of"),
    "stranger": ({"behalf_user": STRANGER}, "behalf_unknown", "colleague"),
    "no time frame": ({"frame": None}, "time_frame_missing", "period"),
    "begins now": (frame(NOW, NOW + timedelta(days=1)), "time_frame_future", "start"),
    "begins tomorrow": (frame(NOW + timedelta(days=1)), "time_frame_future", "start"),
    "ends after now": (frame(NOW - INSTANT, NOW + INSTANT), "time_frame_future", "end"),
    "reversed": (
        frame(NOW - timedelta(days=1), NOW - timedelta(days=2)),
        "time_frame_reversed",
        "end",
    ),
    "empty": (
        frame(NOW - timedelta(days=1), NOW - timedelta(days=1)),
        "time_frame_reversed",
        "end",
    ),
    "five years and an instant": (frame(MIDNIGHT - INSTANT), "time_frame_too_long", "start"),
    "five years and a day": (frame(MIDNIGHT - timedelta(days=1)), "time_frame_too_long", "start"),
}


def run(changes: Mapping[str, Any], person: Person = PERSON, grounds: Grounds = GROUNDS) -> None:
    check_can_run(person=person, ask=replace(ASK, **changes), grounds=grounds, now=NOW)


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED)
def test_allowed(changes: Mapping[str, Any]) -> None:
    run(changes)


@pytest.mark.parametrize(("changes", "code", "field"), REFUSED.values(), ids=REFUSED)
def test_refused(changes: Mapping[str, Any], code: str, field: str | None) -> None:  # QRY-1, QRY-3
    with pytest.raises(PolicyDenied) as denied:
        run(changes)
    assert (denied.value.code, denied.value.field) == (code, field)


def test_person_without_permission_is_refused_first() -> None:
    with pytest.raises(PolicyDenied) as denied:
        run({"frame": None}, person=replace(PERSON, permissions=frozenset()))
    assert (denied.value.code, denied.value.field) == ("not_permitted", None)


def test_person_without_component_has_no_rule_to_ask_by() -> None:
    with pytest.raises(PolicyDenied) as denied:
        run({}, grounds=replace(GROUNDS, rule=None))
    assert (denied.value.code, denied.value.field) == ("no_time_frame_rule", None)


@pytest.mark.parametrize(("code", "rule"), [("", "offense_missing"), ("arson", "offense_unknown")])
def test_offense_decides_so_it_must_be_one_that_can_be_chosen(
    code: str, rule: str
) -> None:  # QRY-3
    with pytest.raises(PolicyDenied) as denied:
        run({"offense": code}, grounds=BY_OFFENSE)
    assert (denied.value.code, denied.value.field) == (rule, "offense")


def test_offense_that_can_be_chosen_is_asked_by() -> None:  # QRY-3
    run({"offense": "fraud"}, grounds=BY_OFFENSE)


def test_refusal_of_a_long_frame_names_the_rule_and_its_source() -> None:  # QRY-3
    with pytest.raises(PolicyDenied, match=r"ERO may ask for 5 years.*Mar 2, 2021.*PIA p\. 7"):
        run(frame(MIDNIGHT - INSTANT))


@pytest.mark.parametrize(
    ("start", "is_allowed"),
    [(datetime(2023, 3, 1, 5, tzinfo=UTC), True), (datetime(2023, 2, 28, 5, tzinfo=UTC), False)],
)
def test_five_years_before_a_leap_day(start: datetime, *, is_allowed: bool) -> None:  # QRY-3
    now = datetime(2028, 2, 29, 15, tzinfo=UTC)
    ask = replace(ASK, frame=TimeFrame(start, now, "dates"))
    if is_allowed:
        assert check_can_run(person=PERSON, ask=ask, grounds=GROUNDS, now=now) == ask.frame
    else:
        with pytest.raises(PolicyDenied):
            check_can_run(person=PERSON, ask=ask, grounds=GROUNDS, now=now)


def test_nobody_asks_whose_training_is_not_current() -> None:  # ACC-8
    expired = standing(
        course_id=1,
        code="LPR-USE",
        title="Use of the service",
        validity_months=12,
        completed_on=date(2025, 3, 1),
        today=NOW.date(),
    )
    with pytest.raises(PolicyDenied) as denied:
        check_can_run(
            person=PERSON, ask=ASK, grounds=replace(GROUNDS, training=(expired,)), now=NOW
        )
    assert denied.value.code == "training_missing"
    assert "Use of the service (LPR-USE): expired after Mar 1, 2026." in denied.value.message


def test_every_code_stands_in_the_table_and_is_tested() -> None:
    table = str(policy.__doc__).split("====\n")[2]
    codes = {line.split()[0] for line in table.splitlines() if line and line[0] != "="}
    tested = {code for _, code, _ in REFUSED.values()} | {
        "not_permitted",
        "training_missing",
        "no_time_frame_rule",
        "offense_missing",
        "offense_unknown",
    }
    assert codes == tested
