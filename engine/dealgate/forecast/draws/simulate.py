"""A quarter drawn many times over."""

from __future__ import annotations

import numpy as np

from .book import book_of
from .brute import brute
from .business import business
from .drawn import Drawn, Method, drawn_of
from .factor import certain, factor_of, shared_chances
from .given import MOST, Noise, OpenDeals, fits
from .grouped import LARGEST, binomial, largest_and_rest
from .independent import exact

QUARTERS = 10_000
MOST_DRAWS = 60_000_000
"""Deals times quarters up to which every deal is drawn by itself."""
_NONE = Noise()


def simulate(
    deals: OpenDeals,
    noise: Noise = _NONE,
    *,
    seed: int,
    quarters: int = QUARTERS,
    won: int = 0,
    method: Method | None = None,
    largest: int = LARGEST,
) -> Drawn:
    """The distribution of what a period brings: ``won``, what of the open deals is won in it, and new business.

    ``method`` None takes ``exact`` where deals are independent, without noise and few, or few their totals; ``brute``,
    which draws each deal of each quarter, up to some thousands of deals; and ``grouped`` beyond. That draws groups of
    equal deals as binomials where there are few groups, and otherwise the ``largest`` deals one by one and the rest as
    one sum that has the right mean, variance and skewness in every quarter. ``Drawn.how`` says which.

    One seed (not negative) gives the same numbers, in whatever order the deals are given; estimates are told apart by
    their numbers, so other numbers for the same estimates are another draw. The factor, shared chances, deals and new
    business each have a stream of random numbers of their own: without new business, quarters are as good or bad as
    with it.

    Totals are whole minor units; with amount noise or sums that are approximated, they are rounded at the end.
    Raises ValueError for arguments that mean nothing, and where ``exact`` is asked for and cannot be given.
    """
    if quarters < 1:
        raise ValueError(f"quarters: at least one, not {quarters}")
    if seed < 0:
        raise ValueError(f"seed: not negative, {seed}")
    fits(deals.amount, won)
    if method in (None, "exact"):
        found = _exact(deals, noise, won)
        if found is not None:
            return found
        if method == "exact":
            raise ValueError("exact: only for independent deals without noise or new business, and few of them")
    return _drawn(deals, noise, seed, quarters, won, method, largest)


def _exact(deals: OpenDeals, noise: Noise, won: int) -> Drawn | None:
    if noise.amount_sd or noise.business or (noise.correlation and len(deals) > 1) or _shares(deals):
        return None
    return exact(deals, date_sd=noise.date_sd, won=won)


def _shares(deals: OpenDeals) -> bool:
    """Whether any deals share an estimate that may err."""
    if deals.estimate is None or deals.weight is None:
        return False
    numbers = deals.estimate[~certain(deals.chance, deals.weight) & (deals.estimate >= 0)]
    return len(np.unique(numbers)) < len(numbers)


def _drawn(
    deals: OpenDeals, noise: Noise, seed: int, quarters: int, won: int, method: Method | None, largest: int
) -> Drawn:
    streams = [np.random.Generator(np.random.SFC64(one)) for one in np.random.SeedSequence(seed).spawn(4)]
    for_factor, for_estimates, for_deals, for_business = streams
    book = book_of(deals, noise)
    factor = factor_of(for_factor, quarters, noise.correlation)
    shared = shared_chances(for_estimates, book.kinds, factor)
    if method is None:
        method = "brute" if len(book) * quarters <= MOST_DRAWS else "grouped"
    if method == "brute":
        totals = brute(for_deals, book, factor, shared, noise.amount_sd, len(book))
        how = f"{len(book):,} {'deal' if len(book) == 1 else 'deals'} one by one, nothing approximated"
    else:
        found = None if noise.amount_sd else binomial(for_deals, book, factor, shared)
        totals, how = found or largest_and_rest(for_deals, book, factor, shared, noise.amount_sd, largest)
    if noise.business:
        new, by = business(for_business, noise, quarters)
        totals = totals + new
        how = f"{how}; {by}"
    if np.issubdtype(totals.dtype, np.floating):
        if np.abs(totals).max() >= MOST:
            raise ValueError("amount: with noise, a quarter's total is more than 64 bits hold")
        totals = np.rint(totals)
    return drawn_of(totals.astype(np.int64) + won, method, how, seed)
