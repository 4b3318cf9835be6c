"""What every format says about a difference as a whole."""

from __future__ import annotations

from ....compile.words import value
from ....tailor.difference import Change, Difference, Document

MEANS = {
    "major": "It may newly hold deals, or takes away names that others use: a major change.",
    "minor": "Nothing holds deals that did not before: a minor change.",
    "patch": "Only words changed: a patch.",
    "none": "Nothing differs.",
}


def named(side: Document) -> str:
    """``Practical sales process 1.0.0``."""
    return f"{side.title} {side.version}".strip()


def advice(found: Difference) -> str:
    """What the changes mean, and for the version of the new document."""
    means = MEANS[found.advice]
    if found.least is None or found.advice == "none":
        return means
    said = f"{means} Its version should be {found.least} or later"
    return f"{said}; it says {found.new.version}, which is too low." if found.too_low else f"{said}."


def reason(change: Change) -> str:
    """Why a loosening is said to be, and until when; empty where nothing is said."""
    if not change.why:
        return ""
    until = f", until {value(change.until)}" if change.until else ""
    return f"Why: {change.why.rstrip('.')}{until}."
