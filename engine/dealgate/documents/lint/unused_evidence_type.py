"""A type of evidence that no rule asks for."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each type that `{evidence: …}` names nowhere; `any` asks for each of them."""
    asked = subject.named.get("evidence", frozenset())
    if "any" in asked:
        return
    for name in subject.process.evidence_types:
        if subject.has("evidence_types", name) and name not in asked:
            message = f"No rule asks for evidence of the type `{name}`."
            at = subject.at("evidence_types", name)
            yield warning("DG318", message, at, "ask for it in a criterion, or remove it", len(name))
