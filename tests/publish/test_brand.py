"""The look of a playbook: colours that can be read, and a logo that asks for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.model.diagnostics import WrongUsage
from dealgate.publish.brand import AA, LARGEST, Brand, look
from dealgate.publish.colours import contrast, legible
from dealgate.publish.style import TONES, _palette, style

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_contrast_is_that_of_the_standard() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48  # the well-known grey that just fails
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@given(COLOURS, COLOURS)
def test_a_colour_is_moved_only_where_it_must_be_and_then_can_be_read(colour: str, ground: str) -> None:
    found = legible(colour, ground, AA)
    assert contrast(found, ground) >= AA
    assert (found == colour) is (contrast(colour, ground) >= AA)


@given(COLOURS, COLOURS, COLOURS, COLOURS)
def test_whatever_the_brand_all_text_can_be_read(accent: str, dark: str, ink: str, paper: str) -> None:
    made, told = look(Brand(colours={"accent": accent, "accent_dark": dark, "ink": ink, "paper": paper}), "A", ())
    for side in (made.light, made.dark):
        palette = _palette(side)
        for text in ("ink", "accent", "link"):
            assert contrast(palette[text], palette["paper"]) >= AA
        for text in ("soft", *TONES):
            assert contrast(palette[text], palette["raised"]) >= AA
        assert contrast(palette["on"], palette["accent"]) >= AA
    light, wanted = made.light, {"accent": accent, "ink": ink, "paper": paper}
    changed = {light[use] != colour for use, colour in wanted.items()} | {made.dark["accent"] != dark}
    assert bool(told) is (True in changed)
    assert {d.code for d in told} <= {"DG954"}


def test_a_colour_that_cannot_be_read_is_said_with_the_one_that_is_taken() -> None:
    made, (told,) = look(Brand(colours={"accent": "#ffcc00"}), "A", ())
    assert made.light["accent"] in told.message and "#ffcc00" in told.message and "1.5 to 1" in told.message
    assert made.light["accent"] in style(made)


def test_of_one_colour_the_dark_page_takes_a_lighter_shade_without_a_word() -> None:
    made, told = look(Brand(colours={"accent": "#0a3d62"}), "A", ())
    assert told == []
    assert made.light["accent"] == "#0a3d62" and contrast(made.dark["accent"], made.dark["paper"]) >= AA


@pytest.mark.parametrize(
    "colours", [{"accent": "blue"}, {"accent": "#12345"}, {"primary": "#123456"}, {"ink": "#123456;}"}]
)
def test_a_colour_that_is_none_is_refused(colours: dict[str, str]) -> None:
    with pytest.raises(WrongUsage) as refused:
        look(Brand(colours=colours), "A", ())
    assert refused.value.diagnostics[0].code == "DG957"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("logo.png", PNG), ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("logo.svg", b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>'),
    ],
)  # fmt: skip
def test_a_logo_is_told_by_what_it_holds(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "anything.dat"
    path.write_bytes(data)
    image = look(Brand(logo=path), "A", ())[0].image
    assert image is not None and image.name == name and image.data == data


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a", b"", b"<html></html>", b"<svg><script>alert(1)</script></svg>", b'<svg onload="alert(1)"></svg>',
        b'<svg><image href="https://example.com/x.png"/></svg>', PNG + b"\0" * LARGEST,
    ],
)  # fmt: skip
def test_a_logo_that_is_none_or_reaches_out_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "logo"
    path.write_bytes(data)
    with pytest.raises(WrongUsage) as refused:
        look(Brand(logo=path), "A", ())
    assert refused.value.diagnostics[0].code == "DG956"


def test_a_logo_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage) as refused:
        look(Brand(logo=tmp_path / "none.svg"), "A", ())
    assert refused.value.diagnostics[0].code == "DG956"
