"""Opening whatever file of reads there is, by its format or by what it looks like."""

from collections.abc import Sequence
from pathlib import Path

from ingest.bodies import Malformed
from ingest.files import messages, reads
from ingest.files.folders import Folder
from ingest.files.messages import MessageFiles
from ingest.files.reads import ReadsFile
from ingest.formats import generic, genetec
from ingest.formats.feeds import FORMATS

AnyFile = ReadsFile | MessageFiles
NAMES = (generic.NAME, *sorted(FORMATS))


def open_reads(path: Path, photographs: Sequence[Path] = (), *, format: str = "") -> AnyFile:  # noqa: A002
    """The file at `path`: of this format, else of the one it looks like. Raises Malformed.

    NDJSON and CSV hold many reads, XML and JSON a vendor's message each.
    """
    suffix = _suffix(path)
    if suffix in reads.SUFFIXES:
        return ReadsFile(path, photographs, format=format)
    if format == generic.NAME:
        raise Malformed(f"{path} holds no NDJSON or CSV file of reads.")
    if not format and suffix == ".json":
        raise Malformed(f"Say by --format whose messages {path} holds.")
    return MessageFiles(path, FORMATS[format or genetec.NAME], photographs)


def _suffix(path: Path) -> str:
    """By which the file, or what the folder or archive holds, is told; the first of both kinds."""
    folder = Folder.at(path)
    try:
        is_one = path.is_file() and not folder.is_archive
        names = [path.name] if is_one else folder.names()
    finally:
        folder.close()
    suffixes = {Path(name).suffix.lower() for name in names}
    every = (*reads.SUFFIXES, *messages.SUFFIXES)
    return next((suffix for suffix in every if suffix in suffixes), reads.SUFFIXES[0])
