"""The constants that govern queries, each with its source.

PIA: DHS/ICE/PIA-039(a), 2017, the public document the requirements come from.
"""

from dataclasses import dataclass
from datetime import timedelta

# Stands in every query's log entry: by which version of these rules it was decided.
RULE_VERSION = "queries-2"


@dataclass(frozen=True, slots=True)
class Preset:
    """A time frame by one choice, back from now by whole local days or calendar years."""

    code: str
    label: str
    days: int = 0
    years: int = 0


# QRY-3; PIA, "Querying the Database": "the timeframe that ICE wants to query (e.g., previous 90
# days)"; its example asks for the previous 60 days. Five years: the most ERO may ask for.
PRESETS = (
    Preset("previous-30-days", "Previous 30 days", days=30),
    Preset("previous-60-days", "Previous 60 days", days=60),
    Preset("previous-90-days", "Previous 90 days", days=90),
    Preset("previous-1-year", "Previous year", years=1),
    Preset("previous-5-years", "Previous 5 years", years=5),
)
PRESETS_BY_CODE = {preset.code: preset for preset in PRESETS}
# The period of a query with two dates of its own.
DATES = "dates"
DATES_LABEL = "Two dates"

# QRY-13; PIA, "Web Access and Mobile Application": saved data is deleted after 60 days.
RECALL = timedelta(days=60)

# Own choice: how long the same form sent again is a second click, and not a second question.
REPEAT = timedelta(minutes=5)

# QRY-1; PIA: the free text must "reference the specific case"; users enter "name and alien number,
# as well as any other helpful information". Own choice: at least six letters or digits, and either
# a digit or a second word, so that "investigation" is no reference and "12345678" is one.
NOTE_MIN_CHARACTERS = 6
NOTE_MIN_WORDS = 2
# Own choice: two pages of text are a report, not a reference.
NOTE_MAX_CHARACTERS = 2_000

# Own choice, wide enough for "Supervisory Detention and Deportation Officer" after a long name.
OFFICER_MAX_CHARACTERS = 200
# PIA: "the ICE user must enter the name of the agent or officer for whom the query is being
# entered". Own choice: a first and a last name, and the unit, so that an auditor finds them.
OFFICER_MIN_NAMES = 2

# QRY-4. Own choice: a circle from the size of one junction to that of several states; beyond it
# nothing is narrowed.
CIRCLE_MIN_MILES = "0.05"
CIRCLE_MAX_MILES = 500
METERS_PER_MILE = 1_609.344

# QRY-13. Own choice: a name, as “Harbor, grey van”.
PIN_MAX_CHARACTERS = 80

# Own choice: the refusals that a supervisor looks at, because a rule forbade what was asked or who
# asked. Slips of the hand (a missing field, reversed dates) stay in the log alone: who has to look
# at everything sees nothing.
REFUSALS_TO_REVIEW = frozenset(
    {
        "not_permitted",
        "training_missing",
        "no_time_frame_rule",
        "note_insufficient",
        "behalf_has_account",
        "time_frame_too_long",
    }
)
# Own choice: what was found is kept beside the query for a year, and by the log for seven.
REVIEW_KEPT = timedelta(days=365)
REASON_MAX_CHARACTERS = 1_000
REVIEWS_PER_PAGE = 25

# QRY-7. Own choice: as long as one looks at a page before its photographs are asked for.
PHOTOGRAPH_LINK = timedelta(minutes=5)

# QRY-8. Own choice: a page each; more is no report that anybody reads, and takes minutes to make.
MOST_PRINTED = 250
# Own choice: one person's reports that wait or are being made, so that others' have their turn.
MOST_OPEN_REPORTS = 3
# QRY-14: results are not stored. Own choice: a finished file waits a day for who ordered it.
FILE_KEPT = timedelta(days=1)
# A report whose worker has said nothing for so long is anybody's; it says something each page.
REPORT_CLAIM_LASTS = timedelta(minutes=2)
# A worker that dies three times over one report would die a fourth time.
MOST_TRIES = 3

# Hits on one page of an answer: each shows two photographs, and each photograph is a log entry.
HITS_PER_PAGE = 25
RECENT_PER_PAGE = 25


def period_label(code: str) -> str:
    """What people read for a period's code."""
    preset = PRESETS_BY_CODE.get(code)
    return preset.label if preset else DATES_LABEL
