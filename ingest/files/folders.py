"""A directory, or a zip archive, to read files from by name."""

import lzma
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from ingest.bodies import Malformed

# What reading from a folder or archive may raise: missing, damaged, packed in an unknown way.
UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class Folder:
    """A directory, or a zip archive, to read files from by name."""

    def __init__(self, path: Path, archive: zipfile.ZipFile | None) -> None:
        self.path = path
        self._archive = archive

    @classmethod
    def at(cls, path: Path) -> "Folder":
        """The folder or archive `path`, or the folder that the file `path` stands in."""
        try:
            if path.is_file() and zipfile.is_zipfile(path):
                return cls(path, zipfile.ZipFile(path))
        except (OSError, zipfile.BadZipFile) as error:
            raise Malformed(f"{path} can't be read: {error}") from None
        if not path.exists():
            raise Malformed(f"There is no file {path}.")
        return cls(path if path.is_dir() else path.parent, None)

    def names(self) -> list[str]:
        """The names at the top of it, in their order."""
        if self._archive:
            every = [name for name in self._archive.namelist() if "/" not in name.strip("/")]
        else:
            every = [entry.name for entry in self.path.iterdir()]
        return sorted(every)

    def only_file(self, suffixes: tuple[str, ...]) -> str:
        """The name of the one file at the top with one of the suffixes. Raises Malformed."""
        found = [name for name in self.names() if name.lower().endswith(suffixes)]
        if len(found) != 1:
            raise Malformed(f"{self.path} must hold one NDJSON or CSV file of reads, not {found}.")
        return found[0]

    def open(self, name: str) -> IO[bytes]:
        """The file inside to read from. Raises Malformed."""
        try:
            if self._archive:
                return self._archive.open(name)
            return self.inside(name).open("rb")
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
            raise Malformed(f"{name} can't be read: {error}") from None

    def size(self, name: str) -> int:
        """Bytes of the file, unpacked."""
        if self._archive:
            return self._archive.getinfo(name).file_size
        return (self.path / name).stat().st_size

    def read(self, name: str, limit: int) -> bytes:
        """At most `limit` bytes of a file inside; ValueError for a name that leads outside."""
        if self._archive:
            return self._read_member(name, limit)
        with self.inside(name).open("rb") as file:
            return file.read(limit)

    def inside(self, name: str) -> Path:
        """Where the file of a directory lies; ValueError for a name that leads outside."""
        path = (self.path / name).resolve()
        if not path.is_relative_to(self.path.resolve()):
            raise ValueError("it is outside the folder")
        return path

    def _read_member(self, name: str, limit: int) -> bytes:
        assert self._archive  # noqa: S101 - for the type checker
        try:
            # Read in memory under its own name: it leads nowhere else. `limit` stops a bomb.
            with self._archive.open(name) as file:
                return file.read(limit)
        except KeyError:
            raise ValueError("the archive has no such file") from None
        except RuntimeError as error:  # encrypted
            raise ValueError(str(error)) from None

    @property
    def is_archive(self) -> bool:
        """Whether it is a zip."""
        return self._archive is not None

    def close(self) -> None:
        """Close the archive, if it is one."""
        if self._archive:
            self._archive.close()


class Pictures:
    """Where the photographs of a file of reads lie: the first of some folders that has one.

    `used` are the names that were found, each with its folder.
    """

    def __init__(self, folders: Iterable[Folder]) -> None:
        self._folders = tuple(folders)
        self.used: dict[str, Folder] = {}

    def read(self, name: str, limit: int) -> bytes:
        """At most `limit` bytes of the photograph. Raises LookupError with a sentence."""
        reason: Exception = ValueError("no folder was given")
        for folder in self._folders:
            try:
                data = folder.read(name, limit)
            except UNREADABLE as error:
                reason = error
            else:
                self.used[name] = folder
                return data
        raise LookupError(f"file “{name}” can't be read: {reason}")

    def close(self) -> None:
        """Close the archives among them."""
        for folder in self._folders:
            folder.close()
