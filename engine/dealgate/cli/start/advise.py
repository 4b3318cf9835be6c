"""From answers to a recommendation over all that is bundled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...documents.resolve import Resolver
from ...tailor.candidates import candidates, used_frameworks
from ...tailor.recommend import Answers, Ranked, frameworks, rank
from .base import Base
from .told import Advice

ASKED = ("amount", "cycle", "buyer", "team")
"""The questions that a recommendation rests on, as they are told where they were not answered."""
_NAMES = {"amount": "a usual deal", "cycle": "the sales cycle", "buyer": "who buys", "team": "how many sell"}


def answers_of(said: Mapping[str, Any]) -> Answers:
    """The answers that a recommendation rests on."""
    return Answers(said.get("amount"), said.get("currency"), *(said.get(name) for name in ASKED[1:]))


def ranking(said: Mapping[str, Any], resolver: Resolver) -> tuple[Ranked, ...]:
    """The bundled processes for deals by how well they suit."""
    return rank(answers_of(said), candidates(resolver, "process"))


def advise(
    said: Mapping[str, Any], ranked: tuple[Ranked, ...], chosen: Base, resolver: Resolver, *, client: bool
) -> Advice:
    """The recommendation, with the framework of the process that was chosen."""
    used = list(used_frameworks(chosen.root))
    fit, better = frameworks(answers_of(said), used, candidates(resolver, "framework"))
    name = fit.candidate.id if fit is not None else used[0] if used else None
    found = resolver.reference("framework", name)[0] if name else None
    swap = [better[0].candidate.id if one == name else one for one in used] if better else []
    return Advice(
        ranked,
        chosen.id,
        (found.word("id"), found.word("title")) if found is not None else None,
        fit,
        better,
        tuple(_NAMES[one] for one in ASKED if said.get(one) is None),
        said.get("currency") if said.get("amount") is not None else None,
        f"frameworks: [{', '.join(swap)}]" if swap else "",
        client,
    )
