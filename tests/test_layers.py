"""What the contracts of import-linter leave open: none is incomplete, and rooms have doors."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("audit", "accounts", "ingest", "queries", "alerts")
# What other rooms may import of each, besides its services, selectors, policy and models.
DOORS = {
    "audit": {"actors", "kinds", "leaf", "scopes"},
    # The admin pages of governed objects are the same in every room that has some.
    # Deadlines count business time by one clock, and mails are owed in one way.
    "accounts": {
        "board",
        "business_time",
        "countdown",
        "disposal",
        "forms",
        "governed_admin",
        "history",
        "notices",
        "people",
        "standing",
        "training",
        # Spreadsheets whose cells compute nothing are made in one way.
        "reports",
        # What the database must hold and nobody may read in it is sealed by one box of keys.
        "sealing",
    },
    # What is wrong with a read is said by one form, wherever the read was seen.
    # Where a place lies is asked of the same borders everywhere.
    "ingest": {"forms", "geography", "maps", "regions", "signals"},
    "queries": set(),
    "alerts": set(),
}
COMMON_DOORS = {"services", "selectors", "policy", "models"}


def imports_of(room: str) -> Iterator[tuple[str, str]]:
    """(file, module) of every import in a room, those inside functions too."""
    for file in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            name = str(file.relative_to(ROOT))
            if isinstance(node, ast.ImportFrom) and node.module:
                # `from audit import services` is an import of audit.services.
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                yield from ((name, module) for module in inner)
            elif isinstance(node, ast.Import):
                yield from ((name, alias.name) for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_entered_by_its_doors_alone(room: str) -> None:
    around = [
        (file, module)
        for file, module in imports_of(room)
        if (parts := module.split("."))[0] in ROOMS
        and parts[0] != room
        and "".join(parts[1:2]) not in DOORS[parts[0]] | COMMON_DOORS
    ]
    assert around == []


def test_every_part_of_the_frame_is_forbidden_to_the_rooms() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    [frame] = [
        set(contract["forbidden_modules"])
        for contract in contracts["tool"]["importlinter"]["contracts"]
        if contract["name"] == "Rooms never import the frame"
    ]
    parts = {
        f"lprsvc.{entry.stem}"
        for entry in (ROOT / "lprsvc").iterdir()
        if entry.suffix == ".py" or (entry / "__init__.py").exists()
    }
    assert frame == parts - {"lprsvc.lib", "lprsvc.__init__"}
