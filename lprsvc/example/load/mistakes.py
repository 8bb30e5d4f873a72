"""Two reads that somebody reported as wrong: one still waits, the other was corrected."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from accounts.models import User
from accounts.people import Person, person_for
from ingest.models import ErrorReport, Wrong
from ingest.revision import as_revision
from ingest.services.corrections import correct_read
from ingest.services.mistakes import Claim
from ingest.services.reviewing import view_report
from lprsvc.example.load.setting import Loading
from lprsvc.lib.ids import uuid7
from queries.schemas import QueryIn
from queries.services.asking import run_query
from queries.services.mistakes import report_hit
from queries.timeframes import TimeFrame

_PLATE, _STATE = "ABC123", "US-PA"
_PERIOD = timedelta(days=365)


def load_mistakes(loading: Loading, people: dict[str, User]) -> None:
    """The investigator asks, and reports two of the hits; the vendor corrects the second."""
    if ErrorReport.objects.exists():
        return
    person = _person(people["investigator"])
    query, hits = _ask(person, loading)
    if len(hits) < 2:
        return
    claims = (
        Claim(wrong=(Wrong.PLATE,), plate="ABC128", text="The last figure looks like an 8."),
        Claim(wrong=(Wrong.VEHICLE,), color="gray", text="The car is gray, not as described."),
    )
    made = [
        report_hit(person=person, pk=query, read_id=hit, claim=claim, now=loading.now)
        for hit, claim in zip(hits, claims, strict=False)
    ]
    _correct_color(_person(people["vendor"]), made[1], loading)
    loading.say("reported two reads as wrong, and corrected one")


def _ask(person: Person, loading: Loading) -> tuple[UUID, list[UUID]]:
    question = QueryIn(
        plate_text=_PLATE,
        plate_key=_PLATE,
        state=_STATE,
        reason_code="fugitive",
        case_reference="Example case 26-0042, subject Doe",
        frame=TimeFrame(loading.now - _PERIOD, loading.now, "previous-1-year"),
        submission=uuid7(),
    )
    result = run_query(person=person, ask=question, now=loading.now)
    return result.query.pk, [hit.id for hit in result.hits]


def _correct_color(vendor: Person, report: ErrorReport, loading: Loading) -> None:
    review = view_report(person=vendor, pk=report.pk, now=loading.now)
    if review.read is None:
        return
    correct_read(
        person=vendor,
        report_id=report.pk,
        seen=frozenset(one.pk for one in review.reports),
        revision=replace(as_revision(review.read), color="gray"),
        reason="Both photographs show a gray car.",
        now=loading.now,
    )


def _person(user: User) -> Person:
    return person_for(User.objects.select_related("agency", "component", "aor").get(pk=user.pk))
