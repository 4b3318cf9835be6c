"""A small HTTP server: h11 reads and writes HTTP/1.1, asyncio has the sockets, and here stand the limits.

A request has one limit of time for all of it, head and body, so that a caller who sends a byte now and then is cut off.
That is why it is no larger server: the usual ones limit the time between two bytes, or leave the head to a proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import h11

from ..sync.door import RETRY_AFTER, Answer, Request

HEAD = 32 * 1024
"""How large a head may be, in bytes."""
_READ = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """``body``: bytes; ``seconds``: for a whole request, and for an answer to be taken; ``callers``: at a time."""

    body: int = 1_000_000
    seconds: float = 10.0
    callers: int = 200


@dataclass(frozen=True)
class Handler:
    """``at_once``: the answer to a head that needs no body to be refused, else None. ``answer``: to a whole request;
    ``too_large``: to one whose body is not read to its end."""

    at_once: Callable[[Request], Answer | None]
    answer: Callable[[Request, bytes], Awaitable[Answer]]
    too_large: Callable[[Request], Answer]


class _TooLarge(Exception):
    """A body is larger than the limit."""


async def serve(listening: socket.socket, handler: Handler, limits: Limits, stop: asyncio.Event) -> None:
    """Answers until ``stop`` is set. Then nobody is let in, and who has sent a whole request is still answered."""
    callers: dict[asyncio.Task[None], _Caller] = {}

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        one = _Caller(reader, writer, handler, limits, stop)
        task = asyncio.current_task()
        assert task is not None
        callers[task] = one
        try:
            await one.served(crowded=len(callers) > limits.callers)
        except asyncio.CancelledError:
            if not stop.is_set():
                raise
        finally:
            del callers[task]

    server = await asyncio.start_server(met, sock=listening, limit=_READ)
    await stop.wait()
    server.close()
    for task, one in callers.items():
        if not one.answering:
            task.cancel()
    if callers:
        await asyncio.wait(list(callers), timeout=limits.seconds + 1)


class _Caller:
    """One connection, and the requests that come over it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler, limits: Limits,
        stop: asyncio.Event,
    ) -> None:  # fmt: skip
        self._reader, self._writer, self._handler, self._limits, self._stop = reader, writer, handler, limits, stop
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD)
        self.answering = False
        """Whether a request was read whole. What was not is not lost with the connection: it is sent again."""

    async def served(self, *, crowded: bool) -> None:
        """Until one of the two sides has enough. Raises nothing that a caller can bring about."""
        try:
            if crowded:
                return await self._say(_busy())
            while await self._one() and not self._stop.is_set():
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as wrong:
            with contextlib.suppress(h11.LocalProtocolError, OSError, TimeoutError):
                await self._say(Answer(wrong.error_status_hint or 400))
        except (OSError, TimeoutError, h11.LocalProtocolError):
            pass  # gone, or too slow: a CRM sends it again
        finally:
            try:
                await self._left()
            finally:  # also where it was cancelled in there
                self._writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await self._writer.wait_closed()

    async def _one(self) -> bool:
        """One request and its answer; whether another may follow."""
        async with asyncio.timeout(self._limits.seconds):
            head = await self._event()
            if not isinstance(head, h11.Request):
                return False  # it was closed
            asked = Request(
                head.method.decode("ascii"), head.target.decode("latin-1"),
                [(name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers],
            )  # fmt: skip
            answer, body = self._handler.at_once(asked), b""
            if answer is None:
                try:
                    body = await self._body(head)
                except _TooLarge:
                    answer = self._handler.too_large(asked)
        self.answering = True
        await self._say(answer or await self._handler.answer(asked, body), bare=head.method == b"HEAD")
        self.answering = False
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _body(self, head: h11.Request) -> bytes:
        """Raises _TooLarge."""
        if int(dict(head.headers).get(b"content-length", b"0")) > self._limits.body:
            raise _TooLarge
        if self._http.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
        pieces, size = [], 0
        while isinstance(event := await self._event(), h11.Data):
            size += len(event.data)
            if size > self._limits.body:
                raise _TooLarge
            pieces.append(bytes(event.data))
        return b"".join(pieces)

    async def _event(self) -> h11.Event:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                raise ConnectionResetError
            data = await self._reader.read(_READ)
            self._http.receive_data(data)

    async def _say(self, answer: Answer, *, bare: bool = False) -> None:
        headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        headers.append((b"Content-Length", str(len(answer.body)).encode()))
        # what was not read of a request would be taken for the next one
        if self._http.their_state is not h11.DONE or self._stop.is_set():
            headers.append((b"Connection", b"close"))
        async with asyncio.timeout(self._limits.seconds):
            await self._send(h11.Response(status_code=answer.status, headers=headers, reason=b""))
            if answer.body and not bare:
                await self._send(h11.Data(data=answer.body))
            await self._send(h11.EndOfMessage())

    async def _left(self) -> None:
        """Takes in, for a moment, what was still being sent: a connection that is closed on it loses the answer."""
        if self._http.our_state is not h11.MUST_CLOSE or self._http.their_state in (h11.MUST_CLOSE, h11.CLOSED):
            return  # all of it was read, or nothing was answered
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(min(2.0, self._limits.seconds)):
                self._writer.write_eof()
                left = 4 * self._limits.body
                while left > 0 and (data := await self._reader.read(_READ)):
                    left -= len(data)

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()


def _busy() -> Answer:
    return Answer(503, {"Retry-After": str(RETRY_AFTER)})
