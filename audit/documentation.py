"""`python -m audit.documentation`: writes docs/audit-events.md anew; a test demands it be equal."""

from itertools import groupby
from pathlib import Path

from audit.kinds import LABELS, OPENS_ONE_READ, OPENS_READS, Kind

PAGE = Path(__file__).parents[1] / "docs" / "audit-events.md"

_HEAD = """\
# What the audit log records

Made from `audit/kinds.py` by `python -m audit.documentation`; not edited by hand.

An event is recorded in the transaction of what it tells of, or that does not happen. It holds these
fields, and those of its kind beside them:

| field | is |
|---|---|
| `actor`, `actor_name` | who: a stable id (`user:…`, `system:…`, `nobody`), and the name then |
| `agency`, `aor`, `roles` | where the actor belonged then |
| `behalf_of`, `behalf_name` | for whom it was done; null: for oneself |
| `outcome`, `outcome_code` | `ok`, `refused`, `failed` or `partial`, and the rule or error |
| `session`, `request`, `ip`, `client`, `auth` | from where, and how the person logged on |
| `build` | which code did it |
| `parent` | the event it belongs to, as a query's result to its run |

A kind is never renamed: it is part of the leaf that is hashed for ever (`audit/leaf.py`).
"""


def render() -> str:
    """The whole page."""
    parts = [_HEAD]
    for noun, kinds in groupby(sorted(Kind), key=lambda kind: kind.split(".")[0]):
        rows = [f"| `{kind}` | {LABELS[kind]}{_opens(kind)} |" for kind in kinds]
        parts.append("\n".join([f"## {noun}", "", "| kind | words |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def _opens(kind: Kind) -> str:
    if kind in OPENS_ONE_READ:
        return ". Opens the one read it names to its own transaction"
    return ". Opens its plate and window to its own transaction" if kind in OPENS_READS else ""


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
