"""How far a load is, for whoever watches a terminal."""

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ingest.files.opening import AnyFile
from ingest.services.loading import Load, Loaded


def summary(loaded: Loaded) -> str:
    """What became of the reads, in one sentence."""
    refused = f", {loaded.refused} refused" if loaded.refused else ""
    return (
        f"{loaded.stored} stored, {loaded.duplicate} duplicate, {loaded.quarantined} quarantined"
        f"{refused} ({loaded.reads} reads in {loaded.deliveries} deliveries)."
    )


def progress_bar(load: Load, file: AnyFile) -> Progress:
    """A bar that `load` moves; none where there is no terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    task = bar.add_task("0 reads", total=file.size)
    before = load.progress

    def show(loaded: Loaded) -> None:
        before(loaded)
        bar.update(task, completed=file.position(), description=f"{loaded.reads} reads")

    load.progress = show
    return bar
