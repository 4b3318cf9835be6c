"""What fails"""

from __future__ import annotations

from datetime import timedelta

from dealgate.ports import CrmAdapter, Outcome, Trouble

from ..lab import Lab, attempt, carried, missing, told

WHILE = timedelta(hours=2)


def a_throttled_pull_tells_when_to_come_again(lab: Lab) -> None:
    """Too many requests, with a time: the time is told, and nothing is lost."""
    _goes_on(lab, "throttled", "throttled", "exhausted", needed=True)


def a_throttled_pull_without_a_time_loses_nothing(lab: Lab) -> None:
    """Too many requests, without a time: it is asked again or told, and nothing is lost."""
    _goes_on(lab, "throttled-blind", "throttled", "exhausted")


def an_error_of_the_server_loses_nothing(lab: Lab) -> None:
    """An error of the server is asked again or told, and nothing is lost."""
    _goes_on(lab, "server-error", "unreachable", "odd")


def a_lost_connection_loses_nothing(lab: Lab) -> None:
    """A connection that breaks off is made again or told, and nothing is lost."""
    _goes_on(lab, "lost", "unreachable", "odd")


def a_token_that_expires_loses_nothing(lab: Lab) -> None:
    """A token that expires in the middle of a pull is renewed or told, and nothing is lost."""
    _goes_on(lab, "token", "unauthorised")


def a_cursor_that_has_expired_is_told(lab: Lab) -> None:
    """A cursor that the CRM does not know any more is told as `expired`."""
    lab.deals(5)
    page = lab.adapter().pull("deals", None, 2)
    lab.fail("cursor")
    adapter = lab.adapter()
    trouble = lab.trouble(lambda: adapter.pull("deals", page.next, 2))
    lab.struck()
    lab.hold(
        trouble is not None and trouble.kind == "expired", "Trouble (expired)",
        told(trouble) if trouble else "a page", "The engine reads from the beginning then; told otherwise, it stops.",
    )  # fmt: skip


def an_answer_that_never_ends_is_left(lab: Lab) -> None:
    """An answer that never ends in time is given up, and told."""
    _left(lab, "hang")


def an_answer_without_end_is_left(lab: Lab) -> None:
    """An answer that never ends in size is given up, and told."""
    _left(lab, "flood")


def a_write_that_fails_after_it_was_done_is_found(lab: Lab) -> None:
    """A write that was done, though its answer was lost, is found and not repeated."""
    for kind in lab.actions():
        deal = lab.deal()
        action = lab.action(kind, deal, lab.version(deal))
        adapter = lab.adapter()
        lab.fail("lost", "after")
        first = attempt(adapter, action)
        lab.struck()
        known = isinstance(first, Outcome) and first.kind in ("applied", "already")
        lab.hold(
            known or isinstance(first, Trouble), f"{kind}: Trouble, or applied once it was found", told(first),
            "What became of a write is not known when its answer is lost: look, or raise Trouble.",
        )  # fmt: skip
        again = attempt(lab.adapter(), action)
        lab.hold(
            lab.done(action) == 1, f"{kind}: once", f"{lab.done(action)} times", "Look for the key before any retry."
        )
        lab.hold(
            isinstance(again, Outcome) and again.kind == "already", f"{kind}: already, when it is asked again",
            told(again), "The key has to be written with the deed itself, in one request.",
        )  # fmt: skip


def a_write_that_fails_before_it_was_done_is_done_at_the_retry(lab: Lab) -> None:
    """A write that failed before it was done is done when it is asked again."""
    for kind in lab.actions():
        deal = lab.deal()
        action = lab.action(kind, deal, lab.version(deal))
        adapter = lab.adapter()
        lab.fail("lost", "before")
        first = attempt(adapter, action)
        lab.struck()
        again = attempt(adapter, action)
        lab.hold(
            lab.done(action) == 1, f"{kind}: once",
            f"{lab.done(action)} times; first {told(first)}, then {told(again)}",
            "A key counts as done only once the CRM has it.",
        )  # fmt: skip


def a_throttled_write_tells_when_to_come_again(lab: Lab) -> None:
    """A write that comes too soon is throttled, with the time, and nothing is written."""
    kind = lab.actions()[0]
    deal = lab.deal()
    action = lab.action(kind, deal, lab.version(deal))
    adapter = lab.adapter()
    lab.fail("throttled")
    outcome = attempt(adapter, action)
    lab.struck()
    lab.hold(outcome.kind in ("throttled", "exhausted"), "throttled", told(outcome), "The CRM said so.")
    _timed(lab, outcome)
    lab.hold(not lab.done(action), "nothing written", "it was written", "Write nothing after that.")


def _goes_on(lab: Lab, fault: str, *kinds: str, needed: bool = False) -> None:
    """A pull with a fault at its second page, gone on with by another process where it stood."""
    deals = lab.deals(5)
    adapter = lab.adapter()
    page = adapter.pull("deals", None, 2)
    read = [record.id for record in page.records]
    lab.need(page.more, "all came in one page")
    cursor = carried(page.next)
    lab.fail(fault)
    try:
        page = adapter.pull("deals", cursor, 2)
        trouble = None
    except Trouble as told_:
        trouble = told_
    lab.struck()
    if trouble is None:
        lab.hold(not needed, "Trouble (throttled), with the time", "a page", "An hour is too long to wait: tell it.")
        read += [record.id for record in page.records]
        cursor = carried(page.next)
    else:
        lab.hold(
            trouble.kind in kinds, f"Trouble ({' or '.join(kinds)})", told(trouble),
            "The kind decides what the operator is told to do.",
        )  # fmt: skip
        if needed:
            _timed(lab, trouble)
    if trouble is not None or page.more:
        read += lab.read(limit=2, cursor=cursor).ids
    lab.hold(
        set(deals) <= set(read), "all deals, when it goes on at its cursor", missing(deals, read),
        "An answer that is none is never an empty last page.",
    )  # fmt: skip


def _timed(lab: Lab, outcome: Outcome | Trouble) -> None:
    now = lab.rig.now()
    at = outcome.retry_at
    lab.hold(
        at is not None and at.tzinfo is not None and now < at <= now + WHILE, "retry_at in an hour",
        "none" if at is None else at.isoformat(), "The CRM says when: Retry-After, in seconds or as a date.",
    )  # fmt: skip


def _left(lab: Lab, fault: str) -> None:
    lab.deals(2)
    lab.fail(fault)

    def ask(adapter: CrmAdapter) -> Trouble | None:
        return lab.trouble(lambda: adapter.pull("deals", None, 2))

    try:
        trouble = lab.wait(ask)
    finally:
        struck = lab.rig.heal()
    lab.need(struck, "the adapter made no request that the fault could have struck")
    lab.hold(
        trouble is not None and trouble.kind in ("unreachable", "odd"), "Trouble (unreachable or odd)",
        told(trouble) if trouble else "a page", "What is half an answer is none.",
    )  # fmt: skip
