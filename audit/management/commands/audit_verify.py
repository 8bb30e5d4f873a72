"""`audit_verify BUNDLE --policy FILE`: checks an exported bundle, off-line, by `audit.verifier`."""

import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from audit import verifier


class Command(BaseCommand):
    """The same program as `python audit/verifier.py`, for whoever is at the installation anyhow."""

    help = "Checks a bundle of the log; see `python audit/verifier.py --help`."
    # What is checked is a file; nothing here asks the database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """All of it goes to the verifier."""
        parser.add_argument("given", nargs=REMAINDER, metavar="BUNDLE [--policy FILE] …")

    def handle(self, **options: Any) -> None:
        """Exits with the verifier's status: 0 for a bundle that holds, 1 for one that does not."""
        sys.exit(verifier.main(options["given"]))
