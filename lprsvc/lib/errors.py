"""The errors a person or program may be shown, with one base.

Services and selectors raise these; one handler turns them into pages (``lprsvc.errors``) and one
into RFC 9457 problem details for the API. People read what happened and what to do.
"""

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """Something the caller can be told. ``code`` is stable, ``status`` is the HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class PolicyDenied(DomainError):
    """A rule forbids it. ``code`` names the rule; the refusal is recorded (QRY-15)."""

    def __init__(self, code: str, reason: str, *, field: str | None = None) -> None:
        super().__init__(code, reason, status=403)
        self.field = field


class NotFound(DomainError):
    """Unknown, or not for this person: the two are never told apart."""

    def __init__(self, what: str = "page") -> None:
        super().__init__("not_found", f"This {what} does not exist.", status=404)


class InvalidInput(DomainError):
    """What was entered cannot be used; ``errors`` maps a field to its messages."""

    def __init__(self, errors: Mapping[str, Sequence[str]], *, code: str = "invalid") -> None:
        self.errors = {field: list(messages) for field, messages in errors.items()}
        summary = "; ".join(
            f"{field}: {' '.join(messages)}" for field, messages in self.errors.items()
        )
        super().__init__(code, summary, status=422)


class AuditUnavailable(DomainError):
    """The audit entry could not be written, so nothing was done (QRY-16, AUD-3)."""

    def __init__(self) -> None:
        super().__init__(
            "audit_unavailable",
            "The audit log cannot be written, so nothing was done. Try again in a moment.",
            status=503,
        )
