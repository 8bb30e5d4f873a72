"""What the service writes to people: the kinds of mail, and what composes each.

To add a mail `thing_due`:

1. three templates ``accounts/templates/accounts/mail/thing_due.subject.txt`` (one line, nothing
   secret: subjects are shown on locked screens), ``.txt`` and ``.html``. The last two extend
   ``accounts/mail/base.txt`` and ``base.html`` and fill ``{% block body %}``; the base greets
   nobody, adds why one gets the mail and that the service never asks for a password;
2. a composer in ``accounts/letters/<noun>.py`` (every module there is imported at start; a room
   above has a ``letters.py`` of its own, and its templates in ``<room>/mail/``)::

       @notice_kind(
           "thing_due",
           why="You get this mail because you manage the area of responsibility.",
           sample={"name": "Alice Moreno", "url": link("home")},
       )
       def compose_thing_due(notice: Notice, now: datetime) -> Letter | None:
           thing = Thing.objects.filter(pk=subject_of(notice)).first()
           return Letter({"name": thing.name, "url": link("home")}) if thing else None

   `sample` is the context that docs/mails.md is made with. None as answer: the mail is no longer
   needed, and is dropped;
3. in the service that owes the mail, inside its transaction::

       queue_notice(kind="thing_due", recipient=user.email, about=f"thing:{thing.pk}",
                    log_id=actor.log_id, now=now)

   (`accounts.services.notices`). The mail goes out after commit, or never when it rolls back.

The composer runs in the worker, in a transaction that holds the notice's row, and so may make a
secret: store its hash, put the secret into the letter, with ``holds_secret=True``. It runs anew at
each try, so it replaces the secret of a try that failed. No secret is ever in a notice, a task or
the log. What the composer writes needs grants for ``lpr_worker`` (accounts/grants.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Notice

# Who loses an account, or whose mail is forged, learns here what is normal.
NEVER_ASKS = "We never ask for your password, by mail or by telephone."


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, as its templates need it.

    `holds_secret`: a repeat differs from what was sent before, and must not pass for it.
    """

    context: Mapping[str, Any]
    holds_secret: bool = False


Compose = Callable[[Notice, datetime], Letter | None]


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind of mail: its composer, why one gets it, and a context to show it with."""

    name: str
    compose: Compose
    why: str
    sample: Callable[[], Mapping[str, Any]]

    @property
    def template(self) -> str:
        """The name its three templates share: they are of the room that composes it."""
        room = self.compose.__module__.partition(".")[0]
        return f"{room}/mail/{self.name}"


_KINDS: dict[str, NoticeKind] = {}


def notice_kind(
    name: str, *, why: str, sample: Mapping[str, Any] | Callable[[], Mapping[str, Any]]
) -> Callable[[Compose], Compose]:
    """Register the composer of one kind of mail. `sample` as a callable when it needs links."""

    def register(compose: Compose) -> Compose:
        if name in _KINDS:
            raise ValueError(f"there are two composers for {name}")
        make = sample if callable(sample) else lambda: sample
        _KINDS[name] = NoticeKind(name, compose, why, make)
        return compose

    return register


def kind_named(name: str) -> NoticeKind:
    """A registered kind. Raises KeyError."""
    if name not in _KINDS:
        raise KeyError(f"no mail is called {name!r}; known: {', '.join(sorted(_KINDS))}")
    return _KINDS[name]


def all_kinds() -> list[NoticeKind]:
    """Every kind of mail, by name."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def subject_of(notice: Notice) -> str:
    """The key in the notice's `about`, as what stands behind "user:"."""
    return notice.about.partition(":")[2]


def link(url_name: str, *args: object) -> str:
    """The whole address of a page, as a mail needs it."""
    return settings.BASE_URL.rstrip("/") + reverse(url_name, args=args)


def rendered(kind: NoticeKind, context: Mapping[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML of a mail."""
    whole = {
        "service_name": settings.SERVICE_NAME,
        "why": kind.why,
        "never_asks": NEVER_ASKS,
    } | dict(context)
    base = kind.template
    subject = " ".join(render_to_string(f"{base}.subject.txt", whole).split())
    text = render_to_string(f"{base}.txt", whole).strip() + "\n"
    return subject, text, render_to_string(f"{base}.html", whole)


def message_of(notice: Notice, letter: Letter) -> EmailMultiAlternatives:
    """The mail itself.

    Each try has the same Message-ID, so that mail servers drop a repeat; a letter with a secret
    has a new one, for its repeat holds the secret that works.
    """
    subject, text, html = rendered(kind_named(notice.kind), letter.context)
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[notice.recipient],
        headers={
            "Message-ID": message_id(notice, new_each_try=letter.holds_secret),
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(html, "text/html")
    return message


def message_id(notice: Notice, *, new_each_try: bool) -> str:
    """How mail servers tell this mail from others."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    attempt = f".{notice.attempts}" if new_each_try else ""
    return f"<notice.{notice.pk}{attempt}@{host}>"
