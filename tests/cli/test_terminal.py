"""On a terminal styles are seen and not spelled out, and nothing that is shown can steer it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rich.text import Text

from dealgate.cli.render.console import console, written

from .running import AS_OF, on_a_terminal

BOLD = "\x1b[1m"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminal")
@pytest.mark.parametrize(
    "words",
    [
        ["forecast", "{}", "--method", "commit"], ["metrics", "{}"], ["metrics", "--list"],
        ["waterfall", "{}", "--from", "2026-10-01"], ["demo"],
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_what_is_bold_is_not_spelled_out(company: Path, words: list[str]) -> None:
    asked = [word.format(company) for word in words]
    told = on_a_terminal(*asked, *(AS_OF if "--list" not in words else ()))
    assert BOLD in told
    assert "u001b" not in told


def test_a_file_gets_no_styles(company: Path, tmp_path: Path) -> None:
    for n, words in enumerate((["forecast", company, "--method", "commit"], ["metrics", company])):
        on_a_terminal(*words, *AS_OF, "--out", tmp_path / f"{n}.txt")
        assert "\x1b" not in (tmp_path / f"{n}.txt").read_text("utf-8")


def test_what_a_deal_says_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    screen = console()
    screen.print(Text("Contoso\x1b[8m", style="bold"))
    assert written(screen).startswith(f"{BOLD}Contoso\\u001b[8m")
