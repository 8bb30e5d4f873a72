"""What the frame of every page shows: the service's name, the person, and where they may go."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.people import Person
from accounts.roles import ROLE_LABELS, Role
from lprsvc.lib.permissions import Permission as P
from queries.selectors import count_waiting_reviews

READ_LOG = frozenset({P.READ_LOG_AGENCY, P.READ_LOG_AORS, P.READ_LOG_TEAM, P.READ_LOG_VENDOR})


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in the side navigation, open to who has one of `permissions`; empty: to all.

    `section` is the path all pages of that place begin with; `example_only` keeps it out of
    production. `waiting` counts what waits there for the person, by one quick look.
    """

    label: str
    url_name: str
    icon: str
    description: str
    permissions: frozenset[P] = frozenset()
    section: str = ""
    example_only: bool = False
    waiting: Callable[[Person], int] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as one page shows it."""

    label: str
    url: str
    icon: str
    description: str
    current: bool
    # Asked by the page that is drawn with it, once; no page that is not drawn pays for it.
    waiting: Callable[[], int] = lambda: 0


ENTRIES = (
    Entry("Home", "home", "home", "What you can do here."),
    Entry(
        "New query",
        "query_new",
        "search",
        "Ask where one plate was read, and see the photographs on a map.",
        frozenset({P.RUN_QUERIES}),
    ),
    Entry(
        "Recent queries",
        "query_list",
        "list",
        "What you asked in the last 60 days: open it again, ask it anew, or delete it.",
        frozenset({P.RUN_QUERIES}),
        "/queries/",
    ),
    Entry(
        "Alerts",
        "alert_list",
        "notifications",
        "Watch a plate and be told by e-mail of each new read.",
        frozenset({P.KEEP_ALERTS}),
        "/alerts/",
    ),
    Entry(
        "Error reports",
        "error_report_list",
        "flag",
        "The reads you reported as wrong, and what came of it.",
        frozenset({P.RUN_QUERIES, P.KEEP_ALERTS}),
        "/error-reports/",
    ),
    Entry(
        "Amendments",
        "amendment_list",
        "edit",
        "What individuals asked to have amended, and what came of it.",
        frozenset({P.REQUEST_AMENDMENTS}),
        "/amendments/",
    ),
    Entry(
        "My training",
        "training",
        "school",
        "The courses required of you, and until when each counts.",
        frozenset({P.RUN_QUERIES, P.KEEP_ALERTS}),
        "/training/",
    ),
    Entry(
        "Reviews",
        "review_list",
        "check_circle_outline",
        "Queries of your people that need your look: no limitation, refused, objected to.",
        frozenset({P.REVIEW_QUERIES}),
        "/queries/reviews/",
        waiting=count_waiting_reviews,
    ),
    Entry(
        "Coverage",
        "coverage",
        "map",
        "How many reads and cameras there are by state and metropolitan area.",
        frozenset({P.VIEW_COVERAGE}),
        "/coverage/",
    ),
    Entry(
        "Log",
        "log",
        "history",
        "What people did here, when and why, newest first.",
        READ_LOG,
        "/log/",
    ),
    Entry(
        "Administration",
        "admin:index",
        "settings",
        "People, sources, cameras and their settings.",
        frozenset({P.ENTER_ADMIN}),
        "/admin/",
    ),
    Entry(
        "In-box",
        "dev_mail",
        "mail",
        "Mail of the example set-up, kept here instead of sent.",
        section="/dev/mail/",
        example_only=True,
    ),
)


def links_for(person: Person, path: str) -> list[Link]:
    """The places `person` may open; the one that holds `path` is marked current."""
    # Only what is open: the address of an entry that is not may not even exist here.
    entries = [entry for entry in ENTRIES if _is_open(entry, person)]
    here = _entry_of(path, entries)
    return [
        Link(
            entry.label,
            reverse(entry.url_name),
            entry.icon,
            entry.description,
            entry is here,
            cache(partial(entry.waiting, person)) if entry.waiting else lambda: 0,
        )
        for entry in entries
    ]


def _is_open(entry: Entry, person: Person) -> bool:
    if entry.example_only and settings.ENVIRONMENT == "production":
        return False
    return not entry.permissions or bool(entry.permissions & person.permissions)


def _entry_of(path: str, entries: list[Entry]) -> Entry | None:
    """The entry whose page this is, or else the one whose section holds it most closely."""
    exact = (entry for entry in entries if reverse(entry.url_name) == path)
    inside = [entry for entry in entries if entry.section and path.startswith(entry.section)]
    closest = max(inside, key=lambda entry: len(entry.section), default=None)
    return next(exact, None) or closest


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what ``base.html`` and its partials read."""
    person: Person | None = getattr(request, "person", None)
    return {
        "service_name": settings.SERVICE_NAME,
        "banner": settings.PAGE_BANNER,
        "is_example": settings.ENVIRONMENT != "production",
        "person": person,
        "person_role": _roles(person) if person else "",
        "person_place": _place(person) if person else "",
        "navigation": links_for(person, request.path) if person else [],
        **(_example(request) if settings.ENVIRONMENT == "example" else {}),
    }


def _example(request: HttpRequest) -> dict[str, Any]:
    """Whom a newcomer can log on as, for the log-on page of the example set-up."""
    if request.path != reverse("account_login"):
        return {}
    # Here, so that no other set-up ever holds this password.
    from lprsvc.example.people import EXAMPLE_PASSWORD, PEOPLE

    people = [
        (one.username, _what(one.title, one.agency, one.component, one.aor)) for one in PEOPLE
    ]
    return {"example_people": people, "example_password": EXAMPLE_PASSWORD}


def _what(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _roles(person: Person) -> str:
    return ", ".join(ROLE_LABELS[Role(role)] for role in person.roles)


def _place(person: Person) -> str:
    return _what(person.agency or "", person.component or "", person.aor or "")
