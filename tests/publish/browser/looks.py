"""What is asked of every page, however it came to be."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe


def violations(page: Any) -> list[str]:
    """What axe finds."""
    # without what axe would fetch again: a page from a file may not
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def drawings_of_a_sound(page: Any) -> int:
    """How many drawings are seen on a page, on which axe finds nothing and which does not scroll sideways."""
    found = violations(page)
    assert found == [], found
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return int(page.evaluate("[...document.querySelectorAll('svg')].filter(e => e.getClientRects().length).length"))
