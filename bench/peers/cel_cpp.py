"""C++ CEL (cel-expr-python): the forty criteria as one program, a list; it tells nothing but the bits."""

from __future__ import annotations

from collections.abc import Callable

from ..spelled import CEL
from ..workload import Row, rows

NAME = "C++ CEL, one list program"
NEEDS = "cel_expr_python"


def prepare() -> Callable[[Row], list[bool]]:
    """The program, compiled once; fields are dynamic, since any may be null."""
    from cel_expr_python import cel

    environment = cel.NewEnv(variables=dict.fromkeys(rows(1)[0], cel.Type.DYN))
    evaluate = environment.compile(f"[{', '.join(CEL.criteria())}]").eval

    def judge(row: Row) -> list[bool]:
        found: list[bool] = evaluate(data=row).plain_value()
        return found

    return judge
