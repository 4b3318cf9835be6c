"""Actions"""

from __future__ import annotations

from dealgate.ports import MoveStage, Outcome, SetFields, Trouble

from ..lab import KINDS, Lab, attempt, same, told


def an_action_is_done(lab: Lab) -> None:
    """Each action that is declared is done."""
    for kind in lab.actions():
        deal = lab.deal()
        action = lab.action(kind, deal, lab.version(deal))
        outcome = attempt(lab.adapter(), action)
        lab.hold(
            isinstance(outcome, Outcome) and outcome.kind == "applied", f"{kind}: applied", told(outcome),
            "The deal was as the action expects it.",
        )  # fmt: skip
        lab.hold(lab.done(action) == 1, f"{kind}: once in the CRM", f"{lab.done(action)} times", "Do it, then say so.")


def the_same_key_is_done_once(lab: Lab) -> None:
    """The same action with the same key is done once, and told as `already` after that."""
    for kind in lab.actions():
        deal = lab.deal()
        action = lab.action(kind, deal, lab.version(deal))
        adapter = lab.adapter()
        adapter.apply(action)
        _already(lab, kind, attempt(adapter, action))
        lab.hold(
            lab.done(action) == 1, f"{kind}: once", f"{lab.done(action)} times", "Look for the key before writing."
        )


def another_process_knows_the_key(lab: Lab) -> None:
    """An action that another process did is told as `already`, and not done again."""
    for kind in lab.actions():
        deal = lab.deal()
        action = lab.action(kind, deal, lab.version(deal))
        lab.adapter().apply(action)
        _already(lab, kind, attempt(lab.adapter(), action))
        lab.hold(
            lab.done(action) == 1, f"{kind}: once", f"{lab.done(action)} times",
            "Keep the key in the CRM, in what was written: the adapter's memory ends with its process.",
        )  # fmt: skip


def another_key_is_another_action(lab: Lab) -> None:
    """Two actions that differ by their key alone are both done."""
    kinds = [kind for kind in lab.actions() if kind in ("create_task", "note")]
    lab.need(kinds, "the adapter writes neither tasks nor notes")
    for kind in kinds:
        deal, adapter = lab.deal(), lab.adapter()
        action = lab.action(kind, deal)
        adapter.apply(action)
        adapter.apply(action.replace(key=lab.key()))
        lab.hold(
            lab.done(action) == 2, f"{kind}: twice", f"{lab.done(action)} times", "Tell them apart by the key alone."
        )


def an_action_that_is_repeated_undoes_nothing(lab: Lab) -> None:
    """An action that is repeated after a person has decided otherwise does not undo that."""
    lab.need("set_fields" in lab.able.actions and lab.rig.fields, "the adapter writes no fields")
    deal, adapter = lab.deal(), lab.adapter()
    action = lab.action("set_fields", deal, lab.version(deal))
    adapter.apply(action)
    lab.rig.tick()
    name, pair = next(iter(lab.rig.fields.items()))
    lab.rig.edit(deal, **{name: pair[0]})
    outcome = attempt(adapter, action)
    lab.hold(
        not lab.done(action), f"`{name}` as the person set it, and `already` or `conflict`",
        f"overwritten, and {told(outcome)}", "A key that is known is not done again, whatever stands there by now.",
    )  # fmt: skip


def a_move_from_another_stage_is_a_conflict(lab: Lab) -> None:
    """A deal that is in another stage than expected is not moved: a conflict."""
    _declared(lab, "move_stage")
    stages = lab.rig.stages()
    lab.need(len(stages) > 2, "the rig has two stages only")
    deal = lab.deal()
    lab.rig.move(deal, stages[1])
    outcome = attempt(lab.adapter(), MoveStage(deal, stages[2], stages[0], lab.key()))
    now = lab.rig.truth().deals[deal].stage
    _conflict(lab, "move_stage", outcome, now == stages[1], "Compare the stage with `expect_stage` before the write.")


def a_write_on_a_changed_deal_is_a_conflict(lab: Lab) -> None:
    """A deal that was changed since its version was read is not written to: a conflict."""
    kinds = [kind for kind in lab.actions() if kind in ("set_fields", "move_stage")]
    lab.need(lab.able.compare_and_set != "none", "the adapter compares no versions")
    lab.need(kinds, "the adapter writes neither fields nor stages")
    for kind in kinds:
        deal = lab.deal()
        action = lab.action(kind, deal, lab.version(deal))
        names = list(lab.rig.fields)
        lab.need(names, "the rig names no field that may be written")
        lab.need(lab.version(deal), "the deal's record has no version, as another check tells")
        lab.rig.tick()
        lab.rig.edit(deal, **{names[-1]: lab.rig.fields[names[-1]][1]})
        before = lab.rig.truth().deals[deal]
        outcome = attempt(lab.adapter(), action)
        untouched = lab.rig.truth().deals[deal] == before
        _conflict(
            lab, kind, outcome, untouched, "Compare the version with `expect_version` at the write, or just before."
        )


def a_write_on_a_deal_that_is_gone_is_a_conflict(lab: Lab) -> None:
    """An action on a deal that is gone is a conflict."""
    for kind in lab.actions():
        deal = lab.deal()
        action = lab.action(kind, deal, lab.version(deal))
        lab.rig.delete(deal)
        _conflict(lab, kind, attempt(lab.adapter(), action), True, "The deal is not what was expected: it is gone.")


def a_write_leaves_all_else_as_it_is(lab: Lab) -> None:
    """Setting a field leaves the other fields, the stage, and other deals as they are."""
    _declared(lab, "set_fields")
    lab.need(len(lab.rig.fields) > 1, "the rig names one field only that may be written")
    deal, other = lab.deals(2)
    before = lab.rig.truth().deals
    action = lab.action("set_fields", deal, lab.version(deal))
    assert isinstance(action, SetFields)
    lab.adapter().apply(action)
    after = lab.rig.truth().deals
    rest = {name: value for name, value in before[deal].values.items() if name not in action.values}
    wrong = [name for name, value in rest.items() if not same(after[deal].values, {name: value})]
    wrong += ["its stage"] if after[deal].stage != before[deal].stage else []
    wrong += ["another deal"] if after[other] != before[other] else []
    lab.hold(not wrong, "nothing else changed", ", ".join(wrong), "Send the fields of the action alone.")


def an_outcome_tells_the_new_version(lab: Lab) -> None:
    """The version that an outcome tells is the deal's, and the next write goes through with it."""
    lab.need(lab.able.compare_and_set != "none", "the adapter compares no versions")
    _declared(lab, "set_fields")
    deal, adapter = lab.deal(), lab.adapter()
    outcome = adapter.apply(lab.action("set_fields", deal, lab.version(deal)))
    lab.need(outcome.version is not None, "the adapter's outcomes tell no version")
    lab.rig.tick()
    name, pair = next(iter(lab.rig.fields.items()))
    then = attempt(adapter, SetFields(deal, {name: pair[0]}, lab.key(), outcome.version))
    lab.hold(
        isinstance(then, Outcome) and then.kind == "applied", "applied", told(then),
        "Outcome.version is the version after the write, or None.",
    )  # fmt: skip


def a_refusal_is_told_in_the_crms_words(lab: Lab) -> None:
    """What the CRM refuses is `rejected`, in the CRM's own words, and nothing is written."""
    lab.actions()
    deal = lab.deal()
    refusal = lab.rig.refusal(deal, lab.key())
    _declared(lab, KINDS[type(refusal.action)])
    before = lab.rig.truth()
    outcome = attempt(lab.adapter(), refusal.action)
    lab.hold(
        isinstance(outcome, Outcome) and outcome.kind in ("rejected", "forbidden"), "rejected", told(outcome),
        "A refusal is an outcome of the action, no trouble with the CRM.",
    )  # fmt: skip
    lab.hold(lab.rig.truth() == before, "nothing written", "the CRM has changed", "Write nothing after a refusal.")
    assert isinstance(outcome, Outcome)
    lab.hold(
        refusal.words.casefold() in outcome.text.casefold(), f"“{refusal.words}” in the text", f"“{outcome.text}”",
        "Give what the CRM said in Outcome.text: a person has to act on it.",
    )  # fmt: skip


def rows_stand_alone(lab: Lab) -> None:
    """One action that fails does not keep the next ones from being done."""
    _declared(lab, "move_stage")
    stages = lab.rig.stages()
    lab.need(len(stages) > 2, "the rig has two stages only")
    adapter, kinds = lab.adapter(), []
    for n, deal in enumerate(lab.deals(3)):
        expected, to = (stages[1], stages[2]) if n == 1 else (stages[0], stages[1])
        outcome = attempt(adapter, MoveStage(deal, to, expected, lab.key()))
        kinds.append(outcome.kind)
    lab.hold(
        kinds[0] == kinds[2] == "applied", "applied, a conflict, applied", ", ".join(kinds),
        "Answer each action for itself.",
    )  # fmt: skip


def _declared(lab: Lab, kind: str) -> None:
    lab.need(kind in lab.able.actions, f"the adapter does not declare `{kind}`")


def _already(lab: Lab, kind: str, outcome: Outcome | Trouble) -> None:
    right = isinstance(outcome, Outcome) and outcome.kind == "already"
    lab.hold(
        right, f"{kind}: already", told(outcome),
        "The key says that it is the same action: find what it left behind, before versions are compared.",
    )  # fmt: skip


def _conflict(lab: Lab, kind: str, outcome: Outcome | Trouble, untouched: bool, mend: str) -> None:
    right = isinstance(outcome, Outcome) and outcome.kind == "conflict"
    lab.hold(right, f"{kind}: conflict", told(outcome), mend)
    lab.hold(untouched, f"{kind}: nothing written", "it was written all the same", mend)
