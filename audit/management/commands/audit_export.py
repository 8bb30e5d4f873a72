"""`audit_export ORIGIN FILE`: a log, or one person's part of it, as a bundle that proves itself."""

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from audit import bundles
from audit.actors import system
from audit.exports.whole import export_log
from audit.models import Log


class Command(BaseCommand):
    """Recorded in the log itself, with the account it was run under, before anything is written."""

    help = "Writes a log as a zip for audit_verify; with --actor all else is closed to the reader."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        parser.add_argument("origin", nargs="?", help="the log's name; without it, lists them")
        parser.add_argument("file", nargs="?", type=Path, help="the zip to write")
        parser.add_argument(
            "--actor",
            default="",
            metavar="ID",
            help="discloses what this actor did, or had done (as the log names them: user:…); of"
            " all other entries only who acted is shown, so that nothing can have been left out",
        )

    def handle(self, **options: Any) -> None:
        """Write it. Raises CommandError for an unknown log and a file that is there already."""
        if not options["origin"] or not options["file"]:
            known = "\n".join(Log.objects.order_by("origin").values_list("origin", flat=True))
            self.stdout.write(f"Say which log, and the file to write. Logs:\n{known}")
            return
        log = Log.objects.filter(origin=options["origin"]).first()
        if log is None:
            raise CommandError(f"There is no log {options['origin']}.")
        path: Path = options["file"]
        if path.exists():
            raise CommandError(f"{path} is there already.")
        actor = system(f"audit_export by {getpass.getuser()}", log_id=log.id)
        try:
            with Progress(transient=True) as shown:
                task = shown.add_task("entries", total=None)
                written = export_log(
                    actor=actor,
                    log_id=log.id,
                    path=path,
                    of_actor=options["actor"],
                    progress=lambda count: shown.update(task, completed=count),
                )
        except bundles.NotSigned:
            raise CommandError(
                "This log has no signed checkpoint yet: is the sequencer running?"
            ) from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        self.stdout.write(
            f"{written.count} of {written.checkpoint.size} entries, root"
            f" {written.checkpoint.root.hex()}, entries' SHA-256 {written.sha256}"
        )
