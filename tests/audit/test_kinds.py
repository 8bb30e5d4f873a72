"""The list of kinds, and that the database agrees with it."""

import re
from pathlib import Path

from audit.documentation import PAGE, render
from audit.kinds import LABELS, OPENS_ONE_READ, OPENS_READS, Kind, label_of

SQL = Path(__file__).parents[2] / "audit" / "migrations" / "sql" / "0003_one_read.sql"


def test_every_kind_is_noun_dot_past_verb_and_has_words() -> None:
    assert set(LABELS) == set(Kind)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", kind) for kind in Kind)


def test_the_database_opens_reads_for_exactly_the_kinds_listed() -> None:
    one, all_ = (
        set(re.findall(r"'([^']+)'", listed))
        for listed in re.findall(r"e\.kind IN \(([^)]*)\)", SQL.read_text())
    )
    assert one == set(OPENS_ONE_READ)
    assert all_ == set(OPENS_READS)


def test_a_kind_of_an_older_build_stands_for_itself() -> None:
    assert label_of("query.run") == "Ran a query"
    assert label_of("query.sung") == "query.sung"


def test_the_page_about_events_is_the_list_of_kinds() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run python -m audit.documentation"
