"""A backtest as drawings: forecasts beside what came, and chances beside how often it came."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ....forecast.backtest import Score
from ....metrics.reliability import Bin
from ....publish.blocks import Drawing, Scene, Shape
from ...forecasting import one_of
from .. import drawn
from ..drawn import NARROW, SMALL, WIDE, Scale, line_at, room_of, shape_of, text_at
from ..figures import day
from . import _words as words
from ._view import Moment, Row

HALF = 480
"""The curve is a square, with its table beside it."""
_PAD, _HIGH, _DOT = 16, 240, 4.5
Entry = tuple[Callable[[float, float], list[Shape]], str]
"""What the legend has: a mark at a place, and what it means."""


def style() -> str:
    """The style sheet of both drawings."""
    fills = {
        "paper": "paper", "ink": "ink", "soft": "soft", "came": "open", "dot": "ink", "off": "target", "open": "paper",
    }  # fmt: skip
    lines = {
        "grid": "grid",
        "edge": "edge",
        "halo": "paper",
        "range": "ink",
        "even": "soft",
        "miss": "target",
        "open": "ink",
    }
    more = (
        "&.edge{stroke-width:1}&.halo{stroke-width:5}&.range{stroke-width:2}&.miss{stroke-width:2}"
        "&.open{stroke-width:2}&.even{stroke-width:1.5;stroke-dasharray:5 4}"
    )
    return drawn.style("backtest", fills, lines, more)


def periods(moment: Moment, unit: str) -> Drawing | None:
    """By period: a bar of what came, a dot of what was forecast, its range, and the baseline. None without a period."""
    if not moment.rows:
        return None
    who = moment.method.title.lower() if moment.method else "no method"
    said = f"A bar is what came of a period, a dot what {who} had forecast of it, in {unit}; the table has the figures."
    scenes = (_periods(moment, unit, width) for width in (WIDE, NARROW))
    return Drawing(f"{words.lag(moment.lag)}: forecasts and what came", f"{moment.verdict} {said}", *scenes)


def curve(moment: Moment) -> Drawing | None:
    """Across the chance given, upwards the share that came, each with its interval. None where there is no curve."""
    score = moment.chances
    if score is None or not score.curve:
        return None
    told = "A dot on the dashed line came as often as was said; the upright line is the 95 % interval."
    scenes = (_curve(score, width) for width in (HALF, NARROW))
    title = f"{words.lag(moment.lag)}: chances of {score.method.title.lower()} and how often it came"
    return Drawing(title, f"{words.chances(score)} {told} The table has the figures.", *scenes)


def _periods(moment: Moment, unit: str, width: int) -> Scene:
    entries: list[Entry] = [(_came, "Came")]
    if moment.method is not None:
        entries.append((_dot, moment.method.title))
    if moment.ranged is not None:
        whose = "" if moment.ranged is moment.method else f", {moment.ranged.title}"
        entries.append((lambda x, y: _upright("range", x, y - 8, y + 8), f"P10 to P90{whose}"))
    if moment.naive:
        entries.append((_open, "Naive"))
    shapes, top = _legend(entries, width)
    foot = top + _HIGH
    low, high = _ends(moment.rows)
    scale = Scale(low, high if high > low else low + one_of(unit), foot, top)
    ticks = scale.ticks(5, one_of(unit))
    left = _PAD + max(room_of(words.number(tick, unit), SMALL) for tick in ticks) + 8
    shapes += _across(ticks, scale, left, width - _PAD, lambda tick: words.number(tick, unit))
    slot = (width - _PAD - left) / len(moment.rows)
    every = math.ceil((max(room_of(day(row.period.first), SMALL) for row in moment.rows) + 10) / slot)
    for n, row in enumerate(moment.rows):
        middle = left + (n + 0.5) * slot
        shapes += _period(row, middle, min(44.0, slot * 0.62), scale)
        if n % every == 0:
            half = room_of(day(row.period.first), SMALL) / 2
            at = min(max(middle, half + 2), width - half - 2)
            shapes.append(text_at(day(row.period.first), at, foot + 18, "soft small", "middle"))
    return _scene(width, foot + 18 + _PAD, shapes)


def _period(row: Row, x: float, wide: float, scale: Scale) -> list[Shape]:
    ends = sorted((scale.at(0), scale.at(row.came)))
    shapes = [
        shape_of("rect", class_="came edge", x=x - wide / 2, y=ends[0], width=wide, height=ends[1] - ends[0]),
    ]
    # what would lie over one another stands side by side where there is room
    aside = wide / 4 if wide >= 4 * _DOT else 0.0
    if row.low is not None and row.high is not None:
        shapes += _upright("range", x - aside, scale.at(row.high), scale.at(row.low))
    if row.naive is not None:
        shapes += _open(x + aside, scale.at(row.naive))
    if row.said is not None:
        shapes += _dot(x - aside, scale.at(row.said))
    return shapes


def _ends(rows: Sequence[Row]) -> tuple[int, int]:
    """The least and the most that is drawn; nought is always among it."""
    values = [0, *(row.came for row in rows)]
    for row in rows:
        values += [one for one in (row.said, row.low, row.high, row.naive) if one is not None]
    return min(values), max(values)


def _curve(score: Score, width: int) -> Scene:
    entries: list[Entry] = [(_dot, "Held"), (lambda x, y: _upright("range", x, y - 8, y + 8), "95 % interval")]
    if not words.held(score):
        entries.insert(1, (_off, "Too high or too low"))
    shapes, y = _legend(entries, width)
    left, right = _PAD + room_of("100 %", SMALL) + 8, float(width - _PAD - 8)
    top = y + 20
    foot = top + right - left
    most = max(max(one.high, one.chance) for one in score.curve)
    whole = min(100, math.ceil(most * 10) * 10)
    across, up = Scale(0, whole, left, right), Scale(0, whole, foot, top)
    ticks = up.ticks(5, 1)
    shapes.append(text_at("Share that came", _PAD, y + 6, "soft small"))
    shapes += _across(ticks, up, left, right, lambda tick: f"{tick} %")
    for tick in ticks:
        shapes.append(line_at("grid", across.at(tick), top, across.at(tick), foot))
        shapes.append(text_at(f"{tick} %", across.at(tick), foot + 18, "soft small", "middle"))
    shapes.append(line_at("even", left, foot, right, top))
    shapes += [shape for one in score.curve for shape in _point(one, across, up)]
    shapes.append(text_at("Chance given", right, foot + 38, "soft small", "end"))
    return _scene(width, foot + 38 + _PAD, shapes)


def _point(one: Bin, across: Scale, up: Scale) -> list[Shape]:
    x = across.at(one.chance * 100)
    mark = _off if one.off else _dot
    upright = _upright("miss" if one.off else "range", x, up.at(one.high * 100), up.at(one.low * 100))
    return [*upright, *mark(x, up.at(float(one.share) * 100))]


def _scene(width: int, height: float, shapes: Sequence[Shape]) -> Scene:
    ground = shape_of("rect", class_="paper", width=width, height=round(height))
    return Scene(width, round(height), (ground, *shapes))


def _across(ticks: Sequence[int], scale: Scale, left: float, right: float, said: Callable[[int], str]) -> list[Shape]:
    """Lines across at round amounts, each with its amount before it."""
    lines = [line_at("grid", left, scale.at(tick), right, scale.at(tick)) for tick in ticks]
    return lines + [text_at(said(tick), left - 6, scale.at(tick) + 4, "soft small", "end") for tick in ticks]


def _legend(entries: Sequence[Entry], width: int) -> tuple[list[Shape], float]:
    shapes: list[Shape] = []
    x, y = float(_PAD), float(_PAD) + 12
    for mark, said in entries:
        wide = 20 + room_of(said, SMALL)
        if x > _PAD and x + wide > width - _PAD:
            x, y = float(_PAD), y + 24
        shapes += [*mark(x + 6, y - 4), text_at(said, x + 20, y, "ink small")]
        x += wide + 18
    return shapes, y + 20


def _came(x: float, y: float) -> list[Shape]:
    return [shape_of("rect", class_="came edge", x=x - 6, y=y - 6, width=12, height=12)]


def _dot(x: float, y: float) -> list[Shape]:
    return [
        shape_of("circle", class_="paper", cx=x, cy=y, r=_DOT + 2),
        shape_of("circle", class_="dot", cx=x, cy=y, r=_DOT),
    ]


def _open(x: float, y: float) -> list[Shape]:
    return [shape_of("circle", class_="open", cx=x, cy=y, r=_DOT - 0.5)]


def _off(x: float, y: float) -> list[Shape]:
    """Another form than ``_dot``, not only another colour."""

    def diamond(look: str, r: float) -> Shape:
        return shape_of(
            "path", class_=look, d=f"M{x:.1f} {y - r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}l{-r:.1f} {-r:.1f}z"
        )

    return [diamond("paper", _DOT + 4), diamond("off", _DOT + 1.5)]


def _upright(look: str, x: float, top: float, foot: float) -> list[Shape]:
    """A line with ends, on a halo so that it is seen on a bar."""
    lines = ((x, top, x, foot), (x - 4, top, x + 4, top), (x - 4, foot, x + 4, foot))
    return [line_at(kind, *ends) for kind in ("halo", look) for ends in lines]
