"""The system's Chromium, driven by Playwright; no browser is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
WIDTHS = {1280: 900, 390: 844}
"""Widths pages are looked at, with a height each, in CSS pixels."""
SCHEMES = ("light", "dark")


def program() -> str | None:
    """The path of a Chromium, by DEALGATE_CHROMIUM or by name."""
    named = os.environ.get("DEALGATE_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browser(path: str) -> Iterator[Any]:
    """A browser that lives as long as the block."""
    from playwright.sync_api import sync_playwright

    # root may not use the sandbox; pages are our own and offline
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield made
        finally:
            made.close()
