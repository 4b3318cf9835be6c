"""The Monte Carlo of a quarter: what open deals and new business will bring, as a distribution.

``simulate`` draws; ``exact`` computes where that can be done. Both give ``Drawn``: mean, standard deviation, P10, P50
and P90 (P10 is the low one), the chance of a target, and how good these figures are.
"""

from .drawn import Bin, Drawn, Method
from .given import Noise, OpenDeals
from .independent import exact
from .simulate import QUARTERS, simulate

__all__ = ["QUARTERS", "Bin", "Drawn", "Method", "Noise", "OpenDeals", "exact", "simulate"]
