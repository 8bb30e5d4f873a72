"""Handing a mail to the server, and what to do when it does not take it."""

import smtplib
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives

# How often one mail may be tried again while the mail server is away or asks to wait; the last
# step repeats. RFC 5321 4.5.4.1: not so often that it harms, two tries within the first hour.
RETRY_STEPS = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
# RFC 5321 4.5.4.1: "the give-up time generally needs to be at least 4-5 days".
GIVE_UP_AFTER = timedelta(days=5)

# A mail is seconds of work; a claim older than the worker's hard time limit (five minutes, see
# CELERY_TASK_TIME_LIMIT) belongs to a worker that died.
CLAIM_LASTS = timedelta(minutes=6)

_LONGEST_ERROR = 300


class MailRefusedError(Exception):
    """The server will never take this mail for this recipient."""


class MailPostponedError(Exception):
    """The server did not take the mail now; `is_server` when it would take no other either."""

    def __init__(self, message: str, *, is_server: bool) -> None:
        super().__init__(message)
        self.is_server = is_server


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th try (from 1) of one mail."""
    return RETRY_STEPS[min(attempts, len(RETRY_STEPS)) - 1]


def hand_over(message: EmailMultiAlternatives) -> None:
    """Give the mail to the server. Raises MailRefusedError or MailPostponedError with its words.

    Permanent is only what the server says about this recipient or this text; whatever it says
    about us (log-on, sender) may be mended by the operator, so it is tried again.
    """
    try:
        accepted = message.send()
    except smtplib.SMTPRecipientsRefused as error:
        answers = list(error.recipients.values())
        words = "; ".join(_words(code, text) for code, text in answers)
        if all(code >= 500 for code, _ in answers):
            raise MailRefusedError(words) from error
        raise MailPostponedError(words, is_server=False) from error
    except smtplib.SMTPDataError as error:
        words = _words(error.smtp_code, error.smtp_error)
        if error.smtp_code >= 500:
            raise MailRefusedError(words) from error
        raise MailPostponedError(words, is_server=False) from error
    except OSError as error:  # smtplib's other exceptions, time-outs, a full disk
        raise MailPostponedError(
            one_line(f"{type(error).__name__}: {error}"), is_server=True
        ) from error
    if not accepted:
        raise MailRefusedError("The recipient has no e-mail address.")


def one_line(text: str) -> str:
    """Fit for a table and the log: one line, no control characters, not without end."""
    return "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_ERROR]


def _words(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return one_line(f"{code} {said}")
