"""One line of `make bench`."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Line:
    """A measured figure. `target` is what it should be held to, in the same unit as `figure`;
    `better` says on which side of the target the figure should lie."""

    area: str
    name: str
    figure: float
    unit: str = "×"
    target: float | None = None
    better: str = "lower"
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.figure <= self.target if self.better == "lower" else self.figure >= self.target

    def __str__(self) -> str:
        sign = "≤" if self.better == "lower" else "≥"
        target = f"{sign} {self.target:g} {self.unit}" if self.target is not None else ""
        met = {True: "met", False: "MISSED", None: ""}[self.is_met]
        return (
            f"{self.area:<8} {self.name:<62} {self.figure:>10.3g} {self.unit:<8}"
            f"{target:<14} {met:<7} {self.note}"
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """The `percent`-th percentile of at least two values."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
