"""Sets the pieces of a document in one layout, each once and in its order."""

from __future__ import annotations

from dataclasses import dataclass, field

from .page import Page, gap
from .pieces import STEP, Level, Piece, Unsettled, cut
from .scalars import block_text, refolded


@dataclass(frozen=True, slots=True)
class Printed:
    """A document in its layout, and the comments it has, in order."""

    text: str
    comments: tuple[str, ...]


def printed(text: str) -> Printed:
    """The layout of a document that parses and is a map or a list. Raises Unsettled."""
    blanked, pieces = cut(text)
    return _Printer(blanked).run(pieces)


@dataclass(slots=True)
class _Printer:
    source: str
    page: Page = field(default_factory=Page)
    previous: Piece | None = None
    end: int = 0
    """Where the piece before ends."""
    open_end: bool = False
    lines_of: list[int] = field(default_factory=list)
    """For each bracket that is open, the indent of the line it stands on."""
    line: int = 0
    """The indent of the line being written, within brackets."""

    def run(self, pieces: list[Piece]) -> Printed:
        for piece in pieces:
            self.set(piece)
        self.between(None, len(self.source))
        return Printed(self.page.text(self.open_end), tuple(self.page.comments))

    def set(self, piece: Piece) -> None:
        if not piece.flow and not self.lines_of:
            self.line = piece.inner
        begins = self.between(piece, piece.start) or self.previous is None
        self.open_end = False
        lines = self.words(piece)
        if begins:
            self.line = self.indent_of(piece) if piece.flow or self.lines_of else self.line
            self.page.begin(self.indent_of(piece), lines[0])
        else:
            self.page.add(_space(self.previous, piece) + lines[0])
        if piece.kind == "block":
            self.below(piece)
        else:
            self.page.value(lines[1:])
            self.end = piece.end
        if piece.kind in ("{", "["):
            self.lines_of.append(self.line)
        elif piece.kind in ("}", "]"):
            self.lines_of.pop()
        self.previous = piece

    def words(self, piece: Piece) -> list[str]:
        """What is written of a piece, as lines; of a block text only its sign."""
        source = self.source[piece.start : piece.end]
        if piece.kind == "block":
            return [""]
        return refolded(source, self.lines_of[-1] + STEP if self.lines_of else piece.inner)

    def below(self, piece: Piece) -> None:
        parent = piece.levels[-1].column if piece.levels else -1
        held = block_text(self.source, piece.start, piece.column, piece.end, parent, piece.inner)
        self.page.add(held.header)
        if held.comment:
            self.page.remark(held.comment, held.column)
        self.page.value(held.lines)
        self.end, self.open_end = held.end, held.open

    def indent_of(self, piece: Piece) -> int:
        """The indent of a piece that begins a line."""
        if self.lines_of:
            return self.lines_of[-1] + (0 if piece.kind in ("}", "]") else STEP)
        return piece.levels[-1].indent if piece.leads else piece.inner

    def between(self, piece: Piece | None, start: int) -> bool:
        """Sets what stands before a piece (None: the end); whether it begins a line."""
        found = gap(self.source, self.end, start)
        if found is None:
            raise Unsettled("something that is neither a value nor a comment")
        if found.remark:
            self.page.remark(*found.remark)
        for comment, column in found.rows:
            if comment:
                self.page.note(self.beside(piece, column), comment)
            else:
                self.page.space()
        return found.breaks

    def beside(self, piece: Piece | None, column: int) -> int:
        """The indent of a comment that stood in a column: that of what comes after it, or, where it stood deeper, that
        of the block above that it ends."""
        if self.lines_of:
            return self.lines_of[-1] + STEP
        after = self.indent_of(piece) if piece else 0
        if column <= (piece.column if piece else 0) or self.previous is None:
            return after
        open_levels = [(level.column, level.indent) for level in self.previous.levels]
        if self.previous.kind in (":", "-") and open_levels:
            above = self.previous.levels[-1]
            open_levels.append((above.column + 1, above.indent + STEP))  # what has no value may have a comment instead
        return max([after, *(indent for held, indent in open_levels if held <= column)])


def _space(previous: Piece | None, piece: Piece) -> str:
    """What stands between two pieces on one line."""
    before = previous.kind if previous else ""
    if piece.kind == ":" or before in ("{", "["):
        return ""
    if piece.kind in (",", "}", "]") and before != ":":
        return ""
    return " "


__all__ = ["Level", "Printed", "Unsettled", "printed"]
