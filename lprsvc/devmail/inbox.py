"""Reading the kept messages back."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from lprsvc.lib.errors import NotFound

# What the page lists; older ones stay in the folder.
NEWEST = 200


@dataclass(frozen=True, slots=True)
class Mail:
    """One kept message."""

    id: UUID
    subject: str
    sender: str
    to: tuple[str, ...]
    sent_at: datetime
    text: str
    html: str


def list_mails(folder: Path | None = None) -> list[Mail]:
    """The newest messages, newest first."""
    where = folder or Path(settings.MAIL_DIR)
    files = sorted(where.glob("*.eml"), reverse=True)[:NEWEST]
    return [_read(file) for file in files]


def get_mail(pk: UUID, folder: Path | None = None) -> Mail:
    """One message. Raises NotFound."""
    file = (folder or Path(settings.MAIL_DIR)) / f"{pk}.eml"
    try:
        return _read(file)
    except FileNotFoundError:
        raise NotFound("message") from None


def _read(file: Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    return Mail(
        id=UUID(file.stem),
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        to=tuple(str(address) for address in message.get_all("To", [])),
        sent_at=_sent_at(message),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _sent_at(message: EmailMessage) -> datetime:
    sent = parsedate_to_datetime(str(message["Date"]))
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body(preferencelist=(subtype,))
    return str(body.get_content()) if body is not None else ""
