"""Where a running service keeps its files and sockets."""

import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lprsvc.runtime.process import Account

ROOT = Path(__file__).resolve().parents[2]
_CLOSED_HOMES = Path("/var/lib/lprsvc")
# A socket's path may have 107 bytes; PostgreSQL's file name takes 16 of them.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432") - 10


class UnsafeFolderError(Exception):
    """A folder for sockets exists already and is somebody else's."""


def data_folder() -> Path:
    """The folder of everything the service keeps: `LPRSVC_DATA_DIR`, or `var` in the checkout."""
    return Path(os.environ.get("LPRSVC_DATA_DIR") or ROOT / "var").resolve()


def make_data_folder(folder: Path) -> None:
    """Make `folder`, closed to other people; root's lets its servers' account pass through."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


@dataclass(frozen=True)
class ServerPlaces:
    """Folders of the embedded database and broker: both belong to `account`."""

    account: Account
    home: Path
    sockets: Path

    @property
    def database(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "postgres"

    @property
    def broker(self) -> Path:
        """The broker's folder."""
        return self.home / "valkey"


def server_places(data: Path, account: Account) -> ServerPlaces:
    """Make, or find again, the folders for the embedded servers that belong to `data`."""
    home = _server_home(data, account)
    return ServerPlaces(account, home, socket_folder(home, account))


def _server_home(data: Path, account: Account) -> Path:
    note = data / "servers.path"
    if note.exists():
        home = Path(note.read_text("utf-8").strip())
    elif account.is_own or reaches(account, data):
        home = data / "servers"
    else:
        # Root's own folders are closed to the account, and opening them is not ours to do.
        make_data_folder(_CLOSED_HOMES)
        home = _CLOSED_HOMES / secrets.token_hex(6)
    for folder in (home, home / "postgres", home / "valkey"):
        make_private(folder, account)
    note.write_text(f"{home}\n", "utf-8")
    return home


def reaches(account: Account, folder: Path) -> bool:
    """Whether `account`, in no group but its own, may enter every folder down to `folder`."""
    for part in (folder, *folder.parents):
        status = part.stat()
        if status.st_uid == account.uid:
            bit = 0o100
        elif status.st_gid == account.gid:
            bit = 0o010
        else:
            bit = 0o001
        if not status.st_mode & bit:
            return False
    return True


def make_private(folder: Path, account: Account) -> None:
    """Make `folder`, for nobody but `account`."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        os.chown(folder, account.uid, account.gid)


def socket_folder(home: Path, account: Account) -> Path:
    """A short, private folder for the sockets of the servers in `home`."""
    name = f"lprsvc-{os.geteuid()}-{hashlib.sha256(str(home).encode()).hexdigest()[:10]}"
    folder = temporary_folder(account) / name
    make_private(folder, account)
    status = folder.lstat()
    if status.st_uid != account.uid or status.st_mode & 0o077:
        raise UnsafeFolderError(
            f"{folder} is not a private folder of ours; remove it and start again."
        )
    return folder


def temporary_folder(account: Account) -> Path:
    """The system's folder for temporary files, or /tmp where that is too long or closed."""
    chosen = Path(tempfile.gettempdir()).resolve()
    short = (
        len(os.fsencode(chosen)) + len("/lprsvc-4294967295-0123456789") <= _LONGEST_SOCKET_FOLDER
    )
    return chosen if short and reaches(account, chosen) else Path("/tmp")  # noqa: S108 - checked by socket_folder
