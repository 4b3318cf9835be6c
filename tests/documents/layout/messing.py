"""Documents made untidy without changing what they say, and documents written untidily from the start."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

CHECKOUT = Path(__file__).resolve().parents[3]
SHIPPED = sorted(
    path
    for folder in ("rules", "tests/schemas/good", "examples", "bench")
    for path in (CHECKOUT / folder).rglob("*.yaml")
)


def sequence(text: str) -> list[str]:
    """Every word and sign of a document and every comment, in order: what stands beside what.

    By the Python scanner, not by the one that the layout uses.
    """
    tokens = [t for t in yaml.scan(text, Loader=yaml.SafeLoader) if t.end_mark.index > t.start_mark.index]
    found, end = [], 0
    for token in tokens:
        start, stop = token.start_mark.index, token.end_mark.index
        found += _comments(text[end:start])
        if isinstance(token, yaml.ScalarToken):
            found.append(f"value {token.value!r}")
            if token.style in ("|", ">"):
                found += _comments(text[start:stop].partition("\n")[0])
        elif not isinstance(token, yaml.DocumentStartToken | yaml.DocumentEndToken):
            found.append(text[start])
        end = stop
    return found + _comments(text[end:])


def _comments(text: str) -> list[str]:
    return [line[line.index("#") :].rstrip() for line in text.replace("\r", "").split("\n") if "#" in line]


# ------------------------------------------------------------------------------------------------ untidy copies


def untidy(text: str, dice: random.Random) -> str:
    """A shipped document with other indentation, spaces, empty lines and line ends; laid out it is the shipped one."""
    width = dice.choice([2, 2, 3, 4, 5])
    text = _spaced(text, dice)
    lines = []
    within = {
        number
        for token in yaml.scan(text, Loader=yaml.SafeLoader)
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">")
        for number in range(token.start_mark.line + 1, token.end_mark.line)
    }
    for number, line in enumerate(text.rstrip("\n").split("\n")):
        indent, dashes, rest = _parts(line)
        if number not in within:
            rest += " " * dice.choice([0, 0, 0, 1, 4])
        lines.append(" " * (indent // 2 * width) + dashes.replace("- ", "-" + " " * (width - 1)) + rest)
        if not line and dice.random() < 0.5:
            lines += ["" if number in within else dice.choice(["", "   "])] * dice.randint(1, 3)
    ends = dice.choice(["\n", "\r\n"])
    whole = ends.join(lines)
    return dice.choice(["", "\ufeff", "---\n", "\n\n"]) + whole + dice.choice(["", ends, ends * 3])


def _parts(line: str) -> tuple[int, str, str]:
    found = re.match(r"( *)((?:- )*)(.*)", line)
    assert found
    return len(found[1]), found[2], found[3]


def _spaced(text: str, dice: random.Random) -> str:
    """More or fewer spaces where one is the rule: around the signs of maps and lists in brackets, after colons, and
    before comments at a line's end."""
    holes: list[tuple[int, int]] = []  # from, to: white space on one line that may be any
    flow = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        start, end = token.start_mark.index, token.end_mark.index
        opens = isinstance(token, yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken)
        closes = isinstance(token, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken)
        comma = isinstance(token, yaml.FlowEntryToken)
        if (closes or comma) and text[start - 1] != "\n":
            holes.append((start, start))
        if opens or comma:
            holes.append((end, end + 1 if text[end] == " " else end))
        if isinstance(token, yaml.ValueToken) and text[end] == " ":
            holes.append((end, end + 1))
        flow += opens - closes
    out, last = [], 0
    for start, end in holes:
        if start < last:
            continue
        least = 1 if text[start - 1] == ":" else 0
        out += [text[last:start], " " * max(least, dice.choice([0, 1, 1, 2, 3]))]
        last = end
    return "".join(out) + text[last:]


def commented(text: str, dice: random.Random) -> tuple[str, list[str]]:
    """A shipped document with comments of its own put in, where the layout wants them."""
    values: set[int] = set()  # lines within a text
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.ScalarToken):
            values.update(range(token.start_mark.line, token.end_mark.line + bool(token.end_mark.column)))
            if token.end_mark.line == token.start_mark.line:
                values.discard(token.start_mark.line)
    lines, put = [], []
    for number, line in enumerate(text.rstrip("\n").split("\n")):
        if line and number not in values and number - 1 not in values and "#" not in line:
            if dice.random() < 0.1:
                put.append(f"# above {number}")
                lines.append(" " * _parts(line)[0] + put[-1])
            if dice.random() < 0.1 and not (lines and "#beside" in lines[-1]):  # next to each other they are one column
                put.append(f"#beside {number}")
                line += "  " + put[-1]
        lines.append(line)
    return "\n".join(lines) + "\n", put


# ------------------------------------------------------------------------------------------------ written untidily

PLAIN = [
    "a",
    "no",
    "012",
    "1e3",
    "12:30",
    "2026-11-23",
    "it's so",
    "15%",
    "x-y_z",
    "true",
    "null",
    "a: b"[:1],
    "é",
    "url:x",
]
QUOTED = ['"no"', "'it''s'", '"a: b # c"', "''", '"\\u00e9 \\" x"', "'{[,'"]
KEYS = ["id", "title", "check", "at_least", "'quoted key'", "a b", "é"]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A map as somebody may have typed it: every part of it in a layout of its own."""
    return _Typist(draw).document()


class _Typist:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.count = 0

    def pick(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def note(self) -> str:
        self.count += 1
        return self.pick("# ", "#", "#  ") + f"note {self.count}"

    def beside(self) -> str:
        """What may end a line."""
        return self.pick("", "", "", " ", "   " + self.note(), " " + self.note())

    def above(self, indent: int) -> Iterator[str]:
        """What may stand above a line."""
        for _ in range(self.pick(0, 0, 0, 1, 2)):
            yield self.pick("", "  ", " " * indent + self.note(), self.note(), " " * self.number(0, 9) + self.note())

    def document(self) -> str:
        lines = [*self.above(0), *self.map(0, 3), *self.above(0)]
        ends = self.pick("\n", "\n", "\r\n")
        return self.pick("", "\ufeff", "---\n", "--- # top\n") + ends.join(lines) + self.pick("", ends, "\n\n\n")

    def map(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        keys = self.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True))
        for key in keys:
            lines += self.above(indent) if lines else ()
            first, *rest = self.value(indent, depth, in_list=False)
            lines += [" " * indent + key + self.pick("", "", " ") + ":" + first, *rest]
        return lines

    def list(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.number(1, 3)):
            lines += self.above(indent) if lines else ()
            if depth and self.pick(True, False):
                gap = self.number(1, 4)
                inner = self.map(indent + 1 + gap, depth - 1) if self.pick(True, True, False) else None
                inner = inner or self.list(indent + 1 + gap, depth - 1)
                lines += [" " * indent + "-" + " " * gap + inner[0].lstrip(" "), *inner[1:]]
            else:
                first, *rest = self.value(indent, depth, in_list=True)
                lines += [" " * indent + "-" + first, *rest]
        return lines

    def value(self, indent: int, depth: int, in_list: bool) -> list[str]:
        """What comes after a colon or a dash, and the lines below."""
        kind = self.pick("word", "word", "flow", "text", "folded", "block", "none", *(["map", "list"] if depth else []))
        space = " " * self.number(1, 3)
        deeper = indent + self.number(1, 5)
        if kind == "none":
            return [self.beside()]
        if kind == "word":
            word = self.pick(*PLAIN, *QUOTED)
            if self.pick(True, True, False):
                return [space + word + self.beside()]
            return [self.beside(), *self.above(deeper), " " * deeper + word + self.beside()]
        if kind == "flow":
            lines = self.flow(2)
            return [space + lines[0], *(" " * (indent + self.number(1, 6)) + line for line in lines[1:])]
        if kind == "folded":
            quote = self.pick("", '"', "'")
            words = [self.pick("one", "two words", "it is", "x" if quote else "y") for _ in range(self.number(2, 4))]
            lines = [" " * deeper + word + self.pick("", "  ") for word in words]
            for _ in range(self.pick(0, 0, 1, 2)):
                lines.insert(self.number(1, len(lines) - 1), self.pick("", "   "))
            lines[0], lines[-1] = quote + lines[0].lstrip(" "), lines[-1].rstrip() + quote
            return [space + lines[0], *lines[1:-1], lines[-1] + self.beside()]
        if kind in ("text", "block"):
            return self.block(indent, deeper, space)
        inner = self.map(deeper, depth - 1) if kind == "map" else None
        inner = inner or self.list(deeper if in_list else self.pick(indent, deeper), depth - 1)
        return [self.beside(), *self.above(deeper), *inner]

    def block(self, indent: int, deeper: int, space: str) -> list[str]:
        sign = self.pick("|", ">") + self.pick("", "-", "+")
        lines = [
            self.pick("text", "# no comment", "- x", "a: b", "  deeper", "\ttab", "ends  ", "")
            for _ in range(self.number(1, 4))
        ]
        if next((line for line in lines if line), "x").startswith((" ", "\t")) or self.pick(True, False, False):
            sign = sign[:1] + str(deeper - indent) + sign[1:]
        return [space + sign + self.beside(), *(" " * deeper + line if line else line for line in lines)]

    def flow(self, depth: int) -> list[str]:
        """A map or list in brackets; where it breaks, the lines are not indented yet."""
        is_map = self.pick(True, False)
        parts = ["{" if is_map else "["]

        def more(lines: list[str]) -> None:
            parts[-1] += lines[0]
            parts.extend(lines[1:])

        def gap(least: str = "") -> None:
            kind = self.pick("none", "none", "none", "space", "line", "note")
            if kind == "space":
                parts[-1] += "  "
            elif kind == "line":
                parts.append(self.pick("", "", " "))
            elif kind == "note":
                parts[-1] += " " + self.note()
                parts.append("")
            else:
                parts[-1] += least

        keys = self.draw(st.lists(st.sampled_from(KEYS), max_size=3, unique=True))
        for place, key in enumerate(keys):
            if place:
                gap()
                parts[-1] += ","
                gap()
            if is_map:
                parts[-1] += key + self.pick("", " ") + ":"
                gap(" ")
                parts[-1] += "" if parts[-1][-1:] in (" ", "") else " "
            more(self.flow(depth - 1) if depth and self.pick(True, False, False) else [self.pick(*PLAIN, *QUOTED)])
        gap()
        parts[-1] += "}" if is_map else "]"
        return parts
