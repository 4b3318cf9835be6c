"""The words of the field: each linked where it first stands on a page, and explained on a page of their own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .blocks import (
    Block,
    Card,
    Facts,
    Inline,
    Items,
    Page,
    Para,
    Ref,
    Section,
    Span,
    Table,
    prose,
)

FILE = Path(__file__).with_name("glossary.toml")
PAGE = "glossary"


class Term(NamedTuple):
    """A word with what it means and how else it is spelled."""

    id: str
    title: str
    says: str
    also: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    """Words before which the spelling is another word: ``leads to``."""


@cache
def terms() -> tuple[Term, ...]:
    """Every term, by title."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["term"]
    made = [
        Term(one["id"], one["title"], one["says"], tuple(one.get("also", ())), tuple(one.get("not_before", ())))
        for one in found
    ]
    return tuple(sorted(made, key=lambda term: term.title.casefold()))


@cache
def _spelled() -> tuple[re.Pattern[str], dict[str, Term]]:
    known = {spelling.casefold(): term for term in terms() for spelling in (term.title, *term.also)}
    longest = sorted(known, key=lambda spelling: (-len(spelling), spelling))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])", re.I), known


class _Linker:
    """Links terms over one page; each the first time."""

    def __init__(self) -> None:
        self.seen: dict[str, Term] = {}

    def inline(self, inline: Inline) -> Inline:
        """The same text, with links where a term first stands."""
        if not any(span.prose for span in inline):
            return inline
        return tuple(piece for span in inline for piece in (self.span(span) if span.prose else (span,)))

    def span(self, span: Span) -> list[Span]:
        """One run of prose in pieces."""
        pattern, known = _spelled()
        found: list[Span] = []
        at = 0
        for match in pattern.finditer(span.text):
            term = known[match[0].casefold()]
            following = span.text[match.end() :].split()
            if term.id in self.seen or (following and following[0].casefold() in term.not_before):
                continue
            self.seen[term.id] = term
            found += [Span(span.text[at : match.start()], mark=span.mark)] if match.start() > at else []
            found.append(Span(match[0], Ref(PAGE, term.id), "term"))
            at = match.end()
        return [*found, Span(span.text[at:], mark=span.mark)] if at < len(span.text) else found

    def block(self, block: Block) -> Block:
        """A block with its prose linked."""
        match block:
            case Para():
                return replace(block, text=self.inline(block.text))
            case Items():
                return replace(block, items=tuple(map(self.inline, block.items)))
            case Facts():
                return replace(block, rows=tuple((head, tuple(map(self.inline, body))) for head, body in block.rows))
            case Table():
                return replace(block, rows=tuple(tuple(map(self.inline, row)) for row in block.rows))
            case Card():
                facts = self.block(block.facts)
                assert isinstance(facts, Facts)
                return replace(block, lead=self.inline(block.lead), facts=facts)
            case Section():
                return replace(block, blocks=tuple(map(self.block, block.blocks)))
        return block


def linked(pages: Iterable[Page]) -> tuple[list[Page], list[Term]]:
    """The pages with terms linked, and the terms that they use, with those that their meanings use.

    A sheet for a pen has no links.
    """
    made, used = [], dict[str, Term]()
    for page in pages:
        if page.paper:
            made.append(page)
            continue
        linker = _Linker()
        made.append(replace(page, blocks=tuple(map(linker.block, page.blocks))))
        used.update(linker.seen)
    waiting = list(used.values())
    while waiting:
        term = waiting.pop()
        linker = _Linker()
        linker.inline(prose(term.says))
        waiting += [one for one in linker.seen.values() if one.id not in used]
        used.update(linker.seen)
    return made, [term for term in terms() if term.id in used]


def glossary_page(used: list[Term]) -> Page | None:
    """What each term that occurs means; None where none does."""
    if not used:
        return None
    cards = []
    for term in used:
        linker = _Linker()
        linker.seen[term.id] = term
        cards.append(Card(term.title, term.id, (), linker.inline(prose(term.says))))
    return Page(
        PAGE,
        "Glossary",
        "Reference",
        (Para(prose("The words of this playbook, and what they mean here."), "lead"), *cards),
    )
