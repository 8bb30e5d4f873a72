"""What the vendor's pages about a reported read show, in plain values. Pure."""

from typing import Any

from ingest.checking import distance_metres
from ingest.models import Camera, Correction, CorrectionOutcome, ErrorReport, Read, Wrong
from ingest.presenting import claimed_lines, wrong_labels
from ingest.review_form import REJECT, WITHDRAW, ReviewForm
from ingest.revision import Revision, as_revision, changed_parts
from ingest.services.reviewing import Review
from lprsvc.lib.jurisdictions import state_name

# What people may claim of each row of the form.
_ROWS = (
    ("Plate", "plate", ("plate",)),
    ("State", "state", ("state",)),
    ("Make", "make", ("make",)),
    ("Model", "model", ("model",)),
    ("Color", "color", ("color",)),
    ("Place", "place", ("latitude", "longitude")),
)
_NOT_GIVEN = "not given"


def counted(count: int, thing: str, things: str = "") -> str:
    """The number with its noun: "1 agency", "2 agencies"."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def read_facts(review: Review) -> dict[str, Any] | None:
    """The read as it is recorded; None where none is kept."""
    read = review.read
    if read is None:
        return None
    camera, place = read.camera, review.place
    return _values_of(as_revision(read)) | {
        "captured_at": read.captured_at,
        "timezone": camera.timezone,
        "source_name": camera.source.name,
        "camera_name": camera.name,
        "camera_place": _camera_place(camera, (read.latitude_e7, read.longitude_e7)),
        "address": place.address_text if place else "",
        "confidence": read.confidence,
        "version": read.version,
    }


def review_rows(review: Review, form: ReviewForm) -> list[dict[str, Any]]:
    """What is recorded, claimed and entered, part by part, side by side."""
    if review.read is None:
        return []
    recorded = _values_of(as_revision(review.read))
    return [
        {
            "label": label,
            "recorded": recorded[name] or _NOT_GIVEN,
            "claimed": _claimed(review, name),
            "fields": [form[field] for field in fields],
        }
        for label, name, fields in _ROWS
    ]


def claim_of(report: ErrorReport) -> dict[str, Any]:
    """One report, as far as the vendor may know of it: not who made it, nor for which case."""
    amendment = report.amendment
    return {
        "agency": report.agency.name,
        "opened_at": report.opened_at,
        "wrong": wrong_labels(report.wrong),
        "claimed": claimed_lines(report.claimed),
        "text": report.text,
        "basis": amendment.basis if amendment else "",
        "plate": report.plate_text,
        "state_name": state_name(report.state),
        "start": amendment.start if amendment else None,
        "end": amendment.end if amendment else None,
    }


def earlier_of(version: Correction) -> dict[str, Any]:
    """A version that was corrected before."""
    return {
        "version": version.version,
        "plate": version.plate_text,
        "state_name": state_name(version.state),
        "until": version.valid_until,
        "by": version.corrected_by_name,
        "reason": version.reason,
    }


def changes_of(read: Read | None, revision: Revision | None) -> list[tuple[str, str, str]]:
    """What becomes another, as (part, before, after)."""
    if read is None or revision is None:
        return []
    before, after = _values_of(as_revision(read)), _values_of(revision)
    return [
        (label, before[name] or _NOT_GIVEN, after[name] or _NOT_GIVEN)
        for label, name, _ in _ROWS
        if before[name] != after[name]
    ]


def consequence_lines(review: Review, decision: str, revision: Revision | None) -> list[str]:
    """What the decision brings about, said before it is taken."""
    reports = counted(len(review.reports), "report")
    answered = f"{reports} about this read will be answered with your reason."
    if decision == REJECT or review.read is None:
        return ["The read stays as it is.", answered]
    found = review.consequences
    people = counted(found.viewers, "person", "people")
    agencies = counted(found.agencies, "agency", "agencies")
    alerts = counted(found.alerts, "alert")
    viewed = f"{people} of {agencies} viewed this read and will be told"
    return [
        f"{viewed}; {alerts} will be matched again.",
        _answering(review.read, decision, revision),
        answered,
        "The original is kept, out of the index, as long as the law of its place lets it.",
    ]


def correction_done(outcome: CorrectionOutcome, *, told: int, reports: int) -> str:
    """What is said after it."""
    done = {
        CorrectionOutcome.CORRECTED: "Corrected and recorded.",
        CorrectionOutcome.WITHDRAWN: "Withdrawn and recorded.",
        CorrectionOutcome.MERGED: (
            "Recorded. The camera had delivered the right read as well: the two are one now."
        ),
    }[outcome]
    others = counted(told, "other person", "other people")
    return f"{done} {counted(reports, 'report')} answered; {others} will be told."


def _answering(read: Read, decision: str, revision: Revision | None) -> str:
    if decision == WITHDRAW or revision is None:
        return "No query and no alert will find the read any more; matches of it are withdrawn."
    if not {Wrong.PLATE, Wrong.STATE} & set(changed_parts(read, revision)):
        return "The read stays an answer for its plate, with the corrected facts."
    before, after = (
        f"{plate} {state_name(state)}"
        for plate, state in (
            (read.plate_key, read.state),
            (revision.plate_key, revision.state),
        )
    )
    return (
        f"The read will answer for {after}, and not for {before} any more; matches of the wrong"
        " plate are withdrawn."
    )


def _claimed(review: Review, name: str) -> list[str]:
    said = [report.claimed[name] for report in review.reports if report.claimed.get(name)]
    return [state_name(text) if name == "state" else text for text in said]


def _values_of(revision: Revision) -> dict[str, Any]:
    return {
        "plate": revision.plate_text,
        "state": state_name(revision.state),
        "make": revision.make,
        "model": revision.model,
        "color": revision.color,
        "place": f"{revision.latitude_e7 / 1e7:.5f}, {revision.longitude_e7 / 1e7:.5f}",
    }


def _camera_place(camera: Camera, place: tuple[int, int]) -> str:
    if camera.latitude_e7 is None or camera.longitude_e7 is None:
        return "mobile: the read brings its place"
    here = (camera.latitude_e7, camera.longitude_e7)
    return (
        f"{here[0] / 1e7:.5f}, {here[1] / 1e7:.5f}"
        f" ({distance_metres(here, place):,.0f} m from the read)"
    )
