"""What changes"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from dealgate.model.values import parse_datetime
from dealgate.ports import Record

from ...mirror import Mirror
from ...pull import pull
from ..lab import Lab, same

OFF = timedelta(hours=3)
SLACK = timedelta(seconds=2)


def after_nothing_changed_nothing_comes(lab: Lab) -> None:
    """After nothing has changed, the next pull brings nothing from before its cursor."""
    streams = [name for name in lab.streams() if lab.cursor(name) != "full"]
    lab.need(streams, "the adapter reads everything each time")
    lab.deals(3)
    for stream in streams:
        last = lab.read(stream).last
        lab.rig.tick()
        cursor = lab.onward(last, stream)
        again = lab.read(stream, cursor=cursor).records
        old = [
            one for one in again if cursor is None or cursor.at is None or (one.modified and one.modified < cursor.at)
        ]
        lab.hold(
            not old, f"{stream}: nothing that was written before the cursor", f"{len(old)} records",
            "Filter by the moment of the cursor at the server.",
        )  # fmt: skip


def an_edit_comes_with_the_next_pull(lab: Lab) -> None:
    """A deal that was edited comes with the next pull, as it is now."""
    first, *_ = lab.deals(3)
    last = lab.read().last
    lab.rig.tick()
    lab.change(first)
    found = lab.read(cursor=lab.onward(last)).newest()
    lab.hold(
        first in found, "the edited deal", "it did not come",
        "Read by the moment of the last change, which every write moves, not of making or of the last stage.",
    )  # fmt: skip


def the_watermark_is_the_servers_time(lab: Lab) -> None:
    """The watermark is the server's time: the clock of this machine may be three hours off either way."""
    lab.deals(2)
    for stream in lab.streams():
        before = lab.rig.now()
        marks = [list(lab.pages(stream, 1000, None, lab.adapter(off)))[-1].watermark for off in (-OFF, OFF)]
        after = lab.rig.now()
        lab.hold(
            all(mark.tzinfo is not None for mark in marks), f"{stream}: a moment with its zone", "one without",
            "Give it in UTC.",
        )  # fmt: skip
        lab.hold(
            max(marks) <= after + SLACK, f"{stream}: not later than the server's {after:%H:%M:%S}",
            f"{max(marks):%H:%M:%S}", "Take it from the server's answer: what is later has not been read.",
        )  # fmt: skip
        lab.hold(
            max(marks) - min(marks) <= after - before + timedelta(minutes=1),
            f"{stream}: the same watermark, whatever this machine's clock says", f"{max(marks) - min(marks)} apart",
            "Never reckon with Settings.clock here.",
        )  # fmt: skip


def a_deletion_is_told_as_declared(lab: Lab) -> None:
    """A deal that was deleted is told as the adapter declares it."""
    gone, kept, *_ = lab.deals(3)
    table = lab.read().newest()[gone].table
    how = lab.able.deletes
    stream = "deletions" if how == "stream" else "deals"
    last = lab.read(stream).last
    lab.rig.tick()
    lab.rig.delete(gone)
    if how == "stream":
        told = [one for one in lab.read(stream, cursor=lab.onward(last, stream)).records if one.id == gone]
        right, came = any(one.table == table for one in told), f"of table {told[0].table}" if told else "nothing"
        wanted = f"a record of the deal's id and table `{table}` in `deletions`"
    elif how == "flag":
        found = lab.read(cursor=lab.onward(last)).newest().get(gone)
        right, came = found is not None and found.gone, "nothing" if found is None else "a record that is not gone"
        wanted = "the deal's record, with `gone`"
    else:
        ids = lab.read().ids
        right, came = gone not in ids and kept in ids, "the deleted deal" if gone in ids else "not even the others"
        wanted = "every deal but the deleted one, in a full pull"
    lab.hold(right, wanted, came, f"`deletes` is declared as `{how}`.")


def every_move_is_in_the_history(lab: Lab) -> None:
    """The history tells every move of a deal, in order."""
    deal, stages = _moved(lab)
    told = [str(one.data.get(lab.rig.history_fields["stage"])) for one in _history(lab, deal)]
    lab.hold(
        told[-len(stages) :] == stages, " → ".join(stages), " → ".join(told) or "nothing",
        "A record for every change of stage, with the stage that it led to.",
    )  # fmt: skip


def the_history_tells_when(lab: Lab) -> None:
    """The history tells when each move was made, by the server's clock."""
    deal = lab.deal()
    moments = []
    _need_history(lab)
    for stage in lab.rig.stages()[1:3]:
        lab.rig.tick()
        before = lab.rig.now()
        lab.rig.move(deal, stage)
        moments.append((stage, before, lab.rig.now()))
    lab.rig.tick()
    names = lab.rig.history_fields
    told = {str(one.data.get(names["stage"])): _moment(one, names["at"]) for one in _history(lab, deal)}
    for stage, before, after in moments:
        at = told.get(stage)
        lab.hold(
            at is not None and before - SLACK <= at <= after + SLACK, f"{before.isoformat(timespec='seconds')}",
            at.isoformat(timespec="seconds") if at else f"no moment in `{names['at']}`",
            "The moment of the change itself, in ISO form with its zone, not that of reading it.",
        )  # fmt: skip


def the_history_tells_who(lab: Lab) -> None:
    """The history tells who made each move."""
    lab.need(lab.able.change_source, "the adapter does not declare that it knows who made a change")
    _need_history(lab)
    lab.need("by" in lab.rig.history_fields, "the rig does not say where the history names who it was")
    deal, stage = lab.deal(), lab.rig.stages()[1]
    who = lab.rig.move(deal, stage)
    names = lab.rig.history_fields
    told = [one.data.get(names["by"]) for one in _history(lab, deal) if one.data.get(names["stage"]) == stage]
    right = bool(told) and (str(told[-1]) == who if who is not None else told[-1] is not None)
    lab.hold(right, who or "somebody", repr(told[-1]) if told else "nothing", "`change_source` is declared: give it.")


def a_move_comes_with_the_next_pull_of_the_history(lab: Lab) -> None:
    """A move comes with the next pull of the history."""
    _need_history(lab)
    deal = lab.deal()
    last = lab.read("stage_changes").last
    lab.rig.tick()
    stage = lab.rig.stages()[1]
    lab.rig.move(deal, stage)
    found = [
        one for one in lab.read("stage_changes", cursor=lab.onward(last, "stage_changes")).records if one.deal == deal
    ]
    told = [str(one.data.get(lab.rig.history_fields["stage"])) for one in found]
    lab.hold(
        stage in told, f"the move to {stage}", ", ".join(told) or "nothing", "A change is written when it is made."
    )


def the_engines_own_pull_ends_at_what_stands_in_the_crm(lab: Lab) -> None:
    """The engine's own pull, twice with changes in between, ends at what stands in the CRM."""
    deals, streams = lab.deals(6), lab.streams()
    with TemporaryDirectory() as folder:
        mirror = Mirror(Path(folder) / "mirror.db")
        try:
            run = pull(lab.adapter(), mirror, streams=streams)
            lab.rig.tick()
            lab.rig.move(deals[0], lab.rig.stages()[1])
            lab.change(deals[1])
            deals.append(lab.deal())
            again = pull(lab.adapter(), mirror, streams=streams)
            table = lab.read().newest()[deals[0]].table
            held = {str(row[0]): row[1] for row in _rows(mirror, deals, table)}
        finally:
            mirror.close()
    for stream, trouble in (*run.troubles, *again.troubles):
        lab.hold(False, f"{stream} read to its end", trouble.message, "The CRM was well: find out what it asked.")
    truth = lab.rig.truth().deals
    name = lab.rig.stage_field
    wrong = [deal for deal in deals if deal not in held or not same(held[deal], {name: truth[deal].stage})]
    lab.hold(
        not wrong, "every deal in the stage where it stands in the CRM", f"{len(wrong)} of {len(deals)} deals are not",
        "If every other check holds, please report this one.",
    )  # fmt: skip


def _rows(mirror: Mirror, deals: Sequence[str], table: str) -> list[tuple[str, dict[str, object]]]:
    return [(deal, row) for deal in deals for row in mirror.rows([deal]).get(table, [])[:1]]


def _need_history(lab: Lab) -> None:
    lab.need_stream("stage_changes")
    lab.need("stage" in lab.rig.history_fields, "the rig does not say where the history has its stage")


def _moved(lab: Lab) -> tuple[str, list[str]]:
    _need_history(lab)
    deal, stages = lab.deal(), list(lab.rig.stages()[1:4])
    for stage in stages:
        lab.rig.tick()
        lab.rig.move(deal, stage)
    lab.rig.tick()
    return deal, stages


def _history(lab: Lab, deal: str) -> list[Record]:
    """The changes of a deal by the moment they tell."""
    at = lab.rig.history_fields.get("at", "")
    found = [one for one in lab.read("stage_changes").records if one.deal == deal]
    return sorted(found, key=lambda one: str(_moment(one, at)))


def _moment(record: Record, name: str) -> datetime | None:
    value = record.data.get(name)
    found = parse_datetime(str(value)) if value is not None else None
    return found if found is None or found.tzinfo is not None else None
