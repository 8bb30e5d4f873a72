"""`python -m tests.harness.migrations`: fails when a model has changed without a migration."""

import os
import subprocess
import sys

from lprsvc.runtime.places import ROOT
from tests.harness.cluster import TEMPLATE, new_home, running


def main() -> int:
    """Run `makemigrations --check` on a migrated database; returns its exit status."""
    with running(new_home()) as servers:
        environment = {**os.environ, **servers.environment(TEMPLATE, 0), "LPRSVC_PROCESS": "owner"}
        command = [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
