"""The yearly word of a manager on who of an AOR still needs an account (ACC-15)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts import policy
from accounts.certifying import get_managed_aor
from accounts.models import AccessRequest, Aor, Certification, User
from accounts.people import Person
from accounts.reports.certificate import KEEP, OTHERS, OWN, REMOVE, CertifiedLine, certificate_pdf
from accounts.roles import ROLE_LABELS, Role
from accounts.services.governed import check_text, governing
from accounts.services.people import lock_person, suspend_locked
from accounts.standing import list_standings
from accounts.training import spelt, today_in
from audit.kinds import Kind
from audit.services import record, record_alone
from lprsvc.lib.errors import DomainError, InvalidInput


@dataclass(frozen=True, slots=True)
class Decision:
    """What a manager says of one account; `reason` where it is to be removed."""

    is_kept: bool
    reason: str = ""


def lines_to_certify(*, person: Person, aor: Aor, now: datetime) -> list[CertifiedLine]:
    """Every account of the AOR, and of the agency's people without one, that is not closed for
    ever, by name, as certifying would show it; who is not the manager's to judge is marked so.

    Raises PolicyDenied.
    """
    policy.check_can_certify(person, agency_id=aor.agency_id, aor_id=aor.pk)
    return _lines(person, _accounts(aor), now)


def certify(
    *,
    person: Person,
    aor_id: int,
    decisions: Mapping[UUID, Decision],
    signature: str,
    now: datetime,
) -> Certification:
    """Sign the list: every account is kept or removed but one's own and those that the manager
    does not manage; removed ones are suspended at once, the document with its hash is kept.

    Raises PolicyDenied, NotFound, InvalidInput (by ``decision-<user id>``, ``reason-<user id>``,
    ``signature``) and DomainError "list_changed" when accounts came or went meanwhile.
    """
    with governing(person, subject=f"certification of aor:{aor_id}", reason="yearly certification"):
        aor = get_managed_aor(person, aor_id)
        policy.check_can_certify(person, agency_id=aor.agency_id, aor_id=aor.pk)
        # Managers one after another, and no account of the area changes meanwhile.
        lock_person(User.objects.get(pk=person.user_id))
        accounts = list(_accounts(aor).select_for_update(of=["self"], no_key=True))
        _check(person, accounts, decisions, signature)
        lines = [
            line if line.decision else _decided(line, decisions[UUID(line.user_id)])
            for line in _lines(person, accounts, now)
        ]
        _suspend_removed(person, accounts, decisions, now)
        certification = _kept(person, aor, lines, now)
        record(
            actor=person,
            kind=Kind.ADMIN_CREATED,
            fields={
                "object": f"certification:{certification.pk}",
                "before": None,
                "after": {
                    "aor_id": aor.pk,
                    "kept": certification.kept,
                    "removed": certification.removed,
                    "signed_name": certification.signed_name,
                    "document_sha256": certification.document_sha256,
                },
                "reason": "yearly certification",
            },
        )
    return certification


def read_document(*, person: Person, certification: Certification) -> bytes:
    """The signed document, recorded as handed out. Raises AuditUnavailable."""
    record_alone(
        actor=person,
        kind=Kind.REPORT_DOWNLOADED,
        fields={
            "report": f"certification:{certification.pk}",
            "format": "pdf",
            "sha256": certification.document_sha256,
        },
    )
    return bytes(certification.document)


def _accounts(aor: Aor) -> "QuerySet[User]":
    there = Q(aor=aor) | Q(aor=None)
    people = User.objects.filter(there, agency_id=aor.agency_id, deleted_at=None)
    return people.select_related("aor").order_by("full_name", "username")


def _lines(
    person: Person, accounts: "QuerySet[User] | Sequence[User]", now: datetime
) -> list[CertifiedLine]:
    standings = list_standings(accounts, now=now)
    people = [one.user for one in standings]
    forms = {request.user_id: request for request in AccessRequest.objects.filter(user__in=people)}
    return [
        CertifiedLine(
            user_id=str(one.user.pk),
            full_name=one.user.full_name,
            username=one.user.username,
            roles=", ".join(ROLE_LABELS[Role(role)] for role in one.user.roles),
            aor=one.user.aor.name if one.user.aor else "",
            is_active=one.user.is_active,
            last_login=(
                spelt(today_in(one.user.timezone, one.user.last_login))
                if one.user.last_login
                else "never"
            ),
            training=tuple(
                f"{course.code}: {course.label.lower()}"
                + (f", completed {spelt(course.completed_on)}" if course.completed_on else "")
                for course in one.courses
            ),
            request_form=_form(forms.get(one.user.pk)),
            **_exempt(person, one.user),
        )
        for one in standings
    ]


def _exempt(person: Person, user: User) -> dict[str, str]:
    """The decision where it is not the manager's, and why; nothing where it is."""
    if user.pk == person.user_id:
        return {"decision": OWN, "reason": "nobody certifies their own account"}
    if not policy.can_manage_user(person, user):
        return {"decision": OTHERS, "reason": "managers do not judge who oversees them"}
    return {}


def _form(request: AccessRequest | None) -> str:
    if request is None:
        return "none on file"
    kind = "paper form" if request.form_sha256 else "electronic form"
    return f"{kind} of {spelt(request.submitted_at.date())}"


def _check(
    person: Person,
    accounts: Sequence[User],
    decisions: Mapping[UUID, Decision],
    signature: str,
) -> None:
    asked = {user.pk for user in accounts if not _exempt(person, user)}
    if decisions.keys() - asked:
        raise DomainError(
            "list_changed",
            "Accounts have come or gone since the list was shown. Look at it again.",
            status=409,
        )
    faults: dict[str, list[str]] = {}
    for user in accounts:
        decision = decisions.get(user.pk)
        if user.pk not in asked:
            continue
        if decision is None:
            faults[f"decision-{user.pk}"] = [f"Say whether {user.full_name} keeps the account."]
        elif not decision.is_kept and not decision.reason.strip():
            faults[f"reason-{user.pk}"] = [f"Say why {user.full_name}'s account is removed."]
        else:
            check_text(f"reason-{user.pk}", decision.reason)
    if " ".join(signature.split()).casefold() != " ".join(person.name.split()).casefold():
        faults["signature"] = [f"Sign with your full name: {person.name}."]
    if faults:
        raise InvalidInput(faults)


def _decided(line: CertifiedLine, decision: Decision) -> CertifiedLine:
    return replace(
        line, decision=KEEP if decision.is_kept else REMOVE, reason=decision.reason.strip()
    )


def _suspend_removed(
    person: Person,
    accounts: Sequence[User],
    decisions: Mapping[UUID, Decision],
    now: datetime,
) -> None:
    for user in accounts:
        decision = decisions.get(user.pk)
        if decision is not None and not decision.is_kept and user.is_active:
            policy.check_can_manage_user(person, user)
            reason = f"Certification: {decision.reason.strip()}"
            suspend_locked(user, actor=person, reason=reason, now=now)


def _kept(person: Person, aor: Aor, lines: Sequence[CertifiedLine], now: datetime) -> Certification:
    document = certificate_pdf(aor, lines, signed_by=person.name, signed_at=now)
    return Certification.objects.create(
        agency_id=aor.agency_id,
        aor=aor,
        signed_by_id=person.user_id,
        signed_name=person.name,
        signed_at=now,
        kept=sum(line.decision != REMOVE for line in lines),
        removed=sum(line.decision == REMOVE for line in lines),
        lines=[asdict(line) for line in lines],
        document=document,
        document_sha256=hashlib.sha256(document).hexdigest(),
    )
