"""A folder of Markdown pages, for a wiki or a repository: start with ``index.md``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..blocks import Article, Block, Card, Doors, Facts, Figure, Inline, Items, Page, Para, Ref, Section, Table, Ticks
from ..brand import Look
from ..html import grouped
from ..style import style
from ..svg import printed


def make(pages: list[Page], look: Look) -> dict[str, bytes]:
    """A file a page, and each drawing beside them."""
    found: dict[str, bytes] = {}
    for page in pages:
        printer = _Printer(page, look)
        lines = [f"# {_safe(page.title)}", ""]
        if page.above and page.id != "index":
            lines = [_safe(page.above), "", *lines]
        for block in page.blocks:
            lines += printer.block(block, 2)
        if page.id == "index":
            lines += printer.contents(pages)
        lines += ["---", "", _safe(" · ".join((*((look.name,) if look.name else ()), *look.colophon)))]
        found[f"{page.id}.md"] = (re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n").encode()
        found.update(printer.drawings)
    return found


class _Printer:
    """Prints the blocks of one page."""

    def __init__(self, page: Page, look: Look) -> None:
        self.page, self.look = page, look
        self.drawings: dict[str, bytes] = {}

    def href(self, to: Ref) -> str:
        """A link's target."""
        anchor = f"#{to.anchor}" if to.anchor else ""
        return anchor if to.page == self.page.id and anchor else f"{to.page}.md{anchor}"

    def inline(self, inline: Inline) -> str:
        """A run of text on one line."""
        return "".join(self._span(text, to, mark) for text, to, mark, _ in inline)

    def _span(self, text: str, to: Ref | None, mark: str) -> str:
        if to is not None:
            return f"[{_safe(text)}]({self.href(to)})"
        if mark == "box":
            return "☐"
        if mark == "code":
            fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
            pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
            return f"{fence}{pad}{' '.join(text.split())}{pad}{fence}".replace("|", "\\|")
        if mark == "strong" or mark.startswith("badge"):
            return f"**{_safe(text.strip())}**" + " " * text.endswith(" ")
        return _safe(text)

    def block(self, block: Block, level: int) -> Iterator[str]:
        """A block's lines, an empty one last."""
        match block:
            case Para():
                yield from (_line(self.inline(block.text)), "")
            case Items():
                yield from (*(f"- {_line(self.inline(item))}" for item in block.items), "")
            case Facts():
                yield from (*self._facts(block), "")
            case Table():
                yield from (*self._table(block), "")
            case Card():
                yield from self._card(block, level)
            case Ticks():
                yield from (*self._ticks(block), "")
            case Doors():
                for door in block.items:
                    above = f" ({_safe(door.above)})" if door.above else ""
                    yield f"- [{_safe(door.title)}]({self.href(door.to)}){above}: {self.inline(door.text)}"
                yield ""
            case Figure():
                yield from self._figure(block)
            case Article():
                yield from (self._article(block), "")
            case Section():
                yield from _heading(level, block.title, block.anchor)
                for inner in block.blocks:
                    yield from self.block(inner, level + 1)

    def _facts(self, block: Facts) -> Iterator[str]:
        for head, bodies in block.rows:
            yield f"- **{_safe(head)}**: {' '.join(self.inline(body) for body in bodies)}"

    def _table(self, block: Table) -> Iterator[str]:
        yield f"| {' | '.join(_safe(head) for head in block.head)} |"
        yield f"|{'|'.join('---' for _ in block.head)}|"
        anchors = block.anchors or ("",) * len(block.rows)
        for anchor, row in zip(anchors, block.rows, strict=True):
            cells = [self.inline(cell) for cell in row]
            yield f"| {_anchor(anchor)}{' | '.join(cells)} |"

    def _card(self, block: Card, level: int) -> Iterator[str]:
        yield from _heading(level, block.title, block.anchor)
        said = " ".join(part for part in (self.inline(block.badge), self.inline(block.lead)) if part)
        if said:
            yield from (said, "")
        if block.facts.rows:
            yield from (*self._facts(block.facts), "")
        if block.where:
            yield from (self._span(block.where, None, "code"), "")

    def _ticks(self, block: Ticks) -> Iterator[str]:
        for item in block.items:
            aside = f" ({self.inline(item.aside)})" if item.aside else ""
            yield f"- [ ] {self.inline(item.text)}{aside}"
            if item.detail:
                yield f"  {self.inline(item.detail)}"

    def _figure(self, block: Figure) -> Iterator[str]:
        name = f"{block.name}.svg"
        css = style(self.look).replace("</", "<\\/")
        drawn = printed(
            block.drawing, block.drawing.wide, block.name, "map wide", None, f"<style>{_for_svg(css)}</style>"
        )
        self.drawings[name] = (drawn + "\n").encode()
        yield from (f"![{_safe(block.drawing.title)}]({name})", "", _safe(block.drawing.words), "")

    def _article(self, block: Article) -> str:
        text = block.source
        for target, to in block.links:
            found = re.escape(target)
            if to is None:
                text = re.sub(rf"\[([^\]]*)\]\(\s*{found}\s*\)", r"\1", text)
            else:
                place = rf"(?<=\(){found}(?=[\s)])|(?<=<){found}(?=>)|(?<=\]: ){found}\b"
                text = re.sub(place, self.href(to).replace("\\", r"\\"), text)
        return text

    def contents(self, pages: Iterable[Page]) -> Iterator[str]:
        """Every page, by its part."""
        yield from ("## Contents", "")
        for group, found in grouped(list(pages)):
            yield from (f"**{group}**", "")
            yield from (*(f"- [{_safe(page.named)}]({page.id}.md)" for page in found), "")


def _for_svg(css: str) -> str:
    """The rules that a drawing needs: its variables and its own classes."""
    rules = re.findall(r"^:root \{.*\}$|^@media \(prefers-color-scheme: dark\) \{ :root .*$|^\.m-.*$", css, re.M)
    return "".join((*rules, ".map { font-family: system-ui, sans-serif; background: var(--paper); }"))


def _heading(level: int, title: str, anchor: str) -> Iterator[str]:
    yield from (f"{'#' * min(level, 6)} {_anchor(anchor)}{_safe(title)}", "")


def _anchor(name: str) -> str:
    return f'<a id="{name}"></a>' if name else ""


_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")


def _safe(text: str) -> str:
    """Text on one line in which nothing means anything to Markdown."""
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text))


def _line(text: str) -> str:
    """A line that begins no heading, list or rule."""
    return re.sub(
        r"^(\s*)(?:([#+=-])|(\d+)([.)]))", lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", text
    )
