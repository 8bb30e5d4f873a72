"""Charts say the same as picture and as table, and break neither page nor content policy."""

import re
from itertools import pairwise

from lprsvc.lib.charts import Bar, bar_chart, grid_chart

DAYS = ("Monday", "Tuesday")
HOURS = tuple(f"{hour:02}:00" for hour in range(24))


def bars(*values: int) -> list[Bar]:
    return [Bar(f"Day {n}", value, f"D{n}", f"?day={n}") for n, value in enumerate(values)]


def heights(svg: str) -> list[float]:
    return [float(height) for height in re.findall(r'chart__bar"[^>]* height="([\d.]+)"', svg)]


def test_bars_are_as_high_as_their_values() -> None:
    chart = bar_chart("c", title="T", summary="S", bars=bars(1, 0, 4, 2), unit="Hits", per="Day")
    one, four, two = heights(chart.svg)
    assert (four / one, four / two) == (4, 2)


def test_table_says_what_the_bars_do_and_leaves_out_nothing_but_nothing() -> None:
    chart = bar_chart("c", title="T", summary="S", bars=bars(1, 0, 4), unit="Hits", per="Day")
    assert chart.head == ("Day", "Hits")
    assert [(row.name, row.cells, row.url) for row in chart.rows] == [
        ("Day 0", (1,), "?day=0"),
        ("Day 2", (4,), "?day=2"),
    ]


def test_one_among_thousands_can_still_be_seen() -> None:
    chart = bar_chart("c", title="T", summary="S", bars=bars(1, 5000), unit="Hits", per="Day")
    assert min(heights(chart.svg)) >= 2


def test_words_below_bars_do_not_run_into_each_other() -> None:
    chart = bar_chart("c", title="T", summary="S", bars=bars(*[1] * 100), unit="Hits", per="Day")
    at = [
        float(x)
        for x in re.findall(r'<text class="lpr-chart__text" x="([\d.]+)" y="109"', chart.svg)
    ]
    assert len(at) > 3
    assert all(right - left >= 44 for left, right in pairwise(at))


def test_nothing_to_draw_draws_an_empty_picture() -> None:
    assert (
        heights(bar_chart("c", title="T", summary="S", bars=[], unit="Hits", per="Day").svg) == []
    )


def test_grid_shades_by_value_and_its_table_has_every_row() -> None:
    values = {(0, 7): 10, (1, 7): 1, (1, 23): 5}
    chart = grid_chart(
        "g", title="T", summary="S", rows=DAYS, columns=HOURS, values=values, corner="Day", ticks={}
    )
    assert re.findall(r"lpr-shade-(\d)[^>]*><title>([^<]*)<", chart.svg) == [
        ("5", "Monday, 07:00: 10"),
        ("1", "Tuesday, 07:00: 1"),
        ("3", "Tuesday, 23:00: 5"),
    ]
    assert chart.head == ("Day", "07:00", "23:00")
    assert [(row.name, row.cells) for row in chart.rows] == [
        ("Monday", (10, 0)),
        ("Tuesday", (1, 5)),
    ]


def test_what_is_drawn_is_named_escaped_and_without_inline_style() -> None:
    chart = bar_chart(
        "c", title="T", summary='<b>"S"</b>', bars=[Bar("<i>", 1, "<u>")], unit="H", per="D"
    )
    assert 'role="img" aria-label="&lt;b&gt;&quot;S&quot;&lt;/b&gt;"' in chart.svg
    assert "<i>" not in chart.svg
    assert "<u>" not in chart.svg
    assert "style" not in chart.svg
