"""Where map pictures come from: what the setting `TILE_SOURCES` says, checked, and nothing else.

No page and no address can name a host: a tile is asked for by the code of a source that stands in
the settings. Without the setting there is one source, our own streets, and no outside host.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ingest.maps.mercator import DEEPEST
from lprsvc.lib.errors import NotFound

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_BLOCKS = (1, 2, 4, 8, 16)
_PLACES = ("{z}", "{x}", "{y}")
# Below it a tile of streets holds a whole county.
_STREETS_FROM = 13


class Kind(StrEnum):
    """How a source is read."""

    ARCHIVE = "archive"  # a PMTiles file on this machine
    HTTP = "http"  # asked from here, never from the browser, in whole blocks
    STREETS = "streets"  # no pictures: our own street tables


class Layer(StrEnum):
    """What a source's pictures are."""

    MAP = "map"
    IMAGERY = "imagery"


@dataclass(frozen=True, slots=True, kw_only=True)
class TileSource:
    """One checked entry of the setting. `block`: tiles a side that are fetched together."""

    code: str
    kind: Kind
    layer: Layer = Layer.MAP
    label: str = ""
    credit: str = ""
    min_zoom: int = 0
    max_zoom: int = -1
    url: str = ""
    path: str = ""
    block: int = 4

    @property
    def folder(self) -> str:
        """Its folder in the cache: another address is another folder."""
        return f"{self.code}-{hashlib.sha256(self.url.encode()).hexdigest()[:12]}"

    def has_zoom(self, z: int) -> bool:
        """Whether it holds tiles of that zoom."""
        return self.min_zoom <= z <= self.max_zoom

    def address(self, z: int, x: int, y: int) -> str:
        """Where an http source has the tile, in the order its own address says."""
        filled = self.url
        for place, value in zip(_PLACES, (z, x, y), strict=True):
            filled = filled.replace(place, str(value))
        return filled


def all_sources() -> tuple[TileSource, ...]:
    """What is configured, in the order of the setting. Raises ImproperlyConfigured."""
    # As text, since a setting may be a list, which no cache takes as its key.
    return _parsed(repr(settings.TILE_SOURCES))


def get_source(code: str) -> TileSource:
    """The source of that code. Raises NotFound."""
    for source in all_sources():
        if source.code == code:
            return source
    raise NotFound("map")


def find_pictures(layer: Layer) -> TileSource | None:
    """The first source of pictures for a layer; None where only our streets can be drawn."""
    wanted = (
        source
        for source in all_sources()
        if source.layer == layer and source.kind is not Kind.STREETS
    )
    return next(wanted, None)


def parse_sources(given: Any) -> tuple[TileSource, ...]:
    """The entries of the setting, checked. Raises ImproperlyConfigured naming entry and fault."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ImproperlyConfigured("TILE_SOURCES must be a list of objects.")
    sources = tuple(_parse(number, entry) for number, entry in enumerate(given, start=1))
    codes = [source.code for source in sources]
    if twice := {code for code in codes if codes.count(code) > 1}:
        raise ImproperlyConfigured(f"TILE_SOURCES: {sorted(twice)} is there twice.")
    return sources


@cache
def _parsed(_written: str) -> tuple[TileSource, ...]:
    return parse_sources(settings.TILE_SOURCES)


def _parse(number: int, entry: Any) -> TileSource:
    def fault(text: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(f"TILE_SOURCES, entry {number}: {text}")

    if not isinstance(entry, Mapping):
        raise fault("it must be an object.")
    if unknown := entry.keys() - {field.name for field in fields(TileSource)}:
        raise fault(f"{', '.join(sorted(map(str, unknown)))} is not known.")
    try:
        kind, layer = Kind(entry.get("kind", "")), Layer(entry.get("layer", Layer.MAP))
    except ValueError as error:
        raise fault(f"{error}: kind is one of {[*Kind]}, layer one of {[*Layer]}.") from None
    if wrong := [name for name, value in entry.items() if not isinstance(value, _type_of(name))]:
        raise fault(f"{', '.join(wrong)}: text, or for zooms and block a whole number.")
    source = TileSource(**{**_defaults(kind), **entry, "kind": kind, "layer": layer})
    if text := _fault_of(source):
        raise fault(text)
    return source


def _type_of(name: str) -> type:
    return int if name in {"min_zoom", "max_zoom", "block"} else str


def _defaults(kind: Kind) -> dict[str, Any]:
    if kind is Kind.STREETS:
        return {"label": "Streets", "min_zoom": _STREETS_FROM, "max_zoom": 19}
    return {}


def _fault_of(source: TileSource) -> str:
    """What is wrong with one source, in words; empty when nothing is."""
    if not _CODE.fullmatch(source.code):
        return "code is small letters, digits and hyphens, 40 at most."
    if not 0 <= source.min_zoom <= source.max_zoom <= DEEPEST:
        return f"0 ≤ min_zoom ≤ max_zoom ≤ {DEEPEST} must hold; max_zoom is needed."
    if source.block not in _BLOCKS:
        return f"block is one of {list(_BLOCKS)}."
    if source.kind is Kind.STREETS:
        return "streets are a map, no imagery." if source.layer is Layer.IMAGERY else ""
    return _fault_of_pictures(source)


def _fault_of_pictures(source: TileSource) -> str:
    if not source.label or not source.credit:
        return "label and credit are needed: they stand on each map."
    if source.kind is Kind.HTTP:
        return _fault_of_address(source.url)
    return "" if Path(source.path).is_absolute() else "path must be absolute."


def _fault_of_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"url: {error}."
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "url must begin with https:// (or http://) and a host."
    if parts.username or parts.password or parts.fragment:
        return "url holds no user, password or fragment."
    if "{" in parts.netloc or any(url.count(place) != 1 for place in _PLACES):
        return "url holds {z}, {x} and {y} once each, behind the host."
    return ""
