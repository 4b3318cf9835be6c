"""A forecast as a drawing: a bar a method, split in won, open and not created yet; its range; the target."""

from __future__ import annotations

from dataclasses import dataclass

from ....forecast.methods import Outlook
from ....metrics.figure import NoValue
from ....model.currencies import MINOR_DIGITS
from ....publish.blocks import Drawing, Scene, Shape
from ....publish.measure import lines_of, width_of
from ....publish.svg import printed
from ...forecasting import Shown
from . import _words as words

WIDE, NARROW = 960, 380
"""Units across: beside one another on a desk, above one another on a phone."""
FONTS = "'DejaVu Sans','Liberation Sans','Noto Sans',Arial,Helvetica,sans-serif"
_SIZE, _SMALL, _HEAD = 14, 12, 20
_PAD, _BAR = 16, 18
_LIGHT = {
    "paper": "#ffffff", "ink": "#16202a", "soft": "#4a5763", "grid": "#d5dbe1", "won": "#0b4a6f", "open": "#5b9fd0",
    "new": "#e3edf5", "edge": "#41718f", "target": "#b3261e",
}  # fmt: skip
_DARK = {
    "paper": "#14191e", "ink": "#eef2f5", "soft": "#b3bec8", "grid": "#38424c", "won": "#9fd2f2", "open": "#3f86b8",
    "new": "#22303b", "edge": "#7fa9c6", "target": "#ff9086",
}  # fmt: skip


def drawing(shown: Shown, headed: bool = True) -> Drawing:
    """Both scenes. ``headed``: with the title in them, where nothing around them says it."""
    said = f"{words.scenario(shown)} " if shown.scenario else ""
    said += " ".join(words.told(shown, method.title, one) for method, one in shown.outlooks)
    if shown.gap is not None:
        said += f" Target {shown.told(shown.gap.target)}."
    scenes = (_scene(shown, width, headed) for width in (WIDE, NARROW))
    return Drawing(words.title(shown), said, *scenes)


def svg(shown: Shown, dark: bool = True) -> str:
    """The wide scene as a file of its own. ``dark``: with the colours for a dark page beside the light ones."""
    made = drawing(shown)
    look = f"<style>{style(dark)}</style>"
    text = printed(made, made.wide, "forecast", "forecast", None, look)
    # a size of its own: what shows a file alone has no page to fit it in
    return text.replace("<svg ", f'<svg width="{made.wide.width}" height="{made.wide.height}" ', 1)


def style(dark: bool = True) -> str:
    """The style sheet of the drawing; without variables, which not every program that draws it knows."""
    base = (
        f".forecast text{{font-family:{FONTS};font-size:{_SIZE}px}}"
        f".forecast .head{{font-size:{_HEAD}px;font-weight:bold}}"
        f".forecast .small{{font-size:{_SMALL}px}}"
        ".forecast .edge{stroke-width:1}.forecast .halo{stroke-width:5}.forecast .range{stroke-width:2}"
        ".forecast .target{stroke-width:2;stroke-dasharray:5 3}"
    )
    return base + _colours(_LIGHT) + (f"@media (prefers-color-scheme:dark){{{_colours(_DARK)}}}" if dark else "")


def _colours(of: dict[str, str]) -> str:
    fills = {"paper": "paper", "ink": "ink", "soft": "soft", "won": "won", "open": "open", "new": "new"}
    lines = {"grid": "grid", "edge": "edge", "halo": "paper", "range": "ink", "target": "target"}
    return "".join(f".forecast .{name}{{fill:{of[key]}}}" for name, key in fills.items()) + "".join(
        f".forecast .{name}{{stroke:{of[key]}}}" for name, key in lines.items()
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where an amount stands: ``low`` at ``left`` and ``high`` at ``right``."""

    low: int
    high: int
    left: float
    right: float

    def at(self, minor: int) -> float:
        return self.left + (minor - self.low) / (self.high - self.low) * (self.right - self.left)


def _scene(shown: Shown, width: int, headed: bool) -> Scene:
    beside = width >= WIDE
    shapes: list[Shape] = []
    y = float(_PAD)
    if headed:
        for line in lines_of(words.process(shown), width - 2 * _PAD, _HEAD, 2):
            y += _HEAD + 4
            shapes.append(_text(line, _PAD, y - 4, "ink head"))
        y += _SIZE + 6
        shapes.append(_text(f"{words.when(shown)}, in {shown.snapshot.unit}", _PAD, y - 2, "soft"))
        for line in lines_of(words.scenario(shown), width - 2 * _PAD, _SIZE, 2) if shown.scenario else ():
            y += _SIZE + 6
            shapes.append(_text(line, _PAD, y - 2, "ink"))
        y += 8
    legend, y = _legend(shown, y, width)
    shapes += legend
    made = [(method.title, one) for method, one in shown.outlooks]
    left, right = float(_PAD), float(width - _PAD)
    if beside:
        left += max((_room(name, _SIZE) for name, _ in made), default=0) + 12
        right -= max((_room(_total(shown, one), _SIZE) for _, one in made), default=0) + 12
        right -= max((_room(_range(shown, one), _SMALL) for _, one in made), default=0) + 12
    # however long the amounts are, the bars keep some room
    scale = _Scale(*_ends(shown), left, max(right, left + 160))
    ticks = _ticks(shown, scale)
    top, rows = y, len(made)
    step = 34 if beside else 56
    foot = top + rows * step + 2
    shapes += [_line("grid", scale.at(tick), top, scale.at(tick), foot) for tick in ticks]
    for n, (name, one) in enumerate(made):
        shapes += _row(shown, name, one, top + n * step, scale, width, beside)
    for tick in ticks:
        anchor = "end" if scale.at(tick) > width - 40 else "start" if scale.at(tick) < _PAD + 20 else "middle"
        shapes.append(_text(words.number(shown, tick), scale.at(tick), foot + 16, "soft small", anchor))
    height = round(foot + 16 + _PAD)
    ground = _shape("rect", class_="paper", width=width, height=height)
    return Scene(width, height, (ground, *shapes))


def _legend(shown: Shown, y: float, width: int) -> tuple[list[Shape], float]:
    shapes: list[Shape] = []
    x, y = float(_PAD), y + 18
    entries: list[tuple[str, str]] = list(words.KINDS.items())
    if any(isinstance(one, Outlook) and one.low is not None for _, one in shown.outlooks):
        entries.append(("range", "P10 to P90"))
    if shown.gap is not None:
        entries.append(("target", f"Target {shown.told(shown.gap.target)}"))
    for look, said in entries:
        room = 20 + _room(said, _SMALL)
        if x > _PAD and x + room > width - _PAD:
            x, y = float(_PAD), y + 22
        if look in words.KINDS:
            shapes.append(_shape("rect", class_=f"{look} edge", x=x, y=y - 10, width=12, height=12))
        elif look == "range":
            shapes += _whisker(x, x + 14, y - 4)
        else:
            shapes.append(_line("target", x + 6, y - 12, x + 6, y + 4))
        shapes.append(_text(said, x + 20, y, "ink small"))
        x += room + 18
    return shapes, y + 16


def _row(
    shown: Shown, name: str, one: Outlook | NoValue, y: float, scale: _Scale, width: int, beside: bool
) -> list[Shape]:
    bar = y + (8 if beside else 28)
    base = bar + 14
    shapes = [_text(name, _PAD, base if beside else y + 18, "ink")]
    if isinstance(one, NoValue):
        room = (width - _PAD if beside else scale.right) - scale.left
        lines = lines_of(one.reason, room, _SMALL, 2)
        first = base if len(lines) == 1 else base - 7
        return [*shapes, *(_text(line, scale.left, first + n * 14, "soft small") for n, line in enumerate(lines))]
    shapes += _bars(one, scale, bar)
    if one.low is not None and one.high is not None:
        shapes += _whisker(scale.at(one.low), scale.at(one.high), bar + _BAR / 2)
    if shown.gap is not None:
        at = scale.at(shown.gap.target)
        shapes += [_line(look, at, bar - 4, at, bar + _BAR + 4) for look in ("halo", "target")]
    total, ends = _total(shown, one), _range(shown, one)
    if not beside:
        return [*shapes, _text(total, width - _PAD, y + 18, "ink", "end")]
    end = width - _PAD - max(_room(_range(shown, each), _SMALL) for _, each in shown.outlooks) - 12
    shapes.append(_text(total, end, base, "ink", "end"))
    if ends:
        shapes.append(_text(ends, width - _PAD, base, "soft small", "end"))
    return shapes


def _bars(one: Outlook, scale: _Scale, y: float) -> list[Shape]:
    """The parts one after the other from nought; what is below nought goes the other way."""
    shapes = []
    above = below = 0
    for kind in words.KINDS:
        value = getattr(one, kind)
        if not value:
            continue
        start = above if value > 0 else below
        ends = sorted((scale.at(start), scale.at(start + value)))
        shapes.append(_shape("rect", class_=f"{kind} edge", x=ends[0], y=y, width=ends[1] - ends[0], height=_BAR))
        above, below = (above + value, below) if value > 0 else (above, below + value)
    return shapes


def _whisker(low: float, high: float, y: float) -> list[Shape]:
    """From P10 to P90, on a halo so that it is seen on every part of a bar."""
    lines = ((low, y, high, y), (low, y - 5, low, y + 5), (high, y - 5, high, y + 5))
    return [_line(look, *ends) for look in ("halo", "range") for ends in lines]


def _ends(shown: Shown) -> tuple[int, int]:
    """The least and the most that is drawn; nought is always among it."""
    values = [0]
    for _, one in shown.outlooks:
        if isinstance(one, Outlook):
            parts = [getattr(one, kind) for kind in words.KINDS]
            values += [sum(p for p in parts if p > 0), sum(p for p in parts if p < 0)]
            values += [end for end in (one.low, one.high) if end is not None]
    if shown.gap is not None:
        values.append(shown.gap.target)
    low, high = min(values), max(values)
    return (low, high) if low < high else (0, _one(shown))


def _ticks(shown: Shown, scale: _Scale) -> list[int]:
    """Round amounts along the foot: as many as there is room to write, and no finer than whole units."""
    widest = max(_room(words.number(shown, end), _SMALL) for end in (scale.low, scale.high)) + 24
    span = scale.high - scale.low
    most = max(1, min(6, int((scale.right - scale.left) / widest)))
    power = _one(shown)
    while True:
        for times in (1, 2, 5):
            step = times * power
            if span // step <= most:
                return list(range(-(-scale.low // step) * step, scale.high + 1, step))
        power *= 10


def _one(shown: Shown) -> int:
    """One unit of what is forecast, in minor ones."""
    return int(10 ** MINOR_DIGITS.get(shown.snapshot.unit, 3))


def _total(shown: Shown, one: Outlook | NoValue) -> str:
    return words.number(shown, one.total) if isinstance(one, Outlook) else ""


def _range(shown: Shown, one: Outlook | NoValue) -> str:
    if isinstance(one, NoValue) or one.low is None or one.high is None:
        return ""
    return f"{words.number(shown, one.low)} to {words.number(shown, one.high)}"


def _room(said: str, size: float) -> float:
    """How wide text may be: the fonts that a bare machine has are wider than those of a page."""
    return width_of(said, size) * 1.12


def _text(said: str, x: float, y: float, look: str, anchor: str = "start") -> Shape:
    given = {} if anchor == "start" else {"text_anchor": anchor}
    return _shape("text", said, class_=look, x=x, y=y, **given)


def _line(look: str, x1: float, y1: float, x2: float, y2: float) -> Shape:
    return _shape("line", class_=look, x1=x1, y1=y1, x2=x2, y2=y2)


def _shape(tag: str, said: str = "", **given: str | float) -> Shape:
    told = ((name.rstrip("_").replace("_", "-"), value) for name, value in given.items())
    return Shape(tag, tuple((name, value if isinstance(value, str) else f"{value:.1f}") for name, value in told), said)
