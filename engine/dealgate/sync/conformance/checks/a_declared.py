"""What it declares"""

from __future__ import annotations

from datetime import timedelta

from dealgate.model.fields import TYPES
from dealgate.model.operators import OPERATORS
from dealgate.ports import ACTIONS, CHANNELS, HOLDS_MOVES, STREAMS, WORDS, Trouble

from ...tables import written
from ..lab import Lab, attempt, told

OFF = timedelta(hours=3)
SLACK = timedelta(minutes=1)


def capabilities_are_words_of_the_contract(lab: Lab) -> None:
    """Every capability is a word of the contract, and they fit each other."""
    able = lab.able
    for name, words in WORDS.items():
        held = getattr(able, name)
        lab.hold(held in words, f"{name}: one of {', '.join(words)}", f"`{held}`", "Take the word that comes nearest.")
    for name, known in (("streams", STREAMS), ("actions", ACTIONS), ("whole", able.streams)):
        odd = [one for one in getattr(able, name) if one not in known]
        lab.hold(
            not odd, f"{name}: of {', '.join(known)}", ", ".join(odd), "Name what an adapter brings by these words."
        )
        twice = len(set(getattr(able, name))) < len(getattr(able, name))
        lab.hold(not twice, f"{name}: each once", "one of them twice", "Name it once.")
    for name, known in (
        ("operators", tuple(OPERATORS)),
        ("types", tuple(TYPES)),
        ("moves", HOLDS_MOVES),
        ("passed_by", CHANNELS),
    ):
        odd = [one for one in getattr(able.holds, name) if one not in known]
        lab.hold(not odd, f"holds.{name}: of {', '.join(known)}", ", ".join(odd), "Take the words of the contract.")
    lab.hold("deals" in able.streams, "a stream `deals`", ", ".join(able.streams), "Without deals there is no sync.")
    for stream, name, words in (
        ("stage_changes", "history", ("native", "audit")),
        ("deletions", "deletes", ("stream",)),
    ):
        held, has = getattr(able, name), stream in able.streams
        lab.hold(
            has is (held in words), f"the stream `{stream}` if and only if {name} is {' or '.join(words)}",
            f"{name} `{held}` and {'the' if has else 'no'} stream", "Declare both or none of the two.",
        )  # fmt: skip


def every_declared_stream_can_be_pulled(lab: Lab) -> None:
    """Every declared stream can be pulled."""
    lab.deals(2)
    for stream in lab.able.streams:
        try:
            lab.read(stream)
        except Trouble as trouble:
            lab.hold(False, f"records of {stream}", told(trouble), f"Leave `{stream}` out of streams, or read it.")


def an_action_that_is_not_declared_is_refused(lab: Lab) -> None:
    """An action that is not declared is refused, and nothing is written."""
    left = [kind for kind in ACTIONS if kind not in lab.able.actions and (kind != "set_fields" or lab.rig.fields)]
    lab.need(left, "the adapter declares every action")
    deal = lab.deal()
    for kind in left:
        action = lab.action(kind, deal)
        outcome = attempt(lab.adapter(), action)
        refused = isinstance(outcome, Trouble) or outcome.kind in ("rejected", "forbidden")
        lab.hold(
            refused and not lab.done(action), f"{kind}: rejected", told(outcome),
            f"Declare `{kind}` in actions, or answer Outcome('rejected', …).",
        )  # fmt: skip


def describe_lists_the_stages_that_deals_are_in(lab: Lab) -> None:
    """`describe` lists the stages that deals are in, by the ids that their records have."""
    stages = list(lab.rig.stages())
    deals = [lab.deal()]
    for stage in stages[1:]:
        deal = lab.deal()
        for step in stages[1 : stages.index(stage) + 1]:
            lab.rig.move(deal, step)
        deals.append(deal)
    listed = {stage.id for pipeline in lab.adapter().describe().pipelines for stage in pipeline.stages}
    seen = {str(record.data.get(lab.rig.stage_field)) for record in lab.read().records if record.id in deals}
    lab.hold(
        seen <= listed, f"stages {', '.join(sorted(seen))}", f"described: {', '.join(sorted(listed)) or 'none'}",
        "StageInfo.id is what a deal's record has in its stage field.",
    )  # fmt: skip


def describe_lists_the_fields_that_can_be_written(lab: Lab) -> None:
    """`describe` lists the fields of a deal that can be written."""
    lab.need_fields()
    deal = lab.deal()
    table = lab.read().newest()[deal].table
    found = {one.id: one for one in lab.adapter().describe().fields if one.table == table}
    for name in lab.rig.fields:
        lab.hold(
            name in found, f"the field `{name}` of the table `{table}`",
            f"of that table: {', '.join(sorted(found)[:5]) or 'nothing'}",
            "FieldInfo.table and id are the words of Record.table and the keys of Record.data.",
        )  # fmt: skip
        lab.hold(
            found[name].writable, f"`{name}` writable", "writable=False", "Say so where the CRM lets it be written."
        )


def describe_tells_the_servers_clock(lab: Lab) -> None:
    """`describe` tells the server's clock, whatever the clock of this machine says."""
    for off in (-OFF, OFF):
        before = lab.rig.now()
        told_ = lab.adapter(off).describe().now
        after = lab.rig.now()
        lab.hold(
            before - SLACK <= told_ <= after + SLACK, f"about {written(before)}", f"{written(told_)}",
            "Take it from the server's answer (its Date header will do), never from Settings.clock.",
        )  # fmt: skip
