"""What the plates of the states look like: colours, words, serial pattern, and a motif behind them.

Near enough to be told apart at a glance, and simplified: these are drawings, not reproductions.
In a pattern `L` is a letter, `D` a digit, anything else stands for itself.
"""

import random
import re
from dataclasses import dataclass

from lprsvc.example.drawing.canvas import RGB

WHITE: RGB = (246, 247, 245)
NAVY: RGB = (24, 44, 108)
BLACK: RGB = (26, 26, 30)
RED: RGB = (178, 30, 44)
GREEN: RGB = (18, 92, 54)
# Letters that are easily taken for a digit are left out of drawn serials, as most states do.
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class PlateDesign:
    """One state's plate. `accent` and `second` colour the motif; `top` and `bottom` the ground."""

    state: str
    name: str
    slogan: str
    pattern: str
    serial: RGB
    title: RGB
    top: RGB = WHITE
    bottom: RGB = WHITE
    motif: str = "plain"
    accent: RGB = NAVY
    second: RGB = WHITE

    @property
    def serial_form(self) -> re.Pattern[str]:
        """A pattern that every serial of this design matches in full."""
        parts = {"L": f"[{LETTERS}]", "D": "[0-9]"}
        return re.compile("".join(parts.get(sign, re.escape(sign)) for sign in self.pattern))

    def random_serial(self, source: random.Random) -> str:
        """A serial in this state's pattern."""
        return "".join(
            source.choice(LETTERS)
            if sign == "L"
            else source.choice("0123456789")
            if sign == "D"
            else sign
            for sign in self.pattern
        )


_SKY: RGB = (190, 217, 238)
_GOLD: RGB = (240, 186, 54)
_ALL = (
    PlateDesign("US-AZ", "ARIZONA", "GRAND CANYON STATE", "LLL*DDDD", GREEN, (92, 40, 110),
                (232, 188, 196), (246, 240, 226), "mountains", (128, 90, 150), (92, 72, 130)),
    PlateDesign("US-CA", "California", "EXAMPLE.CA.GOV", "DLLLDDD", NAVY, RED),
    PlateDesign("US-CO", "COLORADO", "", "LLL-LDD", GREEN, WHITE,
                (20, 100, 62), (20, 100, 62), "mountains", WHITE, (228, 236, 230)),
    PlateDesign("US-CT", "Connecticut", "CONSTITUTION STATE", "LL*DDDDD", NAVY, NAVY,
                (138, 178, 216), WHITE, "fade"),
    PlateDesign("US-DC", "WASHINGTON, DC", "A CAPITAL CITY", "LL DDDD", NAVY, NAVY,
                WHITE, WHITE, "bars", RED),
    PlateDesign("US-DE", "DELAWARE", "THE FIRST STATE", "DDDDDD", _GOLD, _GOLD,
                (20, 50, 102), (16, 40, 86), "border", _GOLD),
    PlateDesign("US-FL", "FLORIDA", "SUNSHINE STATE", "LLL LDD", GREEN, GREEN,
                WHITE, (250, 246, 226), "fruit", (242, 150, 40), (72, 140, 62)),
    PlateDesign("US-GA", "Georgia", "PEACH STATE", "LLLDDDD", BLACK, (92, 44, 30),
                (250, 226, 196), WHITE, "fruit", (240, 160, 118), (96, 140, 70)),
    PlateDesign("US-IL", "Illinois", "Land of Lincoln", "LL DDDDD", RED, NAVY,
                (176, 206, 234), WHITE, "skyline", (150, 176, 204)),
    PlateDesign("US-IN", "INDIANA", "CROSSROADS OF AMERICA", "DDDLLL", NAVY, WHITE,
                WHITE, (222, 232, 240), "header", (38, 84, 148)),
    PlateDesign("US-MA", "Massachusetts", "The Spirit of America", "DLLLDD", RED, NAVY),
    PlateDesign("US-MD", "MARYLAND", "OLD LINE STATE", "DLLDDDD", BLACK, BLACK,
                WHITE, WHITE, "flag", (232, 178, 42), RED),
    PlateDesign("US-MI", "MICHIGAN", "GREAT LAKES", "LLL DDDD", NAVY, WHITE,
                WHITE, WHITE, "header", (30, 70, 136)),
    PlateDesign("US-MN", "Minnesota", "10,000 lakes", "LLL-DDD", NAVY, NAVY,
                (150, 196, 230), WHITE, "lake", (96, 150, 196), (60, 122, 82)),
    PlateDesign("US-MO", "MISSOURI", "SHOW-ME STATE", "LLD LDL", NAVY, NAVY,
                WHITE, WHITE, "bars", (60, 108, 172)),
    PlateDesign("US-NC", "NORTH CAROLINA", "First in Flight", "LLL-DDDD", NAVY, RED,
                (206, 224, 240), (250, 238, 214), "lake", (216, 198, 160), (178, 168, 120)),
    PlateDesign("US-NJ", "NEW JERSEY", "Garden State", "LDD-LLL", BLACK, BLACK,
                (232, 206, 112), (252, 246, 216), "fade"),
    PlateDesign("US-NV", "NEVADA", "Silver State", "DDDLDD", NAVY, NAVY,
                (244, 206, 164), (206, 222, 236), "mountains", (150, 164, 190), (112, 130, 166)),
    PlateDesign("US-NY", "NEW YORK", "EXCELSIOR", "LLL-DDDD", NAVY, NAVY,
                WHITE, WHITE, "bars", _GOLD),
    PlateDesign("US-OH", "OHIO", "BIRTHPLACE OF AVIATION", "LLL DDDD", NAVY, NAVY,
                (196, 222, 242), WHITE, "sunset", (240, 200, 92), (120, 160, 92)),
    PlateDesign("US-PA", "Pennsylvania", "KEYSTONE STATE", "LLL-DDDD", NAVY, WHITE,
                WHITE, WHITE, "tricolour", (28, 66, 142), _GOLD),
    PlateDesign("US-TN", "Tennessee", "THE VOLUNTEER STATE", "LLD DDL", WHITE, WHITE,
                (22, 44, 92), (26, 54, 108), "border", (200, 210, 226)),
    PlateDesign("US-TX", "TEXAS", "The Lone Star State", "LLL*DDDD", BLACK, BLACK,
                WHITE, WHITE, "star", (40, 60, 120)),
    PlateDesign("US-VA", "VIRGINIA", "OLD DOMINION", "LLL-DDDD", NAVY, NAVY),
    PlateDesign("US-WA", "WASHINGTON", "EVERGREEN STATE", "LLLDDDD", (30, 48, 96), RED,
                (206, 226, 240), WHITE, "mountains", (196, 214, 232), (170, 194, 218)),
    PlateDesign("US-WI", "WISCONSIN", "DAIRYLAND", "LLL-DDDD", BLACK, RED,
                WHITE, WHITE, "sunset", (240, 178, 70), (84, 142, 84)),
)  # fmt: skip
PLATE_DESIGNS: dict[str, PlateDesign] = {design.state: design for design in _ALL}
