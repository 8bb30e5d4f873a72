"""Lines on the terminal: each with the name of the process that said it."""

import os
import sys
from collections.abc import Iterable

_COLOURS = {
    "lprsvc": "1",
    "database": "34",
    "broker": "35",
    "set-up": "33",
    "web": "32",
    "worker": "36",
    "beat": "90",
}
_WIDTH = max(map(len, _COLOURS))


def say(text: str, name: str = "lprsvc") -> None:
    """Print `text`, each line under the name of who says it."""
    prefix = f"{name:<{_WIDTH}} | "
    if _is_coloured():
        prefix = f"\x1b[{_COLOURS.get(name, '0')}m{prefix}\x1b[0m"
    for line in text.splitlines():
        print(prefix + line, flush=True)


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """`rows` in columns as wide as they need to be."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def _is_coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
