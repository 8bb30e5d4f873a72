"""When each AOR's list of people was certified, and when that is due again (ACC-15)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import Aor, Certification
from accounts.people import Person
from accounts.selectors import list_aors_for
from accounts.training import last_valid_day, today_in
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission

PERIOD_MONTHS = 12
# So long before its day a certification is asked for.
ASKED_BEFORE = timedelta(days=30)


class CertificationState(StrEnum):
    """How an AOR stands with its yearly certification."""

    CURRENT = "current"
    DUE = "due"
    OVERDUE = "overdue"


STATE_LABELS: dict[CertificationState, str] = {
    CertificationState.CURRENT: "Certified",
    CertificationState.DUE: "Due soon",
    CertificationState.OVERDUE: "Overdue",
}


@dataclass(frozen=True, slots=True)
class AorCertification:
    """One AOR: last signed when and by whom (None, "": never), and by when again."""

    aor: Aor
    signed_on: date | None
    signed_by: str
    due_on: date
    state: CertificationState

    @property
    def label(self) -> str:
        """The state in words."""
        if self.state is CertificationState.CURRENT and self.signed_on is None:
            return "Not due yet"
        return STATE_LABELS[self.state]

    @property
    def is_due(self) -> bool:
        """Whether a manager should certify now."""
        return self.state is not CertificationState.CURRENT


def certification_state(person: Person, *, now: datetime) -> list[AorCertification]:
    """The AORs a manager manages, most urgent first. Others have none to certify."""
    if not person.may(Permission.MANAGE_USERS):
        return []
    return states_of(list_aors_for(person), now=now)


def states_of(aors: "QuerySet[Aor]", *, now: datetime) -> list[AorCertification]:
    """How each of the AORs stands, most urgent first."""
    latest = Certification.objects.filter(aor=OuterRef("pk")).order_by("-signed_at")
    rows = aors.select_related("agency").annotate(
        last_at=Subquery(latest.values("signed_at")[:1]),
        last_by=Subquery(latest.values("signed_name")[:1]),
    )
    states = [
        state_of(aor, signed_at=aor.last_at, signed_by=aor.last_by or "", now=now) for aor in rows
    ]
    return sorted(states, key=lambda state: (state.due_on, state.aor.name))


def state_of(
    aor: Aor, *, signed_at: datetime | None, signed_by: str, now: datetime
) -> AorCertification:
    """How one AOR stands, by the calendar of its time zone.

    A year after the last signature, that day included; an AOR that was never certified, a year
    after its agency began.
    """
    begun = today_in(aor.timezone, signed_at or aor.agency.created_at)
    due_on = last_valid_day(begun, PERIOD_MONTHS) or begun
    today = today_in(aor.timezone, now)
    if today > due_on:
        state = CertificationState.OVERDUE
    elif today >= due_on - ASKED_BEFORE:
        state = CertificationState.DUE
    else:
        state = CertificationState.CURRENT
    return AorCertification(
        aor=aor,
        signed_on=begun if signed_at else None,
        signed_by=signed_by,
        due_on=due_on,
        state=state,
    )


def list_certifications_for(person: Person) -> "QuerySet[Certification]":
    """Signed certifications of the AORs the person manages, newest first."""
    certifications = Certification.objects.select_related("aor", "agency", "signed_by")
    if not person.may(Permission.MANAGE_USERS):
        return certifications.none()
    return certifications.filter(aor__in=list_aors_for(person)).order_by("-signed_at")


def get_managed_aor(person: Person, pk: int | str) -> Aor:
    """One of the AORs the person manages. Raises NotFound, whether unknown or another's."""
    aors = list_aors_for(person) if person.may(Permission.MANAGE_USERS) else Aor.objects.none()
    found = aors.filter(pk=pk).first()
    if found is None:
        raise NotFound("area of responsibility")
    return found
