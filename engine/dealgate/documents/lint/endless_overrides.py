"""Overrides that never expire."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning
from dealgate.model.process import OverrideRule

from ._subject import Subject

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One where a process speaks of overrides and not of their end."""
    rule = subject.process.overrides
    if rule.expires is None and (subject.has("overrides") or rule != OverrideRule()):
        message = "An override of this process never expires, so an exception becomes the rule."
        yield warning("DG312", message, subject.at("overrides"), "add `expires: 14 days`", len("overrides"))
