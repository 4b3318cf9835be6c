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
    client: bool = False
    """Whether an overlay is made, which cannot be swapped that simply."""


def screen(advice: Advice) -> str:
    """The recommendation in a few lines, as wide as the terminal, at most 80 columns."""
    first = advice.ranked[0]
    out = [f"Recommended: {first.candidate.id} ({first.candidate.title})."]
    if first.off:
        out = [f"No bundled process fits every answer; {first.candidate.id} ({first.candidate.title}) is nearest."]
    out += [f"  {_mark(fit, advice)} {sentence(fit)}" for fit in first.fits]
    out += [f"  {first.candidate.suits.why}"]
    out += _next(advice.ranked)
    out += _doubts(advice)
    return "\n".join([*map(_wrapped, out), framework(advice)])


def framework(advice: Advice) -> str:
    """The framework in a few lines: why, what speaks against it, and what would suit better."""
    return "\n".join(map(_wrapped, _framework(advice)))


def _wrapped(line: str) -> str:
    indent = "    " if line.startswith("  ") else "  "
    return fill(line, width(80), subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def _mark(fit: Fit, advice: Advice) -> str:
    if fit.about == "amount" and fit.meant and _other_currency(advice):
        return "~"
    return "✗" if fit.off else "✓" if fit.meant else "·"


def _other_currency(advice: Advice) -> str:
    """The currency that the recommended process means, where the amount said is in another one."""
    own = advice.ranked[0].candidate.currency
    return own if own is not None and advice.currency not in (None, own) else ""


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
    """Who comes next, and what speaks against it; of those that fit as well, what they are for."""
    first, equal = ranked[0], rivals(ranked)
    if equal:
        one = equal[0]
        how = "both fit every answer" if not first.off else "neither fits every answer, and neither is nearer"
        why = because(first, one)
        decided = f"; {first.candidate.id} goes first, because {why}" if why else ", and nothing tells them apart"
        yield f"Between {first.candidate.id} and {one.candidate.id}: {how}{decided}. Read what each is for:"
        yield from (f"  {other.candidate.id}: {other.candidate.suits.why}" for other in equal[:3])
        if len(equal) > 3:
            yield f"  As well as these: {_listed(equal[3:])}."
    elif len(ranked) > 1:
        one = ranked[1]
        against = "; ".join(sentence(fit) for fit in one.missed)
        yield f"Next would be {one.candidate.id}, but {against}."


def _doubts(advice: Advice) -> Iterator[str]:
    own = _other_currency(advice)
    if own:
        yield f"~ Its amounts are meant in {own}; yours was compared as a number, without a rate of exchange."
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
        rest = advice.better[1:3]
        others = f" (so {'do' if len(rest) > 1 else 'does'} {_listed(rest)})" if rest else ""
        yield f"{one.id} ({one.title}) suits better{others}. {one.suits.why}"
        if advice.client:
            yield "To swap it, leave --client out and make a copy: an overlay stands on what its base uses."
        else:
            yield (
                f"To swap it, write `{advice.swap}` under `use`. Criteria that name {name} must then be rewritten: "
                "`dealgate validate` lists them."
            )


def _listed(ranked: Sequence[Ranked]) -> str:
    return " and ".join(one.candidate.id for one in ranked)
