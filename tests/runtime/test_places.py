"""Folders and sockets: short enough, private, and reachable by whom they are for."""

import os
import tempfile
from pathlib import Path

import pytest

from lprsvc.runtime import places
from lprsvc.runtime.process import Account, service_account

OWN = Account(os.geteuid(), os.getegid())
STRANGER = Account(OWN.uid + 4_000, OWN.gid + 4_000)


def test_sockets_fit_however_deep_the_temporary_folder_lies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    folder = places.socket_folder(tmp_path, OWN)
    try:
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 107
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        folder.rmdir()


def test_a_folder_for_sockets_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    folder = places.socket_folder(tmp_path, OWN)
    try:
        folder.chmod(0o755)
        with pytest.raises(places.UnsafeFolderError, match="remove it"):
            places.socket_folder(tmp_path, OWN)
    finally:
        folder.rmdir()


def test_reaching_a_folder_needs_every_folder_above_it(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "outer").chmod(0o700)
    assert places.reaches(OWN, inner)
    assert not places.reaches(STRANGER, inner)
    assert places.reaches(STRANGER, Path("/tmp"))


def test_the_servers_never_run_as_root() -> None:
    assert service_account().uid != 0


def test_the_data_folder_is_closed_to_other_people(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "var"
    places.make_data_folder(folder)
    # Root's lets the servers' account pass through, and shows it nothing.
    assert folder.stat().st_mode & 0o777 == (0o711 if os.geteuid() == 0 else 0o700)
