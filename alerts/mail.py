"""The mail that tells of a match."""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from alerts.models import Notification
from ingest.selectors import Place
from lprsvc.lib.jurisdictions import state_name
from lprsvc.lib.mailing import MailPostponedError, MailRefusedError, hand_over

__all__ = ["MailPostponedError", "MailRefusedError", "compose", "hand_over", "message_id"]

# No plate: subjects are shown on locked screens and kept in servers' logs.
SUBJECT = "License plate alert: a new read matches your alert"
_UNKNOWN = "not known yet; see the match"


def message_id(notification: Notification) -> str:
    """The same for every try of one notification, so that a repeat can be told from a second."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"<notification.{notification.pk}@{host}>"


def compose(notification: Notification, place: Place | None) -> EmailMultiAlternatives:
    """The mail of one notification: what was read and where, and a link that needs log-on."""
    match = notification.match
    context = {
        "match": match,
        "entry": match.entry,
        "camera": match.camera,
        "source": match.camera.source,
        "state_name": state_name(match.entry.state),
        "coordinates": f"{match.latitude_e7 / 1e7:.5f}, {match.longitude_e7 / 1e7:.5f}",
        "address": _with_note(place.address_text, place.address_note) if place else _UNKNOWN,
        "intersection": _with_note(place.intersection_text, place.intersection_note)
        if place
        else _UNKNOWN,
        "local_time": _clock(match.captured_at.astimezone(ZoneInfo(match.camera.timezone))),
        "utc_time": _clock(match.captured_at.astimezone(UTC)),
        "url": settings.BASE_URL.rstrip("/") + reverse("match_detail", args=[match.pk]),
    }
    message = EmailMultiAlternatives(
        subject=SUBJECT,
        body=render_to_string("alerts/mail/match.txt", context),
        to=[notification.recipient.email],
        headers={"Message-ID": message_id(notification), "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("alerts/mail/match.html", context), "text/html")
    return message


def _with_note(text: str, note: str) -> str:
    return f"{text} ({note})" if note else text


def _clock(moment: datetime) -> str:
    """The month spelt: 04/05 reads differently on the two sides of an ocean."""
    return f"{moment:%b} {moment.day}, {moment.year}, {moment:%H:%M:%S} {moment.tzname()}"
