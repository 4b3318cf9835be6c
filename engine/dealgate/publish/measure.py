"""How wide text is, near enough to break it into lines where nothing else will."""

from __future__ import annotations

from unicodedata import category, east_asian_width

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}·-–’ ")
_BROAD = frozenset("mwMW@%—…")


def width_of(text: str, size: float) -> float:
    """About how many pixels text takes in a sans-serif of a size, a little on the safe side."""
    return sum(_em(char) for char in text) * size


def _em(char: str) -> float:
    if category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if east_asian_width(char) in ("W", "F"):
        return 1.1
    if char in _NARROW:
        return 0.34
    if char in _BROAD:
        return 0.92
    return 0.7 if char.isupper() else 0.58


def lines_of(text: str, width: float, size: float, most: int) -> list[str]:
    """Text broken into at most so many lines of a width; a word too long is cut, and what is left over ends in "…"."""
    lines: list[str] = []
    line = ""
    for word in " ".join(text.split()).split(" "):
        tried = f"{line} {word}".strip()
        if width_of(tried, size) <= width:
            line = tried
            continue
        if line:
            lines.append(line)
        line = word
        while width_of(line, size) > width and len(line) > 1:
            cut = len(line) - 1
            while cut > 1 and width_of(line[:cut], size) > width:
                cut -= 1
            lines.append(line[:cut])
            line = line[cut:]
    lines.append(line)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width_of(last + "…", size) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + "…"]
