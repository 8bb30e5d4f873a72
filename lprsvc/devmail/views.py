"""The in-box page of the example set-up."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from lprsvc.devmail import inbox
from lprsvc.lib.access import public
from lprsvc.lib.errors import NotFound

in_example = public("the in-box of the example set-up, which is nowhere else")

# The message is somebody else's HTML: no script, no style, no picture, no form, no link out of
# its frame, in an origin of its own; framed by our own pages alone.
HTML_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)


@in_example
@require_GET
def message_list(request: HttpRequest) -> HttpResponse:
    """The kept messages, newest first."""
    mails = [_shown(request, mail) for mail in inbox.list_mails()]
    return render(request, "devmail/message_list.html", {"mails": mails})


@in_example
@require_GET
def message_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One message: its text, and its HTML in a frame."""
    mail = inbox.get_mail(pk)
    shown = _shown(request, mail) | {"sender": mail.sender, "text": mail.text}
    shown["html_url"] = reverse("dev_mail_html", args=[pk]) if mail.html else None
    context = {"mail": shown, "list_url": reverse("dev_mail")}
    return render(request, "devmail/message_detail.html", context)


@in_example
@xframe_options_sameorigin
@require_GET
def message_html(request: HttpRequest, pk: UUID) -> HttpResponse:  # noqa: ARG001
    """The HTML part alone, for the frame."""
    mail = inbox.get_mail(pk)
    if not mail.html:
        raise NotFound("message")
    return HttpResponse(mail.html, headers={"Content-Security-Policy": HTML_POLICY})


def _shown(request: HttpRequest, mail: inbox.Mail) -> dict[str, Any]:
    person = request.person  # type: ignore[attr-defined]
    return {
        "url": reverse("dev_mail_message", args=[mail.id]),
        "subject": mail.subject,
        "to": mail.to,
        "sent_at": mail.sent_at,
        "timezone": person.timezone if person else "UTC",
    }
