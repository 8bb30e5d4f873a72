"""States of registration: own ids, codes mapped at the edges."""

import csv

import pytest

from lprsvc.lib.jurisdictions import (
    JURISDICTIONS,
    JurisdictionKind,
    UnknownState,
    state_choices,
    state_id,
    state_id_from_ncic,
)
from tests.harness.real import REAL_DATA


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("PA", "US-PA"),
        ("us-pa", "US-PA"),
        ("us_pa", "US-PA"),
        ("Pennsylvania", "US-PA"),
        (" dc ", "US-DC"),
        ("QC", "CA-QC"),
        ("PQ", "CA-QC"),
        ("SN", "CA-SK"),
        ("CA", "US-CA"),
        ("CA-ON", "CA-ON"),
        ("MX-SON", "MX-SON"),
    ],
)
def test_codes_that_software_sends_are_understood(code: str, expected: str) -> None:
    assert state_id(code) == expected


@pytest.mark.parametrize(
    ("code", "postal_meaning", "ncic_meaning"),
    [
        ("NB", "CA-NB", "US-NE"),
        ("GU", "US-GU", "MX-GUA"),
        ("NL", "CA-NL", "MX-NLE"),
        ("SK", "CA-SK", "XN-SK"),
        ("PW", "PW", "XN-PW"),
        ("MP", "US-MP", None),
    ],
)
def test_where_the_two_lists_disagree_each_keeps_its_meaning(
    code: str, postal_meaning: str, ncic_meaning: str | None
) -> None:
    assert state_id(code) == postal_meaning
    if ncic_meaning:
        assert state_id_from_ncic(code) == ncic_meaning


@pytest.mark.parametrize("code", ["", "XX", "P", "Germany", "us-zz", "%"])
def test_what_issues_no_plates_is_refused(code: str) -> None:
    with pytest.raises(UnknownState):
        state_id(code)


def test_every_id_fits_the_column_and_is_offered_once() -> None:
    offered = [id_ for _, group in state_choices() for id_, _ in group]
    assert sorted(offered) == sorted(JURISDICTIONS)
    assert max(map(len, offered)) <= 6
    assert sum(j.kind == JurisdictionKind.STATE for j in JURISDICTIONS.values()) == 51


def test_the_table_agrees_with_the_published_ncic_list() -> None:
    path = REAL_DATA / "geo" / "ncic_lis_codes.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the checkout")
    with path.open(encoding="utf-8") as file:
        rows = {row["ncic_code"]: row["postal_code"] for row in csv.DictReader(file)}
    assert {j.ncic: j.postal for j in JURISDICTIONS.values()} == rows
