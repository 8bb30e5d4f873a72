"""Asking: the whole stack against the same SQL through psycopg, interleaved in one run.

`BENCH_READS` (millions, default 3) is how far the table grows from its first million: 10 is the
scale of the target, and takes some five minutes to fill.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import TypeVar
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from lprsvc.lib.ids import uuid7
from tests.bench.report import Line
from tests.bench.stage import DATABASE, Stage, Visitor, csrf, stage

T = TypeVar("T")

READS = 1_000_000
GROWN = int(os.environ.get("BENCH_READS", "3")) * 1_000_000
VEHICLES = 20_000
CAMERAS = 100
ROUNDS = 150
_WARM_UP = 10
_MONTHS = 60
# Vehicles seen in the last days alone: as many hits in a short window as in a long one.
_RECENT, _RECENT_READS = 400, 10
_PLACE = (407_000_000, -740_000_000)

# Rows that look like real ones to the index and the page: each vehicle about ten times a year.
_FILL = """
INSERT INTO ingest_read (plate_key, state, captured_at, camera_id, id, batch_id, plate_text,
                         latitude_e7, longitude_e7, county, confidence, plate_is_derived,
                         scene_sha256, plate_sha256, make, model, color)
SELECT '{letter}' || lpad((n %% {vehicles})::text, 6, '0'), 'US-NY',
       date_trunc('day', now()) - (n * 7919::bigint %% {seconds}) * interval '1 second',
       (SELECT min(id) FROM ingest_camera) + n %% {cameras}, gen_random_uuid(), gen_random_uuid(),
       '{letter}' || (n %% {vehicles}), 407000000, -740000000, 36061, 0.9, false,
       decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), 'Toyota', 'Camry', 'silver'
  FROM generate_series(1, {reads}) n
    ON CONFLICT DO NOTHING;
"""
_FILL_PLACE = """
INSERT INTO ingest_place (cell, address, address_method, address_distance_m, address_dataset,
                          intersection, intersection_distance_m, intersection_dataset, resolved_at)
VALUES (%s, '115 State St', 'rooftop', 12, 'bench', 'State St & Main St', 80, 'bench', now())
"""
_EVENT = (
    "INSERT INTO audit.event (id, log_id, kind, seed, fields)"
    " VALUES (%s, '00000000-0000-7000-8000-000000000001', 'query.run', %s, %s)"
    " RETURNING set_config('audit.open', id::text, true),"
    " set_config('audit.open_at', at::text, true)"
)
_SELECT = (
    "SELECT r.*, c.*, s.* FROM ingest_read r JOIN ingest_camera c ON c.id = r.camera_id"
    " JOIN ingest_source s ON s.id = c.source_id WHERE r.plate_key = %s AND r.state = 'US-NY'"
    " AND r.captured_at >= %s AND r.captured_at < %s ORDER BY r.captured_at DESC"
)


def lines() -> list[Line]:
    """Audited query pages, what row-level security costs, and what size and window do."""
    with stage() as here:
        username, password = _fill(here)
        visitor = Visitor(here.start_web())
        visitor.log_on(username, password)
        return [
            *_whole_stack(here, visitor),
            *_guard(here),
            _windows(visitor),
            _growth(here, visitor),
        ]


def _fill(here: Stage) -> tuple[str, str]:
    """Reads over five years, their place known as the worker leaves it; returns user name and
    password of an investigator."""
    from ingest.cells import cell_of
    from tests.cast import PASSWORD, build_cast

    username = build_cast().investigator.username
    _make_cameras()
    with here.servers.connect("postgres", DATABASE) as superuser:
        superuser.execute("SELECT ingest_make_partitions((now() - interval '5 years')::date, 62)")
        superuser.execute(_FILL_PLACE, [cell_of(*_PLACE)])
    _add(here, "B", reads=READS, vehicles=VEHICLES, days=_MONTHS * 30)
    _add(here, "N", reads=_RECENT * _RECENT_READS, vehicles=_RECENT, days=28)
    return username, PASSWORD


def _add(here: Stage, letter: str, **sizes: int) -> None:
    seconds = sizes.pop("days") * 86_400
    filling = _FILL.format(letter=letter, cameras=CAMERAS, seconds=seconds, **sizes)
    with here.servers.connect("postgres", DATABASE) as superuser:
        superuser.execute(filling.replace("%%", "%"))
        superuser.execute("VACUUM ANALYZE ingest_read")


def _make_cameras() -> None:
    from audit.actors import system
    from ingest.services.sources import create_camera, create_source

    actor, now = system("tests.bench"), datetime.now(UTC)
    source = create_source(
        actor=actor, code="BENCH", name="Toll road", kind="toll_road", state="US-NY",
        reason="bench", now=now,
    )  # fmt: skip
    for number in range(CAMERAS):
        create_camera(
            actor=actor, source=source, code=f"C{number}", name=f"Camera {number}",
            timezone="America/New_York", is_mobile=False, latitude=40.7, longitude=-74.0,
            reason="bench", now=now,
        )  # fmt: skip


def _whole_stack(here: Stage, visitor: Visitor) -> list[Line]:
    raw = psycopg.connect(here.environment["DATABASE_URL_WEB"])
    seconds: dict[str, list[float]] = {"hello": [], "sql": [], "ask": [], "page": []}
    for number in range(1, ROUNDS + _WARM_UP + 1):
        plate = f"B{number:06d}"
        form = csrf(visitor.get("/queries/new/")) | question(plate)
        seconds["hello"].append(_timed(lambda: visitor.get("/healthz"))[0])
        seconds["sql"].append(_timed(partial(_audited_select, raw, plate))[0])
        asking, where = _timed(partial(visitor.post, "/queries/new/", form))
        seconds["ask"].append(asking)
        seconds["page"].append(_timed(partial(visitor.get, where))[0])
    hello, sql, ask, page = (median(values[_WARM_UP:]) for values in seconds.values())
    note = f"{page * 1000:.1f} ms; hello {hello * 1000:.1f} ms, SQL {sql * 1000:.2f} ms"
    return [
        Line(
            "Query",
            "audited result page, p50 ÷ (hello + SQL + commit)",
            page / (hello + sql),
            target=2.5,
            note=note,
        ),
        Line(
            "Query",
            "ask and see the answer, whole stack ÷ the same SQL through psycopg",
            (ask + page) / sql,
            note=f"ask {ask * 1000:.1f} ms",
        ),
    ]


def _guard(here: Stage) -> list[Line]:
    """The same select as the service's role, and as a superuser whom no policy meets.

    They take turns in going first: whoever comes second finds the plate's pages warm.
    """
    guarded = psycopg.connect(here.environment["DATABASE_URL_WEB"])
    free = here.servers.connect("postgres", DATABASE)
    free.autocommit = False
    seconds: dict[psycopg.Connection, list[float]] = {guarded: [], free: []}
    for number in range(1, 4 * ROUNDS):
        plate = f"B{number:06d}"
        for connection in (guarded, free) if number % 2 else (free, guarded):
            _record(connection, plate)
            seconds[connection].append(_timed(partial(_select, connection, plate))[0])
            connection.commit()
    on, off = seconds[guarded], seconds[free]
    ratio = median(on[_WARM_UP:]) / median(off[_WARM_UP:])
    note = f"{median(on) * 1000:.2f} ms ÷ {median(off) * 1000:.2f} ms, a year of months"
    return [Line("Query", "row-level security on ÷ off", ratio, target=1.1, note=note)]


def _windows(visitor: Visitor) -> Line:
    """Five years against thirty days, of vehicles whose hits are the same in both."""
    visitor.rest()
    periods = ("previous-30-days", "previous-5-years")
    seconds: dict[str, list[float]] = {period: [] for period in periods}
    for number in range(1, _RECENT):
        period = periods[number % 2]
        where = _ask(visitor, f"N{number:06d}", period)
        seconds[period].append(_timed(partial(visitor.get, where))[0])
    month, years = (median(seconds[period][_WARM_UP:]) for period in periods)
    note = f"{years * 1000:.1f} ms ÷ {month * 1000:.1f} ms, {_RECENT_READS} hits each"
    name = "result page over 60 months ÷ over 30 days, p50"
    return Line("Query", name, years / month, target=2, note=note)


def _growth(here: Stage, visitor: Visitor) -> Line:
    """The same plates once more vehicles' reads lie beside theirs, each time against "hello"."""
    before, small = _page_and_hello(visitor)
    _add(here, "C", reads=GROWN - READS, vehicles=GROWN // 50, days=_MONTHS * 30)
    visitor.rest()
    after, large = _page_and_hello(visitor)
    sizes = f"{GROWN // 1_000_000} million ÷ {READS // 1_000_000} million reads"
    name = f"result page ÷ hello, p50, {sizes}"
    note = f"{large * 1000:.1f} ms ÷ {small * 1000:.1f} ms; BENCH_READS=10 for the target's scale"
    return Line("Query", name, after / before, target=1.3, note=note)


def _page_and_hello(visitor: Visitor) -> tuple[float, float]:
    """The median of a result page over that of "hello", and the page's alone in seconds."""
    hello, page = [], []
    for number in range(1_000, 1_000 + ROUNDS):
        where = _ask(visitor, f"B{number:06d}", "previous-1-year")
        hello.append(_timed(lambda: visitor.get("/healthz"))[0])
        page.append(_timed(partial(visitor.get, where))[0])
    middle = median(page[_WARM_UP:])
    return middle / median(hello[_WARM_UP:]), middle


def _ask(visitor: Visitor, plate: str, period: str) -> str:
    form = csrf(visitor.get("/queries/new/")) | question(plate) | {"period": period}
    return visitor.post("/queries/new/", form)


def _window() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(days=365), now


def _audited_select(connection: psycopg.Connection, plate: str) -> None:
    _record(connection, plate)
    _select(connection, plate)
    connection.commit()


def _record(connection: psycopg.Connection, plate: str) -> None:
    start, end = _window()
    fields = {"actor": "user:bench", "outcome": "ok", "plate": plate, "state": "US-NY"}
    fields |= {"start": start.isoformat(), "end": end.isoformat()}
    connection.execute(_EVENT, [uuid7(), bytes(32), Jsonb(fields)])


def _select(connection: psycopg.Connection, plate: str) -> None:
    if not connection.execute(_SELECT, [plate, *_window()]).fetchall():
        raise RuntimeError(f"no reads of {plate}: nothing would be measured")


def question(plate: str, *, state: str = "US-NY") -> dict[str, str]:
    """A form about the plate, filled in."""
    return {
        "plate": plate,
        "state": state,
        "reason": "criminal",
        "case_reference": "Case 2026-0001, subject John Doe",
        "for_whom": "self",
        "period": "previous-1-year",
        "token": str(uuid4()),
    }


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    result = act()
    return time.perf_counter() - begun, result
