"""What the playbook says in words of its own: how hard a criterion is enforced, promised times, scores, moves."""

from __future__ import annotations

from ..compile.words import Words, choice, lower, named, one_of, value
from ..model.fields import Field
from ..model.framework import Framework, Score
from ..model.process import Criterion, Moves, Process, Sla, Stage
from ..model.suits import Suits
from ..model.values import Duration, Money
from .blocks import Inline, Span

SHORT = {"block": "Blocks", "approve": "Needs approval", "warn": "Warns", "observe": "Observed"}
"""How hard a criterion is enforced, in a word or two."""
LONG = {
    "block": "The move waits until this is met. What is not known holds it as what is not met does.",
    "approve": "The move waits until this is met, or until someone with the right to do so approves an exception.",
    "warn": "The move goes through, and says that this is not met.",
    "observe": "It is counted, and holds nothing.",
}
CATEGORIES = {
    "omitted": "not forecast", "pipeline": "pipeline", "best_case": "best case", "commit": "commit",
    "closed": "closed",
}  # fmt: skip
MOVE = {
    "block": "not allowed", "approve": "needs approval", "warn": "allowed, with a warning",
    "observe": "allowed, and counted",
}  # fmt: skip
COUNTS = {
    "lost": "lost", "no_decision": "no decision", "cancelled": "cancelled", "disqualified": "disqualified",
    "nurture": "nurture",
}  # fmt: skip
_LETTERS = ("ae", "am", "bdr", "ceo", "cfo", "csm", "cro", "sdr", "se", "vp")
BUYERS = {
    "one-person": "one person decides", "few-people": "a few people decide together",
    "committee": "a committee decides", "tender": "the buyer tenders", "customer": "a customer buys again",
    "partner": "a partner sells on",
}  # fmt: skip
TYPES = {
    "text": "text", "integer": "a whole number", "number": "a number", "money": "an amount", "percent": "a percentage",
    "date": "a date", "datetime": "a date and time", "duration": "a length of time", "boolean": "yes or no",
    "choice": "one of a list", "multi_choice": "any of a list", "level": "a level of proof", "person": "a person",
    "reference": "a link to a record",
}  # fmt: skip


def badge(enforce: str) -> Inline:
    """How hard, as a badge."""
    return (Span(SHORT[enforce], mark=f"badge-{enforce}"),)


def role(name: str) -> str:
    """A role as people write it: ``SDR``, ``sales manager``."""
    return name.upper() if name.casefold() in _LETTERS else choice(name) if name.islower() else name


def capital(text: str) -> str:
    """The text with a large first letter."""
    return text[:1].upper() + text[1:]


def count(number: int, noun: str) -> str:
    """``1 criterion``, ``8 criteria``."""
    many = {"criterion": "criteria", "currency": "currencies"}.get(noun, noun + "s")
    return f"{number:,} {noun if number == 1 else many}"


def is_captured(criterion: Criterion) -> bool:
    """Whether it only asks for a field to be filled in, and has no title of its own."""
    return criterion.part in ("capture", "recycle") and field_of(criterion) is not None


def field_of(criterion: Criterion) -> Field | None:
    """The field that a captured one asks for."""
    reference = getattr(criterion.check, "ref", None)
    return getattr(reference, "field", None)


def name_of(criterion: Criterion) -> str:
    """Its title; of one that only asks for a field to be filled, the field's."""
    known = field_of(criterion) if is_captured(criterion) else None
    return known.title if known is not None and criterion.title == f"{known.title} is captured" else criterion.title


def kind_of_value(known: Field) -> str:
    """What a field holds: ``an amount``, ``inbound, outbound or referral``."""
    if known.type in ("choice", "multi_choice") and known.options and not known.role:
        listed = one_of([choice(option) for option in known.options])
        return f"any of {listed}" if known.type == "multi_choice" else listed
    return TYPES.get(known.type, known.type)


def moment(name: str, process: Process) -> str:
    """One end of a promised time: a field, ``left.STAGE``, or entering the stage."""
    if name == "stage_entered_on":
        return "entering the stage"
    if name.startswith("left."):
        stage = process.stage(name.removeprefix("left."))
        return f"leaving {stage.title if stage else name.removeprefix('left.')}"
    known = process.catalogue.deal.get(name)
    return named(known.title) if known else choice(name)


def sla(one: Sla, process: Process) -> str:
    """A promised time as a sentence."""
    text = f"From {moment(one.start, process)} to {moment(one.end, process)}: within {one.within}"
    if one.applies_when is not None:
        text += f", where {Words(process).clause(one.applies_when)}"
    return f"{one.title}. {text}." if one.title else f"{text}."


def next_after(process: Process, stage: Stage) -> str:
    """Where a deal goes from a stage: the next one's title, ``Won``, or nothing."""
    beside = [one for one in process.stages if one.after == stage.after]
    place = beside.index(stage) + 1
    if place < len(beside):
        return beside[place].title
    return "Won" if stage.after is None else ""


def moves(rule: Moves) -> tuple[tuple[str, str], ...]:
    """What each kind of move may do."""
    reason = ", and needs a reason" if rule.back_needs_reason else ""
    asked = "" if rule.skip == "block" else " The exits of every stage skipped are asked too."
    within = f" Within {rule.reopen_within} of the close." if rule.reopen_within else ""
    return (
        ("Skip a stage", f"{capital(MOVE[rule.skip])}.{asked}"),
        ("Go back", f"{capital(MOVE[rule.back])}{reason}."),
        ("Reopen a closed deal", f"{capital(MOVE[rule.reopen])}.{within}"),
    )


def score(framework: Framework) -> str:
    """The score rule as sentences."""
    rule = framework.score
    if rule is None:
        return "It has no score."
    better = "A lower score is better." if rule.direction == "lower" else ""
    lowest, highest = framework.lowest, framework.highest
    how = {
        "count_at_least": f"The score counts the elements that reach level {rule.level} "
        f"({lower(_level(framework, rule))}).",
        "sum": f"The levels of all elements are added, {lowest} to {highest} each.",
        "lowest": "The score is the lowest level among the elements: one weak answer cannot hide behind strong ones.",
        "weighted": "Each element's level counts by its weight; the score goes from 0 to 100, where 100 is the highest "
        "level everywhere.",
    }[rule.method]
    mark = ""
    if rule.pass_mark is not None and framework.qualified_when is None:
        mark = f"It passes at {value(rule.pass_mark)} or {'less' if rule.direction == 'lower' else 'more'}."
    missing = "An element without proof is missing, not zero: until it is known the score is a range."
    return " ".join(part for part in (how, mark, better, missing) if part)


def _level(framework: Framework, rule: Score) -> str:
    place = rule.level - framework.lowest
    return framework.levels[place] if 0 <= place < len(framework.levels) else str(rule.level)


def qualified(framework: Framework, process: Process) -> str:
    """What qualifies, where a condition says so."""
    if framework.qualified_when is None:
        return ""
    return f"It qualifies when {within(framework, process).clause(framework.qualified_when)}."


def within(framework: Framework, process: Process) -> Words:
    """Words for conditions of a framework, which call it ``self`` or by its id."""
    known = {**process.frameworks, "self": framework, framework.id: framework}
    return Words(process.replace(frameworks=known))


def bands(framework: Framework) -> tuple[tuple[str, str], ...]:
    """Each band and its part of the score."""
    found = framework.score.bands if framework.score else ()
    return tuple(
        (band.id, f"{value(band.at_least)} or more" if band.at_least is not None else f"{value(band.at_most)} or less")
        for band in found
    )


def suits(rule: Suits, currency: str) -> tuple[tuple[str, str], ...]:
    """For which sales, in rows of words."""
    rows = [
        ("Deal size", _range(rule.amount, lambda n: f"{n:,} {currency}")),
        ("Length of the sale", _range(rule.cycle, str)),
        ("Who buys", one_of([BUYERS.get(one, choice(one)) for one in rule.buyers]) if rule.buyers else ""),
        ("Size of the sales team", _range(rule.team, lambda n: f"{n:,} people")),
    ]
    return tuple((head, capital(text)) for head, text in rows if text)


def _range(ends: tuple[object, object], shown: object) -> str:
    assert callable(shown)
    low, high = (shown(end) if end is not None else "" for end in ends)
    if low and high:
        return f"{low} to {high}"
    return f"from {low}" if low else f"up to {high}" if high else ""


def expiry(length: Duration | None) -> str:
    """How long proof counts."""
    return f"Proof counts for {length}." if length is not None else "Proof does not expire."


def approver(limit: int | None, name: str, currency: str) -> tuple[str, str]:
    """Whose approval is enough, up to what amount."""
    upto = f"Up to {value(Money(limit, currency))}" if limit is not None else "Any amount"
    return upto, capital(role(name))
