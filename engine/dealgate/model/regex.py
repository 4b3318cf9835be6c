"""The safe subset of regular expressions: parsed here, run without backtracking.

Literals, ``.``, ASCII classes, ``* + ? {m,n}``, groups, ``|``, ``^`` and ``$``. A pattern becomes a small automaton
that is walked in time proportional to text × pattern, so no pattern can run for ever (Thompson's construction).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

LIMIT = 2000
"""States an automaton may have; a larger pattern is refused."""


class BadPattern(ValueError):
    """A pattern outside the subset; the text says why."""


@dataclass(slots=True)
class _State:
    kind: str  # chars, any, split, start, end, match
    chars: frozenset[str] = frozenset()
    negated: bool = False
    out: int = -1
    other: int = -1


_CLASSES = {
    "d": frozenset("0123456789"),
    "w": frozenset("abcdefghijklmnopqrstuvwxyz0123456789_"),
    "s": frozenset(" \t\n\r\f\v"),
}


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def _fold(text: str) -> str:
    return text.lower() if text.isascii() else "".join(c.lower() if c.isascii() else c for c in text)


class _Parser:
    """Recursive descent to a tree of tuples."""

    def __init__(self, pattern: str) -> None:
        self.text, self.at = pattern, 0
        self.depth = 0

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise BadPattern("it ends too early")
        self.at += 1
        return char

    def either(self) -> tuple:  # type: ignore[type-arg]
        self.depth += 1
        if self.depth > 50:
            raise BadPattern("its groups are nested too deeply")
        branches = [self.sequence()]
        while self.peek() == "|":
            self.take()
            branches.append(self.sequence())
        self.depth -= 1
        return ("either", branches) if len(branches) > 1 else branches[0]

    def sequence(self) -> tuple:  # type: ignore[type-arg]
        parts = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeated())
        return ("all", parts)

    def repeated(self) -> tuple:  # type: ignore[type-arg]
        item = self.atom()
        while self.peek() in ("*", "+", "?", "{"):
            if item[0] in ("start", "end", "repeat"):
                raise BadPattern(f"`{self.peek()}` cannot follow `^`, `$` or another repeat")
            char = self.take()
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(char, (0, 0))
            if char == "{":
                low, high = self.bounds()
            item = ("repeat", item, low, high)
        return item

    def bounds(self) -> tuple[int, int | None]:
        inside = ""
        while self.peek() != "}":
            inside += self.take()
        self.take()
        low, comma, high = inside.partition(",")
        if not _is_count(low) or (high and not _is_count(high)):
            raise BadPattern(f"`{{{inside}}}` is not a count such as {{2}} or {{1,3}}")
        first, last = int(low), (int(high) if high else None) if comma else int(low)
        if first > 1000 or (last is not None and (last < first or last > 1000)):
            raise BadPattern(f"`{{{inside}}}` is not a range of at most 1000")
        return first, last

    def atom(self) -> tuple:  # type: ignore[type-arg]
        char = self.take()
        if char == "(":
            if self.peek() == "?":
                raise BadPattern("`(?` is not part of the subset")
            inner = self.either()
            if self.peek() != ")":
                raise BadPattern("a group is not closed")
            self.take()
            return inner if inner[0] != "repeat" else ("all", [inner])
        if char == "[":
            return self.char_class()
        if char in ")*+?{}]":
            raise BadPattern(f"`{char}` stands alone; write `\\{char}` for the character itself")
        if char == "\\":
            return self.escaped()
        return {".": ("any",), "^": ("start",), "$": ("end",)}.get(char) or ("chars", frozenset(_fold(char)), False)

    def escaped(self) -> tuple:  # type: ignore[type-arg]
        char = self.take()
        if char in _CLASSES:
            return ("chars", _CLASSES[char], False)
        if char.isalnum():
            raise BadPattern(f"`\\{char}` is not part of the subset")
        return ("chars", frozenset(char), False)

    def char_class(self) -> tuple:  # type: ignore[type-arg]
        negated = self.peek() == "^"
        if negated:
            self.take()
        chars: set[str] = set()
        while self.peek() != "]":
            char = self.take()
            if char == "\\":
                chars |= self.escaped()[1]
                continue
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.take()
                last = self.take()
                if last == "\\":
                    last = "".join(self.escaped()[1])
                if len(last) != 1 or not (char.isascii() and last.isascii()) or ord(char) > ord(last):
                    raise BadPattern(f"`{char}-{last if len(last) == 1 else '…'}` is not an ASCII range")
                chars |= {_fold(chr(n)) for n in range(ord(char), ord(last) + 1)}
            else:
                chars.add(_fold(char))
        self.take()
        if not chars:
            raise BadPattern("a class is empty")
        return ("chars", frozenset(chars), negated)


def parsed(pattern: str) -> tuple:  # type: ignore[type-arg]
    """The tree of a pattern, for those who spell it in another language. Raises BadPattern with the reason.

    ``("all", parts)``, ``("either", branches)``, ``("repeat", item, low, high or None)``,
    ``("chars", folded characters, negated)``, ``("any",)``, ``("start",)``, ``("end",)``.
    """
    parser = _Parser(pattern)
    tree = parser.either()
    if parser.peek():
        raise BadPattern("`)` closes no group")
    return tree


@lru_cache(maxsize=512)
def compiled(pattern: str) -> tuple[list[_State], int]:
    """The automaton of a pattern and its first state. Raises BadPattern with the reason."""
    tree = parsed(pattern)
    states: list[_State] = [_State("match")]
    built = 0

    def add(state: _State) -> int:
        if len(states) >= LIMIT:
            raise BadPattern("it is too large")
        states.append(state)
        return len(states) - 1

    def build(node: tuple, out: int) -> int:  # type: ignore[type-arg]
        nonlocal built
        built += 1
        if built > 10 * LIMIT:  # groups without a character make no states, but repeats of them still take time
            raise BadPattern("it is too large")
        kind = node[0]
        if kind == "all":
            for part in reversed(node[1]):
                out = build(part, out)
            return out
        if kind == "either":
            first = build(node[1][0], out)
            for branch in node[1][1:]:
                first = add(_State("split", out=first, other=build(branch, out)))
            return first
        if kind == "repeat":
            return repeat(node[1], node[2], node[3], out)
        if kind == "chars":
            return add(_State("chars", node[1], node[2], out))
        return add(_State(kind, out=out))

    def repeat(item: tuple, low: int, high: int | None, out: int) -> int:  # type: ignore[type-arg]
        if high is None:
            loop = add(_State("split", other=out))
            states[loop].out = build(item, loop)
            first = loop
        else:
            first = out
            for _ in range(high - low):
                first = add(_State("split", out=build(item, first), other=out))
        for _ in range(low):
            first = build(item, first)
        return first

    start = build(tree, 0)
    return states, start


class _Machine:
    """A pattern's automaton that remembers where each set of states goes: a long text costs a look-up a letter."""

    REMEMBERED = 20_000

    def __init__(self, pattern: str) -> None:
        self.states, self.start = compiled(pattern)
        self.known: dict[tuple[frozenset[int], str], frozenset[int] | None] = {}

    def closure(self, held: frozenset[int], *, first: bool, last: bool) -> set[int] | None:
        """The states reached without reading a letter; None where the pattern is found."""
        stack, closed = list(held), set[int]()
        while stack:
            index = stack.pop()
            if index in closed:
                continue
            closed.add(index)
            state = self.states[index]
            if state.kind == "match":
                return None
            if state.kind == "split":
                stack += (state.out, state.other)
            elif (state.kind == "start" and first) or (state.kind == "end" and last):
                stack.append(state.out)
        return closed

    def read(self, held: frozenset[int], char: str, *, first: bool) -> frozenset[int] | None:
        """The states after a letter, the first one too as the pattern may begin anywhere; None where it is found."""
        closed = self.closure(held, first=first, last=False)
        if closed is None:
            return None
        states = [self.states[i] for i in closed]
        return frozenset(
            {self.start}
            | {s.out for s in states if s.kind == "any" or (s.kind == "chars" and (char in s.chars) != s.negated)}
        )

    def found(self, text: str) -> bool:
        """Whether the pattern is found anywhere in a folded text."""
        held: frozenset[int] | None = frozenset({self.start})
        for position, char in enumerate(text):
            assert held is not None
            key = (held, char)
            if position and key in self.known:
                held = self.known[key]
            else:
                held = self.read(held, char, first=position == 0)
                if position:
                    if len(self.known) >= self.REMEMBERED:
                        self.known.clear()
                    self.known[key] = held
            if held is None:
                return True
        assert held is not None
        return self.closure(held, first=not text, last=True) is None


@lru_cache(maxsize=512)
def _machine(pattern: str) -> _Machine:
    return _Machine(pattern)


def search(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return _machine(pattern).found(_fold(text))
