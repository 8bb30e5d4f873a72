"""Files that hold one message of a vendor's software each, as SharpV cameras write by FTP."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ingest.bodies import Malformed
from ingest.files.folders import UNREADABLE, Folder, Pictures
from ingest.formats.feeds import Delivery, FeedFormat, understand
from ingest.rules import MAX_LINE_BYTES, PHOTOGRAPH_MAX_BYTES
from ingest.schemas import Delivered

SUFFIXES = (".xml", ".json")


class MessageFiles(AbstractContextManager["MessageFiles"]):
    """The message file at `path`, or all of those in a folder or zip.

    Pictures that they name are found in `photographs` (folders or zips), else beside them. Raises
    Malformed. `names` are the files; `broken` says, after `reads`, which of them could not be
    read, and why.
    """

    def __init__(
        self, path: Path, feed_format: FeedFormat, photographs: Sequence[Path] = ()
    ) -> None:
        self._folder = Folder.at(path)
        is_one = path.is_file() and not self._folder.is_archive
        found = [name for name in self._folder.names() if name.lower().endswith(SUFFIXES)]
        self.names = [path.name] if is_one else found
        if not self.names:
            raise Malformed(f"{path} holds no file of {' or '.join(SUFFIXES)}.")
        self.pictures = Pictures([Folder.at(place) for place in photographs] or [self._folder])
        self._format = feed_format
        self.size = sum(self._folder.size(name) for name in self.names)
        self.broken: dict[str, str] = {}
        self._done = 0

    def __exit__(self, *_: object) -> None:
        self._folder.close()
        self.pictures.close()

    @property
    def format(self) -> str:
        """The format of its reads, as receipts name it."""
        return self._format.name

    def reads(self) -> Iterator[Delivered]:
        """Each read of each file; one that is broken costs no other."""
        for name in self.names:
            try:
                yield from self._reads_of(name)
            except Malformed as fault:
                self.broken[name] = fault.message
            self._done += self._folder.size(name)

    def position(self) -> int:
        """How many of `size` bytes have been read."""
        return self._done

    def _reads_of(self, name: str) -> tuple[Delivered, ...]:
        try:
            document = self._folder.read(name, MAX_LINE_BYTES + 1)
        except UNREADABLE as error:
            raise Malformed(f"{name} can't be read: {error}") from None
        if len(document) > MAX_LINE_BYTES:
            raise Malformed(f"{name} is longer than {MAX_LINE_BYTES} bytes.")
        delivery = Delivery(document, beside=self._picture)
        return understand(self._format, delivery, is_kept_elsewhere=True).reads

    def _picture(self, name: str) -> bytes:
        return self.pictures.read(name, PHOTOGRAPH_MAX_BYTES + 1)
