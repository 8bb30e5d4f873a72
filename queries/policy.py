"""Whether a query may be run. Pure decisions: everything they need is an argument.

The first rule that fails refuses, in this order:

====================  ==================  =====================================================
code                  beside the field    refused when
====================  ==================  =====================================================
not_permitted                             the person's roles do not include running queries
training_missing                          a required course is not completed, or has expired
no_time_frame_rule                        the person belongs to no component, so has no rule
reason_unknown        reason              not an active reason code of the person's own agency
note_insufficient     case_reference      blank; under six letters or digits; one word, no digit
note_too_long         case_reference      over 2,000 characters
behalf_unknown        on_behalf_of        the officer's name is no name
behalf_unknown        colleague           not an open account of the agency, or the person's own
time_frame_missing    period              there is none
time_frame_future     start               it begins now or later
time_frame_future     end                 it ends later than now
time_frame_reversed   end                 it ends before it begins, or at that instant
time_frame_too_long   start               it begins before the component's years back from today
====================  ==================  =====================================================
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.people import Person
from accounts.policy import check_is_trained
from accounts.training import CourseStanding
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission
from queries import rules
from queries.schemas import QueryIn
from queries.timeframes import TimeFrame, earliest_start, local_date

# A name of somebody: begins with a letter, and can't pass for a user's id in the log.
_OFFICER = re.compile(r"[^\W\d_][^:\n]{2,}")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class ComponentRule:
    """How far back a component may ask, and the document that says so (QRY-3)."""

    component: str
    max_lookback_years: int
    source: str


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the person's agency allows: time-frame rule, active reasons, colleagues by id; and how
    the person stands with the courses it requires."""

    rule: ComponentRule | None
    reasons: Mapping[str, str]
    colleagues: Mapping[UUID, str]
    training: Sequence[CourseStanding]


def check_can_ask(person: Person, training: Sequence[CourseStanding]) -> None:
    """Raise PolicyDenied unless the person may run queries at all, and see their own again.

    `training` (ACC-8): `accounts.standing.training_of` the person.
    """
    if not person.may(Permission.RUN_QUERIES):
        raise PolicyDenied("not_permitted", "Your roles do not include running queries.")
    check_is_trained(training)


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
    _check_note(ask.case_reference)
    _check_behalf(ask, grounds)
    return _check_frame(ask.frame, grounds.rule, now, person.timezone)


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
    elif ask.behalf_name and not (
        _OFFICER.fullmatch(ask.behalf_name) and len(ask.behalf_name) <= rules.OFFICER_MAX_CHARACTERS
    ):
        raise PolicyDenied(
            "behalf_unknown", "Enter the officer's name and unit.", field="on_behalf_of"
        )


def _check_frame(
    frame: TimeFrame | None, rule: ComponentRule, now: datetime, timezone: str
) -> TimeFrame:
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
    earliest = earliest_start(now=now, timezone=timezone, years=rule.max_lookback_years)
    if frame.start < earliest:
        first = local_date(earliest, timezone)
        raise PolicyDenied(
            "time_frame_too_long",
            f"{rule.component} may ask for {rule.max_lookback_years} years back at most: from"
            f" {first:%b} {first.day}, {first.year}. ({rule.source})",
            field="start",
        )
    return frame
