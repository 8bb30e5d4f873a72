"""Rules of behavior: publishing them, showing them, and what a person answers (ACC-3)."""

import hashlib
from datetime import datetime

from django.db import connection

from accounts import policy
from accounts.models import Agency, RulesOfBehavior
from accounts.people import Person
from accounts.selectors import current_rules_for
from accounts.services.governed import check_text, governing, in_log
from audit.actors import VENDOR_LOG_ID, Actor
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, record_alone
from lprsvc.lib.errors import DomainError, InvalidInput

_MAX_TEXT = 50_000


def publish_rules(
    *, actor: Actor, agency: Agency | None, text: str, reason: str, now: datetime
) -> RulesOfBehavior:
    """Publish `text` as the next version; everybody affirms it at their next log-on.

    `agency` None: the rules of agencies without their own, and of the vendor's people. Versions
    are never changed afterwards. Raises PolicyDenied, InvalidInput.
    """
    actor = in_log(actor, agency.log_id if agency else VENDOR_LOG_ID)
    whose = agency.code if agency else "everybody"
    text = text.replace("\r\n", "\n").strip()
    with governing(actor, subject=f"rules of behavior of {whose}", reason=reason):
        policy.check_can_publish_rules(actor, agency_id=agency.pk if agency else None)
        _check_rules_text(text)
        rules = RulesOfBehavior(
            agency=agency,
            version=_next_version(agency),
            text=text,
            published_at=now,
            published_by=actor.id,
        )
        rules.save(force_insert=True)
        fields = _named(rules) | {"object": f"rulesofbehavior:{rules.pk}", "before": None}
        record(
            actor=actor,
            kind=Kind.ADMIN_CREATED,
            # The whole text: the log shows what people affirmed even when the table is gone.
            fields=fields | {"after": {"text": text}, "reason": reason},
        )
    return rules


def show_rules(*, person: Person) -> RulesOfBehavior:
    """The rules the person has to affirm, recorded as shown.

    Raises DomainError when none are published (nobody logs on without rules) and
    AuditUnavailable.
    """
    rules = _rules_of(person)
    record_alone(actor=person, kind=Kind.SESSION_RULES_SHOWN, fields=_named(rules))
    return rules


def accept_rules(*, person: Person, rules_id: int) -> None:
    """Record that the person affirms the rules `rules_id`, which must be the current ones.

    Not by version: an agency's first own rules may have the number of those they replace. Raises
    DomainError "rules_outdated" when others were published meanwhile, which the person has to see
    and affirm; and AuditUnavailable.
    """
    rules = _rules_of(person)
    if rules.pk != rules_id:
        raise DomainError(
            "rules_outdated", "The rules have changed meanwhile. Read the new ones.", status=409
        )
    record_alone(actor=person, kind=Kind.SESSION_RULES_ACCEPTED, fields=_named(rules))


def decline_rules(*, person: Person) -> None:
    """Record that the person will not follow the rules. Raises AuditUnavailable."""
    record_alone(actor=person, kind=Kind.SESSION_RULES_DECLINED, fields=_named(_rules_of(person)))


def _rules_of(person: Person) -> RulesOfBehavior:
    rules = current_rules_for(person.agency_id)
    if rules is None:
        raise DomainError(
            "rules_missing", "No rules of behavior have been published yet.", status=503
        )
    return rules


def _named(rules: RulesOfBehavior) -> dict[str, Value]:
    return {
        "rules_agency_id": rules.agency_id,
        "rules_version": rules.version,
        "rules_sha256": hashlib.sha256(rules.text.encode()).hexdigest(),
    }


def _check_rules_text(text: str) -> None:
    check_text("text", text)
    if not text:
        raise InvalidInput({"text": ["Enter the text of the rules."]})
    if len(text) > _MAX_TEXT:
        raise InvalidInput({"text": [f"Use {_MAX_TEXT} characters at most, not {len(text)}."]})


def _next_version(agency: Agency | None) -> int:
    """One more than the newest; publishers wait for each other until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.publish_rules'))")
    newest = RulesOfBehavior.objects.filter(agency=agency).order_by("-version").first()
    return newest.version + 1 if newest else 1
