"""Makes the virtual environment and installs the pinned packages.

Run by `make` with whatever Python 3.11+ is there, as a file, so it uses the standard library and
imports nothing of the project. Does nothing when nothing has changed since the last time.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
PYTHON = VENV / "bin" / "python"
MINIMUM = (3, 11)


def main() -> int:
    """Install what the chosen sets ask for; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--ocr", action="store_true", help="also easyocr (about 1.3 GB)")
    arguments = parser.parse_args()
    if sys.version_info < MINIMUM:
        return _refuse(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    wanted = ["requirements.txt"]
    wanted += ["requirements-dev.txt"] if arguments.dev else []
    wanted += ["requirements-ocr.txt"] if arguments.ocr else []
    try:
        make_environment()
        install([ROOT / name for name in wanted])
    except subprocess.CalledProcessError as error:
        return _refuse(f"{' '.join(map(str, error.cmd))} failed with status {error.returncode}.")
    return 0


def make_environment() -> None:
    """Make `.venv` unless a working one is there; one that was moved here is made anew.

    Where `.venv` is a link, several checkouts share what it leads to: that is never made anew from
    here, for it would be emptied under the others' feet.
    """
    home = VENV.resolve().parent
    if _stamp().get("root") == str(home) and _works():
        return
    if VENV.is_symlink():
        raise SystemExit(
            f"{VENV} is a link to {VENV.resolve()}, which is no working environment. Run make in "
            f"{home}, or remove the link."
        )
    _say("making the virtual environment .venv")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(
            "This Python cannot make virtual environments. On Debian and Ubuntu install the "
            "package python3-venv, then run make again."
        )
    _remember({"root": str(ROOT), "files": {}})


def install(files: list[Path]) -> None:
    """Install the requirement files whose content differs from what was installed last."""
    stamp = _stamp()
    done = stamp["files"]
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if done.get(path.name) == digest:
            continue
        _say(f"installing {path.name}")
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # The files hold the whole closure, so pip need not resolve anything; but what torch needs
        # depends on the build of it that is there.
        pip += [] if path.name == "requirements-ocr.txt" else ["--no-deps"]
        subprocess.run([*pip, "--requirement", str(path)], check=True)
        done[path.name] = digest
        _remember(stamp)


def _works() -> bool:
    if not PYTHON.exists():
        return False
    probe = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def _stamp() -> dict[str, Any]:
    try:
        stamp: dict[str, Any] = json.loads(STAMP.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return stamp


def _remember(stamp: dict[str, Any]) -> None:
    STAMP.write_text(json.dumps(stamp), "utf-8")


def _say(text: str) -> None:
    print(f"set-up: {text}", flush=True)


def _refuse(text: str) -> int:
    print(f"set-up: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
