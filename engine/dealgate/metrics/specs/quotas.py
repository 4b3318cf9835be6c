"""What is won and what is open, against what is to be won."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from ..cases import Past
from ..closing import (
    business_day,
    chances,
    created_and_closed,
    earlier,
    pipeline,
    ranked,
    today,
    usual_share,
    won_in,
)
from ..dated import EVERY, opening
from ..figure import Figure, NoValue, figure, nothing, ratio
from ..keys import keyed
from ..kinds import major
from ..quota import Quotas, plain, quotas_of
from ..spec import Of, Policy, Row, Setting, Spec

POLICY = Policy(
    id="policy",
    choice="to_go",
    allowed=("to_go", "at_start"),
    about="to_go: what is open now against what is left; at_start: what was open as the period began against the quota",
)
QUALIFIED = Policy(id="qualified_rank", choice=1, about="from which open stage on, counted from 0, a deal is qualified")
ATTAINED = "attained"
_BY = ("owner", "team")
Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """Minor units over ``n`` deals, of which ``without`` have no amount."""

    minor: Fraction = Fraction(0)
    n: int = 0
    without: int = 0

    @property
    def flags(self) -> tuple[str, ...]:
        """What is to be known of it."""
        return ("some_without_amount",) if self.without else ()


class _Ask:
    """One period, the groups asked for, and their quotas."""

    def __init__(self, past: Past, setting: Setting, quotas: Quotas) -> None:
        self.past, self.setting, self.quotas = past, setting, quotas
        self.every = setting["every"]
        asked = setting.asked
        if asked.since is not None and asked.until is not None:
            self.first, self.last = asked.since, asked.until
        else:
            day = asked.until or asked.since or today(past)
            self.first, self.last = past.calendar.period(day, self.every)
        self.gone = business_day(past, self.first, min(today(past), self.last))
        self.won = self.sums(won_in(past, self.first, self.last))

    @property
    def keys(self) -> tuple[str, ...]:
        """What figures are grouped by."""
        return self.setting.keys

    def sums(self, frame: pl.DataFrame, weight: Callable[[str | None], Fraction] | None = None) -> dict[Group, Sum]:
        """Amounts by group; ``weight``: what an amount of a deal in a stage counts."""
        by = [f"by.{key}" for key in self.keys]
        held = (
            keyed(self.past, frame, self.setting)
            if frame.height
            else frame.with_columns(pl.lit(None, pl.String).alias(b) for b in by)
        )
        held = held.with_columns(pl.col(by).cast(pl.String)) if by else held
        keys = [*by, "stage"] if weight is not None else by
        found: dict[Group, Sum] = {}
        amount = (pl.col("value").sum().cast(pl.Int64), pl.len(), pl.col("value").null_count().alias("without"))
        rows = held.group_by(keys).agg(*amount).sort(keys) if keys else held.select(*amount)
        for row in rows.iter_rows():
            group, (minor, n, without) = tuple(row[: len(by)]), row[len(keys) :]
            times = weight(row[len(by)]) if weight is not None else Fraction(1)
            before = found.get(group, Sum())
            found[group] = Sum(before.minor + minor * times, before.n + n, before.without + without)
        return found

    def groups(self, *more: dict[Group, Sum]) -> list[Group]:
        """Every group that won something, has something open or has a quota."""
        if not self.keys:
            return [()]
        found = dict.fromkeys(group for one in (self.won, *more) for group in one)
        if self.keys == ("owner",):
            known = {plain(group[0]) for group in found if group[0]}
            found |= dict.fromkeys((name,) for name in self.quotas.owners if plain(name) not in known)
        elif self.keys == ("team",):
            held = [group[0] for group in found if group[0]]
            # what a team above others wins is not on deals: a scorecard rolls it up
            names = [name for name in self.quotas.team_names if len(self.quotas.teams.below(name)) < 2]
            found |= dict.fromkeys((n,) for n in names if not any(self.quotas.same_team(n, other) for other in held))
        return sorted(found, key=lambda group: tuple((key is None, key or "") for key in group))

    def quota(self, group: Group) -> int | NoValue:
        """A group's quota."""
        held = dict(zip(self.keys, group, strict=True))
        if any(value is None for value in held.values()):
            return NoValue("deals of nobody have no quota")
        return self.quotas.of(self.first, self.last, owner=held.get("owner"), team=held.get("team"))

    def row(self, group: Group, measure: str, made: Figure) -> Row:
        """A figure of a group."""
        return Row(self.setting.spec.id, dict(zip(self.keys, group, strict=True)), measure, made)

    def money(self, minor: Fraction | int, n: int) -> Figure:
        """An amount in major units, exactly."""
        whole = Fraction(minor)
        unit = self.past.currency
        value = major(int(whole), unit) if whole.denominator == 1 else whole * Fraction(major(1, unit))
        return figure(value, unit=unit, n=n)

    def nothing(self, group: Group, measure: str, why: NoValue | str, n: int = 0) -> Row:
        """No figure, and why."""
        return self.row(group, measure, nothing(why if isinstance(why, str) else why.reason, unit="share", n=n))


def _asked(past: Past, setting: Setting) -> _Ask | str:
    quotas = quotas_of(past)
    if quotas is None or not quotas.quotas:
        return "no quotas are given"
    if any(key not in _BY for key in setting.keys):
        return "quotas are by owner and team, for one period"
    return _Ask(past, setting, quotas)


def _composed(make: Callable[[_Ask], Iterator[Row]]) -> Callable[[Past, Setting, Of], Iterator[Row]]:
    def compose(past: Past, setting: Setting, of: Of) -> Iterator[Row]:
        ask = _asked(past, setting)
        if isinstance(ask, str):
            yield Row(setting.spec.id, {}, setting.spec.headline, nothing(ask, unit=setting.spec.unit))
        else:
            yield from make(ask)

    return compose


def _attainment(ask: _Ask) -> Iterator[Row]:
    for group in ask.groups():
        won, quota = ask.won.get(group, Sum()), ask.quota(group)
        yield ask.row(group, "won", ask.money(won.minor, won.n).flagged(*won.flags))
        if isinstance(quota, NoValue):
            yield ask.nothing(group, "attainment", quota, won.n)
            continue
        yield ask.row(group, "attainment", ratio(won.minor, quota, n=won.n, missing="the quota is 0", flags=won.flags))
        yield ask.row(group, "quota", ask.money(quota, won.n))
        yield ask.row(group, "gap", ask.money(quota - won.minor, won.n).flagged(*won.flags))


def _required(ask: _Ask, gone: int, rank: int) -> Figure:
    """1 ÷ the share of earlier periods' pipeline, by value, that was won by their end."""
    held = ranked(ask.past, earlier(ask.past, ask.every, ask.first, gone), rank).filter(pl.col("value").is_not_null())
    won = int(held.filter(pl.col("outcome") == "won")["value"].sum())
    return ratio(
        int(held["value"].sum()), won, n=held.height, unit="times", missing="nothing was won of earlier pipelines"
    )


def _coverage(ask: _Ask) -> Iterator[Row]:
    to_go, rank = ask.setting["policy"] == "to_go", ask.setting["qualified_rank"] or 0
    if to_go:
        held = pipeline(ask.past, ask.first, ask.last, rank)
    else:
        begun = opening(ask.past, ask.every).filter(pl.col("first") == ask.first)
        begun = begun.with_columns(ask.past.value(begun, "stage", at="then").alias("stage"))
        held = ranked(ask.past, begun, rank)
    sums = ask.sums(held)
    required = _required(ask, ask.gone if to_go else 0, rank)
    for group in ask.groups(sums):
        open_, quota = sums.get(group, Sum()), ask.quota(group)
        yield ask.row(group, "open", ask.money(open_.minor, open_.n).flagged(*open_.flags))
        if isinstance(quota, NoValue):
            yield ask.nothing(group, "coverage", quota, open_.n)
            continue
        left = quota - (ask.won.get(group, Sum()).minor if to_go else 0)
        yield ask.row(group, "required", required)
        if left <= 0:
            yield ask.nothing(group, "coverage", ATTAINED, open_.n)
            continue
        yield ask.row(group, "coverage", ratio(open_.minor, left, n=open_.n, unit="times", flags=open_.flags))
        yield ask.row(group, "remaining", ask.money(left, open_.n))


def _pacing(ask: _Ask) -> Iterator[Row]:
    usual, why = usual_share(ask.past, ask.every, ask.first, ask.last)
    flag = f"expected_by_{why}"
    for group in ask.groups():
        won, quota = ask.won.get(group, Sum()), ask.quota(group)
        yield ask.row(group, "usual", figure(usual, unit="share", n=ask.gone, flags=(flag,)))
        if isinstance(quota, NoValue):
            yield ask.nothing(group, "pacing", quota, won.n)
            continue
        missing = "nothing is expected by this day yet" if quota else "the quota is 0"
        made = ratio(won.minor, quota * usual, n=won.n, missing=missing, flags=(flag, *won.flags))
        yield ask.row(group, "pacing", made)
        yield ask.row(group, "expected", ask.money(quota * usual, won.n).flagged(flag))


def _coverage_to_go(ask: _Ask) -> Iterator[Row]:
    learned = chances(ask.past, ask.every, ask.first, ask.gone)
    held = pipeline(ask.past, ask.first, ask.last)
    late, periods = created_and_closed(ask.past, ask.every, ask.first, ask.gone)
    if learned is None or not periods:
        yield ask.nothing((None,) * len(ask.keys), "coverage_to_go", "no earlier period to learn from")
        return
    sums, new = ask.sums(held, learned.of), ask.sums(late)
    for group in ask.groups(sums, new):
        open_, quota = sums.get(group, Sum()), ask.quota(group)
        more = new.get(group, Sum()).minor / periods
        flags = open_.flags
        yield ask.row(group, "from_pipeline", ask.money(open_.minor, open_.n).flagged(*flags))
        yield ask.row(group, "create_and_close", ask.money(more, periods))
        if isinstance(quota, NoValue):
            yield ask.nothing(group, "coverage_to_go", quota, open_.n)
            continue
        left = quota - ask.won.get(group, Sum()).minor
        if left <= 0:
            yield ask.nothing(group, "coverage_to_go", ATTAINED, open_.n)
            continue
        yield ask.row(group, "coverage_to_go", ratio(open_.minor + more, left, n=open_.n, unit="times", flags=flags))
        yield ask.row(group, "remaining", ask.money(left, open_.n))


_WINDOW = (
    "the period is from --since to --until where both are given, else the fiscal period that holds the one, or now",
    "a quota for the period counts, else those of parts that cover it; a team's is its own, else its members' together",
    "a win is credited whole to who owned the deal as it was won: splits are not known yet",
)
SPECS = (
    Spec(
        id="attainment",
        question="How much of the quota is won?",
        formula="closed won in the period ÷ quota",
        unit="share",
        grain="won deal",
        better="higher",
        source="DOMAIN.md B",
        measures={
            "attainment": "won ÷ quota",
            "won": "amount won in the period",
            "quota": "what is to be won",
            "gap": "quota less won",
        },
        edges=(*_WINDOW, "a deal that was won and lost again since is not won"),
        policies=(EVERY,),
        compose=_composed(_attainment),
    ),
    Spec(
        id="coverage",
        question="Is there enough open pipeline for what is left of the quota?",
        formula="open qualified amount dated in the period ÷ (quota − closed won)",
        unit="times",
        grain="open deal",
        better="higher",
        source="DOMAIN.md B; winsabove glossary, pipeline coverage ratio",
        measures={
            "coverage": "open ÷ left of the quota",
            "required": "1 ÷ the share by value that earlier periods won of theirs",
            "open": "open qualified amount dated in the period",
            "remaining": "left of the quota",
        },
        edges=(
            *_WINDOW,
            "where nothing is left it is attained, and there is no figure",
            "required is that of all groups",
        ),
        policies=(EVERY, POLICY, QUALIFIED),
        compose=_composed(_coverage),
    ),
    Spec(
        id="pacing",
        question="Is as much won by now as is needed?",
        formula="closed won to date ÷ (quota × share usually won by this business day)",
        unit="share",
        grain="won deal",
        better="higher",
        source="DOMAIN.md B",
        measures={
            "pacing": "won ÷ expected by now",
            "usual": "share of a period's wins that is usually there by now",
            "expected": "quota × usual",
        },
        edges=(
            *_WINDOW,
            "usual is the mean of whole earlier periods of all owners, by value, without the one history begins in",
            "with fewer than 4 such periods it is business days gone by ÷ business days",
        ),
        policies=(EVERY,),
        compose=_composed(_pacing),
    ),
    Spec(
        id="coverage_to_go",
        question="Will what is open and what is still to come make up for what is left of the quota?",
        formula="(Σ chance in the period × amount + what usually begins and closes in its rest) ÷ left of the quota",
        unit="times",
        grain="open deal",
        better="higher",
        source="DOMAIN.md B; revcast.com",
        measures={
            "coverage_to_go": "expected ÷ left of the quota",
            "from_pipeline": "Σ chance × amount of what is open and dated in the period",
            "create_and_close": "what began after this business day and was won by the end, a mean over 8 periods",
            "remaining": "left of the quota",
        },
        edges=(
            *_WINDOW,
            "the chance is by stage, from earlier periods on the same business day, drawn towards all stages' by 20",
        ),
        policies=(EVERY,),
        compose=_composed(_coverage_to_go),
    ),
)
