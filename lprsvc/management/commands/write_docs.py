"""`write_docs`: writes the documents that are made from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from lprsvc.written import DOCUMENTS


class Command(BaseCommand):
    """Write each document anew; no database is needed."""

    help = "Write docs/policy.md and docs/mails.md from the code."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write them, and say which changed."""
        for name, make in DOCUMENTS.items():
            path = Path(settings.BASE_DIR) / name
            text = make()
            if not path.exists() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")
                self.stdout.write(f"written: {name}")
