"""Books of open deals to draw from, and a simulator that does every step as it is said, with scipy's distributions."""

from __future__ import annotations

import itertools

import numpy as np
from scipy import special
from scipy.stats import norm

from dealgate.forecast.draws import Noise, OpenDeals

NOISE = Noise(
    correlation=0.2, amount_sd=0.15, date_sd=15.0, new_mean=12.0, new_amounts=np.array([90_000, 400_000, 2_500_000])
)


def plain(chance: list[float], amount: list[int]) -> OpenDeals:
    """Deals with nothing but a chance and an amount."""
    return OpenDeals(np.array(chance, dtype=np.float64), np.array(amount, dtype=np.int64))


def book(kind: str, count: int, seed: int) -> OpenDeals:
    """A generated book: with chances, weights, shared estimates and dates; ``kind`` says what is special about it."""
    random = np.random.default_rng(seed)
    amount = np.exp(random.normal(13, 1, count))
    if kind == "whale":
        amount[count // 2] = amount.sum() / 2
    elif kind == "heavy tails":
        amount = (random.pareto(1.2, count) + 1) * 1e5
    elif kind == "negative amounts":
        amount *= np.where(random.random(count) < 0.1, -1, 1)
    elif kind == "one price":
        amount = np.full(count, 500_000.0)
    estimate = np.where(random.random(count) < 0.5, random.integers(0, 12, count), -1)
    chance = random.uniform(0.02, 0.95, count)
    weight = random.choice([4.0, 30.0, 200.0, np.inf], count)
    shared = estimate >= 0
    chance[shared] = np.linspace(0.05, 0.8, 12)[estimate[shared]]
    weight[shared] = 40.0
    days = np.where(random.random(count) < 0.2, np.nan, random.normal(20, 30, count))
    return OpenDeals(chance, amount.astype(np.int64), weight, estimate.astype(np.int64), days)


def literal(deals: OpenDeals, noise: Noise, quarters: int, seed: int) -> np.ndarray:
    """Totals of so many quarters: each deal's chance, latent variable, date and amount drawn by itself."""
    random, n = np.random.default_rng(seed), len(deals)
    weight = np.full(n, np.inf) if deals.weight is None else deals.weight
    estimate = np.full(n, -1) if deals.estimate is None else deals.estimate
    days = np.full(n, np.nan) if deals.days is None else deals.days
    variance = np.log1p(noise.amount_sd**2)
    uncertain = np.isfinite(weight) & (deals.chance > 0) & (deals.chance < 1)
    totals = np.empty(quarters)
    for quarter in range(quarters):
        factor = random.standard_normal()
        chance = deals.chance.copy()
        a, b = (part[uncertain] * weight[uncertain] for part in (chance, 1 - chance))
        chance[uncertain] = random.beta(a, b)
        for one in np.unique(estimate[uncertain & (estimate >= 0)]):
            members = np.flatnonzero(uncertain & (estimate == one))
            chance[members] = chance[members[0]]
        rho = noise.correlation
        latent = np.sqrt(rho) * factor + np.sqrt(1 - rho) * random.standard_normal(n)
        won = special.ndtr(-latent) < chance
        moved = days + noise.date_sd * random.standard_normal(n)
        won &= np.isnan(days) | (moved >= 0)
        worth = deals.amount * np.exp(np.sqrt(variance) * random.standard_normal(n) - variance / 2)
        new = random.choice(noise.new_amounts, random.poisson(noise.new_mean)).sum() if noise.new_mean else 0
        totals[quarter] = worth[won].sum() + new
    return totals


def enumerated(deals: OpenDeals) -> dict[int, float]:
    """Each total and its chance, by going through every way in which deals may end."""
    out: dict[int, float] = {}
    for ends in itertools.product((False, True), repeat=len(deals)):
        total, chance = 0, 1.0
        for won, part, amount in zip(ends, deals.chance.tolist(), deals.amount.tolist(), strict=True):
            total += amount if won else 0
            chance *= part if won else 1 - part
        out[total] = out.get(total, 0.0) + chance
    return {total: chance for total, chance in sorted(out.items()) if chance > 0}


def vasicek(chance: float, correlation: float, factor: np.ndarray) -> np.ndarray:
    """The chance given the factor."""
    return norm.cdf((norm.ppf(chance) + np.sqrt(correlation) * factor) / np.sqrt(1 - correlation))
