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
from ..model.framework import Framework
from ..model.operators import OPERATORS
from ..model.process import Process
from ..model.values import Duration, Money, Unfit

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_OPPOSITE = {
    "is": "is_not", "is_not": "is", "in": "not_in", "not_in": "in", "at_least": "below", "below": "at_least",
    "at_most": "above", "above": "at_most", "before": "on_or_after", "on_or_after": "before",
    "after": "on_or_before", "on_or_before": "after", "has_any": "has_none", "has_none": "has_any",
}  # fmt: skip
_VERBS = {"contains": "contain", "starts": "start", "matches": "match", "has": "have", "holds": "hold", "comes": "come"}
_BESIDE_TODAY = {"on_or_before": "is today or earlier", "on_or_after": "is today or later"}
_MANY = {
    "at_least": "at least {}", "at_most": "at most {}", "above": "more than {}", "below": "fewer than {}",
    "is": "exactly {}",
}  # fmt: skip
_SCORES = {
    "count_at_least": "the number of elements at {} in", "lowest": "the lowest level in",
    "sum": "the sum of the levels in", "weighted": "the weighted levels in",
}  # fmt: skip
_ASKS = ("how", "what", "when", "where", "which", "who", "whom", "whose", "why")
_ARTICLES = ("a", "an", "the")
_SAYS = (*_ARTICLES, "it", "they", "we")


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
        return _plural(shown.days, "day") if not shown.seconds else _plural(round(shown / timedelta(hours=1)), "hour")
    if isinstance(shown, Duration):
        return duration(shown)
    if isinstance(shown, (Decimal, Fraction)):
        return _number(shown, field)
    if isinstance(shown, (frozenset, set, list, tuple)):
        return one_of([value(v, field) for v in (shown if isinstance(shown, (list, tuple)) else sorted(shown))])
    if isinstance(shown, str):
        return choice(shown) if field is not None and field.type in ("choice", "multi_choice") else f"“{_short(shown)}”"
    return f"{shown:,}" if isinstance(shown, int) else str(shown)


def _number(shown: Decimal | Fraction, field: Field | None) -> str:
    if isinstance(shown, Fraction):
        shown = Decimal(round(shown * 100)).scaleb(-2)
    if field is not None and field.type == "percent":
        return f"{(shown * 100).normalize():f}%"
    return f"{shown.normalize():,f}"


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
            return value(operand.value if operand.shown is None else operand.shown, field)
        if isinstance(operand, c.Clock):
            if operand.word == "today" and operand.plus is not None:
                return f"{duration(operand.plus)} {'ago' if operand.plus.count < 0 else 'from today'}"
            return self.moved(CLOCK_WORDS[operand.word], operand.plus)
        if isinstance(operand, c.ByField):
            return f"the value set for {self.field(operand.ref)}"
        name = self.field(operand.ref)
        if operand.times is not None:
            return f"{(operand.times * 100).normalize():f}% of {name}"
        return self.moved(name, operand.plus)

    @staticmethod
    def moved(name: str, by: Duration | None) -> str:
        """``3 days after the expected close date``."""
        return name if by is None else f"{duration(by)} {'before' if by.count < 0 else 'after'} {name}"

    @staticmethod
    def field(ref: c.Ref) -> str:
        """A field's name in the middle of a sentence."""
        return f"“{ref.field.title}”" if ref.field.type == "boolean" else named(ref.field.title)

    # ------------------------------------------------ conditions

    def sentence(self, node: c.Condition) -> str:
        """The condition as one sentence."""
        return sentence(self.clause(node))

    def clause(self, node: c.Condition, *, negated: bool = False) -> str:
        """The condition in the middle of a sentence."""
        match node:
            case c.All() | c.AnyOf():
                joint = "and" if isinstance(node, c.All) is not negated else "or"
                return self.joined(node.parts, joint, negated=negated)
            case c.Not():
                return self.clause(node.part, negated=not negated)
            case c.Named():
                return self.clause(node.body, negated=negated)
            case c.CriterionRef():
                return f"“{self.titles.get(node.criterion, node.criterion)}” is {'not ' if negated else ''}met"
            case c.Test():
                return self.test(node, negated=negated)
            case c.Children():
                return self.children(node, negated=negated)
            case c.Count() | c.Sum():
                return self.number(node, negated=negated)
            case c.Proof():
                return self.proof(node, negated=negated)
            case c.Changed():
                return f"{'it is not so that ' if negated else ''}{self.changed(node)}"
        return self.framework(node, negated=negated)

    def joined(self, parts: tuple[c.Condition, ...], joint: str, *, negated: bool) -> str:
        """Parts with "and" or "or"; a mark keeps long ones apart, brackets those that are joined themselves."""
        texts = [self.inner(p, negated=negated) for p in parts]
        mark = ""
        if any(" where " in text for text in texts):
            mark = ";"
        elif any(joined in text for text in texts[:-1] for joined in (" and ", " or ", ", ")):
            mark = ","
        return f"{mark} {joint} ".join(texts)

    def inner(self, node: c.Condition, *, negated: bool) -> str:
        """A part of a longer clause, in brackets where it has parts of its own."""
        text = self.clause(node, negated=negated)
        while isinstance(node, (c.Named, c.Not)):
            node = node.body if isinstance(node, c.Named) else node.part
        return f"({text})" if isinstance(node, (c.All, c.AnyOf)) and len(node.parts) > 1 else text

    def asked(self, subject: str, node: c.Test | c.Count | c.Sum | c.FrameworkScore, *, negated: bool) -> str:
        """Subject, operator words and operands, or the opposite."""
        field = node.ref.field if isinstance(node, c.Test) else node.of.field if isinstance(node, c.Sum) else None
        shown = [self.operand(o, field) for o in node.operands]
        key = node.operator.key
        opposite = _OPPOSITE.get(key) if negated else None
        words = said(opposite or key, node.operands)
        if negated and opposite is None:
            words = unlike(words)
        return f"{subject} {words.format(**dict(zip('ab', shown, strict=False)))}"

    def test(self, node: c.Test, *, negated: bool = False) -> str:
        """One operator on one field, or its opposite."""
        name, key = self.field(node.ref), node.operator.key
        first = node.operands[0] if node.operands else None
        flag = isinstance(first, c.Literal) and first.value is not negated
        if key == "filled":
            return f"{name} is {'filled in' if flag else 'empty'}"
        if key == "placeholder":
            return f"{name} {'holds' if flag else 'does not hold'} placeholder text"
        if node.ref.field.type == "boolean" and isinstance(first, c.Literal) and isinstance(first.value, bool):
            return ticked(node.ref.field.title, (key == "is") is flag)
        words = ""
        if node.span is not None:
            words = node.operator.words.format(n=duration(node.span))
        elif node.last_days is not None:
            words = f"is in the last {_plural(node.last_days[0], 'day')} of its {node.last_days[1]}"
        if words:
            return f"{name} {unlike(words) if negated else words}"
        return self.asked(name, node, negated=negated)

    def number(self, node: c.Count | c.Sum, *, negated: bool) -> str:
        """How many records, or what they add up to."""
        operand, key = node.operands[0], node.operator.key
        key = _OPPOSITE.get(key, "") if negated else key
        if isinstance(node, c.Count) and node.distinct is None and isinstance(operand, c.Literal) and key in _MANY:
            one = operand.value == 1
            many = _MANY[key].format(self.operand(operand))
            return f"there {'is' if one else 'are'} {many} {self.records(node.collection, node.where, many=not one)}"
        what = self.records(node.collection, node.where, many=True)
        if isinstance(node, c.Sum):
            return self.asked(f"the total {lower(node.of.field.title)} of {what}", node, negated=negated)
        distinct = f"different values of {named(node.distinct.field.title)} among " if node.distinct else ""
        return self.asked(f"the number of {distinct}{what}", node, negated=negated)

    def records(self, collection: str, where: c.Condition | None, *, many: bool) -> str:
        """The records a test on a collection speaks of."""
        known = self.process.catalogue.collections[collection]
        noun = lower(known.title) if many else known.singular
        return noun if where is None else f"{noun} where {self.clause(where)}"

    def children(self, node: c.Children, *, negated: bool = False) -> str:
        """some, every, none."""
        noun = self.process.catalogue.collections[node.collection].singular
        what = self.records(node.collection, node.where, many=False)
        if node.kind == "every":
            every = f"for every {noun}, {self.clause(node.where)}" if node.where is not None else f"every {noun} counts"
            return f"it is not so that {every}" if negated else every
        if (node.kind == "none") is not negated:
            return f"there is no {what}"
        return f"there is {'an' if noun[:1] in 'aeiou' else 'a'} {what}"

    def changed(self, node: c.Changed) -> str:
        """How often a field changed."""
        way = {"later": "moved later", "earlier": "moved earlier", "up": "went up", "down": "went down"}
        text = f"{self.field(node.ref)} {way.get(node.direction, 'changed')}"
        if node.across:
            text += f" into another {node.across}"
        for operator, threshold, relative in node.by:
            of_money = not relative and node.ref.field.type == "money"
            by = f"{(threshold * 100).normalize():f}%" if relative else value(threshold)
            by = value(Money(threshold, self.process.currency)) if of_money else by
            more = {"above": "more than", "below": "less than"}.get(operator.key)
            text += f" by {more or operator.words.removeprefix('is ').format(a='', b='').strip()} {by}"
        if node.since is not None:
            text += f" since {self.operand(node.since)}"
        if node.within_last is not None:
            text += f" within the last {duration(node.within_last)}"
        return text + (f" at least {_plural(node.at_least, 'time')}" if node.at_least > 1 else "")

    def proof(self, node: c.Proof, *, negated: bool = False) -> str:
        """Evidence of a type."""
        text = f"there is {'no valid' if negated else 'valid'} proof"
        if node.from_buyer is not None:
            text += " from the buyer" if node.from_buyer else " from our own side"
        if node.within_last is not None:
            text += f" within the last {duration(node.within_last)}"
        if node.at_least > 1:
            text += f", {level_words(node.at_least)},"
        return f"{text} of {self.evidence(node)}" if node.type != "any" else text.rstrip(",")

    def evidence(self, node: c.Proof) -> str:
        """An evidence type by its title."""
        kind = self.process.evidence_types.get(node.type)
        return f"“{kind.title}”" if kind else choice(node.type)

    # ------------------------------------------------ frameworks

    def framework(self, node: c.Condition, *, negated: bool = False) -> str:
        """Tests on a framework."""
        assert isinstance(node, (c.ElementLevel, c.ElementAnswer, c.FrameworkIs, c.FrameworkScore, c.FrameworkBand))
        framework = self.process.frameworks[node.framework]
        if isinstance(node, c.ElementAnswer):
            return self.answer(framework, node, negated=negated)
        if isinstance(node, c.ElementLevel):
            name = element_name(framework, node.element)
            words = self.level(framework, node)
            return f"{name} {unlike(words) if negated else words}"
        if isinstance(node, c.FrameworkScore):
            return self.asked(score_words(framework, node), node, negated=negated)
        if isinstance(node, c.FrameworkBand):
            words = f"is in band {node.band}{' or better' if node.or_better else ''}"
        else:
            words = f"comes out as {one_of([choice(s) for s in node.statuses])}"
        return f"{title_of(framework)} {unlike(words) if negated else words}"

    @staticmethod
    def answer(framework: Framework, node: c.ElementAnswer, *, negated: bool) -> str:
        """What the buyer answered."""
        name = element_name(framework, node.element)
        if node.answer == "not_applicable":
            return f"{name} {'applies' if negated else 'does not apply'}"
        return f"the buyer {'has not said' if negated else 'said'} {node.answer} to {name}"

    def level(self, framework: Framework, node: c.ElementLevel) -> str:
        """A test of a level, by the levels' names."""
        key = node.operator.key
        if key == "filled":
            flag = node.operands[0]
            return "has valid evidence" if isinstance(flag, c.Literal) and flag.value else "has no valid evidence"
        shown = [self.level_name(framework, o) for o in node.operands]
        if key == "at_least" and framework.scale == "proof":
            return f"is {shown[0].strip('“”')}{'' if self.highest(framework, node) else ' or better'}"
        return said(key, node.operands).format(**dict(zip("ab", shown, strict=False)))

    @staticmethod
    def highest(framework: Framework, node: c.ElementLevel) -> bool:
        """Whether the best level is asked."""
        operand = node.operands[0]
        return isinstance(operand, c.Literal) and operand.value == framework.highest

    def level_name(self, framework: Framework, operand: c.Operand) -> str:
        """A level by its name."""
        if isinstance(operand, c.Literal):
            several = operand.value if isinstance(operand.value, tuple) else (operand.value,)
            places = [level - framework.lowest for level in several]
            if all(0 <= place < len(framework.levels) for place in places):
                return one_of([f"“{lower(framework.levels[place])}”" for place in places])
        return self.operand(operand)


def sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def said(key: str, operands: tuple[c.Operand, ...]) -> str:
    """An operator's words, shorter where the operand is today."""
    first = operands[0] if operands else None
    if key in _BESIDE_TODAY and isinstance(first, c.Clock) and first.word == "today" and first.plus is None:
        return _BESIDE_TODAY[key]
    if key == "in":
        return "is {a}"
    return OPERATORS[key].words


def unlike(words: str) -> str:
    """A verb phrase denied: ``is …`` → ``is not …``, ``contains …`` → ``does not contain …``."""
    first, _, rest = words.partition(" ")
    return f"is not {rest}" if first == "is" else f"does not {_VERBS.get(first, first)} {rest}"


def must(words: str) -> str:
    """A verb phrase asked for: ``is …`` → ``must be …``."""
    first, _, rest = words.partition(" ")
    return f"must be {rest}" if first == "is" else f"must {_VERBS.get(first, first)} {rest}"


def named(title: str) -> str:
    """A field's title as the subject of a clause: ``the amount``, ``how the buyer decides``, ``“Signed on”``."""
    text = lower(title)
    words = text.split()
    if words[0] in _ASKS and "," not in text.partition(":")[0]:
        return text.partition(":")[0]
    if words[-1] in ("on", "at", "by", "for", "since", "of") or "," in text or ":" in text or words[0] in _ASKS:
        return f"“{title}”"
    return text if words[0] in _ARTICLES else f"the {text}"


def ticked(title: str, wanted: bool) -> str:
    """A checkbox: a title that says something by itself does so."""
    text = lower(title)
    if wanted and text.split()[0] in _SAYS:
        return text
    return f"“{title}” is {'' if wanted else 'not '}ticked"


def score_words(framework: Framework, node: c.FrameworkScore) -> str:
    """What a test of a score counts."""
    words = _SCORES.get(node.method, "the score of")
    if node.level is not None:
        above = "" if node.level == framework.highest else " or above"
        words = words.format(f"“{lower(framework.levels[node.level - framework.lowest])}”{above}")
    return f"{words} {title_of(framework)}"


def title_of(framework: Framework) -> str:
    """A framework's title in a sentence: an abbreviation stands bare."""
    return framework.title if framework.title.isupper() else f"“{framework.title}”"


def element_name(framework: Framework, element: str) -> str:
    """``BANT need``, or ``“Company” in “Fit with the ideal customer profile”``."""
    known = framework.element(element)
    title = known.title if known else choice(element)
    return f"{framework.title} {lower(title)}" if framework.title.isupper() else f"“{title}” in {title_of(framework)}"


def lower(title: str) -> str:
    """A title for the middle of a sentence: the first letter small unless the word is an abbreviation."""
    first = title.partition(" ")[0]
    return title if first[1:] != first[1:].lower() or first == "I" else title[:1].lower() + title[1:]


def level_words(level: int) -> str:
    """The common proof scale in words."""
    return {1: "asserted or better", 2: "stated or better"}.get(level, "corroborated")
