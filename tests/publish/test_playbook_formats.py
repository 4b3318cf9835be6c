"""The forms of a playbook: whole, the same every time, and safe with any text."""

from __future__ import annotations

import os
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.publish.playbooks import BUNDLED, HOSTILE, Read, book_of, hostile, made

from dealgate.cli.publishing import known_commands
from dealgate.documents.load import load_learn
from dealgate.publish.brand import Brand
from dealgate.publish.formats import formats
from dealgate.publish.make import published

CHECKOUT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).with_name("golden-small.md")
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20"/></svg>'


def whole(name: str, form: str) -> dict[str, bytes]:
    """With everything that the command puts in."""
    found = book_of(name, learn=load_learn().learn, commands=known_commands(), as_of=date(2026, 11, 23))
    return published(found, Brand("Acme"), form)[0]


def test_there_are_three_forms() -> None:
    assert formats() == ["file", "markdown", "site"]


@pytest.mark.parametrize("form", formats())
@pytest.mark.parametrize("name", BUNDLED)
def test_the_same_book_gives_the_same_bytes(name: str, form: str) -> None:
    assert made(name, form) == made(name, form)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_link_of_the_site_leads_to_a_page_and_a_place_that_are_there(name: str) -> None:
    files = whole(name, "site")
    read = {file: Read(data.decode()) for file, data in files.items() if file.endswith(".html")}
    for file, page in read.items():
        assert len(page.ids) == len(set(page.ids)), file
        for href in [*page.hrefs, *page.sources]:
            target, _, anchor = href.partition("#")
            assert (target or file) in files, (file, href)
            assert not anchor or anchor in read[target or file].ids, (file, href)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_link_of_the_one_file_leads_to_a_place_in_it_and_nothing_is_asked_for(name: str) -> None:
    (text,) = whole(name, "file").values()
    page = Read(text.decode())
    assert len(page.ids) == len(set(page.ids))
    assert [h for h in page.hrefs if not (h.startswith("#") and h[1:] in page.ids)] == []
    assert page.sources == []
    assert "script" not in page.tags
    # the one address is the name of SVG
    assert set(re.findall(r"https?://[^\s\"'<>)]+", text.decode())) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(", text.decode())


@pytest.mark.parametrize("name", BUNDLED)
def test_every_link_of_the_markdown_leads_to_a_page_and_a_place_that_are_there(name: str) -> None:
    files = {file: data.decode() for file, data in whole(name, "markdown").items()}
    seen = 0
    for file, text in files.items():
        for href in re.findall(r"(?<!\\)\]\(([^)]+)\)", text):
            target, _, anchor = href.partition("#")
            assert (target or file) in files, (file, href)
            assert not anchor or f'<a id="{anchor}"></a>' in files[target or file], (file, href)
            seen += 1
    assert seen > 50


@pytest.mark.parametrize("name", BUNDLED)
def test_headings_are_in_order_and_a_page_has_one_title(name: str) -> None:
    for file, data in whole(name, "site").items() | whole(name, "file").items():
        if file.endswith(".html"):
            levels = Read(data.decode()).headings
            assert levels[0] == 1 and levels.count(1) == 1, file
            assert all(after <= before + 1 for before, after in pairwise(levels)), (file, levels)


def test_the_one_file_holds_all_that_the_site_holds() -> None:
    (text,) = made("practical", "file").values()
    said = Read(text.decode()).text
    for file, data in made("practical", "site").items():
        if file.endswith(".html"):
            main = Read(re.search(r"<main.*?>(.*?)(?:<nav class=\"turn\".*)?</main>", data.decode(), re.S)[1])  # type: ignore[index]
            assert main.text in said, file


def test_a_small_process_in_markdown_is_as_it_was_read() -> None:
    here = Path.cwd()
    os.chdir(CHECKOUT)
    try:
        files = made(Path("examples/small/small.yaml"), "markdown", as_of=date(2026, 11, 23))
    finally:
        os.chdir(here)
    text = "\n".join(f"<!-- {file} -->\n{data.decode()}" for file, data in files.items() if file.endswith(".md"))
    if os.environ.get("DEALGATE_GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["site", "file"])
def test_hostile_text_is_shown_and_does_nothing(form: str, tmp_path: Path) -> None:
    for file, data in made(hostile(tmp_path), form).items():
        if file.endswith(".html"):
            page = Read(data.decode())
            assert not {"script", "img", "iframe"} & set(page.tags), file
            assert not any(":" in href for href in page.hrefs), file
    text = Read(made(hostile(tmp_path), "file")["playbook.html"].decode()).text
    for one in HOSTILE:
        assert " ".join(one.replace("`", "").split()) in text.replace("`", ""), one


def test_hostile_text_means_nothing_to_markdown(tmp_path: Path) -> None:
    from markdown_it import MarkdownIt

    files = made(hostile(tmp_path), "markdown")
    for file, data in files.items():
        if file.endswith(".md"):
            html = MarkdownIt("commonmark", {"html": True}).enable("table").render(data.decode())
            page = Read(html)
            assert not {"script", "img"} & set(page.tags) - ({"img"} if file == "index.md" else set()), file
            assert not any(href.startswith("javascript:") for href in page.hrefs), file
            assert set(re.findall(r"<a id=", html)) <= {"<a id="}
    assert "stage-stage-0.md" in files


@pytest.mark.parametrize("name", BUNDLED)
def test_the_drawing_of_the_markdown_is_xml_with_a_title_and_words(name: str, tmp_path: Path) -> None:
    for source in (name, hostile(tmp_path)):
        root = ElementTree.fromstring(made(source, "markdown")["process.svg"])  # noqa: S314
        space = "{http://www.w3.org/2000/svg}"
        assert root.tag == f"{space}svg"
        assert root.findtext(f"{space}title") and root.findtext(f"{space}desc")
        assert not list(root.iter(f"{space}a"))


def test_the_logo_is_a_file_of_the_site_and_part_of_the_one_file(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_bytes(LOGO)
    site = made("practical", "site", Brand("Acme", logo))
    assert site["logo.svg"] == LOGO
    assert '<img class="logo" src="logo.svg" alt="Acme">' in site["index.html"].decode()
    (text,) = made("practical", "file", Brand("Acme", logo)).values()
    sources = Read(text.decode()).sources
    assert len(sources) == 1 and sources[0].startswith("data:image/svg+xml;base64,")


def test_the_name_of_the_client_is_on_every_page() -> None:
    for file, data in made("practical", "site", Brand("Acme & Söhne")).items():
        if file.endswith(".html"):
            assert "Acme & Söhne" in Read(data.decode()).text


def test_the_date_is_the_one_that_was_asked_for_and_none_is_shown_without() -> None:
    assert "23 Nov 2026" in Read(made("practical", "site", as_of=date(2026, 11, 23))["index.html"].decode()).text
    assert "As of" not in Read(made("practical", "site")["index.html"].decode()).text
