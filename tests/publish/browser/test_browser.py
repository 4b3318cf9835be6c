"""The playbook in a real browser: on a desk and on a phone, by day and by night, by keyboard, and on paper."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from tests.publish.browser.chromium import SCHEMES, WIDTHS
from tests.publish.browser.conftest import Opened
from tests.publish.browser.looks import violations
from tests.publish.playbooks import BUNDLED, made

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chromium")]

LOOKS = [(width, scheme) for width in WIDTHS for scheme in SCHEMES]


def kinds(site: Path) -> list[Path]:
    """A page of each kind: those that differ only in what comes after the hyphen are one."""
    found: dict[str, Path] = {}
    for page in sorted((site / "few").glob("*.html")):
        found.setdefault(page.stem.partition("-")[0], page)
    return list(found.values())


def test_every_kind_of_page_is_there(site: Path) -> None:
    names = {page.stem.partition("-")[0] for page in kinds(site)}
    assert names >= {
        "index", "lead", "stage", "outcomes", "framework", "criteria", "metrics", "governance", "differences", "changes",
        "glossary", "checklist", "sheet", "article", "articles",
    }  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_no_page_scrolls_sideways_asks_for_anything_or_complains(
    site: Path, opened: Opened, width: int, scheme: str
) -> None:
    files = [*(site / "site").glob("*.html"), *(site / "file").glob("*.html"), *(site / "hostile").glob("*.html")]
    page = opened(files[0], width, scheme)
    for file in files:
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), file.name
        # nothing is cut off either: no text is wider than what holds it
        wide = page.evaluate(
            "[...document.querySelectorAll('main h1, main h2, main h3, main p, main dd, main td, main tbody th, main li')]"
            ".filter(e => e.getClientRects().length && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display != 'inline')"
            ".map(e => e.outerHTML.slice(0, 200))"
        )
        assert wide == [], file.name


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_on_any_kind_of_page(site: Path, opened: Opened, width: int, scheme: str) -> None:
    page = opened(kinds(site)[0], width, scheme)
    for file in [
        *kinds(site),
        site / "hostile" / "index.html",
        site / "hostile" / "stage-stage-4.html",
    ]:
        page.goto(file.as_uri())
        assert violations(page) == [], file.name


def test_axe_finds_nothing_on_the_one_file(site: Path, opened: Opened) -> None:
    assert violations(opened(site / "few-file" / "playbook.html")) == []


def test_axe_finds_nothing_with_the_contents_unfolded_on_a_phone(site: Path, opened: Opened) -> None:
    page = opened(site / "site" / "index.html", 390)
    page.locator(".menu summary").click()
    assert page.locator(".menu nav").is_visible()
    assert violations(page) == []


def test_the_first_tab_skips_to_the_content(site: Path, opened: Opened) -> None:
    page = opened(site / "site" / "stage-close.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_link_and_the_contents_are_reached_by_tab_and_can_be_seen(site: Path, opened: Opened) -> None:
    page = opened(site / "site" / "index.html")
    seen = set()
    for _ in range(page.locator("a:visible, summary:visible").count() + 2):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.getAttribute('href')"))
        marked = (
            "document.activeElement == document.body || getComputedStyle(document.activeElement).outlineStyle != 'none'"
        )
        assert page.evaluate(marked)
    wanted = page.evaluate(
        "[...document.querySelectorAll('a')].filter(a => a.checkVisibility()).map(a => a.getAttribute('href'))"
    )
    assert set(wanted) <= seen


def test_the_contents_unfold_by_keyboard_on_a_phone(site: Path, opened: Opened) -> None:
    page = opened(site / "site" / "index.html", 390)
    page.locator(".menu summary").focus()
    page.keyboard.press("Enter")
    page.locator(".menu nav a", has_text="Glossary").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"glossary\.html"))
    assert page.locator("h1").inner_text() == "Glossary"


def test_the_map_fits_its_page_and_its_text_can_be_read(site: Path, opened: Opened) -> None:
    for width in WIDTHS:
        page = opened(site / "site" / "index.html", width)
        shown = page.locator("svg.map:visible")
        assert shown.count() == 1
        sizes = shown.locator("text").evaluate_all(
            "(all) => all.map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
        )
        assert min(sizes) >= 10.5, width
        boxes = shown.locator("a, g").evaluate_all(
            "(all) => all.flatMap(g => { const r = g.querySelector('rect'); if (!r) return []; const b = r.getBBox();"
            " return [...g.querySelectorAll('text')].filter(t => { const x = t.getBBox(); return x.x < b.x || x.x + x.width > b.x + b.width"
            " || x.y < b.y || x.y + x.height > b.y + b.height }).map(t => t.textContent) })"
        )
        assert boxes == [], width


def test_the_map_of_hostile_titles_stays_in_its_boxes(site: Path, opened: Opened) -> None:
    page = opened(site / "hostile" / "index.html", 390)
    inside = page.locator("svg.map:visible a").evaluate_all(
        "(all) => all.every(g => { const b = g.querySelector('rect').getBBox();"
        " return [...g.querySelectorAll('text')].every(t => t.getBBox().width <= b.width) })"
    )
    assert inside


def test_a_stage_of_the_map_leads_to_its_page(site: Path, opened: Opened) -> None:
    page = opened(site / "site" / "index.html")
    page.locator("svg.map:visible a", has_text="Proposal").click()
    page.wait_for_url(re.compile(r"stage-proposal\.html"))


def test_dark_is_dark_and_light_is_light(site: Path, opened: Opened) -> None:
    grounds = {}
    for scheme in SCHEMES:
        page = opened(site / "site" / "index.html", 1280, scheme)
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert grounds == {"light": "rgb(253, 252, 249)", "dark": "rgb(20, 24, 27)"}


def printed(page: Any) -> PdfReader:
    return PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_checklist_and_score_sheet_is_one_sheet_of_a4(site: Path, opened: Opened, scheme: str) -> None:
    files = [*sorted((site / "site").glob("checklist-*.html")), *sorted((site / "site").glob("sheet-*.html"))]
    assert len(files) >= 8
    page = opened(files[0], 1280, scheme)
    for file in files:
        page.goto(file.as_uri())
        pdf = printed(page)
        assert len(pdf.pages) == 1, file.name
        box = pdf.pages[0].mediabox
        size = sorted((round(float(box.width)), round(float(box.height))))
        assert size == [595, 842], file.name
        assert (box.width > box.height) is file.name.startswith("sheet"), file.name
        # what is meant for a screen alone is not on paper
        assert "In full" not in pdf.pages[0].extract_text() and "Contents" not in pdf.pages[0].extract_text()


@pytest.mark.parametrize("name", BUNDLED)
def test_every_sheet_of_every_process_that_ships_is_one_sheet(name: str, opened: Opened, tmp_path: Path) -> None:
    sheets = {
        file: data for file, data in made(name, "site").items() if file.startswith(("checklist", "sheet", "style"))
    }
    for file, data in sheets.items():
        (tmp_path / file).write_bytes(data)
    page = opened(tmp_path / min(sheets))
    for file in sorted(sheets.keys() - {"style.css"}):
        page.goto((tmp_path / file).as_uri())
        assert len(printed(page).pages) == 1, file


def test_a_long_checklist_still_is_one_sheet(opened: Opened, tmp_path: Path) -> None:
    from tests.publish.playbooks import loaded_from

    from dealgate.publish.brand import Brand
    from dealgate.publish.make import book, published

    loaded = loaded_from("practical")
    process = loaded.need()
    stage = process.open_stages[2]
    asked = [k for k in stage.exit if k.part == "exit"]
    more = tuple(k.replace(id=f"{k.id}-{n}") for n in range(4) for k in asked)
    longer = process.replace(stages=tuple(stage.replace(exit=more) if s is stage else s for s in process.stages))
    made = replace(book(loaded), process=longer)
    for name, data in published(made, Brand(), "site")[0].items():
        (tmp_path / name).write_bytes(data)
    assert len(more) == 20
    assert len(printed(opened(tmp_path / f"checklist-{stage.id}.html")).pages) == 1


def test_a_printed_stage_is_dark_on_white_without_the_contents(site: Path, opened: Opened) -> None:
    page = opened(site / "site" / "stage-qualification.html", 1280, "dark")
    text = "\n".join(one.extract_text() for one in printed(page).pages)
    assert "The buyer has stated a problem" in text and "What data to capture" in text
    assert "Score sheet:" not in text and "Skip to the content" not in text
    page.emulate_media(media="print", color_scheme="dark")
    colours = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert colours == ["rgb(17, 17, 17)", "rgb(255, 255, 255)"]
    assert not page.locator("nav:visible").count()


def test_the_one_file_prints_every_page_from_its_own_sheet(site: Path, opened: Opened) -> None:
    page = opened(site / "file" / "playbook.html")
    pdf = printed(page)
    articles = page.locator("main > article").count()
    assert len(pdf.pages) >= articles
    landscape = [one for one in pdf.pages if one.mediabox.width > one.mediabox.height]
    assert len(landscape) == page.locator("article.landscape").count()
