"""The process as a drawing: stages, the gates between them with how much they ask, ways back, and how it ends.

Two scenes say the same: a wide one, in which deals go from left to right, and a narrow one for a phone, from the top
down. Both are values; ``svg`` prints them. Lengths are CSS pixels at the size they are meant to be seen at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model.process import Criterion, Process, Stage
from .blocks import Drawing, Ref, Scene, Shape
from .measure import lines_of
from .say import MOVE, SHORT, capital, count

ENDS = {"deal": ("Won", "Lost"), "lead": ("Converted", "Not converted")}
"""What the two ways to end are called, by the kind of record."""


class Cell(NamedTuple):
    """A box of the map: a stage or an end, and what the gate in front of it asks."""

    title: str
    under: str
    number: int = 0
    to: Ref | None = None
    look: str = "stage"
    gate: tuple[Criterion, ...] = ()


class Chart(NamedTuple):
    """What there is to draw."""

    open: tuple[Cell, ...]
    won: Cell
    after: tuple[Cell, ...]
    lost: Cell
    skip: str
    back: str
    reopen: str


def drawing(process: Process) -> Drawing:
    """The map of a process."""
    found = chart(process)
    return Drawing(f"Map of the process: {process.title}", words(found, process), wide(found), narrow(found))


def chart(process: Process) -> Chart:
    """The boxes, gates and ways of a process."""
    won, lost = ENDS[process.record]
    cells: list[Cell] = []
    before: Stage | None = None
    for number, stage in enumerate(process.open_stages, 1):
        asked = (*(before.exit if before else ()), *stage.enter)
        cells.append(Cell(stage.title, _age(stage), number, Ref(f"stage-{stage.id}"), "stage", asked))
        before = stage
    end = (*(before.exit if before else ()), *process.won)
    after: list[Cell] = []
    last: Stage | None = None
    for number, stage in enumerate((s for s in process.stages if s.after is not None), len(cells) + 1):
        asked = (*(last.exit if last else ()), *stage.enter)
        after.append(Cell(stage.title, _age(stage), number, Ref(f"stage-{stage.id}"), "stage", asked))
        last = stage
    rule = process.moves
    reason = ", with a reason" if rule.back_needs_reason else ""
    within = f"within {rule.reopen_within}, " if rule.reopen_within else ""
    return Chart(
        tuple(cells),
        Cell(won, "", 0, Ref("outcomes", "won"), "won", end),
        tuple(after),
        Cell(lost, "from any stage", 0, Ref("outcomes", "lost"), "lost", process.lost),
        f"Skip a stage: {MOVE[rule.skip]}",
        f"Back: {MOVE[rule.back]}{reason}",
        f"Reopen: {within}{MOVE[rule.reopen]}",
    )


def _age(stage: Stage) -> str:
    return f"at most {stage.max_age}" if stage.max_age is not None else ""


def gate_words(asked: Sequence[Criterion]) -> str:
    """``8 criteria: 6 block, 2 warn``."""
    if not asked:
        return "no criteria"
    each = [(level, sum(k.enforce == level for k in asked)) for level in reversed(tuple(reversed(SHORT)))]
    verbs = {"block": ("blocks", "block"), "approve": ("needs approval", "need approval"), "warn": ("warns", "warn"),
             "observe": ("is observed", "are observed")}  # fmt: skip
    said = ", ".join(f"{n} {verbs[level][n > 1]}" for level, n in each if n)
    return f"{count(len(asked), 'criterion')}: {said}"


def words(found: Chart, process: Process) -> str:
    """The map in words, for those who do not see it."""
    text = [f"{capital(count(len(found.open), 'stage'))} of the open pipeline."]
    text += [f"{cell.number}. {cell.title}{f', {cell.under}' if cell.under else ''}." for cell in found.open]
    text.append(f"Then {found.won.title}: {gate_words(found.won.gate)}.")
    if found.after:
        text.append(f"After that {', '.join(cell.title for cell in found.after)}.")
    text.append(f"{found.lost.title}, {found.lost.under}: {gate_words(found.lost.gate)}.")
    text += [f"{capital(one)}." for one in (found.skip, found.back, found.reopen)]
    return " ".join(text)


# ---------------------------------------------------------------- shapes


def _attributes(**given: object) -> tuple[tuple[str, str], ...]:
    return tuple((key.rstrip("_").replace("_", "-"), str(value)) for key, value in given.items())


def _shape(tag: str, **given: object) -> Shape:
    return Shape(tag, _attributes(**given))


def _text(x: float, y: float, said: str, look: str, anchor: str = "start") -> Shape:
    return Shape("text", _attributes(x=_n(x), y=_n(y), class_=f"m-{look}", text_anchor=anchor), said)


def _path(d: str, look: str) -> Shape:
    return _shape("path", d=d, class_=f"m-{look}")


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _head(x: float, y: float, way: str, look: str = "head") -> Shape:
    """The point of an arrow that ends here, going right, left, up or down."""
    dx, dy = {"right": (-1, 0), "left": (1, 0), "down": (0, -1), "up": (0, 1)}[way]
    a, b = (x + 8 * dx + 4 * dy, y + 8 * dy + 4 * dx), (x + 8 * dx - 4 * dy, y + 8 * dy - 4 * dx)
    points = " ".join(f"{_n(px)},{_n(py)}" for px, py in ((x, y), a, b))
    return _shape("polygon", points=points, class_=f"m-{look}")


def _gate(x: float, y: float, asked: Sequence[Criterion], half: int = 15) -> Shape:
    """A gate: a diamond with how many criteria it has."""
    points = f"{_n(x)},{_n(y - half)} {_n(x + half)},{_n(y)} {_n(x)},{_n(y + half)} {_n(x - half)},{_n(y)}"
    said = Shape("title", (), f"Gate, {gate_words(asked)}")
    inner = (
        said,
        _shape("polygon", points=points, class_="m-gate"),
        _text(x, y + 4.5, str(len(asked)), "in", "middle"),
    )
    return Shape("g", (), "", inner)


def _box(cell: Cell, x: float, y: float, width: float, height: float) -> Shape:
    """A stage or an end: its number, its title on as many lines as fit, and how long a deal may stay."""
    look = cell.look
    rect = _shape(
        "rect", x=_n(x), y=_n(y), width=_n(width), height=_n(height), rx=26 if look == "won" else 6, class_=f"m-{look}"
    )
    shown: list[Shape] = [rect]
    size = 14.5
    middle = x + width / 2
    titles = lines_of(cell.title, width - 14, size, 3 if height > 80 else 2)
    block = len(titles) * 18 + (17 if cell.under else 0) + (19 if cell.number else 0)
    top = y + (height - block) / 2
    if cell.number:
        shown.append(_text(middle, top + 13, str(cell.number), "number", "middle"))
        top += 19
    for n, line in enumerate(titles):
        shown.append(_text(middle, top + 14 + 18 * n, line, "on" if look == "won" else "title", "middle"))
    if cell.under:
        under = lines_of(cell.under, width - 8, 12.5, 1)[0]
        shown.append(_text(middle, top + 14 + 18 * len(titles) - 1, under, "under", "middle"))
    return Shape("a" if cell.to else "g", (), "", tuple(shown), cell.to)


# ---------------------------------------------------------------- wide

WIDE = 1000
_GAP, _TOP, _TALL, _BETWEEN, _MOST = 52, 66.0, 108.0, 74, 6


def wide(found: Chart) -> Scene:
    """From left to right; more than six boxes take further rows."""
    cells = (*found.open, found.won)
    rows = -(-len(cells) // _MOST)
    across = -(-len(cells) // rows)
    width = (WIDE - _GAP * (max(across, 4) - 1)) / max(across, 4)
    places = [((width + _GAP) * (n % across), _TOP + (_TALL + _BETWEEN) * (n // across)) for n in range(len(cells))]
    shapes: list[Shape] = []
    for n, (cell, (x, y)) in enumerate(zip(cells, places, strict=True)):
        if n % across:
            middle = y + _TALL / 2
            shapes += [_path(f"M{_n(x - _GAP)} {_n(middle)}H{_n(x - 6)}", "way"), _head(x, middle, "right")]
            shapes.append(_gate(x - _GAP / 2 - 3, middle, cell.gate))
        elif n:
            shapes += _turn(places[n - 1], (x, y), width, cell)
        shapes.append(_box(cell, x, y, width, _TALL))
    shapes += _skips(found, places[: min(across, len(found.open))], width)
    bottom = places[-1][1] + _TALL
    last = [place for place, _ in zip(places, found.open, strict=False) if place[1] == places[-1][1]]
    last = last or [places[len(found.open) - 1]]
    shapes += _backs(found, last, width, bottom)
    low = bottom + 130
    shapes += _lost(found, last, width, bottom, low, places[-1][0])
    end, after = _after(found, places[-1], width, bottom, low)
    return Scene(WIDE, int(end + 6), (*shapes, *after))


def _turn(before: tuple[float, float], here: tuple[float, float], width: float, cell: Cell) -> list[Shape]:
    """The way from the end of a row to the start of the next."""
    start, end = before[0] + width / 2, here[0] + width / 2
    level = here[1] - 30
    way = f"M{_n(start)} {_n(before[1] + _TALL)}V{_n(level)}H{_n(end)}V{_n(here[1] - 6)}"
    return [_path(way, "way"), _head(end, here[1], "down"), _gate((start + end) / 2, level, cell.gate)]


def _skips(found: Chart, places: list[tuple[float, float]], width: float) -> list[Shape]:
    if len(places) < 3:
        return [_text(0, 22, found.skip, "label")]
    start, end, y = places[0][0] + width / 2, places[2][0] + width / 2, places[0][1]
    arc = f"M{_n(start)} {_n(y)}C{_n(start)} {_n(y - 50)} {_n(end)} {_n(y - 50)} {_n(end)} {_n(y - 7)}"
    return [
        _path(arc, "side"),
        _head(end, y, "down", "tip"),
        _text((start + end) / 2, 20, found.skip, "label", "middle"),
    ]


def _backs(found: Chart, places: list[tuple[float, float]], width: float, bottom: float) -> list[Shape]:
    start, end = places[-1][0] + width / 2 + 10, places[0][0] + width / 2 + 10
    if len(places) < 2:
        return [_text(places[0][0], bottom + 22, found.back, "label")]
    deep = _n(bottom + 40)
    arc = f"M{_n(start)} {_n(bottom)}C{_n(start)} {deep} {_n(end)} {deep} {_n(end)} {_n(bottom + 7)}"
    said = _text((start + end) / 2, bottom + 45, found.back, "label", "middle")
    return [_path(arc, "side"), _head(end, bottom, "up", "tip"), said]


def _lost(
    found: Chart, places: list[tuple[float, float]], width: float, bottom: float, low: float, room: float
) -> list[Shape]:
    """The end without a sale, a bracket of all stages that lead there, and the way back from it."""
    left, right, level = places[0][0] + 8, places[-1][0] + width - 8, bottom + 66
    middle = places[0][0] + width / 2
    shapes = [_path(f"M{_n(left)} {_n(level - 10)}V{_n(level)}H{_n(right)}V{_n(level - 10)}", "side")]
    shapes += [_path(f"M{_n(middle)} {_n(level)}V{_n(low - 6)}", "way"), _head(middle, low, "down")]
    shapes += [_gate(middle, (level + low) / 2 - 3, found.lost.gate), _box(found.lost, places[0][0], low, width, 70)]
    out, back = places[0][0] + width, places[0][0] + width + _GAP / 2
    up = f"M{_n(out)} {_n(low + 35)}H{_n(back)}V{_n(level + 7)}"
    shapes += [_path(up, "side"), _head(back, level, "up", "tip")]
    for n, line in enumerate(lines_of(found.reopen, max(120, min(260, room - back - 30)), 13, 3)):
        shapes.append(_text(back + 12, low + 32 + 17 * n, line, "label"))
    return shapes


def _after(
    found: Chart, won: tuple[float, float], width: float, bottom: float, low: float
) -> tuple[float, list[Shape]]:
    """What comes after a sale, and where the drawing ends: one stage below the sale, several in rows of their own."""
    shapes: list[Shape] = []
    start, many = won[0] + width / 2, len(found.after)
    beside = many == 1 and won[0] >= 2 * (width + _GAP)
    across = int((WIDE + _GAP + 1) // (width + _GAP))
    end = low + 70
    for n, cell in enumerate(found.after):
        x = won[0] if beside else (n % across) * (width + _GAP)
        y = low if beside else low + 150 + (n // across) * 140
        middle, top = y + 43, x + width / 2
        if n % across:
            shapes += [_path(f"M{_n(x - _GAP)} {_n(middle)}H{_n(x - 6)}", "way"), _head(x, middle, "right")]
            shapes.append(_gate(x - _GAP / 2 - 3, middle, cell.gate))
        else:
            level = bottom + 92 if beside else y - 32
            above, origin = (bottom, start) if not n else (y - 54, (across - 1) * (width + _GAP) + width / 2)
            turn = f"M{_n(origin)} {_n(above)}V{_n(level)}H{_n(top)}V{_n(y - 6)}"
            gate = _gate(origin, bottom + 44, cell.gate) if not n else _gate((origin + top) / 2, level, cell.gate)
            shapes += [_path(turn, "way"), _head(top, y, "down"), gate]
        shapes.append(_box(cell, x, y, width, 86))
        end = max(end, y + 86)
    return end, shapes


# ---------------------------------------------------------------- narrow

NARROW = 340
_LEFT, _BROAD, _HIGH, _STEP = 44, 252, 82, 48


def narrow(found: Chart) -> Scene:
    """From the top down; the ways at the sides bear a letter that is explained below."""
    cells = (*found.open, found.won, *found.after)
    shapes: list[Shape] = []
    middle, y = _LEFT + _BROAD / 2, 6.0
    tops: list[float] = []
    for n, cell in enumerate(cells):
        if n:
            shapes += [_path(f"M{_n(middle)} {_n(y - _STEP)}V{_n(y - 6)}", "way"), _head(middle, y, "down")]
            shapes.append(_gate(middle, y - _STEP / 2 - 3, cell.gate))
            said = count(len(cell.gate), "criterion")
            shapes.append(_text(middle + 24, y - _STEP / 2 + 2, said, "label"))
        tall = 52 if cell.look == "won" else _HIGH
        shapes.append(_box(cell, _LEFT, y, _BROAD, tall))
        tops.append(y)
        y += tall + _STEP
    end, first, last = y + 4, tops[0] + _HIGH / 2, tops[len(found.open) - 1] + _HIGH / 2
    lost = end + 35
    right = _LEFT + _BROAD
    shapes += [
        _path(f"M{_LEFT} {_n(first + 20)}H14V{_n(lost)}H{_LEFT - 6}", "side"),
        _head(_LEFT, lost, "right", "tip"),
    ]
    for top in tops[1 : len(found.open)]:
        shapes.append(_path(f"M{_LEFT} {_n(top + _HIGH / 2 + 20)}H14", "side"))
    shapes.append(_box(found.lost, _LEFT, end, _BROAD, 70))
    shapes += [
        _path(f"M{right} {_n(lost)}H326V{_n(last + 14)}H{right + 7}", "side"),
        _head(right, last + 14, "left", "tip"),
    ]
    notes = [("R", 326.0, (lost + last) / 2, found.reopen)]
    if len(found.open) > 1:
        target = tops[min(2, len(found.open) - 1)] + _HIGH / 2 - 16
        shapes += [
            _path(f"M{right} {_n(first - 10)}H318V{_n(target)}H{right + 7}", "side"),
            _head(right, target, "left", "tip"),
            _path(f"M{_LEFT} {_n(last - 14)}H28V{_n(first)}H{_LEFT - 7}", "side"),
            _head(_LEFT, first, "right", "tip"),
        ]
        notes = [
            ("S", 318.0, (first + target) / 2, found.skip), ("B", 28.0, (first + last) / 2, found.back), *notes,
        ]  # fmt: skip
    y = end + 100
    for letter, x, at, said in notes:
        shapes += _letter(x, at, letter)
        shapes += _letter(16, y - 4, letter)
        for line in lines_of(said, NARROW - 44, 13.5, 3):
            shapes.append(_text(36, y, line, "label"))
            y += 19
        y += 7
    return Scene(NARROW, int(y), tuple(shapes))


def _letter(x: float, y: float, letter: str) -> list[Shape]:
    return [_shape("circle", cx=_n(x), cy=_n(y), r=10, class_="m-dot"), _text(x, y + 4.5, letter, "letter", "middle")]
