"""A forecast as a drawing: a bar a method, split in won, open and not created yet; its range; the target."""

from __future__ import annotations

from ....forecast.methods import Outlook
from ....metrics.figure import NoValue
from ....publish.blocks import Drawing, Scene, Shape
from ....publish.measure import lines_of
from ....publish.svg import printed
from ...forecasting import Shown, one_of
from .. import drawn
from ..drawn import NARROW, SIZE, SMALL, WIDE, Scale, line_at, room_of, shape_of, text_at
from . import _words as words

_HEAD = 20
_PAD, _BAR = 16, 18


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
    """The style sheet of the drawing."""
    fills = {name: name for name in ("paper", "ink", "soft", "won", "open", "new")}
    lines = {"grid": "grid", "edge": "edge", "halo": "paper", "range": "ink", "target": "target"}
    more = (
        f"&.head{{font-size:{_HEAD}px;font-weight:bold}}&.edge{{stroke-width:1}}&.halo{{stroke-width:5}}"
        "&.range{stroke-width:2}&.target{stroke-width:2;stroke-dasharray:5 3}"
    )
    return drawn.style("forecast", fills, lines, more, dark)


def _scene(shown: Shown, width: int, headed: bool) -> Scene:
    beside = width >= WIDE
    shapes: list[Shape] = []
    y = float(_PAD)
    if headed:
        for line in lines_of(words.process(shown), width - 2 * _PAD, _HEAD, 2):
            y += _HEAD + 4
            shapes.append(text_at(line, _PAD, y - 4, "ink head"))
        y += SIZE + 6
        shapes.append(text_at(f"{words.when(shown)}, in {shown.snapshot.unit}", _PAD, y - 2, "soft"))
        for line in lines_of(words.scenario(shown), width - 2 * _PAD, SIZE, 2) if shown.scenario else ():
            y += SIZE + 6
            shapes.append(text_at(line, _PAD, y - 2, "ink"))
        y += 8
    legend, y = _legend(shown, y, width)
    shapes += legend
    made = [(method.title, one) for method, one in shown.outlooks]
    left, right = float(_PAD), float(width - _PAD)
    if beside:
        left += max((room_of(name, SIZE) for name, _ in made), default=0) + 12
        right -= max((room_of(_total(shown, one), SIZE) for _, one in made), default=0) + 12
        right -= max((room_of(_range(shown, one), SMALL) for _, one in made), default=0) + 12
    # however long the amounts are, the bars keep some room
    scale = Scale(*_ends(shown), left, max(right, left + 160))
    ticks = scale.ticks_across(lambda minor: words.number(shown, minor), one_of(shown.snapshot.unit))
    top, rows = y, len(made)
    step = 34 if beside else 56
    foot = top + rows * step + 2
    shapes += [line_at("grid", scale.at(tick), top, scale.at(tick), foot) for tick in ticks]
    for n, (name, one) in enumerate(made):
        shapes += _row(shown, name, one, top + n * step, scale, width, beside)
    for tick in ticks:
        anchor = "end" if scale.at(tick) > width - 40 else "start" if scale.at(tick) < _PAD + 20 else "middle"
        shapes.append(text_at(words.number(shown, tick), scale.at(tick), foot + 16, "soft small", anchor))
    height = round(foot + 16 + _PAD)
    ground = shape_of("rect", class_="paper", width=width, height=height)
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
        room = 20 + room_of(said, SMALL)
        if x > _PAD and x + room > width - _PAD:
            x, y = float(_PAD), y + 22
        if look in words.KINDS:
            shapes.append(shape_of("rect", class_=f"{look} edge", x=x, y=y - 10, width=12, height=12))
        elif look == "range":
            shapes += _whisker(x, x + 14, y - 4)
        else:
            shapes.append(line_at("target", x + 6, y - 12, x + 6, y + 4))
        shapes.append(text_at(said, x + 20, y, "ink small"))
        x += room + 18
    return shapes, y + 16


def _row(
    shown: Shown, name: str, one: Outlook | NoValue, y: float, scale: Scale, width: int, beside: bool
) -> list[Shape]:
    bar = y + (8 if beside else 28)
    base = bar + 14
    shapes = [text_at(name, _PAD, base if beside else y + 18, "ink")]
    if isinstance(one, NoValue):
        room = (width - _PAD if beside else scale.end) - scale.start
        lines = lines_of(one.reason, room, SMALL, 2)
        first = base if len(lines) == 1 else base - 7
        return [*shapes, *(text_at(line, scale.start, first + n * 14, "soft small") for n, line in enumerate(lines))]
    shapes += _bars(one, scale, bar)
    if one.low is not None and one.high is not None:
        shapes += _whisker(scale.at(one.low), scale.at(one.high), bar + _BAR / 2)
    if shown.gap is not None:
        at = scale.at(shown.gap.target)
        shapes += [line_at(look, at, bar - 4, at, bar + _BAR + 4) for look in ("halo", "target")]
    total, ends = _total(shown, one), _range(shown, one)
    if not beside:
        return [*shapes, text_at(total, width - _PAD, y + 18, "ink", "end")]
    end = width - _PAD - max(room_of(_range(shown, each), SMALL) for _, each in shown.outlooks) - 12
    shapes.append(text_at(total, end, base, "ink", "end"))
    if ends:
        shapes.append(text_at(ends, width - _PAD, base, "soft small", "end"))
    return shapes


def _bars(one: Outlook, scale: Scale, y: float) -> list[Shape]:
    """The parts one after the other from nought; what is below nought goes the other way."""
    shapes = []
    above = below = 0
    for kind in words.KINDS:
        value = getattr(one, kind)
        if not value:
            continue
        start = above if value > 0 else below
        ends = sorted((scale.at(start), scale.at(start + value)))
        shapes.append(shape_of("rect", class_=f"{kind} edge", x=ends[0], y=y, width=ends[1] - ends[0], height=_BAR))
        above, below = (above + value, below) if value > 0 else (above, below + value)
    return shapes


def _whisker(low: float, high: float, y: float) -> list[Shape]:
    """From P10 to P90, on a halo so that it is seen on every part of a bar."""
    lines = ((low, y, high, y), (low, y - 5, low, y + 5), (high, y - 5, high, y + 5))
    return [line_at(look, *ends) for look in ("halo", "range") for ends in lines]


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
    return (low, high) if low < high else (0, one_of(shown.snapshot.unit))


def _total(shown: Shown, one: Outlook | NoValue) -> str:
    return words.number(shown, one.total) if isinstance(one, Outlook) else ""


def _range(shown: Shown, one: Outlook | NoValue) -> str:
    if isinstance(one, NoValue) or one.low is None or one.high is None:
        return ""
    return f"{words.number(shown, one.low)} to {words.number(shown, one.high)}"
