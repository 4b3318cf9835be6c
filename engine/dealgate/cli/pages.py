"""The pages of the diagnostics: what each code means, why it matters, how to mend it."""

from __future__ import annotations

from pathlib import Path

PAGES = Path(__file__).resolve().parent.parent / "pages"


def codes() -> list[str]:
    """Every code that has a page."""
    return sorted(p.stem for p in PAGES.glob("DG*.md"))


def page(code: str) -> str | None:
    """The page of a code, or None."""
    path = PAGES / f"{code.upper()}.md"
    return path.read_text(encoding="utf-8") if code.upper() in codes() else None


def title_of(code: str) -> str:
    """The page's title without the code."""
    text = page(code)
    return text.splitlines()[0].lstrip("# ").removeprefix(code).strip() if text else code
