"""A backtest as one page that needs nothing beside it: by moment the verdict, the scores, two drawings and tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup

from ....forecast.backtest import Tested
from ....forecast.layers import Added
from ....forecast.snapshot import Snapshot
from ....publish.blocks import Drawing
from ....publish.svg import inside
from ...past import Past
from ..clean import clean
from ..figures import day
from ..page import page
from . import _words as words
from ._drawing import curve, periods, style
from ._view import view


def render(
    tested: Tested, past: Past, snapshot: Snapshot, layers: Mapping[str, Mapping[str, Added]] = MappingProxyType({})
) -> str:
    """The page; everything is escaped."""
    moments = [
        {
            "is": one,
            "notes": [*words.layers(layers.get(one.lag, {})), *words.silent(one.scores, len(tested.periods))],
            "periods": _inside(periods(one, snapshot.unit), f"periods-{n}"),
            "curve": _inside(curve(one), f"chances-{n}"),
        }
        for n, one in enumerate(view(tested), 1)
    ]
    template = Path(__file__).with_name("backtest.html")
    styled = Markup(style())  # noqa: S704
    return clean(
        page(template, tested=tested, past=past, snapshot=snapshot, moments=moments, words=words, day=day, style=styled)
    )


def _inside(drawing: Drawing | None, name: str) -> Markup | None:
    return None if drawing is None else Markup(inside(drawing, name, None))  # noqa: S704 (escaped by what prints it)
