"""The server of ``listen``: what it lets a caller do, for how long, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from dealgate.cli.listening import address_of, bound
from dealgate.cli.serving import Handler, Limits, serve
from dealgate.sync.door import Answer, Request

from .running import PATIENCE

SHORT = 0.3
"""Seconds of a request, where the end of them is waited for."""


@dataclass
class Server:
    port: int
    stop: asyncio.Event
    ended: asyncio.Task[None]
    got: list[tuple[Request, bytes]] = field(default_factory=list)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether answers are given yet."""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def say(self, sent: bytes) -> bytes:
        """Everything that is answered to this, until the connection is closed."""
        reader, writer = await self.line()
        writer.write(sent)
        found = await reader.read()
        writer.close()
        return found


@asynccontextmanager
async def serving(limits: Limits) -> AsyncIterator[Server]:
    listening, stop = bound("127.0.0.1", 0), asyncio.Event()

    def at_once(asked: Request) -> Answer | None:
        return Answer(404) if asked.target == "/no" else None

    async def answer(asked: Request, body: bytes) -> Answer:
        one.got.append((asked, body))
        await one.let.wait()
        return Answer(200, {"X-Size": str(len(body))}, body[:5])

    one = Server(
        address_of(listening)[1],
        stop,
        asyncio.create_task(serve(listening, Handler(at_once, answer, lambda asked: Answer(413)), limits, stop)),
    )
    one.let.set()
    try:
        yield one
    finally:
        stop.set()
        await one.ended
        for writer in one.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        listening.close()


def run(test: Callable[[Server], Awaitable[None]], limits: Limits | None = None) -> None:
    async def whole() -> None:
        async with asyncio.timeout(PATIENCE), serving(limits or Limits(seconds=PATIENCE)) as server:
            await test(server)

    asyncio.run(whole())


def post(body: bytes, *headers: bytes, target: bytes = b"/x") -> bytes:
    head = [b"POST " + target + b" HTTP/1.1", b"Host: a", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


CLOSE = b"Connection: close"


def test_a_request_is_handed_over_as_it_came() -> None:
    async def test(server: Server) -> None:
        found = await server.say(post(b"caf\xc3\xa9", b"X-Sign: t\xfcr", CLOSE, target=b"/x?a=%20&b"))
        assert found.startswith(b"HTTP/1.1 200 \r\n") and found.endswith(b"\r\n\r\ncaf\xc3\xa9")
        ((asked, body),) = server.got
        assert (asked.method, asked.target, body) == ("POST", "/x?a=%20&b", b"caf\xc3\xa9")
        assert dict(asked.headers)["x-sign"] == "tür"

    run(test)


def test_several_requests_may_come_over_one_connection() -> None:
    async def test(server: Server) -> None:
        found = await server.say(post(b"1") + post(b"22") + post(b"333", CLOSE))
        assert found.count(b"HTTP/1.1 200") == 3
        assert [body for _, body in server.got] == [b"1", b"22", b"333"]

    run(test)


@pytest.mark.parametrize("head_only", [True, False])
def test_a_caller_that_sends_a_byte_now_and_then_is_cut_off(head_only: bool) -> None:
    async def test(server: Server) -> None:
        reader, writer = await server.line()
        writer.write(post(b"")[:-2] if head_only else post(b"", b"Expect: 100-continue").replace(b": 0", b": 9999"))
        with pytest.raises(OSError):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(SHORT / 20)
        assert server.got == []

    run(test, Limits(seconds=SHORT))


def test_a_caller_that_says_nothing_is_cut_off() -> None:
    async def test(server: Server) -> None:
        assert await server.say(b"") == b""

    run(test, Limits(seconds=SHORT))


def test_others_are_answered_while_some_are_slow() -> None:
    async def test(server: Server) -> None:
        slow = [await server.line() for _ in range(20)]
        for _, writer in slow:
            writer.write(b"POST /x HTTP/1.1\r\nHost: a\r\n")
        assert (await server.say(post(b"1", CLOSE))).startswith(b"HTTP/1.1 200")

    run(test)


def test_more_callers_than_may_be_are_sent_away_until_later() -> None:
    async def test(server: Server) -> None:
        held = [await server.line() for _ in range(3)]
        for _, writer in held:
            writer.write(b"POST /x")
        await asyncio.sleep(0.05)
        found = await server.say(post(b"1", CLOSE))
        assert found.startswith(b"HTTP/1.1 503") and b"Retry-After: 30" in found
        for _, writer in held:
            writer.close()
            await writer.wait_closed()
        found = b"HTTP/1.1 503"
        while found.startswith(b"HTTP/1.1 503"):
            found = await server.say(post(b"1", CLOSE))
        assert found.startswith(b"HTTP/1.1 200")

    run(test, Limits(seconds=PATIENCE, callers=3))


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused_and_the_answer_arrives(chunked: bool) -> None:
    async def test(server: Server) -> None:
        sent = post(b"x" * 4_001, CLOSE)
        if chunked:
            piece = b"400\r\n" + b"x" * 1024 + b"\r\n"
            sent = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + piece * 5 + b"0\r\n\r\n"
        assert (await server.say(sent)).startswith(b"HTTP/1.1 413")
        assert server.got == []

    run(test, Limits(body=4_000, seconds=PATIENCE))


def test_a_caller_that_waits_to_be_asked_for_its_body_is_asked_only_if_it_is_wanted() -> None:
    async def test(server: Server) -> None:
        wanted = await server.say(post(b"12345", b"Expect: 100-continue", CLOSE))
        assert wanted.startswith(b"HTTP/1.1 100") and b"HTTP/1.1 200" in wanted
        refused = await server.say(post(b"12345", b"Expect: 100-continue", CLOSE, target=b"/no"))
        assert refused.startswith(b"HTTP/1.1 404")

    run(test)


def test_what_is_refused_at_once_is_not_read_and_ends_the_connection() -> None:
    async def test(server: Server) -> None:
        found = await server.say(post(b"1", target=b"/no") + post(b"2"))
        assert found.startswith(b"HTTP/1.1 404") and found.count(b"HTTP/1.1") == 1
        assert b"Connection: close" in found
        assert server.got == []

    run(test)


def test_an_answer_to_head_has_no_body() -> None:
    async def test(server: Server) -> None:
        found = await server.say(b"HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 200") and found.endswith(b"\r\n\r\n")

    run(test)


def test_it_ends_when_it_is_asked_to_and_who_is_being_answered_gets_the_answer() -> None:
    async def test(server: Server) -> None:
        reader, writer = await server.line()
        idle = await server.line()
        server.let.clear()
        writer.write(post(b"1"))
        while not server.got:
            await asyncio.sleep(0.01)
        server.stop.set()
        assert await idle[0].read() == b"", "who says nothing is not waited for"
        assert not server.ended.done()
        server.let.set()
        found = await reader.read()
        assert found.startswith(b"HTTP/1.1 200") and b"Connection: close" in found
        await server.ended
        with pytest.raises(OSError):
            await server.line()

    run(test)


def test_a_caller_that_goes_away_in_the_middle_disturbs_nobody() -> None:
    async def test(server: Server) -> None:
        for part in (b"", b"POST", post(b"123")[:-1], post(b"123")):
            _, writer = await server.line()
            writer.write(part)
            writer.transport.abort()
        assert (await server.say(post(b"1", CLOSE))).startswith(b"HTTP/1.1 200")

    run(test)
