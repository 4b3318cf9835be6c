"""The style sheet: the one written by hand, under the colours of a look."""

from __future__ import annotations

from collections.abc import Mapping

from .brand import AA, Look
from .colours import legible, mixed
from .html import FOLDER

TONES = {"block": "#a32a1e", "approve": "#8a5a00", "warn": "#5c6200", "observe": "#56616a"}
"""How hard a criterion is enforced, as a colour; words say it too."""


def style(look: Look) -> str:
    """All of it."""
    light, dark = _rules(_palette(look.light)), _rules(_palette(look.dark))
    head = (
        f":root {{ color-scheme: light dark; {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )
    paper = _rules(
        _palette({"paper": "#ffffff", "ink": "#111111", "accent": legible(look.light["accent"], "#ffffff", AA)})
    )
    tail = f"@media print {{ :root {{ color-scheme: light; {paper} }} }}\n"
    return head + (FOLDER / "style.css").read_text(encoding="utf-8") + tail


def _palette(base: Mapping[str, str]) -> dict[str, str]:
    paper, ink, accent = base["paper"], base["ink"], base["accent"]
    raised, tint = mixed(paper, ink, 0.035), mixed(paper, accent, 0.08)
    found = {
        "paper": paper, "raised": raised, "ink": ink, "accent": accent,
        "soft": legible(mixed(ink, paper, 0.32), raised, AA), "line": mixed(paper, ink, 0.16),
        "edge": legible(mixed(paper, ink, 0.4), paper, 3), "tint": tint,
        "on": legible(paper, accent, AA), "link": legible(legible(accent, paper, AA), tint, AA),
    }  # fmt: skip
    return found | {tone: legible(colour, raised, AA) for tone, colour in TONES.items()}


def _rules(palette: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in palette.items())
