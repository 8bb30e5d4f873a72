"""Reports and long answers: what a printed hit costs, and what 5,000 hits cost the page."""

import time
from datetime import UTC, datetime
from statistics import median
from uuid import UUID

from tests.bench.queries import question
from tests.bench.report import Line
from tests.bench.stage import DATABASE, Visitor, csrf, stage

HITS = 50
MANY = 5_000
_ROUNDS = 7

# One vehicle's hits at the story's cameras, with the photographs of its first read.
_FILL = """
INSERT INTO ingest_read (plate_key, state, captured_at, camera_id, id, batch_id, plate_text,
                         latitude_e7, longitude_e7, county, confidence, plate_is_derived,
                         scene_sha256, plate_sha256, make, model, color)
SELECT 'MANY1', state, now() - n * interval '40 minutes', camera_id, gen_random_uuid(), batch_id,
       'MANY1', latitude_e7 + n %% 97, longitude_e7, county, confidence, plate_is_derived,
       scene_sha256, plate_sha256, make, model, color
  FROM (SELECT * FROM ingest_read ORDER BY id LIMIT 1) r, generate_series(1, %s) n
"""


def lines() -> list[Line]:
    """A report of 50 hits with drawn photographs and maps; the page of 5,000 hits."""
    with stage() as here:
        from tests.cast import PASSWORD, build_cast
        from tests.story import PLATE, make_road

        username = build_cast().investigator.username
        make_road(reads=HITS)
        with here.servers.connect("postgres", DATABASE) as superuser:
            superuser.execute(
                "SELECT ingest_make_partitions((now() - interval '6 months')::date, 8)"
            )
            superuser.execute(_FILL, [MANY])
            superuser.execute("VACUUM ANALYZE ingest_read")
        visitor = Visitor(here.start_web())
        visitor.log_on(username, PASSWORD)
        return [*_report(visitor, PLATE), *_page(visitor)]


def _ask(visitor: Visitor, plate: str) -> str:
    form = csrf(visitor.get("/queries/new/")) | question(plate, state="US-PA")
    return visitor.post("/queries/new/", form)


def _report(visitor: Visitor, plate: str) -> list[Line]:
    """Made in this process, as the worker makes it: its own CPU is what is measured."""
    from queries.services.reports import make_report
    from tests.harness.database import logged_on_as

    where = _ask(visitor, plate)
    costs = {}
    for form in ("pdf", "xlsx"):
        sent = csrf(visitor.get(where)) | {"report": f"listed:{form}"}
        order = UUID(visitor.post(f"{where}report/", sent).strip("/").rpartition("/")[2])
        visitor.rest()
        with logged_on_as("lpr_worker"):
            begun = time.process_time()
            make_report(report_id=order, clock=lambda: datetime.now(UTC))
            costs[form] = (time.process_time() - begun) / HITS * 1_000
        page = visitor.get(f"{where}reports/{order}/")
        if "Ready" not in page:
            raise RuntimeError(f"the report was not made: {page[:2000]}")
    return [
        Line("Query", f"report of {HITS} hits as PDF, CPU a hit", costs["pdf"], "ms", target=150),
        Line("Query", f"report of {HITS} hits as Excel, CPU a hit", costs["xlsx"], "ms"),
    ]


def _page(visitor: Visitor) -> list[Line]:
    """A page of 25 of them, with map and charts of all, as against a page of 25 hits alone."""
    where = _ask(visitor, "MANY1")
    seconds: dict[str, list[float]] = {"hello": [], "first": [], "last": []}
    pages = {"hello": "/healthz", "first": where, "last": f"{where}?page={MANY // 25}"}
    for _ in range(_ROUNDS):
        for name, address in pages.items():
            begun = time.perf_counter()
            size = len(visitor.get(address))
            seconds[name].append(time.perf_counter() - begun)
    note = f"last page {median(seconds['last']) * 1_000:.0f} ms; {size / 1_000:.0f} kB"
    first = median(seconds["first"])
    return [Line("Query", f"first page of {MANY:,} hits, p50", first * 1_000, "ms", note=note)]
