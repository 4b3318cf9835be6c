"""What drawings are made of: sizes, colours by day and by night, text, lines, and a scale with its ticks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...publish.blocks import Shape
from ...publish.measure import width_of

WIDE, NARROW = 960, 380
"""Units across: beside one another on a desk, above one another on a phone."""
FONTS = "'DejaVu Sans','Liberation Sans','Noto Sans',Arial,Helvetica,sans-serif"
SIZE, SMALL = 14, 12
_LIGHT = {
    "paper": "#ffffff", "ink": "#16202a", "soft": "#4a5763", "grid": "#d5dbe1", "won": "#0b4a6f", "open": "#5b9fd0",
    "new": "#e3edf5", "edge": "#41718f", "target": "#b3261e",
}  # fmt: skip
_DARK = {
    "paper": "#14191e", "ink": "#eef2f5", "soft": "#b3bec8", "grid": "#38424c", "won": "#9fd2f2", "open": "#3f86b8",
    "new": "#22303b", "edge": "#7fa9c6", "target": "#ff9086",
}  # fmt: skip


def style(name: str, fills: Mapping[str, str], lines: Mapping[str, str], more: str, dark: bool = True) -> str:
    """The style sheet of the drawings in elements of a class; without variables, which not every program that draws
    them knows. ``fills``, ``lines``: the colour of each class of shapes. ``more``: rules, each with ``&`` for the
    class. ``dark``: with the colours for a dark page beside the light ones."""
    text = f"&text{{font-family:{FONTS};font-size:{SIZE}px}}&.small{{font-size:{SMALL}px}}{more}"

    def colours(of: Mapping[str, str]) -> str:
        filled = "".join(f"&.{shape}{{fill:{of[key]}}}" for shape, key in fills.items())
        return filled + "".join(f"&.{shape}{{stroke:{of[key]}}}" for shape, key in lines.items())

    rules = text + colours(_LIGHT) + (f"@media (prefers-color-scheme:dark){{{colours(_DARK)}}}" if dark else "")
    return rules.replace("&", f".{name} ")


@dataclass(frozen=True, slots=True)
class Scale:
    """Where an amount stands: ``low`` at ``start`` and ``high`` at ``end``."""

    low: int
    high: int
    start: float
    end: float

    def at(self, minor: float) -> float:
        """The place of an amount."""
        return self.start + (minor - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most: int, one: int) -> list[int]:
        """At most about so many round amounts, and no finer than ``one``."""
        span, power = self.high - self.low, one
        while True:
            for times in (1, 2, 5):
                step = times * power
                if span // step <= most:
                    return list(range(-(-self.low // step) * step, self.high + 1, step))
            power *= 10

    def ticks_across(self, said: Callable[[int], str], one: int) -> list[int]:
        """As many as there is room to write beside one another."""
        widest = max(room_of(said(end), SMALL) for end in (self.low, self.high)) + 24
        return self.ticks(max(1, min(6, int((self.end - self.start) / widest))), one)


def room_of(said: str, size: float) -> float:
    """How wide text may be: the fonts that a bare machine has are wider than those of a page."""
    return width_of(said, size) * 1.12


def text_at(said: str, x: float, y: float, look: str, anchor: str = "start") -> Shape:
    """Text from a place, to it (``end``) or around it (``middle``)."""
    given = {} if anchor == "start" else {"text_anchor": anchor}
    return shape_of("text", said, class_=look, x=x, y=y, **given)


def line_at(look: str, x1: float, y1: float, x2: float, y2: float) -> Shape:
    """A line of a class."""
    return shape_of("line", class_=look, x1=x1, y1=y1, x2=x2, y2=y2)


def shape_of(tag: str, said: str = "", **given: str | float) -> Shape:
    """A shape with attributes; ``class_`` is class, and ``text_anchor`` text-anchor."""
    told = ((name.rstrip("_").replace("_", "-"), value) for name, value in given.items())
    return Shape(tag, tuple((name, value if isinstance(value, str) else f"{value:.1f}") for name, value in told), said)
