"""The charts of an answer: of its own plate, over the time asked about, by the camera's clock."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from lprsvc.lib.charts import Chart
from queries.arranging import see
from queries.charting import charts
from queries.schemas import Hit
from tests.queries.test_arranging import hit

MONDAY = date(2026, 1, 5)


def draw(
    hits: list[Hit], days: int = 30, marks: dict[UUID, bool] | None = None
) -> tuple[Chart, Chart]:
    drawn = charts(
        see(hits, marks or {}),
        frame=(MONDAY - timedelta(days=days - 1), MONDAY),
        url_of=lambda first, last: f"{first}..{last}",
    )
    assert drawn is not None
    return drawn


def test_timeline_counts_by_day_at_the_camera_and_leads_to_that_day() -> None:
    timeline, _ = draw([hit(-8), hit(-6), hit(0)])  # Sunday 23:00, Monday 01:00 and 07:00
    assert [(row.name, row.cells, row.url) for row in timeline.rows] == [
        ("Jan 4, 2026", (1,), "2026-01-04..2026-01-04"),
        ("Jan 5, 2026", (2,), "2026-01-05..2026-01-05"),
    ]
    assert timeline.summary == (
        "Hits by day, Dec 7, 2025 to Jan 5, 2026. Most in one day: 2, Jan 5, 2026."
    )


@pytest.mark.parametrize(
    ("days", "step", "name", "stretch"),
    [
        (62, "Day", "Jan 5, 2026", "2026-01-05..2026-01-05"),
        (63, "Week", "week of Jan 5, 2026", "2026-01-05..2026-01-11"),
        (400, "Week", "week of Jan 5, 2026", "2026-01-05..2026-01-11"),
        (401, "Month", "January 2026", "2026-01-01..2026-01-31"),
        (5 * 366, "Month", "January 2026", "2026-01-01..2026-01-31"),
        (40 * 366, "Year", "2026", "2026-01-01..2026-12-31"),
    ],
)
def test_steps_suit_the_time_that_was_asked(days: int, step: str, name: str, stretch: str) -> None:
    timeline, _ = draw([hit()], days)
    assert timeline.head[0] == step
    assert (timeline.rows[0].name, timeline.rows[0].url) == (name, stretch)


def test_no_hit_is_lost_between_the_steps() -> None:
    hits = [hit(-24 * day) for day in range(0, 1_200, 7)]
    for days in (1, 30, 100, 1_200, 6_000):
        timeline, week = draw(hits, days)
        assert sum(row.cells[0] for row in timeline.rows) == len(hits)
        assert sum(sum(row.cells) for row in week.rows) == len(hits)


def test_week_counts_by_the_cameras_own_clock() -> None:
    _, week = draw([hit(), hit(timezone="America/Los_Angeles")])
    assert week.head == ("Weekday", "04:00 to 04:59", "07:00 to 07:59")
    assert (week.rows[0].name, week.rows[0].cells) == ("Monday", (1, 1))


def test_what_is_not_relevant_is_not_drawn() -> None:  # QRY-11
    good, bad = hit(), hit(1)
    timeline, _ = draw([good, bad], marks={bad.id: False})
    assert sum(row.cells[0] for row in timeline.rows) == 1
    assert charts(see([bad], {bad.id: False}), frame=(MONDAY, MONDAY), url_of=lambda *_: "") is None
