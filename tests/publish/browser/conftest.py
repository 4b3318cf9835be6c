"""A published playbook and a browser to read it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import absent
from tests.publish.browser.chromium import WIDTHS, browser, program
from tests.publish.playbooks import book_of, hostile

from dealgate.cli.publishing import known_commands
from dealgate.documents.load import load, load_learn
from dealgate.publish.book import Change, Changes
from dealgate.publish.brand import Brand
from dealgate.publish.folder import write
from dealgate.publish.make import book, published

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><path d="M0 30L45 0l45 30z" fill="#0a3d62"/></svg>'


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, or a skip with its reason."""
    path = program()
    if path is None:
        absent("chromium", "no Chromium here: apt-get install chromium")
    with browser(str(path)) as found:
        yield found


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Playbooks: ``site`` and ``file`` are whole; ``few`` has every kind of page of three stages; ``hostile`` is that."""
    folder = tmp_path_factory.mktemp("playbook")
    logo = folder / "logo.svg"
    logo.write_text(LOGO, encoding="utf-8")
    loaded = load("practical")
    changes = Changes(
        "version 0.9.0",
        (
            Change("tightened", "Close", "It falls."),
            Change("loosened", "Qualification", "It rises.", "a.yaml:9", "Why not"),
        ),
        "Major.",
    )
    made = book(
        loaded,
        learn=load_learn().learn,
        commands=known_commands(),
        base=changes,
        since=changes,
        as_of=date(2026, 11, 23),
    )
    for form in ("site", "file"):
        write(folder / form, published(made, Brand("Acme", logo, {"accent": "#0a3d62"}), form)[0])
    process = made.process
    small = replace(made, process=process.replace(stages=(*process.stages[:2], process.stages[-1])))
    write(folder / "few", published(small, Brand("Acme", logo), "site")[0])
    write(folder / "few-file", published(small, Brand("Acme", logo), "file")[0])
    write(folder / "hostile", published(book_of(hostile(folder)), Brand("<b>Acme</b> עברית"), "site")[0])
    return folder


Opened = Callable[..., Any]


@pytest.fixture
def opened(chromium: Any) -> Iterator[Opened]:
    """Opens a file at a width and in a scheme. Whatever the page asks for or complains of fails the test at its end."""
    contexts, told = [], []

    def open_(file: Path, width: int = 1280, scheme: str = "light") -> Any:
        context = chromium.new_context(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("requestfailed", lambda request: told.append(f"failed: {request.url}"))
        page.on(
            "request",
            lambda request: request.url.startswith(("file:", "data:")) or told.append(f"asked: {request.url}"),
        )
        page.goto(file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert told == []
