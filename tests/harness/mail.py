"""A real SMTP server on loopback that keeps what it is handed."""

import email
import email.policy
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings


@dataclass
class Inbox:
    """What arrived, and where to send."""

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    refuse_with: str | None = None
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """The server's address in the form of `EMAIL_URL`."""
        return f"smtp://{self.host}:{self.port}"

    def wait_for(self, count: int, *, seconds: float = 20.0) -> list[EmailMessage]:
        """The messages, once there are at least `count`; fails when they do not come in time."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while len(self.messages) < count:
                if not self._arrived.wait(deadline - time.monotonic()):
                    pytest.fail(f"{len(self.messages)} of {count} messages after {seconds} s")
            return list(self.messages)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook: answer for one message."""
        if self.refuse_with:
            return self.refuse_with
        message = email.message_from_bytes(
            bytes(envelope.original_content or b""), policy=email.policy.default
        )
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()
        return "250 OK"


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def smtp_server(settings: Settings) -> Iterator[Inbox]:
    """A mail server; this process and `running_worker` send their mail to it.

    Set `refuse_with` to an SMTP answer such as "451 later" and it refuses.
    """
    inbox = Inbox("127.0.0.1", free_port())
    controller = Controller(inbox, hostname=inbox.host, port=inbox.port)
    controller.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = inbox.host, inbox.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield inbox
    finally:
        controller.stop()
