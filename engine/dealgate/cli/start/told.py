"""A recommendation in words, for the terminal and for the workspace's README."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill

from ...tailor.recommend import Fit, Ranked, because, rivals
from ..render.width import width

_QUESTIONS = {
    "amount": "a usual deal of {answer}",
    "cycle": "{answer} from first conversation to signature",
    "buyer": "{answer}",
    "team": "{answer}",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What is recommended: the processes ranked, the framework of the chosen one (by id and title), with how it fits
    where it says whom it suits, and frameworks that suit better. ``unsaid``: the questions not answered."""

    ranked: tuple[Ranked, ...]
    chosen: str
    framework: tuple[str, str] | None
    fit: Ranked | None
    better: tuple[Ranked, ...]
    unsaid: tuple[str, ...] = ()
    currency: str | None = None
    swap: str = ""
    """The line of the process that names its frameworks, with the best of ``better`` in the place of its own."""


def screen(advice: Advice) -> str:
    """The recommendation in a few lines, as wide as the terminal, at most 80 columns."""
    first = advice.ranked[0]
    out = [f"Recommended: {first.candidate.id} ({first.candidate.title})."]
    if first.off:
        out = [f"No bundled process fits every answer; {first.candidate.id} ({first.candidate.title}) is nearest."]
    out += [f"  {'✗' if fit.off else '✓' if fit.meant else '·'} {sentence(fit)}" for fit in first.fits]
    out += [f"  {first.candidate.suits.why}"]
    out += _next(advice.ranked)
    out += _doubts(advice)
    out += _framework(advice)
    return "\n".join(fill(line, width(80), subsequent_indent="    " if line.startswith("  ") else "  ") for line in out)


def reasons(advice: Advice) -> list[str]:
    """Why the chosen process, a sentence a line."""
    one = next((one for one in advice.ranked if one.candidate.id == advice.chosen), None)
    if one is None:
        return []
    told = [f"{sentence(fit)[0].upper()}{sentence(fit)[1:]}." for fit in one.fits]
    return [*told, one.candidate.suits.why]


def sentence(fit: Fit) -> str:
    """One answer against what the candidate is meant for."""
    answer = _QUESTIONS[fit.about].format(answer=fit.answer)
    if not fit.meant:
        return f"{answer}: it says nothing of that"
    if fit.about == "buyer":
        return answer if not fit.off else f"{answer}, and it is meant for sales in which {fit.meant}"
    return f"{answer}: it is meant for {fit.meant}" if not fit.off else f"{answer} {_lies(fit)}"


def _lies(fit: Fit) -> str:
    return f"is {fit.side} what it is meant for, {fit.meant}"


def _next(ranked: Sequence[Ranked]) -> Iterator[str]:
    """Who comes next, and what speaks against it."""
    first, equal = ranked[0], rivals(ranked)
    if equal:
        one = equal[0]
        how = "both fit every answer" if not first.off else "neither fits every answer, and neither is nearer"
        others = f" So {'does' if len(equal) == 2 else 'do'} {_listed(equal[1:])}." if len(equal) > 1 else ""
        why = because(first, one)
        between = f"Between {first.candidate.id} and {one.candidate.id}: {how}"
        if why:
            yield f"{between}; {first.candidate.id}, because {why}.{others}"
        else:
            yield f"{between}, and nothing that was said tells them apart. Read both before you choose.{others}"
    elif len(ranked) > 1:
        one = ranked[1]
        against = "; ".join(sentence(fit) for fit in one.missed)
        yield f"Next would be {one.candidate.id}, but {against}."


def _doubts(advice: Advice) -> Iterator[str]:
    own = advice.ranked[0].candidate.currency
    if advice.currency is not None and own is not None and advice.currency != own:
        yield f"Its amounts are meant in {own}; yours was compared as a number, without a rate of exchange."
    if advice.unsaid:
        yield f"Not said, so not counted: {', '.join(advice.unsaid)}."


def _framework(advice: Advice) -> Iterator[str]:
    if advice.framework is None:
        yield "Framework: none, the process uses none."
        return
    name, title = advice.framework
    if advice.fit is None:
        yield f"Framework: {name} ({title}), the one that {advice.chosen} asks its criteria of."
    else:
        against = "; ".join(sentence(fit) for fit in advice.fit.missed)
        doubt = f" But {against}." if against else ""
        yield f"Framework: {name} ({title}). {advice.fit.candidate.suits.why}{doubt}"
    if advice.better:
        one = advice.better[0].candidate
        others = f" (so does {_listed(advice.better[1:3])})" if len(advice.better) > 1 else ""
        yield f"{one.id} ({one.title}) suits better{others}. {one.suits.why}"
        yield f"To swap it, write `{advice.swap}`. Criteria that name {name} must then be rewritten:"
        yield "  `dealgate validate` lists them."


def _listed(ranked: Sequence[Ranked]) -> str:
    return " and ".join(one.candidate.id for one in ranked)
