"""The door opened for a command: the sources that a CRM can call, the address, and the server until it is stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import SourceFailed, Where, WrongUsage, error
from .syncing import FILE, FOLDER
from .working import Worker

if TYPE_CHECKING:
    from ..documents.workspace import ConfiguredSource
    from ..sync.door import Answer, Called, Door, Request
    from ..sync.inbox import Inbox
    from .ending import Ending


def listen(names: Sequence[str], host: str, port: int, pause: float, *, human: bool | None = None) -> None:
    """Takes webhooks until SIGTERM or SIGINT. ``names``: of sources, all if none; ``pause``: seconds from one sync of a
    source to the next; ``human``: the form of the log, as ``set_up`` has it.

    Raises WrongUsage where there is nothing to call, SourceFailed where the address or the inbox cannot be had.
    """
    from ..sync.door import Door
    from ..sync.inbox import FILE as INBOX
    from .ending import asked_to_end
    from .logs import Redactor, set_up
    from .options import now
    from .scheduling import secrets_of
    from .stored import opened

    sources = _sources(names)
    folder = next(iter(sources.values())).folder
    with opened():
        pass  # a store that is not there is told now, and not after the first webhook was taken
    with ExitStack() as held:
        called = _called(sources.values(), held)
        outer, inner = (held.enter_context(closing(_inbox(folder / FOLDER / INBOX))) for _ in range(2))
        listening = held.enter_context(closing(bound(host, port)))
        here = "http://{}:{}".format(*address_of(listening))
        troubles: dict[str, str] = {}
        door = Door(called, outer, now, here, troubles)
        redactor = Redactor(secrets_of(folder))
        log = held.enter_context(set_up(redactor, now, human=human))
        ending = held.enter_context(asked_to_end())
        served = {one.name: sources[one.name] for one in called}
        worker = Worker(served, inner, door, troubles, pause, log, lambda: redactor.know(secrets_of(folder)))
        hooks = [f"/hooks/{name}" for name in served]
        log.info("listening", address=here, hooks=hooks, said=f"Listening on {here}: {', '.join(hooks)}")
        with worker.at_work():
            asyncio.run(_until_asked(listening, door, worker, ending))
        log.info("ended", said="asked to end")


def _sources(names: Sequence[str]) -> Mapping[str, ConfiguredSource]:
    """The sources of those names, else all that are CRMs. Raises WrongUsage."""
    from ..documents.library import Library
    from ..documents.workspace import find_workspace
    from .syncing import source_named

    if names:
        return {name: source_named(name) for name in names}
    folder = find_workspace(Path.cwd())
    known = Library(folder).workspace.sources if folder is not None else {}
    found = {name: one for name, one in known.items() if one.adapter != FILE}
    return found or {one.name: one for one in (source_named(None),)}


def _called(sources: Iterable[ConfiguredSource], held: ExitStack) -> list[Called]:
    """Those of the sources that a CRM can call, with their adapters. Raises WrongUsage where there is none."""
    from ..sync.adapters import open_adapter
    from ..sync.door import Called, is_address
    from .options import now

    found, silent = [], []
    for source in sources:
        address = source.settings.get("public_url")
        if address is not None and not is_address(str(address)):
            message = f"The `public_url` of `{source.name}` is not an address."
            hint = "write all of it, as the CRM was given it: https://hooks.example.com/hooks/NAME"
            raise WrongUsage(error("DG996", message, source.at, hint))
        adapter = open_adapter(source, now) if source.adapter != FILE else None
        if adapter is not None:
            held.callback(adapter.close)
        if adapter is not None and adapter.capabilities().webhooks:
            found.append(Called(source.name, adapter, None if address is None else str(address)))
        else:
            silent.append(f"`{source.name}`")
    if not found:
        message = f"Nobody calls for {', '.join(silent)}: what speaks with it takes no webhooks."
        raise WrongUsage(error("DG995", message, suggestion="let `dealgate sync` ask, as often as you like"))
    return found


def _inbox(file: Path) -> Inbox:
    """Raises SourceFailed where it cannot be had."""
    from ..sync.inbox import Inbox

    try:
        return Inbox(file)
    except (sqlite3.Error, OSError) as why:
        message = f"The inbox cannot be opened: {why if isinstance(why, sqlite3.Error) else why.strerror}."
        hint = "see that the folder can be written; a file that is damaged can be removed, then run `dealgate sync`"
        raise SourceFailed(error("DG998", message, Where(str(Path(*file.parts[-2:]))), hint)) from None


def bound(host: str, port: int) -> socket.socket:
    """A socket that takes callers. Raises SourceFailed."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, UnicodeError) as why:
        # the words of create_server repeat the address, those of a name that is not found are the resolver's
        code = why.errno if isinstance(why, OSError) and not isinstance(why, socket.gaierror) else None
        reason = os.strerror(code).lower() if code else "there is no such address"
        hint = "name another with --host and --port, or end what holds it"
        raise SourceFailed(error("DG997", f"Nobody can call here: {reason}.", Where(f"{host}:{port}"), hint)) from None


def address_of(listening: socket.socket) -> tuple[str, int]:
    """Host and port that it has, as a URL writes them."""
    host, port = listening.getsockname()[:2]
    return (f"[{host}]" if ":" in host else host), port


async def _until_asked(listening: socket.socket, door: Door, worker: Worker, ending: Ending) -> None:
    from .serving import Handler, Limits, serve

    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        with suppress(RuntimeError):  # it has ended
            loop.call_soon_threadsafe(stop.set)

    ending.then(end)
    with _one_thread() as pool:

        async def answer(asked: Request, body: bytes) -> Answer:
            made = await loop.run_in_executor(pool, door.answer, asked, body)
            worker.wake()
            return made

        await serve(listening, Handler(door.at_once, answer, door.too_large), Limits(), stop)


@contextmanager
def _one_thread() -> Iterator[ThreadPoolExecutor]:
    """The thread that adapters and the inbox are asked in: writing to disk must not hold up the sockets."""
    pool = ThreadPoolExecutor(1, "door")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
