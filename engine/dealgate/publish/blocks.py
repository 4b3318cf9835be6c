"""What a page of the playbook is made of: a few kinds of block, which every format knows how to show.

A page says what is shown; a format says how. So a page is written once, and a format need not know any page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple


class Ref(NamedTuple):
    """A place in the playbook: a page, and an anchor on it (empty: its top)."""

    page: str
    anchor: str = ""


class Span(NamedTuple):
    """A run of text. ``to`` makes it a link. ``mark``: strong, code, small, box (a box to tick, no text) or badge
    (``badge-block`` and so on). ``prose`` is text of a document or ours in which terms may be linked.
    """

    text: str
    to: Ref | None = None
    mark: str = ""
    prose: bool = False


Inline = tuple[Span, ...]


def prose(text: str) -> Inline:
    """Text for reading, on one line, with what stands in backticks as code; empty text is no span."""
    pieces = " ".join(text.split()).split("`")
    if len(pieces) % 2 == 0:
        pieces = ["`".join(pieces)]
    spans = (Span(piece, mark="code") if n % 2 else Span(piece, prose=True) for n, piece in enumerate(pieces))
    return tuple(span for span in spans if span.text)


def plain(text: str) -> Inline:
    """Text in which nothing is linked."""
    return (Span(text),) if text else ()


def link(text: str, page: str, anchor: str = "") -> Inline:
    """A link into the playbook."""
    return (Span(text, Ref(page, anchor)),)


def marked(text: str, mark: str) -> Inline:
    """Text with a mark."""
    return (Span(text, mark=mark),)


BOX: Inline = (Span("", mark="box"),)


def joined(parts: list[Inline], between: str = ", ") -> Inline:
    """Runs of text with something between them."""
    found: list[Span] = []
    for part in parts:
        found += [Span(between), *part] if found else part
    return tuple(found)


def text_of(inline: Inline) -> str:
    """What a run of text says."""
    return "".join(span.text for span in inline)


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph. ``role``: empty, ``lead`` (what opens a page), ``quiet`` or ``screen`` (not on paper), or both."""

    kind: ClassVar[str] = "para"
    text: Inline
    role: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list. ``role``: empty, ``questions`` (to ask aloud) or ``warnings``."""

    kind: ClassVar[str] = "items"
    items: tuple[Inline, ...]
    role: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms and what is said of each, in one or several runs. ``role``: empty or ``glance`` (a band of figures)."""

    kind: ClassVar[str] = "facts"
    rows: tuple[tuple[str, tuple[Inline, ...]], ...]
    role: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; the first cell of a row names it. ``role``: empty ``steady`` (columns of one width
    from table to table), ``figures`` (short cells) or ``sheet`` (with boxes, for a pen).

    ``anchors``: one a row, or none at all.
    """

    kind: ClassVar[str] = "table"
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Inline, ...], ...]
    role: str = ""
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """One thing with a name, a badge, a sentence and facts. ``where`` is the file and line it stands at."""

    kind: ClassVar[str] = "card"
    title: str
    anchor: str = ""
    badge: Inline = ()
    lead: Inline = ()
    facts: Facts = field(default_factory=lambda: Facts(()))
    where: str = ""


class Tick(NamedTuple):
    """A line of a checklist. ``aside`` stands small beside it."""

    text: Inline
    detail: Inline = ()
    aside: Inline = ()


@dataclass(frozen=True, slots=True)
class Ticks:
    """A part of a checklist. ``columns``: how many stand beside each other."""

    kind: ClassVar[str] = "ticks"
    items: tuple[Tick, ...]
    columns: int = 1


class Door(NamedTuple):
    """A way to another page."""

    title: str
    to: Ref
    text: Inline = ()
    above: str = ""


@dataclass(frozen=True, slots=True)
class Doors:
    """Ways to other pages, with a word on each."""

    kind: ClassVar[str] = "doors"
    items: tuple[Door, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing. ``name`` keeps its ids apart from others'."""

    kind: ClassVar[str] = "figure"
    name: str
    drawing: Drawing
    caption: Inline = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """Two drawings of one thing, for a wide and for a narrow page, and what they say; see ``chart``."""

    title: str
    words: str
    wide: Scene
    narrow: Scene


@dataclass(frozen=True, slots=True)
class Scene:
    """Shapes on a ground of so many units; each shape is a tag with attributes, and text or shapes within."""

    width: int
    height: int
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of a drawing. ``to``: where it leads."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    text: str = ""
    inner: tuple[Shape, ...] = ()
    to: Ref | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """Text in Markdown, with ``scheme:target`` links: where each leads stands in ``links``; None leads nowhere here."""

    kind: ClassVar[str] = "article"
    source: str
    links: tuple[tuple[str, Ref | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading."""

    kind: ClassVar[str] = "section"
    title: str
    blocks: tuple[Block, ...]
    anchor: str = ""
    note: Inline = ()


Block = Para | Items | Facts | Table | Card | Ticks | Doors | Figure | Article | Section


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``id`` is its stable name; ``group`` its part of the contents.

    ``paper``: empty, or ``portrait`` or ``landscape`` for one that is meant to be printed on one sheet of A4.
    ``dense``: how tightly a printed sheet has to be set, from 0.
    """

    id: str
    title: str
    group: str
    blocks: tuple[Block, ...]
    above: str = ""
    short: str = ""
    paper: str = ""
    dense: int = 0

    @property
    def named(self) -> str:
        """Its name in the contents."""
        return self.short or self.title
