"""The document of a yearly certification, to be printed and signed (ACC-15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Aor
from accounts.reports.document import Heading, Part, Table, Text, pdf
from accounts.training import spelt, today_in

KEEP, REMOVE, OWN, OTHERS = "keep", "remove", "own", "others"
_DECISIONS = {
    KEEP: "Keeps the account",
    REMOVE: "Removed",
    OWN: "Own account",
    OTHERS: "Seen to by the vendor",
}


@dataclass(frozen=True, slots=True)
class CertifiedLine:
    """One account as it stood when it was certified; `decision`: one of the four, "" until made."""

    user_id: str
    full_name: str
    username: str
    roles: str
    aor: str
    is_active: bool
    last_login: str
    training: tuple[str, ...]
    request_form: str
    decision: str = ""
    reason: str = ""


def certificate_pdf(
    aor: Aor, lines: Sequence[CertifiedLine], *, signed_by: str, signed_at: datetime
) -> bytes:
    """The list as it was signed, with room for a signature by hand."""
    day = spelt(today_in(aor.timezone, signed_at))
    title = f"Certification of accounts: {aor.agency.name}, {aor.name}"
    removed = sum(line.decision == REMOVE for line in lines)
    parts: list[Part] = [
        Text(
            f"Signed in the service by {signed_by} on {day}. {len(lines)} accounts:"
            f" {len(lines) - removed} kept, {removed} removed. Removed accounts were suspended"
            " when this was signed. The hash (SHA-256) of this document stands in the log."
        ),
        Table(
            ("Name", "User name", "Role", "Area", "Last log-on", "Training", "Request form",
             "Decision"),
            [_row(line) for line in lines],
            widths=(5, 4, 4, 3.5, 3.5, 7, 4, 6),
            empty="No accounts.",
        ),
        Heading("Signature"),
        Text(
            "I certify that the persons whose accounts are kept need them for their duties, and"
            " that their training is as stated."
        ),
        Table(
            ("Name", "Signature", "Date"),
            [(signed_by, "\u00a0", "\u00a0")],
            widths=(2, 4, 2),
            room=28,
        ),
    ]  # fmt: skip
    return pdf(title, parts, made_at=signed_at)


def _row(line: CertifiedLine) -> tuple[str, ...]:
    decision = _DECISIONS[line.decision] + (f": {line.reason}" if line.reason else "")
    return (
        line.full_name + ("" if line.is_active else " (suspended)"),
        line.username,
        line.roles,
        line.aor,
        line.last_login,
        "; ".join(line.training) or "none required",
        line.request_form,
        decision,
    )
