"""A forecast as a picture: the drawing on white, at twice its size, so that it is sharp in slides and on paper."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ....model.diagnostics import WrongUsage, error
from ...forecasting import Shown
from ..clean import clean
from ..drawn import FONTS
from ..write import whole
from ._drawing import svg

_EXTRA = "resvg_py"
_TIMES = 2.0


def write(shown: Shown, out: Path | None) -> None:
    """Writes the picture. Raises WrongUsage without a file to write to, without the library, or without a font."""
    if out is None:
        raise WrongUsage(error("DG902", "A picture needs a file.", suggestion="add --out forecast.png"))
    if find_spec(_EXTRA) is None:
        hint = "pip install 'dealgate[pictures]', or take --output svg"
        raise WrongUsage(error("DG875", "What draws pictures is not installed.", suggestion=hint))
    made = picture(clean(svg(shown, dark=False)))
    with whole(out) as file:
        file.write(made)


def picture(drawn: str, fonts: bool = True) -> bytes:
    """A drawing as PNG. ``fonts``: with those that the machine has. Raises WrongUsage where there is none."""
    from resvg_py import svg_to_bytes

    def made(text: str, times: float) -> bytes:
        return bytes(svg_to_bytes(svg_string=text, zoom=times, background="#ffffff", skip_system_fonts=not fonts))

    # without a font, text is left out and nobody is told: a letter that leaves no trace shows that
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
    empty, letter = (f'{head}<text y="16" font-family="{FONTS}">{text}</text></svg>' for text in (" ", "M"))
    if made(empty, 1.0) == made(letter, 1.0):
        hint = "install one, such as DejaVu Sans (fonts-dejavu-core), or take --output svg"
        raise WrongUsage(error("DG875", "This machine has no font to write with.", suggestion=hint))
    return made(drawn, _TIMES)
