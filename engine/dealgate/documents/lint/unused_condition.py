"""A named condition that no rule uses."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each condition that `{condition: …}` names nowhere."""
    for name in subject.process.conditions:
        if subject.has("conditions", name) and name not in subject.named.get("condition", ()):
            message = f"The condition `{name}` is used nowhere."
            yield warning("DG317", message, subject.at("conditions", name), "use it or remove it", len(name))
