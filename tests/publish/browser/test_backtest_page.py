"""The backtest as a page, in a browser: axe finds nothing, nothing scrolls sideways, and no text is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import AS_OF, dealgate
from tests.publish.browser.chromium import SCHEMES, WIDTHS
from tests.publish.browser.conftest import Opened
from tests.publish.browser.looks import drawings_of_a_sound

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chromium")]


@pytest.fixture(scope="module")
def page_of_it(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backtest")
    deals, out = folder / "company.jsonl", folder / "backtest.html"
    assert dealgate("demo", "--deals", "600", *AS_OF, "--save", deals).code == 0
    words = ("--method", "evidence", "--periods", "6", "--at", "day1,-14d", "--output", "html", "--out", out)
    made = dealgate("forecast", "backtest", deals, *AS_OF, *words)
    assert made.code == 0, made.err
    return out


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_the_page_and_nothing_scrolls_sideways(
    page_of_it: Path, opened: Opened, width: int, scheme: str
) -> None:
    page = opened(page_of_it, width, scheme)
    assert drawings_of_a_sound(page) == 4


@pytest.mark.parametrize("width", WIDTHS)
def test_every_word_of_a_drawing_lies_in_it_and_on_no_other(page_of_it: Path, opened: Opened, width: int) -> None:
    page = opened(page_of_it, width)
    outside = page.evaluate(
        "[...document.querySelectorAll('svg')].filter(e => e.getClientRects().length).flatMap(svg => {"
        " const box = svg.getBoundingClientRect(), words = [...svg.querySelectorAll('text')];"
        " const seen = words.map(t => t.getBoundingClientRect());"
        " return words.filter((t, n) => seen[n].left < box.left || seen[n].right > box.right || seen[n].bottom > box.bottom"
        "  || seen.some((o, m) => m != n && seen[n].left < o.right && o.left < seen[n].right"
        "   && seen[n].top < o.bottom - 3 && o.top < seen[n].bottom - 3)).map(t => t.textContent) })"
    )
    assert outside == []
