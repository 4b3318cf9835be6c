"""The type checker: a raw condition becomes the model's tree, or diagnostics say what does not hold."""

from .check import check_condition, check_named
from .scope import Param, Scope

__all__ = ["Param", "Scope", "check_condition", "check_named"]
