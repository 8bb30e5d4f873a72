"""Security questions, and what the right answer to one is good for (ACC-6).

User name → question → right answer → temporary password by e-mail → log-on that begins with a new
password. A name that nobody has gets a question too, always the same, and no answer is right; each
way does the same work.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.log_on_rules import TEMPORARY_PASSWORD
from accounts.models import SecurityAnswer, TemporaryPassword, User
from accounts.people import Person, person_for
from accounts.roles import Role
from accounts.security_questions import (
    CHOSEN,
    MAX_ANSWER,
    MIN_ANSWER,
    QUESTIONS,
    normalized,
    text_of,
)
from accounts.selectors import find_user_by_username, list_managers_of
from accounts.services import lockout
from accounts.services.notices import queue_notice
from audit.actors import Actor, Origin, system
from audit.kinds import Kind
from audit.services import record, record_alone
from lprsvc.lib.errors import InvalidInput

# 26 letters and digits of base 32: 130 bits, in groups that people can type.
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LENGTH = 26
_JOB = "accounts.recovery"
_NOBODY = UUID(int=0)


# --- questions and answers ------------------------------------------------------------------------


def check_answers(answers: Sequence[tuple[str, str]], *, user: User) -> None:
    """Raise InvalidInput unless these are three different questions with usable answers.

    Faults are named ``question_1`` … and ``answer_1`` … in the order given.
    """
    faults: dict[str, list[str]] = {}
    if len(answers) != CHOSEN:
        raise InvalidInput({"": [f"Choose {CHOSEN} questions."]})
    for number, (question, answer) in enumerate(answers, start=1):
        before = answers[: number - 1]
        if question not in QUESTIONS:
            faults[f"question_{number}"] = ["Choose one of the questions."]
        elif question in {earlier for earlier, _ in before}:
            faults[f"question_{number}"] = ["You chose this question already."]
        if fault := _fault_of(question, answer, [said for _, said in before], user):
            faults[f"answer_{number}"] = [fault]
    if faults:
        raise InvalidInput(faults)


def set_answers(*, user: User, answers: Sequence[tuple[str, str]], now: datetime) -> None:
    """Replace a person's answers, in the caller's transaction, which records it.

    `answers`: three pairs of a key of `security_questions.QUESTIONS` and what the person said.
    Raises InvalidInput.
    """
    check_answers(answers, user=user)
    SecurityAnswer.objects.filter(user_id=user.pk).delete()
    SecurityAnswer.objects.bulk_create(
        SecurityAnswer(
            user=user, question=question, answer=make_password(normalized(answer)), set_at=now
        )
        for question, answer in answers
    )


def change_answers(
    *, person: Person, user: User, answers: Sequence[tuple[str, str]], now: datetime
) -> None:
    """A person's new answers, told by mail. Raises InvalidInput, AuditUnavailable."""
    with transaction.atomic(durable=True):
        set_answers(user=user, answers=answers, now=now)
        record(actor=person, kind=Kind.CREDENTIAL_CHANGED, fields={"what": "security questions"})
        queue_notice(
            kind="security_questions_changed",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=person.log_id,
            now=now,
        )


def has_answers(user: User) -> bool:
    """Whether the person can recover the account by themselves."""
    return SecurityAnswer.objects.filter(user_id=user.pk).exists()


# --- the forgotten password -----------------------------------------------------------------------


def ask_question(*, username: str, origin: Origin) -> str:
    """The key of the question to ask under this name, recorded as asked for.

    Always the same for a name, so that asking again tells nothing. Raises AuditUnavailable.
    """
    user, answers = _answers_under(username)
    record_alone(
        actor=_claimed(user, origin),
        kind=Kind.CREDENTIAL_RESET_REQUESTED,
        fields={"account_known": user is not None, "step": "question"},
    )
    questions = sorted(answers or QUESTIONS)
    return questions[_number_of(username) % len(questions)]


def answer_question(
    *, username: str, question: str, answer: str, origin: Origin, now: datetime
) -> bool:
    """Whether the answer is right; then a temporary password is on its way by e-mail, and the
    person's agency managers are told. A wrong one counts as a failed log-on.

    Raises AccountLocked, AuditUnavailable.
    """
    try:
        attempt = lockout.begin_attempt(username=username, now=now)
    except lockout.AccountLocked:
        _record_locked(username, origin)
        raise
    user, answers = _answers_under(username)
    if _is_right(answers.get(question), answer) and user is not None:
        _owe_temporary_password(user, question, origin, now=now)
        lockout.take_back(attempt)
        return True
    with transaction.atomic(durable=True):
        record(
            actor=_claimed(user, origin),
            kind=Kind.CREDENTIAL_RECOVERY_ANSWER_FAILED,
            fields={"account_known": user is not None, "question": text_of(question)},
            outcome="failed",
            outcome_code="wrong_answer",
        )
        lockout.count_failure(attempt, user=user, origin=origin, now=now)
    return False


def issue_temporary_password(user: User, *, now: datetime) -> str:
    """A new temporary password, in the caller's transaction; those before it end.

    Called while its mail is written: the text is in that mail, and nowhere else.
    """
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    TemporaryPassword.objects.filter(user_id=user.pk, spent_at=None).update(spent_at=now)
    TemporaryPassword.objects.create(
        user=user, key_hash=_hash_of(secret), issued_at=now, expires_at=now + TEMPORARY_PASSWORD
    )
    record(
        actor=system(_JOB, log_id=person_for(user).log_id),
        kind=Kind.CREDENTIAL_TEMPORARY_ISSUED,
        fields={"user": f"user:{user.pk}", "until": (now + TEMPORARY_PASSWORD).isoformat()},
    )
    return "-".join(secret[at : at + 5] for at in range(0, _LENGTH, 5))


def use_temporary_password(
    *, username: str, password: str, origin: Origin, now: datetime
) -> User | None:
    """The user whose temporary password this is, now spent; None: it is none.

    Of two uses at once one sees a row changed. From then on every log-on, with the old password
    too, begins with choosing a new one. Raises AuditUnavailable.
    """
    if "\0" in username or "\0" in password:
        return None
    with transaction.atomic(durable=True):
        found = TemporaryPassword.objects.filter(
            key_hash=_hash_of(password),
            user__username=username.strip().lower(),
            user__is_active=True,
            issued_at__lte=now,
            expires_at__gt=now,
        )
        # By key alone: an UPDATE that joins reads the other table, and with it this row, as they
        # were before it waited, and would let both of two uses through.
        spent = TemporaryPassword.objects.filter(
            pk__in=list(found.values_list("pk", flat=True)), spent_at=None
        ).update(spent_at=now)
        if not spent:
            return None
        User.objects.filter(username=username.strip().lower()).update(must_change_password=True)
        user = find_user_by_username(username)
        assert user is not None  # noqa: S101 - its row was found by this name above
        record(
            actor=person_for(user, origin=origin),
            kind=Kind.CREDENTIAL_CHANGED,
            fields={"what": "temporary password used"},
        )
    return user


def managers_to_tell(user: User) -> list[User]:
    """The open accounts of those who manage the person; for the vendor's people their peers."""
    if user.agency_id is None:
        peers = User.objects.filter(agency=None, is_active=True)
        return list(peers.exclude(pk=user.pk).order_by("username"))
    if user.aor_id is not None:
        return list(list_managers_of(user.aor_id).exclude(pk=user.pk).order_by("username"))
    # Those of no AOR, as auditors, belong to the whole agency.
    managers = User.objects.filter(
        agency_id=user.agency_id, roles__contains=[Role.AGENCY_MANAGER.value], is_active=True
    )
    return list(managers.exclude(pk=user.pk).order_by("username"))


# --- details --------------------------------------------------------------------------------------


def _fault_of(question: str, answer: str, before: list[str], user: User) -> str:
    said = normalized(answer)
    if len(answer) > MAX_ANSWER:
        return f"Use {MAX_ANSWER} characters at most."
    if len(said) < MIN_ANSWER:
        return f"Use at least {MIN_ANSWER} letters or digits."
    if said in {normalized(other) for other in before}:
        return "Give each question an answer of its own."
    if said in normalized(QUESTIONS.get(question, "")):
        return "The question itself holds this answer."
    if said in {normalized(user.username), normalized(user.full_name), normalized(user.email)}:
        return "Anybody who knows your name would guess this."
    return ""


def _answers_under(username: str) -> tuple[User | None, dict[str, str]]:
    """Who may recover the account of this name, and the hashes of their answers by question.

    Neither, where nobody has the name, where the account is closed, and where it has no answers;
    the same questions are put to the database.
    """
    user = find_user_by_username(username)
    rows = SecurityAnswer.objects.filter(user_id=user.pk if user else _NOBODY)
    answers = dict(rows.values_list("question", "answer"))
    if user is None or not user.is_active or not answers:
        return None, {}
    return user, answers


def _number_of(username: str) -> int:
    name = username.strip().lower()
    return int(salted_hmac("accounts.question", name, algorithm="sha256").hexdigest(), 16)


def _is_right(stored: str | None, answer: str) -> bool:
    """One hash is computed either way."""
    said = normalized(answer[:MAX_ANSWER])
    if stored is None:
        make_password(said)
        return False
    return check_password(said, stored)


def _owe_temporary_password(user: User, question: str, origin: Origin, *, now: datetime) -> None:
    person = person_for(user, origin=origin)
    told = [
        ("temporary_password", user),
        *(("recovery_told", one) for one in managers_to_tell(user)),
    ]
    with transaction.atomic(durable=True):
        record(
            actor=person,
            kind=Kind.CREDENTIAL_RESET_REQUESTED,
            fields={"account_known": True, "step": "answered", "question": text_of(question)},
        )
        for kind, recipient in told:
            queue_notice(
                kind=kind,
                recipient=recipient.email,
                about=f"user:{user.pk}",
                log_id=person.log_id,
                now=now,
            )


def _record_locked(username: str, origin: Origin) -> None:
    user = find_user_by_username(username)
    record_alone(
        actor=_claimed(user, origin),
        kind=Kind.SESSION_LOCKED,
        fields={"account_known": user is not None},
        outcome="refused",
        outcome_code="too_many_attempts",
    )


def _claimed(user: User | None, origin: Origin) -> Actor:
    return person_for(user, origin=origin) if user else lockout.nobody(origin)


def _hash_of(secret: str) -> str:
    """Of what was typed, in whatever case, with or without the hyphens."""
    plain = "".join(letter for letter in secret.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
