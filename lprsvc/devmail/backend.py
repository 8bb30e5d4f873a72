"""A mail backend that keeps each message as one file, complete or not there at all."""

import threading
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from lprsvc.lib.ids import uuid7


class FolderBackend(BaseEmailBackend):
    """Writes ``<uuid7>.eml`` files into `settings.MAIL_DIR`; their names sort by time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the messages; returns how many had a recipient, as every backend does."""
        addressed = [message for message in email_messages if message.recipients()]
        for message in addressed:
            _keep(message, Path(settings.MAIL_DIR))
        return len(addressed)


def _keep(message: EmailMessage, folder: Path) -> None:
    # Mails name plates and cases: for the service's own account alone.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{uuid7()}.eml"
    partial = folder / f".{name}.{threading.get_ident()}"
    partial.write_bytes(message.message().as_bytes())
    partial.chmod(0o600)
    # Under its name only when it is whole: the in-box page never shows half a message.
    partial.replace(folder / name)
