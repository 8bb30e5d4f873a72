"""`python -m tests.bench [area …]`: print every line of the areas asked for, or of all."""

import subprocess
import sys
from collections.abc import Callable

from tests.bench import alerts, audit, ingest, places, queries, reports
from tests.bench.report import Line

AREAS: dict[str, Callable[[], list[Line]]] = {
    "query": queries.lines,
    "reports": reports.lines,
    "ingest": ingest.lines,
    "places": places.lines,
    "alerts": alerts.lines,
    "audit": audit.lines,
}


def main(names: list[str]) -> int:
    """Measure and print; figures are for reading, so a missed target is no failure."""
    unknown = [name for name in names if name not in AREAS]
    if unknown:
        print(f"bench: no area {', '.join(unknown)}; there are {', '.join(AREAS)}", file=sys.stderr)
        return 2
    if len(names) == 1:
        for line in AREAS[names[0]]():
            print(line, flush=True)
        return 0
    # Each area in a process of its own: Django is set up once, on that area's servers.
    commands = [[sys.executable, "-m", "tests.bench", name] for name in names or AREAS]
    return max(subprocess.run(command, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
