"""The virtual environment is made where there is none, and one that others share is left alone."""

import json
import sys
from pathlib import Path

import pytest

from lprsvc.runtime import install


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another checkout's environment, to which this one's `.venv` is a link."""
    environment = tmp_path / "other" / ".venv"
    (environment / "bin").mkdir(parents=True)
    link = tmp_path / "here" / ".venv"
    link.parent.mkdir()
    link.symlink_to(environment)
    for name, path in {
        "ROOT": link.parent,
        "VENV": link,
        "STAMP": link / "installed.json",
        "PYTHON": link / "bin" / "python",
    }.items():
        monkeypatch.setattr(install, name, path)
    return environment


def test_shared_environment_that_works_is_used_as_it_is(shared: Path) -> None:
    (shared / "bin" / "python").symlink_to(sys.executable)
    stamp = json.dumps({"root": str(shared.parent), "files": {}})
    (shared / "installed.json").write_text(stamp)
    install.make_environment()
    assert (shared / "installed.json").read_text() == stamp


@pytest.mark.parametrize("root", ["", "/moved/from/elsewhere"])
def test_shared_environment_is_never_emptied(shared: Path, root: str) -> None:
    (shared / "installed.json").write_text(json.dumps({"root": root, "files": {}}))
    (shared / "kept").touch()
    with pytest.raises(SystemExit, match="is a link to"):
        install.make_environment()
    assert (shared / "kept").exists()
