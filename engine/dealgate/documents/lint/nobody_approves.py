"""Criteria that ask for an approval which nobody may give."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One, at the first criterion that asks for approval where no approver is named."""
    asking = [k for k in subject.process.criteria if k.enforce == "approve"]
    if asking and not subject.process.overrides.approvers:
        more = f" and {len(asking) - 1} more" if len(asking) > 1 else ""
        message = f"`{asking[0].id}`{more} asks for an approval, and the process names nobody who may approve."
        yield warning("DG313", message, asking[0].at, "add `overrides: {approvers: [{role: manager}]}`")
