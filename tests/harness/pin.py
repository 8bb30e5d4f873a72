"""`make pin`: resolves requirements*.in in an empty environment and writes what came of it."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Asked for on some of the supported Pythons only, so an environment may lack it.
_SOMETIMES = {"async-timeout": 'python_full_version < "3.11.3"'}


def main() -> None:
    """Write requirements.txt, then what requirements-dev.in adds to it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / "bin" / "python"
        _install(python, "--requirement", str(ROOT / "requirements.in"), *_SOMETIMES)
        service = _frozen(python)
        _install(python, "--requirement", str(ROOT / "requirements-dev.in"))
        tools = _frozen(python) - service
    _write("requirements.txt", "requirements.in", [_marked(line) for line in service])
    _write("requirements-dev.txt", "requirements-dev.in", ["-r requirements.txt", *tools])


def _install(python: Path, *wanted: str) -> None:
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)


def _frozen(python: Path) -> set[str]:
    answer = subprocess.run(
        [str(python), "-m", "pip", "freeze"], check=True, capture_output=True, text=True
    )
    return set(answer.stdout.splitlines())


def _marked(line: str) -> str:
    marker = _SOMETIMES.get(line.partition("==")[0])
    return f"{line}; {marker}" if marker else line


def _write(name: str, source: str, lines: list[str]) -> None:
    head = f"# The whole closure of {source}, pinned; made by `make pin`."
    body = sorted(lines, key=str.lower)
    (ROOT / name).write_text("\n".join([head, *body]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
