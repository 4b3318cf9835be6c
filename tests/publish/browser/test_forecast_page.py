"""The forecast as a page, in a browser: axe finds nothing, and nothing scrolls sideways."""

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
    folder = tmp_path_factory.mktemp("forecast")
    deals, out = folder / "company.jsonl", folder / "forecast.html"
    assert dealgate("demo", "--deals", "300", *AS_OF, "--save", deals).code == 0
    words = ("--by", "team", "--target", "900000", "--method", "stage-weighted", "--method", "monte-carlo")
    made = dealgate("forecast", deals, *AS_OF, *words, "--output", "html", "--out", out)
    assert made.code == 0, made.err
    return out


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_the_page_and_nothing_scrolls_sideways(
    page_of_it: Path, opened: Opened, width: int, scheme: str
) -> None:
    page = opened(page_of_it, width, scheme)
    assert drawings_of_a_sound(page) == 1
