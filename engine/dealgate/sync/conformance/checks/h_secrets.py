"""Secrets and words"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from dealgate.ports import TROUBLES, Outcome, Trouble

from ..lab import Lab, attempt
from ..rig import Cannot


def trouble_has_a_kind_and_says_what_to_do(lab: Lab) -> None:
    """Every trouble is of a kind of the contract, and says what is wrong and what to do."""
    for trouble in _troubles(lab):
        lab.hold(
            trouble.kind in TROUBLES, f"a kind of {', '.join(TROUBLES)}", f"`{trouble.kind}`", "Take the nearest one."
        )
        lab.hold(
            trouble.message.strip() and trouble.hint.strip(), "a message and a hint", "one of them is empty",
            "An operator reads the message, then does what the hint says.",
        )  # fmt: skip


def no_trouble_holds_a_secret(lab: Lab) -> None:
    """No trouble and no outcome holds a secret."""
    secrets = _secrets(lab)
    for trouble in _troubles(lab) if lab.rig.faults else ():
        _free(lab, secrets, f"{trouble.message} {trouble.hint} {trouble.args}", f"the trouble of kind {trouble.kind}")
    for kind in lab.able.actions:
        if kind == "set_fields" and not lab.rig.fields:
            continue
        deal = lab.deal()
        outcome = attempt(lab.adapter(), lab.action(kind, deal))
        text = f"{outcome.rule} {outcome.text}" if isinstance(outcome, Outcome) else f"{outcome.message} {outcome.hint}"
        _free(lab, secrets, text, f"the outcome of {kind}")


def no_record_and_no_cursor_holds_a_secret(lab: Lab) -> None:
    """No record and no cursor holds a secret: both are kept in files."""
    secrets = _secrets(lab)
    lab.deals(2)
    for stream in lab.streams():
        for page in lab.pages(stream, 2):
            _free(lab, secrets, repr(page.next), f"a cursor of {stream}")
            for record in page.records:
                _free(lab, secrets, repr(record), f"a record of {stream}")
    _free(lab, secrets, repr(lab.adapter().describe()), "the description")


def no_secret_is_logged(lab: Lab) -> None:
    """No secret is logged, at any level."""
    secrets = _secrets(lab)
    with _logged() as lines:
        lab.deals(2)
        lab.read(limit=1)
        lab.adapter().describe()
        for kind in lab.able.actions:
            if kind != "set_fields" or lab.rig.fields:
                attempt(lab.adapter(), lab.action(kind, lab.deal()))
        if lab.rig.faults:
            list(_troubles(lab))
    for line in lines:
        _free(lab, secrets, line, "a line of the log")


def _secrets(lab: Lab) -> list[str]:
    secrets = [secret for secret in lab.rig.secrets if len(secret) >= 6]
    lab.need(secrets, "the rig names no secret of six characters or more")
    return secrets


def _free(lab: Lab, secrets: list[str], text: str, where: str) -> None:
    shown = any(secret in text for secret in secrets)
    lab.hold(not shown, f"no secret in {where}", "one of the rig's secrets", "Name the credential, never its value.")


def _troubles(lab: Lab) -> Iterator[Trouble]:
    """Trouble of every way that the rig has, of those that end by themselves."""
    faults = sorted(lab.rig.faults - {"hang", "flood"})
    if not faults:
        raise Cannot("the rig makes no faults")
    lab.deals(3)
    for fault in faults:
        first = lab.adapter().pull("deals", None, 1)
        adapter = lab.adapter()
        lab.rig.fail(fault)
        trouble = None
        with suppress(Exception):  # what is no trouble is told by the check of this fault
            trouble = lab.trouble(partial(adapter.pull, "deals", first.next, 1))
        lab.rig.heal()
        if trouble is not None:
            yield trouble


@contextmanager
def _logged() -> Iterator[list[str]]:
    """What is logged meanwhile, by anybody."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    root, listener = logging.getLogger(), Listener(logging.DEBUG)
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(listener)
        root.setLevel(level)
