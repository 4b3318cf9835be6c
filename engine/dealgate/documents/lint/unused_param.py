"""A parameter that no rule reads."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each parameter that `{param: …}` names nowhere."""
    for name in subject.process.params:
        if subject.has("params", name) and name not in subject.named.get("param", ()):
            message = f"The parameter `{name}` is used nowhere, so changing it changes nothing."
            yield warning("DG316", message, subject.at("params", name), "use it or remove it", len(name))
