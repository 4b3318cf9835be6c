"""The sample company as a whole: who sells, what is sold, all of it by one seed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from random import Random

from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.diagnostics import WrongUsage, error
from dealgate.simulate.accounts import Account, found, settle
from dealgate.simulate.days import DAY, pick, working_moment
from dealgate.simulate.deals import Scene, Start, make_deal
from dealgate.simulate.leads import LeadStart, make_lead
from dealgate.simulate.leaking import spring
from dealgate.simulate.parameters import (
    CHANNELS,
    DEALS_A_YEAR,
    FROM_LEADS,
    GROWTH,
    LEADS_A_DEAL,
    PROSPECTING,
    QUALIFICATION,
    SEASON,
    Record,
)
from dealgate.simulate.reps import Rep, Roster, hire, quotas

_YEARS = range(1, 31)
_MOST = 1_000_000


@dataclass(slots=True)
class Company:
    """A sales team and its records, as known at the end of ``as_of``.

    ``leads`` and ``deals`` are plain records keyed by field id, with their collections as lists of records.
    ``quotas`` have owner.id, owner.name, owner.team, period, period_start and amount. ``truth`` holds, by deal id, what
    no record tells: the parts of the truth, the rep's habit and skill, how and when the deal ends after all, and the
    stage that lets it through unasked (``leaked``, empty for most).
    """

    name: str
    seed: int
    as_of: date
    currency: str
    reps: list[Record] = field(default_factory=list)
    teams: list[Record] = field(default_factory=list)
    accounts: list[Record] = field(default_factory=list)
    leads: list[Record] = field(default_factory=list)
    deals: list[Record] = field(default_factory=list)
    quotas: list[Record] = field(default_factory=list)
    truth: dict[str, Record] = field(default_factory=dict)


def simulate(
    *,
    seed: int = 7,
    years: int = 4,
    deals: int | None = None,
    leads: int | None = None,
    as_of: date,
    currency: str = "USD",
    evidence_matters: bool = True,
    leaking: bool = True,
) -> Company:
    """A company that has sold for ``years`` up to ``as_of``; the same arguments give the same company.

    ``deals`` and ``leads`` are exact numbers; left out, 500 deals a year and 2.5 leads a deal. With
    ``evidence_matters=False`` winning is independent of evidence given the stage; with ``leaking=False`` no stage lets
    deals through unasked, and all else is the same. The model is told in :mod:`dealgate.simulate.parameters`.
    Raises :class:`WrongUsage` for numbers no company can be made of.
    """
    deals = DEALS_A_YEAR * years if deals is None else deals
    leads = max(0, round(deals * LEADS_A_DEAL)) if leads is None else leads
    _refuse_the_impossible(years, deals, leads, as_of, currency)
    end = as_of.toordinal()
    first = end - round(years * 365.25) + 1
    digits = min(2, MINOR_DIGITS[currency])  # thousandths are for nobody's price list
    until = end * DAY + DAY - 1

    # every part has its stream, so that more leads do not make other deals
    reps = hire(_stream(seed, "reps"), first, end)
    roster = Roster(reps)
    plan = _Plan(_stream(seed, "plan"), roster, first, end)
    lead_starts: list[LeadStart] = []
    company = Company("Kestrel & Loom", seed, as_of, currency)
    leaks = _stream(seed, "leak")
    leak = spring(leaks) if leaking else None
    scene = Scene(_stream(seed, "deals"), until, digits, roster, evidence_matters, leak, leaks)
    from_leads = min(leads, round(deals * FROM_LEADS), round(leads * 0.4))
    for at, created in enumerate(plan.moments(deals)):
        start = plan.deal(f"D-{at + 1:05d}", created)
        if len(lead_starts) < from_leads and plan.rng.random() < FROM_LEADS * 1.1:
            lead = plan.lead_of(f"L-{len(lead_starts) + 1:05d}", start)
            if lead is not None:
                lead_starts.append(lead)
                start.lead = lead.id
                if plan.rng.random() < 0.75:
                    start.stage = QUALIFICATION
        record, truth = make_deal(scene, start)
        company.deals.append(record)
        company.truth[start.id] = truth
        plan.remember(start.account)

    rng = _stream(seed, "leads")
    missing = leads - len(lead_starts)
    lead_starts += [
        plan.lead(f"L-{len(lead_starts) + at + 1:05d}", created) for at, created in enumerate(plan.moments(missing))
    ]
    company.leads = [make_lead(rng, start, until) for start in sorted(lead_starts, key=lambda s: (s.created, s.id))]
    settle(_stream(seed, "accounts"), plan.accounts)
    _write_accounts(company, plan)
    company.accounts = [account.record for account in plan.accounts]
    company.reps = [
        rep.record
        | {"hired_on": date.fromordinal(rep.hired)}
        | ({"left_on": date.fromordinal(rep.left)} if rep.left <= end else {})
        for rep in reps
    ]
    teams = {rep.team: {"name": rep.team, "region": rep.region, "manager": rep.manager} for rep in reps}
    company.teams = list(teams.values())
    company.quotas = quotas(reps, deals / years, date.fromordinal(first), as_of)
    return company


def _write_accounts(company: Company, plan: _Plan) -> None:
    """Every deal and lead carries its account as it is by now."""
    records = {account.record["account.id"]: account.record for account in plan.accounts}
    for row in (*company.deals, *company.leads):
        row.update(records[row["account.id"]])
        row["account.technologies"] = list(row["account.technologies"])


def _refuse_the_impossible(years: int, deals: int, leads: int, as_of: date, currency: str) -> None:
    wrong = []
    if years not in _YEARS:
        wrong.append(f"years is {years}; it has to be {_YEARS[0]} to {_YEARS[-1]}")
    for name, value in (("deals", deals), ("leads", leads)):
        if not 0 <= value <= _MOST:
            wrong.append(f"{name} is {value}; it has to be 0 to {_MOST:,}")
    if not 1900 <= as_of.year <= 9000:
        wrong.append(f"as_of is in the year {as_of.year}; it has to be 1900 to 9000")
    if currency not in MINOR_DIGITS:
        wrong.append("the currency is none of ISO 4217; it has to be a code such as USD")
    if wrong:
        raise WrongUsage(
            *(error("DG950", f"The sample company cannot be made: {what}.", suggestion="Change it.") for what in wrong)
        )


def _stream(seed: int, part: str) -> Random:
    """A stream of chance of its own. Text seeds are hashed by SHA-512, alike on every machine."""
    return Random(f"{seed}/{part}")


class _Plan:
    """When deals and leads begin, with whom, by whom, and how they came."""

    def __init__(self, rng: Random, roster: Roster, first: int, end: int) -> None:
        self.rng = rng
        self.roster = roster
        self.first = first
        self.accounts: list[Account] = []
        self._customers: list[Account] = []
        self._known: set[str] = set()
        self._days = [day for day in range(first, end + 1) if (day - 1) % 7 < 5]
        growth = GROWTH ** (1 / 365)
        weights = (SEASON[date.fromordinal(day).month - 1] * growth ** (day - first) for day in self._days)
        self._cumulated = list(accumulate(weights))
        self._channels = list(accumulate(share for _, share, _ in CHANNELS))

    def moments(self, count: int) -> list[int]:
        """So many moments of creation, in order: more from year to year, fewer in summer, in business hours."""
        rng, total = self.rng, self._cumulated[-1]
        return sorted(
            working_moment(rng, self._days[bisect_right(self._cumulated, rng.random() * total)]) for _ in range(count)
        )

    def channel(self) -> tuple[str, str]:
        """How it came: channel and source."""
        at = min(bisect_right(self._channels, self.rng.random()), len(CHANNELS) - 1)
        return CHANNELS[at][0], CHANNELS[at][2]

    def account(self, created: int) -> Account:
        """A new company, one that is known, or a customer of that time."""
        rng = self.rng
        roll = rng.random()
        if self._customers and roll < 0.2:
            known = pick(rng, self._customers)
            if known.customer_since < created:
                return known
        if self.accounts and roll < 0.3:
            return pick(rng, self.accounts)
        account = found(rng, len(self.accounts) + 1, self.accounts, date.fromordinal(self.first).year)
        self.accounts.append(account)
        return account

    def remember(self, account: Account) -> None:
        """Know a customer as one."""
        if account.customer_since and account.record["account.id"] not in self._known:
            self._known.add(account.record["account.id"])
            self._customers.append(account)

    def rep(self, day: int) -> Rep:
        """One of those who work here on that day; somebody always does."""
        return pick(self.rng, self.roster.on(day))

    def deal(self, name: str, created: int) -> Start:
        """A deal created at that moment, in prospecting."""
        channel, source = self.channel()
        return Start(name, created, PROSPECTING, self.rep(created // DAY), self.account(created), channel, source)

    def lead_of(self, name: str, deal: Start) -> LeadStart | None:
        """The lead this deal came from; None where there was no time for one."""
        earliest = max(self.first, deal.rep.hired)
        day = max(earliest, deal.created // DAY - 3 - int(self.rng.random() ** 2 * 40))
        created = working_moment(self.rng, day)
        if deal.created - created < DAY:
            return None
        start = LeadStart(name, created, deal.rep, deal.account, deal.channel, deal.source)
        start.deal, start.converted = deal.id, deal.created
        return start

    def lead(self, name: str, created: int) -> LeadStart:
        """A lead that comes to nothing, or has not come to anything yet."""
        channel, source = self.channel()
        return LeadStart(name, created, self.rep(created // DAY), self.account(created), channel, source)
