"""A forecast category that falls as stages advance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dealgate.model.diagnostics import Diagnostic, warning
from dealgate.model.process import CATEGORIES

from ._subject import Subject

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each open stage that counts for less in the forecast than the one before it."""
    for before, stage in pairwise(subject.process.open_stages):
        if CATEGORIES.index(stage.category) >= CATEGORIES.index(before.category):
            continue
        written = subject.has("stages", stage.id, "category")
        said = "" if written else ", which counts where none is written"
        message = (
            f"The forecast category falls from `{before.category}` in `{before.id}` to `{stage.category}` in "
            f"`{stage.id}`{said}."
        )
        at = subject.at("stages", stage.id, "category") if written else stage.at
        hint = f"write `category: {before.category}` or a later one"
        yield warning("DG311", message, at, hint, len("category") if written else 1)
