"""Conditions and values in plain English: for explain, gaps, the published playbook. No operator names, no reprs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..model import condition as c
from ..model.calendar import CLOCK_WORDS
from ..model.currencies import MINOR_DIGITS
from ..model.fields import Field
from ..model.process import Process
from ..model.values import Duration, Money, Unfit

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def value(shown: Any, field: Field | None = None) -> str:
    """A typed value as a person writes it."""
    if shown is None:
        return "missing"
    if isinstance(shown, Unfit):
        return f"“{_short(shown.raw)}”"
    if isinstance(shown, bool):
        return "yes" if shown else "no"
    if isinstance(shown, Money):
        digits = MINOR_DIGITS[shown.currency]
        whole = digits == 0 or shown.minor % 10**digits == 0
        return f"{shown.major:,.{0 if whole else digits}f} {shown.currency}"
    if isinstance(shown, datetime):
        return f"{shown.day} {_MONTHS[shown.month - 1]} {shown.year} {shown:%H:%M}"
    if isinstance(shown, date):
        return f"{shown.day} {_MONTHS[shown.month - 1]} {shown.year}"
    if isinstance(shown, timedelta):
        return _plural(shown.days, "day") if not shown.seconds else f"{shown.total_seconds() / 3600:.0f} hours"
    if isinstance(shown, (Decimal, Fraction)):
        return _number(shown, field)
    if isinstance(shown, (frozenset, set, list, tuple)):
        return one_of([value(v, field) for v in (shown if isinstance(shown, (list, tuple)) else sorted(shown))])
    if isinstance(shown, str):
        return choice(shown) if field is not None and field.type in ("choice", "multi_choice") else f"“{_short(shown)}”"
    return f"{shown:,}" if isinstance(shown, int) else str(shown)


def _number(shown: Decimal | Fraction, field: Field | None) -> str:
    if isinstance(shown, Fraction):
        return f"{float(shown):g}"
    if field is not None and field.type == "percent":
        return f"{(shown * 100).normalize():f}%"
    return f"{shown.normalize():f}" if shown == shown.to_integral_value() else f"{shown:f}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "…"


def choice(option: str) -> str:
    """An option's id as words."""
    return option.replace("_", " ").replace("-", " ")


def one_of(words: list[str]) -> str:
    """``a, b or c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "nothing"


def _plural(count: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeou" else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"


def duration(length: Duration) -> str:
    """``14 days``, of a length that may count back."""
    return str(length if length.count >= 0 else -length)


class Words:
    """Puts conditions into words, with the titles of one process."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.titles: Mapping[str, str] = {k.id: k.title for k in process.criteria}

    # ------------------------------------------------ operands

    def operand(self, operand: c.Operand, field: Field | None = None) -> str:
        """An operand in words."""
        if isinstance(operand, c.Literal):
            shown = value(operand.value if operand.shown is None else operand.shown, field)
            return shown
        if isinstance(operand, c.Clock):
            return self.moved(CLOCK_WORDS[operand.word], operand.plus)
        if isinstance(operand, c.ByField):
            return f"what is set for its {lower(operand.ref.field.title)}"
        name = self.field(operand.ref)
        if operand.times is not None:
            return f"{(operand.times * 100).normalize():f}% of {name}"
        return self.moved(name, operand.plus)

    @staticmethod
    def moved(name: str, by: Duration | None) -> str:
        """``3 days after today``."""
        return name if by is None else f"{duration(by)} {'before' if by.count < 0 else 'after'} {name}"

    @staticmethod
    def field(ref: c.Ref) -> str:
        """A field's name in the middle of a sentence."""
        return f"the {lower(ref.field.title)}"

    # ------------------------------------------------ conditions

    def sentence(self, node: c.Condition) -> str:
        """The condition as one sentence."""
        text = self.clause(node)
        return text[:1].upper() + text[1:] + "."

    def clause(self, node: c.Condition, *, negated: bool = False) -> str:
        """The condition in the middle of a sentence."""
        match node:
            case c.All() | c.AnyOf():
                joint = " and " if isinstance(node, c.All) is not negated else " or "
                return joint.join(self.inner(p, negated=negated) for p in node.parts)
            case c.Not():
                return self.clause(node.part, negated=not negated)
            case c.Named():
                return self.clause(node.body, negated=negated)
            case c.CriterionRef():
                return f"“{self.titles.get(node.criterion, node.criterion)}” is {'not ' if negated else ''}met"
        positive = self.positive(node)
        return (
            f"it is not so that {positive}"
            if negated and not (flip := self.flipped(node))
            else (flip if negated else positive)
        )

    def inner(self, node: c.Condition, *, negated: bool) -> str:
        """A part of a longer clause, in brackets where it has parts of its own."""
        text = self.clause(node, negated=negated)
        while isinstance(node, (c.Named, c.Not)):
            node = node.body if isinstance(node, c.Named) else node.part
        return f"({text})" if isinstance(node, (c.All, c.AnyOf)) and len(node.parts) > 1 else text

    _OPPOSITE = {
        "is": "is_not", "is_not": "is", "in": "not_in", "not_in": "in", "at_least": "below", "below": "at_least",
        "at_most": "above", "above": "at_most", "before": "on_or_after", "on_or_after": "before",
        "after": "on_or_before", "on_or_before": "after", "has_any": "has_none", "has_none": "has_any",
    }  # fmt: skip

    def flipped(self, node: c.Condition) -> str:
        """The opposite of a test that has a plain one, else nothing."""
        from ..model.operators import OPERATORS

        if isinstance(node, c.Test):
            if node.operator.key == "filled":
                flag = node.operands[0]
                assert isinstance(flag, c.Literal)
                return f"{self.field(node.ref)} is {'empty' if flag.value else 'filled'}"
            opposite = self._OPPOSITE.get(node.operator.key)
            if opposite:
                return self.asked(self.field(node.ref), OPERATORS[opposite].words, node)
        if isinstance(node, c.Children) and node.kind in ("some", "none"):
            return self.children(c.Children({"some": "none", "none": "some"}[node.kind], node.collection, node.where))
        return ""

    def positive(self, node: c.Condition) -> str:
        """A single test in words."""
        match node:
            case c.Test():
                return self.test(node)
            case c.Children():
                return self.children(node)
            case c.Count():
                what = self.records(node.collection, node.where, many=True)
                distinct = f"different {lower(node.distinct.field.title)} values among " if node.distinct else ""
                return self.asked(f"the number of {distinct}{what}", node.operator.words, node)
            case c.Sum():
                what = self.records(node.collection, node.where, many=True)
                return self.asked(f"the total {lower(node.of.field.title)} of {what}", node.operator.words, node)
            case c.Changed():
                return self.changed(node)
            case c.Proof():
                return self.proof(node)
        return self.framework(node)

    def asked(
        self, subject: str, words: str, node: c.Test | c.Count | c.Sum | c.ElementLevel | c.FrameworkScore
    ) -> str:
        """Subject, operator words and operands."""
        field = node.ref.field if isinstance(node, c.Test) else node.of.field if isinstance(node, c.Sum) else None
        shown = [self.operand(o, field) for o in node.operands]
        if isinstance(node, c.Sum) and field is not None and field.type == "money":
            shown = [self.minor(o) for o in node.operands]
        return f"{subject} {words.format(**dict(zip('ab', shown, strict=False)))}"

    def minor(self, operand: c.Operand) -> str:
        """A money operand of a sum."""
        if isinstance(operand, c.Literal) and operand.shown is None:
            return value(Money(operand.value, self.process.currency))
        return self.operand(operand)

    def test(self, node: c.Test) -> str:
        """One operator on one field."""
        name, words = self.field(node.ref), node.operator.words
        if node.operator.key == "filled":
            flag = node.operands[0]
            return f"{name} is {'filled' if isinstance(flag, c.Literal) and flag.value else 'empty'}"
        if node.operator.key == "placeholder":
            return f"{name} {words}"
        if node.span is not None:
            return f"{name} {words.format(n=duration(node.span))}"
        if node.last_days is not None:
            return f"{name} {words.format(n=node.last_days[0], of=node.last_days[1])}"
        if node.ref.field.type == "boolean" and isinstance(node.operands[0], c.Literal):
            wanted = (node.operator.key == "is") is bool(node.operands[0].value)
            title = lower(node.ref.field.title)
            return f"“{title}” is {'true' if wanted else 'not true'}"
        return self.asked(name, words, node)

    def records(self, collection: str, where: c.Condition | None, *, many: bool) -> str:
        """The records a test on a collection speaks of."""
        known = self.process.catalogue.collections[collection]
        noun = lower(known.title) if many else known.singular
        return noun if where is None else f"{noun} where {self.clause(where)}"

    def children(self, node: c.Children) -> str:
        """some, every, none."""
        if node.kind == "some":
            noun = self.process.catalogue.collections[node.collection].singular
            return f"there is {'an' if noun[:1] in 'aeiou' else 'a'} {self.records(node.collection, node.where, many=False)}"
        if node.kind == "none":
            return f"there is no {self.records(node.collection, node.where, many=False)}"
        noun = self.process.catalogue.collections[node.collection].singular
        return f"for every {noun}, {self.clause(node.where)}" if node.where is not None else f"every {noun} counts"

    def changed(self, node: c.Changed) -> str:
        """How often a field changed."""
        way = {"later": "moved later", "earlier": "moved earlier", "up": "went up", "down": "went down"}
        text = f"{self.field(node.ref)} {way.get(node.direction, 'changed')}"
        if node.across:
            text += f" into another {node.across}"
        for operator, threshold, relative in node.by:
            by = f"{(threshold * 100).normalize():f}%" if relative else value(threshold)
            text += f" by {operator.words.removeprefix('is ').format(a=by, b='')}"
        if node.since is not None:
            text += f" since {self.operand(node.since)}"
        if node.within_last is not None:
            text += f" within the last {duration(node.within_last)}"
        return text + (f" at least {_plural(node.at_least, 'time')}" if node.at_least > 1 else "")

    def proof(self, node: c.Proof) -> str:
        """Evidence of a type."""
        kind = self.process.evidence_types.get(node.type)
        text = f"there is proof that {lower(kind.title) if kind else choice(node.type)}"
        if node.from_buyer is not None:
            text += ", from the buyer" if node.from_buyer else ", from our side"
        if node.at_least > 1:
            text += f", {level_words(node.at_least)} or stronger"
        return text + (f", within the last {duration(node.within_last)}" if node.within_last else "")

    def framework(self, node: c.Condition) -> str:
        """Tests on a framework."""
        assert isinstance(node, (c.ElementLevel, c.ElementAnswer, c.FrameworkIs, c.FrameworkScore, c.FrameworkBand))
        framework = self.process.frameworks[node.framework]
        if isinstance(node, (c.ElementLevel, c.ElementAnswer)):
            element = framework.element(node.element)
            name = f"{framework.title} {lower(element.title) if element else node.element}"
            if isinstance(node, c.ElementAnswer):
                return f"the buyer's answer on {name} is {choice(node.answer)}"
            shown = [self.level(framework.levels, framework.lowest, o) for o in node.operands]
            words = node.operator.words.format(**dict(zip("ab", shown, strict=False)))
            return f"{name} {words}"
        if isinstance(node, c.FrameworkIs):
            return f"{framework.title} says {one_of([choice(s) for s in node.statuses])}"
        if isinstance(node, c.FrameworkBand):
            return f"{framework.title} is band {node.band}{' or better' if node.or_better else ''}"
        return self.asked(f"the {framework.title} score", node.operator.words, node)

    def level(self, levels: tuple[str, ...], lowest: int, operand: c.Operand) -> str:
        """A level by its name."""
        if isinstance(operand, c.Literal) and isinstance(operand.value, int):
            place = operand.value - lowest
            if 0 <= place < len(levels):
                return f"“{lower(levels[place])}”"
        return self.operand(operand)


def lower(title: str) -> str:
    """A title for the middle of a sentence: the first letter small unless the word is an abbreviation."""
    first, _, rest = title.partition(" ")
    return title if first[1:] != first[1:].lower() or first == "I" else title[:1].lower() + title[1:]


def level_words(level: int) -> str:
    """The common proof scale in words."""
    return {1: "asserted by the seller", 2: "stated by the buyer"}.get(level, "corroborated")
