"""The words of a report, the same on paper and in a workbook. Pure."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from lprsvc.lib.jurisdictions import state_name
from queries.reports.content import Report
from queries.rules import period_label
from queries.schemas import Hit

_NO_SCHEDULE = "No records schedule is entered for your component: ask your records officer."


def clock(moment: datetime, zone: str) -> str:
    """A moment by the clocks of a place."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day(local)}, {local:%H:%M:%S} {local.tzname()}"


def day(value: date) -> str:
    """A date with its month spelt."""
    return f"{value:%b} {value.day}, {value.year}"


def question(report: Report) -> list[tuple[str, str]]:
    """Who asked what, on whose behalf, and why."""
    query, person = report.query, report.person
    zone = ZoneInfo(person.timezone)
    last = (query.end - timedelta(microseconds=1)).astimezone(zone)
    frame = f"{day(query.start.astimezone(zone))} to {day(last)} ({period_label(query.period)})"
    where = [part for part in (person.agency, person.component, person.aor) if part]
    found = [
        ("Asked by", f"{person.name} ({', '.join(where)})"),
        ("On behalf of", query.behalf_name or "themselves"),
        ("Reason", query.reason_label),
        ("Offense", query.offense_label),
        ("Case or subject", query.case_reference),
        ("Plate, as asked", f"{query.plate_text} {state_name(query.state)}"),
        ("Time frame", frame),
        ("Where", report.where or "anywhere"),
        ("Asked at", f"{clock(query.run_at, person.timezone)} ({clock(query.run_at, 'UTC')})"),
        ("Hits", f"{len(report.hits)} of {report.total} are in this report"),
        ("Left out", _left_out(report.left_out)),
    ]
    return [(name, text) for name, text in found if text]


def _left_out(count: int) -> str:
    """Hits that were erased or corrected after they were chosen."""
    if not count:
        return ""
    hits = "hit that was chosen is" if count == 1 else "hits that were chosen are"
    return f"{count} {hits} no longer held, or no longer of this plate"


def receipts(report: Report) -> list[tuple[str, str]]:
    """What an auditor finds in the log: event id and leaf hash."""
    return [
        ("Log entry of the query", f"{report.query_id}  {report.query.receipt}"),
        ("Log entry of this report", f"{report.opened.id}  {report.opened.leaf_hash}"),
        ("Made at", f"{clock(report.made_at, report.person.timezone)}"),
    ]


def keeping(report: Report) -> list[tuple[str, str]]:
    """Until when a copy may be kept, and by what authority."""
    if report.retention is None:
        return [("Destroy by", _NO_SCHEDULE)]
    rule, disposal = report.retention.rule, report.retention.disposal
    lines = [("Destroy by", day(disposal.destroy_on))]
    if disposal.transfer_on:
        lines.append(("To the records center by", day(disposal.transfer_on)))
    return [*lines, ("Schedule", f"{rule.title}. {rule.sentence} {rule.authority}.")]


def facts(hit: Hit) -> list[tuple[str, str]]:
    """What is known of one hit (QRY-6)."""
    vehicle = " ".join(filter(None, (hit.color, hit.make, hit.model)))
    confidence = "not given" if hit.confidence is None else f"{round(hit.confidence * 100)} %"
    return [
        ("Time at the camera", clock(hit.captured_at, hit.timezone)),
        ("Time, UTC", clock(hit.captured_at.astimezone(UTC), "UTC")),
        ("Plate as read", f"{hit.plate_text} {state_name(hit.state)}"),
        ("Source", hit.source_name),
        ("Camera", hit.camera_name),
        ("Coordinates", coordinates(hit)),
        ("Nearest address", address(hit)),
        ("Nearest intersection", intersection(hit)),
        ("Vehicle, as the camera described it", vehicle or "not given"),
        ("Reading confidence (OCR)", confidence),
    ]


def coordinates(hit: Hit) -> str:
    """Degrees, to about a metre."""
    return f"{hit.latitude:.5f}, {hit.longitude:.5f}"


def address(hit: Hit) -> str:
    """The nearest address and how it was found."""
    if hit.place is None:
        return "not known yet"
    return _noted(hit.place.address_text, hit.place.address_note)


def intersection(hit: Hit) -> str:
    """The nearest intersection and how far it is."""
    if hit.place is None:
        return "not known yet"
    return _noted(hit.place.intersection_text, hit.place.intersection_note)


def _noted(text: str, note: str) -> str:
    return f"{text} ({note})" if note else text
