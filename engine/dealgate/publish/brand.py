"""How a playbook looks: whose it is, the logo, and colours that can be read."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..model.diagnostics import NOWHERE, Diagnostic, Where, WrongUsage, error, warning
from .colours import contrast, legible

USES = ("accent", "accent_dark", "ink", "paper")
"""What a colour may be set for."""
LARGEST = 512 * 1024
"""Bytes of a logo; it stands in every page of a single file once."""
AA = 4.5
"""The least contrast of text with its ground: WCAG 2.1, success criterion 1.4.3."""
PAPER = 14.0
"""The least contrast of the paper with black or white, which leaves room for quieter text."""
LIGHT = {"paper": "#fdfcf9", "ink": "#1c2226", "accent": "#1d4f73"}
DARK = {"paper": "#14181b", "ink": "#e8e4dc", "accent": "#8fc1e3"}


@dataclass(frozen=True, slots=True)
class Image:
    """A logo: its file name in the playbook, what it is, and its bytes."""

    name: str
    kind: str
    data: bytes

    @property
    def uri(self) -> str:
        """The image inside a link."""
        return f"data:{self.kind};base64,{b64encode(self.data).decode()}"


@dataclass(frozen=True, slots=True)
class Brand:
    """What the client set: a name, a logo and colours by use (``#rrggbb``); ``at`` is where it stands."""

    name: str = ""
    logo: Path | None = None
    colours: Mapping[str, str] | None = None
    at: Where = NOWHERE


@dataclass(frozen=True, slots=True)
class Look:
    """What the formats show: colours for light and dark, the name and logo, and the line at the foot."""

    title: str
    name: str
    light: Mapping[str, str]
    dark: Mapping[str, str]
    colophon: tuple[str, ...] = ()
    image: Image | None = None
    logo: str = ""
    """Where the format put the logo."""


def look(brand: Brand, title: str, colophon: tuple[str, ...]) -> tuple[Look, list[Diagnostic]]:
    """The look of a brand, and what of it could not be taken as it was.

    A colour that cannot be read on its ground is moved towards black or white until it can be, and that is said.
    Raises WrongUsage where a colour is none, or the logo is no image.
    """
    given = dict(brand.colours or {})
    for use, colour in given.items():
        if use not in USES:
            known = ", ".join(USES)
            raise WrongUsage(error("DG957", f"There is no colour for `{use}`.", brand.at, f"Colours are for {known}."))
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
            raise WrongUsage(
                error("DG957", f"The colour for {use} is not written as #rrggbb.", brand.at, 'As in "#1d4f73".')
            )
    told: list[Diagnostic] = []
    paper = _ground(given.get("paper", LIGHT["paper"]).lower(), brand.at, told)
    light = {
        "paper": paper,
        "ink": _read("ink", given.get("ink"), LIGHT["ink"], paper, brand.at, told),
        "accent": _read("accent", given.get("accent"), LIGHT["accent"], paper, brand.at, told),
    }
    own_dark = given.get("accent_dark")
    # of a brand's one colour the dark page takes a lighter shade by itself: nothing that was asked for is lost
    from_light = legible(given["accent"].lower(), DARK["paper"], AA) if "accent" in given else DARK["accent"]
    dark = {**DARK, "accent": _read("accent_dark", own_dark, from_light, DARK["paper"], brand.at, told)}
    return Look(title, brand.name, light, dark, colophon, _image(brand)), told


def _ground(paper: str, at: Where, told: list[Diagnostic]) -> str:
    """The paper, far enough from one end that text in several strengths can be read on it."""
    end = max(("#000000", "#ffffff"), key=lambda pole: contrast(pole, paper))
    found = legible(paper, end, PAPER)
    if found != paper:
        message = f"On paper of the colour {paper} nothing can be read well. {found} is taken instead."
        told.append(warning("DG954", message, at, "Set a paper that is nearly white, or nearly black."))
    return found


def _read(use: str, colour: str | None, otherwise: str, paper: str, at: Where, told: list[Diagnostic]) -> str:
    wanted = (colour or otherwise).lower()
    found = legible(wanted, paper, AA)
    if found != wanted and colour is not None:
        message = (
            f"The colour for {use}, {wanted}, cannot be read on {paper}: its contrast is "
            f"{contrast(wanted, paper):.1f} to 1, and text needs {AA}. {found} is taken instead."
        )
        told.append(warning("DG954", message, at, "Set a colour with more contrast."))
    return found


def _image(brand: Brand) -> Image | None:
    path = brand.logo
    if path is None:
        return None
    where = Where(str(path))
    try:
        data = path.read_bytes()
    except OSError as trouble:
        reason = (trouble.strerror or "no reason given").lower()
        raise WrongUsage(
            error("DG956", f"The logo cannot be read: {reason}.", where, "Name a PNG or SVG file.")
        ) from None
    if len(data) > LARGEST:
        size = f"{len(data) // 1024:,} kB"
        raise WrongUsage(
            error(
                "DG956", f"The logo is too large: {size}, of at most {LARGEST // 1024} kB.", where, "Make it smaller."
            )
        )
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Image("logo.png", "image/png", data)
    if re.match(
        rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE[^>]*>\s*)?<svg[\s>]",
        data[3 * data.startswith(b"\xef\xbb\xbf") :],
        re.S,
    ):
        if re.search(rb"<script|\son\w+\s*=|<foreignObject|(?:href|src)\s*=\s*[\"']\s*(?!#|data:image/)", data, re.I):
            message = "The logo holds a script or asks for another file, which a playbook does not."
            raise WrongUsage(error("DG956", message, where, "Save it as plain SVG, or as PNG."))
        return Image("logo.svg", "image/svg+xml", data)
    raise WrongUsage(error("DG956", "The logo is neither PNG nor SVG.", where, "Save it as one of them."))
