"""Maps on paper: a picture put together from tiles, or on any failure a drawing of our streets."""

import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from reportlab.lib import colors
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable

from ingest.maps.blocks import TileUnavailable
from ingest.maps.mercator import View
from ingest.maps.outlines import borders_within, names_within
from ingest.maps.sources import Layer, TileSource, find_pictures
from ingest.maps.stitching import stitched
from ingest.selectors import Street, streets_within
from queries.reports.content import NOT_THEN

# Pixels to a point of paper: 144 to the inch.
SHARPNESS = 2
_INK, _RED = colors.HexColor("#3d4551"), colors.HexColor("#b50909")
_STREETS_FROM, _MAIN_ROADS_BELOW = 10.5, 14.5
_MOST_STREETS = 1_200
# By rank: highways, main roads, streets.
_WIDTHS = {1: 1.8, 2: 1.1, 3: 0.6}
_ROUND = (1, 2, 5)


@dataclass
class Atlas:
    """The maps of one report. A source that failed once is not asked again for it."""

    failed: set[str] = field(default_factory=set)
    _kept: dict[Any, bytes | None] = field(default_factory=dict)

    def picture(self, layer: Layer, view: View) -> tuple[bytes, TileSource] | None:
        """A picture of the view and its source; None where it can't be had."""
        source = find_pictures(layer)
        if source is None or source.code in self.failed:
            return None
        key = (source.code, view)
        if key not in self._kept:
            try:
                self._kept[key] = stitched(source, view)
            except TileUnavailable:
                self.failed.add(source.code)
                return None
        content = self._kept[key]
        return (content, source) if content else None


@dataclass(frozen=True)
class Pin:
    """A place on a map, with what stands in its mark."""

    latitude: float
    longitude: float
    text: str = ""


class MapBox(Flowable):  # type: ignore[misc]
    """One view of a map: picture or drawing, its pins, a scale and the credit line; `shows` says
    what it shows to who can't see it."""

    def __init__(
        self, atlas: Atlas, layer: Layer, view: View, pins: Iterable[Pin], shows: str
    ) -> None:
        super().__init__()
        self._shows = shows
        self.atlas, self.layer, self.view, self.pins = atlas, layer, view, list(pins)
        self.width, self.height = view.width / SHARPNESS, view.height / SHARPNESS

    def wrap(self, *_: float) -> tuple[float, float]:
        """Its size is that of its view."""
        return self.width, self.height

    def draw(self) -> None:
        """Everything within the frame, as one figure."""
        with self.canv.tagged("Figure", self._shows):
            self._draw()

    def _draw(self) -> None:
        canvas = self.canv
        canvas.saveState()
        clip = canvas.beginPath()
        clip.rect(0, 0, self.width, self.height)
        canvas.clipPath(clip, stroke=0, fill=0)
        credit = self._ground()
        for pin in self.pins:
            self._mark(pin)
        if credit is not None:
            self._scale()
            self._credit(credit)
        canvas.restoreState()
        canvas.setStrokeColor(colors.HexColor("#71767a"))
        canvas.setLineWidth(0.5)
        canvas.rect(0, 0, self.width, self.height, fill=0)

    def _ground(self) -> str | None:
        """What lies under the pins; returns the credit line, None where there is no map at all."""
        found = self.atlas.picture(self.layer, self.view)
        if found:
            content, source = found
            self.canv.drawImage(ImageReader(io.BytesIO(content)), 0, 0, self.width, self.height)
            return source.credit
        self.canv.setFillColor(colors.HexColor("#f1f3f6"))
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        if self.layer is Layer.IMAGERY:
            self.pins = []
            self._say_no_imagery()
            return None
        return self._drawn()

    def _say_no_imagery(self) -> None:
        configured = find_pictures(Layer.IMAGERY) is not None
        text = "Imagery can't be had now" if configured else "No imagery is configured"
        self.canv.setFillColor(_INK)
        self.canv.setFont("Vera", 7)
        self.canv.drawCentredString(self.width / 2, self.height / 2, text)

    def _drawn(self) -> str:
        box = self.view.box
        if self.view.zoom >= _STREETS_FROM:
            streets = streets_within(
                south=box.south, west=box.west, north=box.north, east=box.east, limit=_MOST_STREETS
            )
            if self.view.zoom < _MAIN_ROADS_BELOW:
                streets = [street for street in streets if street.rank < 3] or streets
            if streets:
                self._draw_streets(streets)
                return "Streets: own data"
        for line in borders_within(box):
            self._line(line.points, 0.6, colors.HexColor("#71767a"))
        self.canv.setFillColor(colors.HexColor("#565c65"))
        self.canv.setFont("Vera", 6)
        for name in names_within(box):
            self.canv.drawCentredString(*self._at(name.latitude, name.longitude), name.text)
        return "Borders of states; no streets are loaded here"

    def _draw_streets(self, streets: list[Street]) -> None:
        for street in reversed(streets):
            color = colors.HexColor("#8d9297" if street.rank == 3 else "#565c65")
            self._line(street.points, _WIDTHS.get(street.rank, 0.6), color)
        self.canv.setFont("Vera", 4.5)
        self.canv.setFillColor(_INK)
        named: set[str] = set()
        for street in streets:
            if street.name and street.name not in named and len(named) < 25:
                named.add(street.name)
                self._name(street)

    def _name(self, street: Street) -> None:
        """Along the street, where it crosses the middle part of the map."""
        points = [self._at(*point) for point in street.points]
        pairs = list(pairwise(points))
        start, end = max(pairs, key=lambda pair: math.dist(*pair))
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        if not (12 < x < self.width - 12 and 12 < y < self.height - 12):
            return
        turn = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
        canvas = self.canv
        canvas.saveState()
        canvas.translate(x, y)
        canvas.rotate(turn - 180 if turn > 90 else turn + 180 if turn < -90 else turn)
        canvas.drawCentredString(0, 1.2, street.name)
        canvas.restoreState()

    def _line(self, points: Iterable[tuple[float, float]], width: float, color: Any) -> None:
        path = self.canv.beginPath()
        move: Callable[[float, float], None] = path.moveTo
        for point in points:
            move(*self._at(*point))
            move = path.lineTo
        self.canv.setLineWidth(width)
        self.canv.setStrokeColor(color)
        self.canv.drawPath(path)

    def _mark(self, pin: Pin) -> None:
        x, y = self._at(pin.latitude, pin.longitude)
        canvas = self.canv
        canvas.setFillColor(_RED)
        canvas.setStrokeColor(colors.white)
        canvas.setLineWidth(1)
        canvas.circle(x, y, 5.5 if pin.text else 3.5, fill=1)
        if pin.text:
            canvas.setFillColor(colors.white)
            canvas.setFont("Vera-Bold", 5)
            canvas.drawCentredString(x, y - 1.8, pin.text)

    def _scale(self) -> None:
        """A bar of a round length on the ground, a quarter of the map at most."""
        metres = self.view.metres_a_pixel * SHARPNESS
        length = _round_below(self.width / 4 * metres)
        text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        canvas = self.canv
        canvas.setFillColor(colors.white)
        canvas.rect(3, 3, length / metres + 6, 11, stroke=0, fill=1)
        canvas.setStrokeColor(_INK)
        canvas.setLineWidth(1)
        canvas.line(6, 5, 6 + length / metres, 5)
        canvas.setFillColor(_INK)
        canvas.setFont("Vera", 5)
        canvas.drawString(6, 7, text)

    def _credit(self, text: str) -> None:
        canvas = self.canv
        wide = canvas.stringWidth(text, "Vera", 4) + 4
        canvas.setFillColor(colors.white)
        canvas.rect(self.width - wide, self.height - 7, wide, 7, stroke=0, fill=1)
        canvas.setFillColor(_INK)
        canvas.setFont("Vera", 4)
        canvas.drawRightString(self.width - 2, self.height - 5, text)

    def _at(self, latitude: float, longitude: float) -> tuple[float, float]:
        x, y = self.view.pixel(latitude, longitude)
        return x / SHARPNESS, self.height - y / SHARPNESS


def caption(layer: Layer, text: str) -> str:
    """What stands under a map."""
    return f"{text}. {NOT_THEN}" if layer is Layer.IMAGERY else text


def _round_below(length: float) -> float:
    """The largest of 1, 2, 5, 10 … that is not above it."""
    power = 10.0 ** math.floor(math.log10(max(length, 1.0)))
    return max(power * step for step in _ROUND if power * step <= max(length, 1.0))
