"""The metrics of a sales process: what each means, and the statistics beneath them."""

from .cases import Past
from .catalogue import catalogue
from .figure import Figure
from .measure import Measured, measure
from .spec import Asked, LeftOut, Policy, Row, Spec

__all__ = ["Asked", "Figure", "LeftOut", "Measured", "Past", "Policy", "Row", "Spec", "catalogue", "measure"]
