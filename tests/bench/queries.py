"""Asking: the whole stack against the same SQL through psycopg, interleaved in one run."""

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
VEHICLES = 50_000
CAMERAS = 100
ROUNDS = 150
_WARM_UP = 10
_MONTHS = 24

# Rows that look like real ones to the index and the page: each vehicle about twenty times.
_FILL = """
INSERT INTO ingest_read (plate_key, state, captured_at, camera_id, id, batch_id, plate_text,
                         latitude_e7, longitude_e7, county, confidence, plate_is_derived,
                         scene_sha256, plate_sha256, make, model, color)
SELECT 'B' || lpad((n %% {vehicles})::text, 6, '0'), 'US-NY',
       date_trunc('day', now()) - (n * 7919::bigint %% {seconds}) * interval '1 second',
       (SELECT min(id) FROM ingest_camera) + n %% {cameras}, gen_random_uuid(), gen_random_uuid(),
       'B' || (n %% {vehicles}), 407000000, -740000000, 36061, 0.9, false,
       decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), 'Toyota', 'Camry', 'silver'
  FROM generate_series(1, {reads}) n
    ON CONFLICT DO NOTHING;
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
    """Audited query pages, and what row-level security costs."""
    with stage() as here:
        username, password = _fill(here)
        return [*_whole_stack(here, username, password), *_guard(here)]


def _fill(here: Stage) -> tuple[str, str]:
    """Reads over two years; returns user name and password of an investigator."""
    from tests.cast import PASSWORD, build_cast

    username = build_cast().investigator.username
    _make_cameras()
    sizes = {
        "cameras": CAMERAS,
        "reads": READS,
        "vehicles": VEHICLES,
        "seconds": _MONTHS * 30 * 86_400,
    }
    with here.servers.connect("postgres", DATABASE) as superuser:
        superuser.execute("SELECT ingest_make_partitions((now() - interval '2 years')::date, 27)")
        superuser.execute(_FILL.format(**sizes).replace("%%", "%"))
        superuser.execute("VACUUM ANALYZE ingest_read")
    return username, PASSWORD


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


def _whole_stack(here: Stage, username: str, password: str) -> list[Line]:
    visitor = Visitor(here.start_web())
    visitor.log_on(username, password)
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
    """The same select as the service's role, and as a superuser whom no policy meets."""
    guarded = psycopg.connect(here.environment["DATABASE_URL_WEB"])
    free = here.servers.connect("postgres", DATABASE)
    free.autocommit = False
    on, off = [], []
    for number in range(1, 4 * ROUNDS):
        plate = f"B{number:06d}"
        _record(guarded, plate)
        _record(free, plate)
        on.append(_timed(partial(_select, guarded, plate))[0])
        off.append(_timed(partial(_select, free, plate))[0])
        guarded.commit()
        free.commit()
    ratio = median(on[_WARM_UP:]) / median(off[_WARM_UP:])
    note = f"{median(on) * 1000:.2f} ms ÷ {median(off) * 1000:.2f} ms, 24 months"
    return [Line("Query", "row-level security on ÷ off", ratio, target=1.1, note=note)]


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
