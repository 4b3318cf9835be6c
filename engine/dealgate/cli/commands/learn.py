"""``dealgate learn``: the reading path, its articles and goals."""

from __future__ import annotations

import click

from ...model.diagnostics import DocumentsDoNotHold, WrongUsage, error
from ..options import output


@click.command(
    short_help="Read about sales processes, or choose a goal",
    epilog="""\b
Examples:
  dealgate learn                        articles in their order, and goals
  dealgate learn what-is-a-lead         one article
  dealgate learn stalled-deals          one goal: what to read, see and run
  dealgate learn --output json
""",
)
@click.argument("name", required=False, metavar="[ARTICLE|GOAL]")
@output("learn", "text")
def command(name: str | None, output: str) -> None:
    """Read the reading path: short articles in the order to read them, and goals that lead to what helps. In a
    workspace its own reading path is read, where it has one."""
    from importlib import import_module

    from ...documents.load import load_learn
    from ..render.write import put

    loaded = load_learn()
    if loaded.learn is None:
        raise DocumentsDoNotHold(*loaded.diagnostics)
    learn = loaded.learn
    chosen = None if name is None else learn.article(name) or learn.goal(name)
    if name is not None and chosen is None:
        from ...documents.suggest import nearest

        near = nearest(name, learn.ids)
        hint = f"Did you mean {near}?" if near else "`dealgate learn` lists what there is."
        raise WrongUsage(error("DG901", f"There is no article or goal {name}.", suggestion=hint))
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.learn.{output}")
    # clean as it comes: what styles it on a terminal must not be written out
    put(renderer.render(learn, chosen), None, exact=True)
