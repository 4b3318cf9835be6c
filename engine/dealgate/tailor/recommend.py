"""Which process, and which framework, suits the sales that somebody describes: ranked, with reasons in words.

An answer lies in a candidate's range, or a little, far or very far outside it: within twice as much or as little,
within four times, beyond. Who buys is one of its buyers or is not, which weighs more than any range: a tender run as
something else is lost, an amount a little off is not. The sum of that ranks. Among equals the one goes first in whose
ranges the answers lie nearer the middle, for it was made for just such sales.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import log2

from ..model.struct import Struct
from ..model.suits import Suits
from ..model.values import Duration

BUYER_WORDS = {
    "one-person": "one person decides",
    "few-people": "a few people decide together",
    "committee": "a committee decides",
    "tender": "it is bought by tender",
    "customer": "a customer buys again",
    "partner": "a partner sells it on",
    "client": "a client buys work, not a product",
}
"""Who buys, said in a sentence."""
OTHER_BUYER = 4
"""What it weighs that others buy; a range that is missed weighs 1 to 3."""
_OPEN = 16
"""An open range counts as reaching this many times further when its middle is looked for."""
_DAYS = {
    "minute": Fraction(1, 1440),
    "hour": Fraction(1, 24),
    "day": Fraction(1),
    "week": Fraction(7),
    "month": Fraction(30),
    "quarter": Fraction(90),
    "year": Fraction(360),
}
"""Days of a unit, by the 30/360 convention: 3 months are 90 days, and 4 quarters a year."""


class Answers(Struct):
    """What somebody said of their sales; None: not said. ``amount`` in major units of ``currency``."""

    amount: Decimal | None = None
    currency: str | None = None
    cycle: Duration | None = None
    buyer: str | None = None
    team: int | None = None

    @property
    def said(self) -> bool:
        """Whether there is anything to recommend by."""
        return any(value is not None for value in (self.amount, self.cycle, self.buyer, self.team))


class Candidate(Struct):
    """A process or framework that says whom it suits. ``currency``: that of its amounts, None where it has none."""

    id: str
    title: str
    suits: Suits
    currency: str | None = None
    uses: tuple[str, ...] = ()
    """Of a process: its frameworks, in the order in which it names them."""


class Fit(Struct):
    """One answer against one candidate. ``off``: 0 where it fits, else how much it weighs.

    ``answer`` and ``meant`` are words: "60 days", "30 to 120 days". ``loose``: 0 in the middle of what is meant, 1 at
    its ends or where the candidate says nothing of it.
    """

    about: str
    answer: str
    meant: str
    off: int
    loose: float
    side: str = ""
    """Of a range that is missed: below or above it."""


class Ranked(Struct):
    """A candidate with how each answer fits it."""

    candidate: Candidate
    fits: tuple[Fit, ...]

    @property
    def off(self) -> int:
        """How far the answers are from what it is meant for; 0 where all fit."""
        return sum(fit.off for fit in self.fits)

    @property
    def order(self) -> tuple[int, float, str]:
        """Its place: the smaller comes first."""
        return self.off, round(sum(fit.loose for fit in self.fits), 9), self.candidate.id

    @property
    def missed(self) -> tuple[Fit, ...]:
        """The answers that do not fit."""
        return tuple(fit for fit in self.fits if fit.off)


def days(length: Duration) -> Fraction:
    """A length of time in calendar days; five business days are seven."""
    return length.count * _DAYS[length.unit] * (Fraction(7, 5) if length.business and length.unit == "day" else 1)


def rank(answers: Answers, candidates: Iterable[Candidate]) -> tuple[Ranked, ...]:
    """The candidates, the best first. What was not said ranks nothing."""
    found = [Ranked(candidate, tuple(_fits(answers, candidate))) for candidate in candidates]
    return tuple(sorted(found, key=lambda one: one.order))


def rivals(ranked: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """Those that fit just as well as the first, which only the middle of their ranges sets behind it."""
    return tuple(one for one in ranked[1:] if one.off == ranked[0].off)


def because(first: Ranked, second: Ranked) -> str:
    """Why the first goes before one that fits as well, as the end of a sentence; empty: nothing tells them apart."""
    pairs = [(a, b) for a, b in zip(first.fits, second.fits, strict=True) if round(b.loose - a.loose, 9) > 0]
    if not pairs:
        return ""
    mine, other = max(pairs, key=lambda pair: pair[1].loose - pair[0].loose)
    one, two = first.candidate.id, second.candidate.id
    if mine.about == "buyer":
        return f"{one} is made for fewer kinds of buyers"
    if not other.meant:
        return f"{mine.answer} is what {one} is meant for ({mine.meant}), and {two} says nothing of that"
    return f"{mine.answer} lies nearer the middle of {mine.meant} than of {other.meant}"


def frameworks(
    answers: Answers, used: Sequence[str], candidates: Iterable[Candidate]
) -> tuple[Ranked | None, tuple[Ranked, ...]]:
    """Of the frameworks that a process uses the one that suits best (None where none of them says whom it suits), and
    those it does not use that suit better, the best first."""
    ranked = rank(answers, candidates)
    mine = next((one for one in ranked if one.candidate.id in used), None)
    limit = mine.off if mine is not None else 1
    return mine, tuple(one for one in ranked if one.candidate.id not in used and one.off < limit)


def _fits(answers: Answers, candidate: Candidate) -> Iterable[Fit]:
    suits = candidate.suits
    if answers.amount is not None:
        ends = tuple(None if end is None else Fraction(end) for end in suits.amount)
        said = grouped(answers.amount) + (f" {answers.currency}" if answers.currency else "")
        unit = f" {candidate.currency}" if candidate.currency else ""
        yield _range("amount", said, Fraction(answers.amount), ends, in_numbers(suits.amount, unit))
    if answers.cycle is not None:
        ends = tuple(None if end is None else days(end) for end in suits.cycle)
        yield _range("cycle", str(answers.cycle), days(answers.cycle), ends, _durations(*suits.cycle))
    if answers.buyer is not None:
        yield _buyer(answers.buyer, suits.buyers)
    if answers.team is not None:
        ends = tuple(None if end is None else Fraction(end) for end in suits.team)
        said = f"{answers.team:,} seller{'' if answers.team == 1 else 's'}"
        yield _range("team", said, Fraction(answers.team), ends, in_numbers(suits.team))


def _buyer(said: str, buyers: tuple[str, ...]) -> Fit:
    words = BUYER_WORDS[said]
    meant = " or ".join(BUYER_WORDS[one] for one in buyers)
    if not buyers:
        return Fit("buyer", words, "", 0, 1.0)
    return Fit("buyer", words, meant, 0 if said in buyers else OTHER_BUYER, (len(buyers) - 1) / len(BUYER_WORDS))


def _range(about: str, said: str, value: Fraction, ends: tuple[Fraction | None, ...], meant: str) -> Fit:
    low, high = ends
    if low is None and high is None:
        return Fit(about, said, "", 0, 1.0)
    if low is not None and value < low:
        return Fit(about, said, meant, _off(low, value), 1.0, "below")
    if high is not None and value > high:
        return Fit(about, said, meant, _off(value, high), 1.0, "above")
    return Fit(about, said, meant, 0, _loose(value, low, high))


def _off(more: Fraction, less: Fraction) -> int:
    """1 where one is at most twice the other, 2 up to four times, else 3."""
    return 1 if more <= 2 * less else 2 if more <= 4 * less else 3


def _loose(value: Fraction, low: Fraction | None, high: Fraction | None) -> float:
    """How far from the middle of a range, in equal steps of a ratio: 0 in the middle, 1 at an end.

    In a range that is open upwards nothing is too large: from its middle on it is 0.
    """
    if low is not None and low <= 0:
        low = None
    if low is None and high is None:
        return 0.0
    bottom = low if low is not None else _least(high) / _OPEN
    top = high if high is not None else bottom * _OPEN
    if top <= bottom:
        return 0.0
    half = log2(top / bottom) / 2
    from_middle = log2(max(value, bottom) / bottom) - half
    if (high is None and from_middle > 0) or (low is None and from_middle < 0):
        return 0.0
    return min(1.0, abs(from_middle) / half)


def _least(high: Fraction | None) -> Fraction:
    return max(high or Fraction(0), Fraction(1))


def grouped(amount: Decimal) -> str:
    """An amount for a reader: 25,000 or 12.50."""
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text and not text.rpartition(".")[2].strip("0") else text


def in_numbers(ends: tuple[int | None, int | None], unit: str = "") -> str:
    """A range for a reader: ``10,000 to 50,000 USD``; empty where it is open at both ends."""
    low, high = ("" if end is None else f"{end:,}" for end in ends)
    return _span(low, high, unit)


def _durations(low: Duration | None, high: Duration | None) -> str:
    same = low is not None and high is not None and (low.unit, low.business) == (high.unit, high.business)
    return _span(str(low.count) if same and low else str(low or ""), str(high or ""), "")


def _span(low: str, high: str, unit: str) -> str:
    if low and high:
        return f"{low} to {high}{unit}"
    return f"{low}{unit} and more" if low else f"up to {high}{unit}" if high else ""
