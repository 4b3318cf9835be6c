"""Telling people, by apprise: who asked for an event, so many an hour and no more, and never at a job's cost."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from ...documents.workspace import reveal
from ...model.diagnostics import DealgateError, Diagnostic, warning
from ...model.schedule import Notice
from ..logs import Redactor
from .state import State

CODE = "DG864"
HOUR = timedelta(hours=1)
EXTRA = "apprise"
Send = Callable[[str, str, str], bool]
"""(address, title, text): whether it was taken. The address is a secret."""


class Notices:
    """The places of a workspace, with what each was told lately."""

    def __init__(
        self, notices: Sequence[Notice], folder: Path, workspace: str, state: State, redactor: Redactor,
        clock: Callable[[], datetime], send: Send | None = None,
    ) -> None:  # fmt: skip
        """``folder``: from where files with secrets are seen; ``workspace``: its title, which heads each message."""
        self.notices, self.folder, self.workspace = notices, folder, workspace
        self.state, self.redactor, self.clock = state, redactor, clock
        self.send = send or by_apprise

    def tell(self, event: str, text: str) -> tuple[list[str], list[Diagnostic]]:
        """Tells those who asked for an event: the ids of those who took it, and what went wrong with others.

        Where nobody asked, both are empty.
        """
        told: list[str] = []
        wrong: list[Diagnostic] = []
        for notice in self.notices:
            if event not in notice.events:
                continue
            now, held = self.clock(), self.state.notice(notice.id)
            held.sent = [at for at in held.sent if now - HOUR < at <= now]
            if len(held.sent) >= notice.at_most:
                held.held += 1
                continue
            if self._sent(notice, event, text, held.held, wrong):
                held.sent.append(now)
                held.held = 0
                told.append(notice.id)
        return told, wrong

    def asked(self, event: str) -> bool:
        """Whether anybody wants to be told of an event."""
        return any(event in notice.events for notice in self.notices)

    def _sent(self, notice: Notice, event: str, text: str, held: int, wrong: list[Diagnostic]) -> bool:
        more = f"\n{held:,} before it {'was' if held == 1 else 'were'} held back." if held else ""
        title = f"dealgate, {self.workspace}: {event.replace('_', ' ')}"
        try:
            taken = self.send(reveal(notice.to, self.folder, notice.where), title, self.redactor.text(text) + more)
        except DealgateError as refusal:
            wrong += [warning(CODE, d.message, notice.where, d.suggestion) for d in refusal.diagnostics]
            return False
        except Exception as mistake:  # noqa: BLE001 - what a service's code raises must not end a job
            hint = "look into its address"
            wrong.append(warning(CODE, f"`{notice.id}` failed ({type(mistake).__name__}).", notice.where, hint))
            return False
        if not taken:
            message = f"`{notice.id}` could not be told."
            wrong.append(warning(CODE, message, notice.where, "see that its address is right and its service answers"))
        return taken


def lacking(notices: Sequence[Notice]) -> list[Diagnostic]:
    """What is told at the start where notifications are asked for and cannot be sent."""
    if not notices or find_spec(EXTRA) is not None:
        return []
    message = "Nobody can be told: apprise is not installed."
    return [warning(CODE, message, notices[0].where, "install dealgate[notify]")]


def by_apprise(address: str, title: str, text: str) -> bool:
    """Sends by the service that an address names; False where there is none, or it does not take it."""
    if find_spec(EXTRA) is None:
        return False
    # its own log would name addresses
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it imports what Python will drop is not the operator's concern
        import apprise

        service = apprise.Apprise()
        return bool(service.add(address)) and bool(service.notify(body=text, title=title))
