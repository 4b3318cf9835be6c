"""Markdown on a terminal: links as their words, code as it is typed, and no colour where there is no terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import ClassVar

from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownContext, MarkdownElement, TextElement
from rich.padding import Padding
from rich.text import Text

from ..console import console, written


class _Heading(TextElement):
    """A heading; off a terminal, where it cannot be bold, with a line below it."""

    style_name = "markdown.h2"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text
        if not console.is_terminal:
            yield Text("-" * min(self.text.cell_len, options.max_width))


class _Typed(TextElement):
    """A block of code: indented, without a frame or colours; a long line goes on after a backslash, to be copied."""

    def on_enter(self, context: MarkdownContext) -> None:
        self.text = Text()

    def on_text(self, context: MarkdownContext, text: str | Text) -> None:
        self.text.append(text)

    def on_leave(self, context: MarkdownContext) -> None:
        """There is no style to leave."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        across = max(20, options.max_width - 6)
        for line in self.text.plain.rstrip().split("\n"):
            parts = textwrap.wrap(line, across, break_long_words=False, break_on_hyphens=False, subsequent_indent="  ")
            yield Padding(Text(" \\\n".join(parts)), (0, 0, 0, 4))


class _Page(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements, "heading_open": _Heading, "fence": _Typed, "code_block": _Typed,
    }  # fmt: skip


def on_terminal(markdown: str, across: int) -> str:
    """The lines of a Markdown text, at most ``across`` wide."""
    screen = console()
    page = _Page(markdown)
    for token in _inside(page.parsed):
        if token.type in ("link_open", "link_close"):
            # where a link leads is told below the text: a terminal cannot follow it
            token.type, token.tag, token.attrs = token.type.replace("link", "em"), "em", {}
        elif token.type == "code_inline" and not screen.is_terminal:
            token.content = f"`{token.content}`"
    screen.print(page, width=across)
    return written(screen)


def _inside(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _inside(token.children or [])
