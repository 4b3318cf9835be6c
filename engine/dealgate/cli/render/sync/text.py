"""A sync as text: what was read of each stream, and what of it was new."""

from __future__ import annotations

from ....sources.table import counted
from ....sync.pull import Pulled
from ...syncing import Synced


def render(found: Synced) -> str:
    """A line a stream, then what the store took."""
    wide = max((len(_name(one)) for one in found.run.streams), default=0)
    lines = [f"{found.source} ({found.title})"]
    lines += [f"  {_name(one):<{wide}}  {_counts(one)}" for one in found.run.streams]
    lines += [f"  {found.note}"] if found.note else []
    return "\n".join([*lines, _end(found)])


def _name(one: Pulled) -> str:
    return one.stream.replace("_", " ").capitalize()


def _counts(one: Pulled) -> str:
    counts = [f"{n:,} {word}" for n, word in ((one.new, "new"), (one.changed, "changed"), (one.gone, "gone")) if n]
    read = f"{one.read:,} read" + (", all of them" if one.full else "")
    failed = "not read to its end" if one.trouble is not None else ""
    return "; ".join(part for part in (read, ", ".join(counts), failed) if part)


def _end(found: Synced) -> str:
    deals = counted(found.waiting, "deal")
    if found.dry_run:
        return f"A dry run: {deals} would be taken over, and nothing was kept."
    taken = found.taken
    if taken is None:
        return f"Nothing was taken over, for not every stream was read to its end. Waiting: {deals}."
    if not taken.deals and not taken.gone:
        return "Nothing changed."
    parts = [f"{counted(taken.deals, 'deal')} taken over, {taken.new_deals:,} of them new"] if taken.deals else []
    parts += [f"{counted(taken.gone, 'deal')} gone"] if taken.gone else []
    parts += [f"{counted(taken.set_aside, 'row')} set aside"] if taken.set_aside else []
    new = f"new are {counted(taken.new_events, 'event')} and {counted(taken.new_children, 'record')}"
    return f"{'; '.join([*parts, new])}.\nKept in {found.kept_in}."
