#!/usr/bin/env python
"""The command line of lprsvc: runs Django's management commands under the right database role."""

import os
import sys

# These change or describe the database's own objects, so they log on as its owner. Every other
# command gets the web process's rights unless LPRSVC_PROCESS says which process it stands in for.
OWNER_COMMANDS = frozenset(
    {
        "apply_grants",
        "dbshell",
        "makemigrations",
        "migrate",
        "optimizemigration",
        "showmigrations",
        "sqlmigrate",
        "squashmigrations",
        "start_service",
    }
)


def main() -> None:
    """Choose the database role of the command named on the command line and run it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lprsvc.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("LPRSVC_PROCESS", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
