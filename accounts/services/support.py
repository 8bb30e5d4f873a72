"""The help desk: asked by whoever needs it, answered by the vendor, escalated when late (ACC-14).

Answers are due within 24 business hours of the question. The log says who asked and who answered,
and about which topic; what they wrote stays in the request, and is erased with it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts import policy, selectors
from accounts.business_time import deadline
from accounts.models import HelpRequest, HelpState, HelpTopic, User
from accounts.people import Person
from accounts.services.governed import check_text, in_log
from accounts.services.notices import queue_notice
from accounts.states import may_end
from audit.actors import VENDOR_LOG_ID, Actor, Origin, system
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, recording_refusals
from lprsvc.lib.errors import InvalidInput, NotFound

REQUESTED, ANSWERED, OVERDUE = "help_requested", "help_answered", "help_overdue"
ANSWER_WITHIN = timedelta(hours=24)
KEPT_AFTER_END = timedelta(days=365)
MAX_TEXT = 4_000
JOB = "accounts.escalate_help"
# Of somebody who is not logged on nobody knows where they are.
_ZONE = "America/New_York"
_SWEEP_AT_MOST = 200
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What was entered. Name and address count only of somebody who is not logged on."""

    topic: str
    text: str
    name: str = ""
    email: str = ""


def ask_for_help(
    *, person: Person | None, origin: Origin, question: Question, now: datetime
) -> HelpRequest:
    """Put a question to the vendor's help desk, who is told by mail.

    `person` None: somebody who can't log on. Raises InvalidInput with the faults by field; that
    is recorded.
    """
    user = User.objects.select_related("agency").get(pk=person.user_id) if person else None
    actor = person or Actor(id="nobody", name="", log_id=VENDOR_LOG_ID, origin=origin)
    with recording_refusals(
        actor=actor,
        refused=Kind.SUPPORT_REFUSED,
        failed=Kind.SUPPORT_REFUSED,
        fields={"topic": question.topic[:40]},
    ):
        _check(question, is_known=user is not None)
        zone = user.timezone if user else _ZONE
        request = HelpRequest.objects.create(
            user=user,
            log_id=actor.log_id,
            name=user.full_name if user else " ".join(question.name.split()),
            email=user.email if user else question.email.strip(),
            topic=question.topic,
            text=question.text.strip(),
            asked_at=now,
            due_at=deadline(now, ANSWER_WITHIN, ZoneInfo(zone)),
        )
        record(actor=actor, kind=Kind.SUPPORT_REQUESTED, fields=_fields(request))
        _tell_vendor(REQUESTED, request, now)
    return request


def answer_help(*, actor: Person, request: HelpRequest, answer: str, now: datetime) -> HelpRequest:
    """Answer an open request; the answer is mailed to who asked. Of two who answer at once one
    wins. Raises PolicyDenied, InvalidInput, NotFound."""
    return _end(actor, request, HelpState.ANSWERED, answer, now)


def close_help(*, actor: Person, request: HelpRequest, reason: str, now: datetime) -> HelpRequest:
    """End a request that needs no answer; the reason is mailed to who asked. Raises PolicyDenied,
    InvalidInput, NotFound."""
    return _end(actor, request, HelpState.CLOSED, reason, now)


def list_own(*, person: Person) -> list[HelpRequest]:
    """The person's own requests and what became of them, newest first; looking is recorded."""
    with transaction.atomic(durable=True):
        found = list(HelpRequest.objects.filter(user_id=person.user_id).order_by("-asked_at"))
        record(actor=person, kind=Kind.SUPPORT_VIEWED, fields={"count": len(found)})
    return found


def escalate_help(*, now: datetime) -> int:
    """Tell the vendor again of each request that is overdue, once; how many. Safe to run twice."""
    late = HelpRequest.objects.filter(state=HelpState.OPEN, due_at__lte=now, escalated_at=None)
    told = 0
    for pk in list(late.values_list("pk", flat=True)[:_SWEEP_AT_MOST]):
        try:
            told += _escalate(pk, now)
        except Exception:
            # The others must not wait for it; the next sweep tries it again.
            logger.exception("help request %s could not be escalated", pk)
    return told


def erase_ended(*, now: datetime) -> int:
    """Erase the requests that ended a year ago; how many. Safe to run twice."""
    with transaction.atomic(durable=True):
        old = HelpRequest.objects.filter(ended_at__lte=now - KEPT_AFTER_END)
        erased, _ = old.delete()
        if erased:
            record(
                actor=system("accounts.erase_help"),
                kind=Kind.SYSTEM_MAINTAINED,
                fields={"job": "accounts.erase_help", "erased": erased},
            )
    return erased


def _end(
    actor: Person, request: HelpRequest, state: HelpState, words: str, now: datetime
) -> HelpRequest:
    acting = in_log(actor, request.log_id)
    with recording_refusals(
        actor=acting,
        refused=Kind.SUPPORT_REFUSED,
        failed=Kind.SUPPORT_REFUSED,
        fields=_fields(request),
    ):
        policy.check_can_answer_help(acting)
        locked = HelpRequest.objects.select_for_update().filter(pk=request.pk).first()
        if locked is None:
            raise NotFound("help request")
        if not may_end(locked.state, state):
            raise InvalidInput({"": ["Somebody has ended this request already."]})
        _check_words("reason", words)
        locked.state, locked.answer = state, words.strip()
        locked.ended_at, locked.ended_by_id = now, actor.user_id
        locked.save(update_fields=["state", "answer", "ended_at", "ended_by"])
        kind = Kind.SUPPORT_ANSWERED if state == HelpState.ANSWERED else Kind.SUPPORT_CLOSED
        event = record(actor=acting, kind=kind, fields=_fields(locked))
        queue_notice(
            kind=ANSWERED,
            recipient=locked.email,
            about=f"help:{locked.pk}",
            log_id=locked.log_id,
            now=event.at,
        )
    return locked


def _escalate(pk: UUID, now: datetime) -> bool:
    with transaction.atomic(durable=True):
        one = HelpRequest.objects.filter(pk=pk, state=HelpState.OPEN, escalated_at=None)
        request = one.select_for_update(skip_locked=True).first()
        if request is None:
            return False
        request.escalated_at = now
        request.save(update_fields=["escalated_at"])
        actor = system(JOB, log_id=request.log_id)
        record(actor=actor, kind=Kind.SUPPORT_ESCALATED, fields=_fields(request))
        _tell_vendor(OVERDUE, request, now)
    return True


def _tell_vendor(kind: str, request: HelpRequest, now: datetime) -> None:
    """To the help desk's own address, or else to each of the vendor's administrators."""
    desk: str = settings.SUPPORT_EMAIL
    administrators = selectors.list_vendor_administrators().values_list("email", flat=True)
    for address in [desk] if desk else sorted(set(administrators)):
        queue_notice(
            kind=kind,
            recipient=address,
            about=f"help:{request.pk}",
            log_id=request.log_id,
            now=now,
        )


def _check(question: Question, *, is_known: bool) -> None:
    if question.topic not in HelpTopic.values:
        raise InvalidInput({"topic": ["Choose what it is about."]})
    _check_words("text", question.text)
    if is_known:
        return
    if not question.name.strip():
        raise InvalidInput({"name": ["Say who you are."]})
    check_text("name", question.name)
    try:
        validate_email(question.email.strip())
    except ValidationError as error:
        raise InvalidInput({"email": ["Enter the address to answer to."]}) from error


def _check_words(field: str, words: str) -> None:
    if not words.strip():
        raise InvalidInput({field: ["Write what it is."]})
    if len(words) > MAX_TEXT:
        raise InvalidInput({field: [f"Enter at most {MAX_TEXT} characters."]})
    check_text(field, words)


def _fields(request: HelpRequest) -> dict[str, Value]:
    return {"object": f"helprequest:{request.pk}", "topic": request.topic}
