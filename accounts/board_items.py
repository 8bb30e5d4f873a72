"""What of the accounts room waits for a manager, within the managed AORs, or for the vendor."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts import selectors
from accounts.board import BoardItem, BoardRow
from accounts.countdown import count_down
from accounts.log_on_rules import LOCK
from accounts.models import (
    AccessRequestState,
    FailedLogOns,
    HelpState,
    RegistrationKey,
    Termination,
    TerminationState,
    User,
)
from accounts.people import Person
from accounts.roles import Role
from accounts.services.lockout import list_locked
from accounts.services.terminations import zone_of
from lprsvc.lib.permissions import Permission

# Longer than this no key's mail takes unless something is wrong.
_MAIL_TAKES = timedelta(hours=1)
_ROWS = 5


def collect(person: Person, now: datetime) -> list[BoardItem]:
    """The items of a manager's or the vendor's board; none for anybody else."""
    items: tuple[Callable[[Person, datetime], BoardItem], ...] = ()
    if person.may(Permission.MANAGE_USERS):
        items = (_requests, _unsent, _keys, _training, _terminations, _locked, _certifications)
    elif person.may(Permission.MANAGE_AGENCIES):
        items = (_terminations, _help, _unmanaged, _requests, _unsent, _keys, _locked)
    return [item(person, now) for item in items]


def _requests(person: Person, _: datetime) -> BoardItem:
    waiting = selectors.list_requests_for(person).filter(state=AccessRequestState.WAITING)
    return BoardItem(
        key="requests",
        title="Requests for access",
        count=waiting.count(),
        oldest=_first(waiting, "submitted_at"),
        url=_list("accessrequest", state__exact=AccessRequestState.WAITING),
        empty="Nobody waits for a decision.",
    )


def _unsent(person: Person, now: datetime) -> BoardItem:
    approved = selectors.list_requests_for(person).filter(
        state=AccessRequestState.APPROVED, decided_at__lte=now - _MAIL_TAKES
    )
    return BoardItem(
        key="unsent",
        title="Approved, but the key was not mailed",
        count=approved.count(),
        oldest=_first(approved, "decided_at"),
        url=_list("accessrequest", state__exact=AccessRequestState.APPROVED),
        empty="Every key that was owed has been mailed.",
        note="The mail server refused it or is away: check the address, and send the key again.",
    )


def _keys(person: Person, now: datetime) -> BoardItem:
    requests = selectors.list_requests_for(person).filter(state=AccessRequestState.KEY_SENT)
    keys = RegistrationKey.objects.filter(request__in=requests, used_at=None, revoked_at=None)
    expired = keys.filter(expires_at__lte=now).count()
    return BoardItem(
        key="keys",
        title="Registration keys not used",
        count=requests.count(),
        oldest=_first(keys, "sent_at"),
        url=_list("accessrequest", state__exact=AccessRequestState.KEY_SENT),
        empty="Every key that was sent has been used.",
        note=f"{expired} expired: send a new one or withdraw the request." if expired else "",
    )


def _help(person: Person, now: datetime) -> BoardItem:
    waiting = selectors.list_help_requests_for(person).filter(state=HelpState.OPEN)
    late = waiting.filter(due_at__lte=now).count()
    return BoardItem(
        key="help",
        title="Requests to the help desk",
        count=waiting.count(),
        oldest=_first(waiting, "asked_at"),
        url=_list("helprequest", state__exact=HelpState.OPEN),
        empty="Nobody waits for an answer.",
        note=f"{late} overdue: answers are due within 24 business hours." if late else "",
    )


def _training(person: Person, now: datetime) -> BoardItem:
    lacking = selectors.training_gaps(person, now=now)
    return BoardItem(
        key="training",
        title="People without current training",
        count=len(lacking),
        url=reverse("admin:training_comparison"),
        empty="Everybody's training is current.",
        note="They can't query or keep alerts until it is.",
        rows=[
            BoardRow(
                key=str(standing.user.pk),
                label=standing.user.full_name,
                url=_one("user", standing.user.pk),
                note=", ".join(gap.code for gap in standing.gaps),
            )
            for standing in lacking[:_ROWS]
        ],
    )


def _terminations(person: Person, now: datetime) -> BoardItem:
    waiting = selectors.list_terminations_for(person).filter(state=TerminationState.OPEN)
    return BoardItem(
        key="terminations",
        title="Access to be ended",
        count=waiting.count(),
        oldest=_first(waiting, "received_at"),
        url=_list("termination", state__exact=TerminationState.OPEN),
        empty="No request to end access is open.",
        rows=[_termination_row(found, now) for found in waiting.order_by("due_at")[:_ROWS]],
    )


def _termination_row(found: Termination, now: datetime) -> BoardRow:
    return BoardRow(
        key=str(found.pk),
        label=found.user.full_name,
        url=_one("termination", found.pk),
        countdown=count_down(
            found.due_at, now, zone_of(found.user), is_cut=not found.user.is_active
        ),
    )


def _locked(person: Person, now: datetime) -> BoardItem:
    locked = selectors.list_users_for(person).filter(pk__in=list_locked(now=now))
    locks = FailedLogOns.objects.filter(user__in=locked)
    until = _first(locks, "locked_until")
    return BoardItem(
        key="locked",
        title="Locked accounts",
        count=locked.count(),
        oldest=until - LOCK if until else None,
        url=_list("user", state="locked"),
        empty="No account is locked after failed log-ons.",
    )


def _certifications(person: Person, now: datetime) -> BoardItem:
    due = [state for state in selectors.certification_state(person, now=now) if state.is_due]
    return BoardItem(
        key="certifications",
        title="Yearly certification due",
        count=len(due),
        url=reverse("admin:accounts_certification_changelist"),
        empty="Every area of responsibility is certified.",
        rows=[
            BoardRow(
                key=str(state.aor.pk),
                label=state.aor.name,
                url=reverse("admin:accounts_certification_changelist"),
                note=f"{state.label}: by {state.due_on:%B} {state.due_on.day}, {state.due_on.year}",
            )
            for state in due[:_ROWS]
        ],
    )


def _unmanaged(person: Person, _: datetime) -> BoardItem:
    bare = selectors.list_aors_for(person).filter(without_manager())
    return BoardItem(
        key="unmanaged",
        title="Areas without a manager",
        count=bare.count(),
        url=_list("aor", managed="no"),
        empty="Every area of responsibility has a manager.",
        note="Nobody there decides requests or ends access, but you.",
        rows=[
            BoardRow(
                key=str(aor.pk), label=f"{aor.agency.code}: {aor.name}", url=_one("aor", aor.pk)
            )
            for aor in bare[:_ROWS]
        ],
    )


def without_manager() -> Q:
    """Picks, of AORs, those that no open account manages."""
    managers = User.objects.filter(
        Q(aor_id=OuterRef("pk")) | Q(managed__aor_id=OuterRef("pk")),
        roles__contains=[Role.AGENCY_MANAGER.value],
        is_active=True,
    )
    return ~Q(Exists(managers))


def _first(rows: "QuerySet[Any]", field: str) -> datetime | None:
    found: datetime | None = rows.order_by().aggregate(first=Min(field))["first"]
    return found


def _list(model: str, **filters: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return f"{reverse(f'admin:accounts_{model}_changelist')}?{query}"


def _one(model: str, pk: object) -> str:
    return reverse(f"admin:accounts_{model}_change", args=[pk])
