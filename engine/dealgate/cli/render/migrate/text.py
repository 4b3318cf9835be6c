"""A preview for a person."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from ....compile.becomes import UNDECIDED
from ....compile.words import value
from ....decide.migration import NO_SUCH_STAGE, Migration, Moved
from ....decide.passage import listed
from ....documents.suggest import nearest
from ....model.verdict import State
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..width import width


def render(made: Migration, *, every: bool = False) -> str:
    """Where the deals go, how they stand there, and what is left."""
    screen = console(colour=False)
    process = made.playbook.process
    day = value(made.as_of.astimezone(process.calendar.zone).date())
    screen.print(Text.assemble((one_line(process.title), "bold"), f" {one_line(process.version)}, as of {day}"))
    moving, left = made.moving, len(made.nowhere)
    parts = [
        f"{made.stays:,} {'stays in its' if made.stays == 1 else 'stay in their'} stage",
        f"{moving:,} {_go(moving)} to another",
    ]
    parts += [f"{left:,} {'is' if left == 1 else 'are'} left in none"] if left else []
    screen.print(f"{made.stays + moving + left:,} open {process.record}s: {', '.join(parts)}")
    if made.moved:
        screen.print()
        screen.print(_table(made))
    for line in _words(made, every):
        screen.print(Text(line))
    return written(screen)


def _go(count: int) -> str:
    return "goes" if count == 1 else "go"


def _table(made: Migration) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("From")
    table.add_column("To")
    for name in ("Open", "Amount", "Ready", "Blocked", "Unknown", "Closed"):
        table.add_column(name, justify="right", no_wrap=name != "Amount")
    titles = {s.id: s.title for s in made.playbook.process.stages}
    for m in made.moved:
        to = Text(one_line(titles[m.now])) if m.now is not None else Text(f"– {_short(m)}")
        amounts = "\n".join(value(amount) for amount in m.amounts) or "–"
        states = [m.states.get(s, 0) for s in (State.READY, State.BLOCKED, State.UNKNOWN)]
        table.add_row(one_line(m.was), to, f"{len(m.ids):,}", amounts, *(f"{n:,}" for n in (*states, m.closed)))
    return table


def _short(moved: Moved) -> str:
    return {NO_SUCH_STAGE: "no such stage", UNDECIDED: "undecided"}.get(moved.why, "nowhere")


def _words(made: Migration, every: bool) -> Iterator[str]:
    for m in made.moved:
        if m.now is None and m.ids:
            yield ""
            yield from wrapped(
                f"✗ `{one_line(m.was)}`: {one_line(m.why)}: {one_line(listed(m.ids, every))}.{_near(m, made)}",
                width(),
                "  ",
            )
    if made.turns is not None and made.before is not None:
        yield ""
        before = f"{made.before.id} {made.before.version}"
        yield from wrapped(f"Against {before}: {_turns(made)}.", width(), "  ")
        if made.newly_blocked:
            blocked = len(made.newly_blocked)
            line = f"Newly blocked: {blocked:,} deal{'' if blocked == 1 else 's'}, {listed(made.newly_blocked, every)}"
            if made.held_by is not None:
                line += f"; most often ({made.held_by[1]:,}) by {made.held_by[0].title}"
            yield from wrapped(f"{one_line(line)}.", width(), "  ")
    yield ""
    yield "Nothing was written."


def _near(moved: Moved, made: Migration) -> str:
    if moved.why != NO_SUCH_STAGE:
        return ""
    process = made.playbook.process
    near = nearest(moved.was, [*(s.id for s in process.stages), *process.becomes])
    return f" Did you mean `{near}`?" if near else ""


def _turns(made: Migration) -> str:
    turns = made.turns or {}
    same = sum(n for (b, a), n in turns.items() if b is a)
    parts = [f"{same:,} deals stand as before"] if same != 1 else ["1 deal stands as before"]
    for (before, after), n in turns.items():
        if before is not after:
            parts.append(f"{n:,} {_word(before)} → {_word(after)}")
    return ", ".join(parts)


def _word(state: State | None) -> str:
    return state.value if state is not None else "not judged"
