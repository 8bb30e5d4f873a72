"""Whether a query may be run. Pure decisions: everything they need is an argument.

The first rule that fails refuses, in this order:

====================  ==================  =====================================================
code                  beside the field    refused when
====================  ==================  =====================================================
not_permitted                             the person's roles do not include running queries
training_missing                          a required course is not completed, or has expired
no_time_frame_rule                        the person belongs to no component, so has no rule
reason_unknown        reason              not an active reason code of the person's own agency
offense_missing       offense             the component's rule goes by it, and none is named
offense_unknown       offense             not a verified row of the table, or withdrawn, or deleted
offense_needless      offense             the component's rule does not go by it, and one is named
note_insufficient     case_reference      blank; under six letters or digits; one word, no digit
note_too_long         case_reference      over 2,000 characters
behalf_unknown        on_behalf_of        the officer is not named in full with the unit
behalf_has_account    on_behalf_of        a colleague with an account has that name
behalf_unknown        colleague           not an open account of the agency, or the person's own
group_unknown         share_with          not an open group that the person belongs to
time_frame_missing    period              there is none
time_frame_future     start               it begins now or later
time_frame_future     end                 it ends later than now
time_frame_reversed   end                 it ends before it begins, or at that instant
time_frame_too_long   start               it begins before the years of the rule, back from today
====================  ==================  =====================================================

The years are the component's, or the offense's period of limitation (`queries.limits`). An offense
without limitation leaves the start open; such a query is for the supervisor to review.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.people import Person
from accounts.policy import check_is_trained
from accounts.training import CourseStanding
from audit.actors import Actor
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission
from queries import rules
from queries.limits import ComponentRule, OffenseRule, limit_of
from queries.models import AskedInName, QueryReview
from queries.schemas import QueryIn
from queries.timeframes import TimeFrame

# A name of somebody: begins with a letter, and can't pass for a user's id in the log.
_OFFICER = re.compile(r"[^\W\d_][^:\n]{2,}")
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the person's agency allows: time-frame rule, active reasons, colleagues by id; and how
    the person stands with the courses it requires.

    `offenses` by code: those that can be chosen; empty where the rule does not go by them.
    `groups`: the person's own, by id. `units`: where colleagues work, to tell namesakes apart.
    """

    rule: ComponentRule | None
    reasons: Mapping[str, str]
    colleagues: Mapping[UUID, str]
    training: Sequence[CourseStanding]
    offenses: Mapping[str, OffenseRule] = field(default_factory=dict)
    groups: Mapping[UUID, str] = field(default_factory=dict)
    units: Mapping[UUID, str] = field(default_factory=dict)


def check_can_ask(person: Person, training: Sequence[CourseStanding]) -> None:
    """Raise PolicyDenied unless the person may run queries at all, and see their own again.

    `training` (ACC-8): `accounts.standing.training_of` the person.
    """
    if not person.may(Permission.RUN_QUERIES):
        raise PolicyDenied("not_permitted", "Your roles do not include running queries.")
    check_is_trained(training)


def check_can_review(person: Person) -> None:
    """Raise PolicyDenied unless the person reviews queries at all; whose, selectors say."""
    if not person.may(Permission.REVIEW_QUERIES) or person.agency_id is None:
        raise PolicyDenied("reviews_not_permitted", "Your roles do not include reviewing queries.")


def check_can_decide(person: Person, review: QueryReview) -> None:
    """Raise PolicyDenied unless the person may say what they found: once, never of their own."""
    check_can_review(person)
    if review.asker_id == person.user_id:
        raise PolicyDenied("own_query", "Nobody reviews their own query.")
    if review.finding:
        raise PolicyDenied("already_reviewed", "Somebody has reviewed this query already.")


def check_can_object(person: Person, asked: AskedInName) -> None:
    """Raise PolicyDenied unless it was asked in the person's name and they have not objected."""
    if asked.officer_id != person.user_id:
        raise PolicyDenied("not_in_your_name", "This was not asked in your name.")
    if asked.objected_at is not None:
        raise PolicyDenied("already_objected", "You have objected to this query already.")


def check_can_manage_offenses(actor: Actor) -> None:
    """The table of offenses: the vendor's people, and the service's own set-up.

    Raises PolicyDenied.
    """
    if isinstance(actor, Person):
        allowed = actor.may(Permission.MANAGE_OFFENSES)
    else:
        allowed = actor.id.startswith("system:")
    if not allowed:
        raise PolicyDenied("offenses_vendor_only", "Only the vendor changes offenses.")


def check_can_run(*, person: Person, ask: QueryIn, grounds: Grounds, now: datetime) -> TimeFrame:
    """The time frame, if every rule of this module's table allows the query; else PolicyDenied."""
    check_can_ask(person, grounds.training)
    if grounds.rule is None:
        raise PolicyDenied(
            "no_time_frame_rule",
            "You belong to no component, and only a component's rule allows a time frame."
            " Ask your agency manager.",
        )
    if ask.reason_code not in grounds.reasons:
        raise PolicyDenied("reason_unknown", "Choose one of your agency's reasons.", field="reason")
    _check_offense(ask.offense, grounds.rule, grounds)
    _check_note(ask.case_reference)
    _check_behalf(ask, grounds)
    check_can_share(ask.group, grounds.groups)
    return check_time_frame(
        ask.frame,
        rule=grounds.rule,
        offense=grounds.offenses.get(ask.offense),
        now=now,
        timezone=person.timezone,
    )


def check_has_access(*, is_active: bool) -> None:
    """What somebody ordered is not made once their account is suspended or closed."""
    if not is_active:
        raise PolicyDenied("account_not_open", "The account of who ordered it is not open.")


def check_can_print(marks: Mapping[UUID, bool], read_ids: Collection[UUID]) -> None:
    """What is marked not relevant is neither printed nor exported (QRY-11)."""
    if any(marks.get(read_id) is False for read_id in read_ids):
        raise PolicyDenied(
            "not_relevant",
            "A hit that you marked not relevant can't be printed. Take it out, or change its mark.",
        )


def check_can_share(group: UUID | None, groups: Mapping[UUID, str]) -> None:
    """Raise PolicyDenied unless it is one of the person's own `groups`, or none (ACC-12)."""
    if group is not None and group not in groups:
        raise PolicyDenied(
            "group_unknown", "Choose one of the groups you belong to.", field="share_with"
        )


def check_time_frame(
    frame: TimeFrame | None,
    *,
    rule: ComponentRule,
    offense: OffenseRule | None,
    now: datetime,
    timezone: str,
) -> TimeFrame:
    """The frame, if its dates make sense at `now` and the rule reaches so far; else PolicyDenied.

    While the offense that decides is missing, only the dates themselves are judged.
    """
    frame = _check_dates(frame, now)
    limit = limit_of(rule, offense, now=now, timezone=timezone)
    if limit and limit.earliest and frame.start < limit.earliest:
        raise PolicyDenied("time_frame_too_long", limit.words, field="start")
    return frame


def _check_offense(code: str, rule: ComponentRule, grounds: Grounds) -> None:
    if not rule.is_by_offense:
        if code:
            raise PolicyDenied(
                "offense_needless",
                f"{rule.component}'s time frame does not depend on an offense. ({rule.source})",
                field="offense",
            )
        return
    if not code:
        raise PolicyDenied(
            "offense_missing",
            f"Choose the offense under investigation: it decides how far back {rule.component} may"
            f" ask. ({rule.source})",
            field="offense",
        )
    if code not in grounds.offenses:
        raise PolicyDenied(
            "offense_unknown",
            "This offense can't be chosen: counsel has not verified it, or it was withdrawn.",
            field="offense",
        )


def _check_note(note: str) -> None:
    words = _WORD.findall(note)
    letters = "".join(words)
    names_something = len(words) >= rules.NOTE_MIN_WORDS or any(map(str.isdigit, letters))
    if len(letters) < rules.NOTE_MIN_CHARACTERS or not names_something:
        raise PolicyDenied(
            "note_insufficient",
            "Name the case or the subject: a case number, or a name and what it is about.",
            field="case_reference",
        )
    if len(note) > rules.NOTE_MAX_CHARACTERS:
        raise PolicyDenied(
            "note_too_long",
            f"Use {rules.NOTE_MAX_CHARACTERS:,} characters at most; this has {len(note):,}.",
            field="case_reference",
        )


def _check_behalf(ask: QueryIn, grounds: Grounds) -> None:
    if ask.behalf_user is not None:
        if ask.behalf_user not in grounds.colleagues:
            raise PolicyDenied(
                "behalf_unknown", "Choose a colleague of your own agency.", field="colleague"
            )
    elif ask.behalf_name:
        _check_officer(ask.behalf_name, grounds)


def _check_officer(named: str, grounds: Grounds) -> None:
    """Somebody without an account: known to an auditor by full name and unit alone."""
    name, _, unit = named.partition(",")
    if not (
        _OFFICER.fullmatch(named)
        and len(_NAME.findall(name)) >= rules.OFFICER_MIN_NAMES
        and _WORD.search(unit)
        and len(named) <= rules.OFFICER_MAX_CHARACTERS
    ):
        raise PolicyDenied(
            "behalf_unknown",
            "Enter the officer's first and last name, and the unit.",
            field="on_behalf_of",
        )
    known = {_same(colleague): colleague for colleague in grounds.colleagues.values()}
    if colleague := known.get(_same(name)):
        raise PolicyDenied(
            "behalf_has_account",
            f"{colleague} has an account here: choose them as a colleague, so that they are told.",
            field="on_behalf_of",
        )


def _same(name: str) -> str:
    return " ".join(name.split()).casefold()


def _check_dates(frame: TimeFrame | None, now: datetime) -> TimeFrame:
    if frame is None:
        raise PolicyDenied("time_frame_missing", "Choose a time frame.", field="period")
    if frame.start >= now or frame.end > now:
        raise PolicyDenied(
            "time_frame_future",
            "Nothing has been read after now: choose dates up to today.",
            field="start" if frame.start >= now else "end",
        )
    if frame.end <= frame.start:
        raise PolicyDenied(
            "time_frame_reversed", "The last day comes before the first.", field="end"
        )
    return frame
