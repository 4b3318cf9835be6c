"""Playbooks for tests: books of processes, and a reader of HTML that is stricter than a browser."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from dealgate.bundled import bundled
from dealgate.documents.load import Loaded, load
from dealgate.publish.blocks import Page
from dealgate.publish.book import Book
from dealgate.publish.brand import Brand
from dealgate.publish.make import book, published
from dealgate.publish.pages import pages

BUNDLED = sorted(p.stem for p in (bundled("rules") / "processes").glob("*.yaml") if not p.stem.endswith(".test"))
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


@cache
def loaded_from(reference: str | Path) -> Loaded:
    return load(reference)


def book_of(reference: str | Path, **more: object) -> Book:
    loaded = loaded_from(reference)
    assert loaded.holds, loaded.diagnostics
    return book(loaded, **more)  # type: ignore[arg-type]


def made(reference: str | Path, form: str, brand: Brand | None = None, **more: object) -> dict[str, bytes]:
    return published(book_of(reference, **more), brand or Brand(), form)[0]


def page_of(found: Book, name: str) -> Page:
    return next(page for page in pages(found) if page.id == name)


class Read(HTMLParser):
    """What a page holds. Every element has to be closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.headings: list[int] = []
        self._texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if held.get("id"):
            self.ids.append(str(held["id"]))
        if tag == "a" and "href" in held:
            self.hrefs.append(str(held["href"]))
        self.sources += [str(held[key]) for key in ("src", "srcset", "data", "action", "poster") if held.get(key)]
        if tag == "link":
            self.sources.append(str(held["href"]))
        assert not any(key.startswith("on") for key in held), held

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self._texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts).split())


HOSTILE = (
    "<script>alert(1)</script>", "</title></style><img src=x onerror=alert(1)>", 'quotes " and \' and & and {{ 7*7 }} {% x %}',
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsdebatte" * 2, "עברית ואז English 123", "👩‍👩‍👧‍👦 🎯 mixed",
    "مرحبا | العالم",  "| pipe | `tick` **bold** [link](javascript:alert(1))",
)  # fmt: skip


def hostile(folder: Path) -> Path:
    """A process in which every prose is hostile."""

    def said(n: int) -> str:
        text = HOSTILE[n % len(HOSTILE)]
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    stages = "".join(
        f"""
  - id: stage-{n}
    title: {said(n)}
    objective: {said(n + 1)}
    owner: {said(n + 2)}
    max_age: {7 + n} days
    category: pipeline
    probability: {10 * n + 5}%
    capture: [{{field: own_{n}, fix: {said(n + 3)}}}]
    exit:
      - id: one
        title: {said(n + 4)}
        check: {{field: own_{n}, contains: {said(n + 5)}}}
        proof: {said(n + 6)}
        fix: {said(n + 7)}
        coach: {said(n)}
    health: [conversion]
    coaching: [{said(n + 1)}]
    failure_patterns: [{said(n + 2)}]"""
        for n in range(len(HOSTILE))
    )
    fields = "".join(
        f"\n  own_{n}: {{type: text, title: {said(n)}, description: {said(n + 1)}}}" for n in range(len(HOSTILE))
    )
    text = f"""kind: process/v1
id: hostile
title: {said(0)}
description: {said(1)}
version: 1.0.0
owner: {said(2)}
currency: USD
fields:{fields}
stages:{stages}
outcomes:
  lost: {{reasons: [{{id: price, title: {said(0)}, counts_as: lost}}]}}
overrides: {{reasons: [a-reason], expires: 14 days, approvers: [{{role: manager}}]}}
"""
    path = folder / "hostile.yaml"
    path.write_text(text, encoding="utf-8")
    return path
