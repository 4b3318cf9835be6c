"""The client that adapters share, against a server on this machine that misbehaves in every way it knows."""

from __future__ import annotations

import gzip
import http.server
import logging
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
import stamina

from dealgate.ports import Trouble
from dealgate_adapters._http import Http, OutcomeUnknown

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
SECRET = "s3cret-of-the-test"  # noqa: S105
Reply = Callable[[http.server.BaseHTTPRequestHandler], None]


class Server(http.server.ThreadingHTTPServer):
    """Gives the replies in turn, the last one for ever. ``asked``: the requests that came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.asked.append(f"{self.command} {self.path}")
        reply = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
        with suppress(ConnectionError):
            reply(self)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


def says(status: int = 200, body: bytes = b"{}", **headers: str) -> Reply:
    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    return reply


def hangs_up(to: http.server.BaseHTTPRequestHandler) -> None:
    to.connection.close()


def for_ever(piece: bytes) -> Reply:
    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        while True:
            to.wfile.write(piece)

    return reply


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


@pytest.fixture
def opened() -> Iterator[Callable[..., Http]]:
    made: list[Http] = []

    def open_(url: str, **options: object) -> Http:
        made.append(Http(url, lambda: NOW, **options))  # type: ignore[arg-type]
        return made[-1]

    yield open_
    for one in made:
        one.close()


Opened = Callable[..., Http]


def get(http: Http, path: str = "/x") -> object:
    return http.ask("GET", path, repeat=True).json


def trouble(http: Http, method: str = "GET", repeat: bool = True) -> Trouble:
    with pytest.raises(Trouble) as raised:
        http.ask(method, "/x", body=b"{}", headers={"Authorization": f"Bearer {SECRET}"}, repeat=repeat)
    return raised.value


def test_numbers_keep_every_digit_and_the_servers_clock_is_told(server: Server, opened: Opened) -> None:
    server.replies = [says(body=b'{"amount": 0.10, "n": 3}')]
    http = opened(server.url + "/")
    answer = http.ask("GET", "/x", repeat=True)
    assert answer.json == {"amount": Decimal("0.10"), "n": 3}
    assert answer.now is not None and timedelta(0) <= datetime.now(UTC) - answer.now < timedelta(seconds=30)
    assert (server.asked, http.requests) == (["GET /x"], 1)


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[" * 100_000, b"1" * 5_000, b'{"amount": 1e999999999}', b"[1.5e-500]"]
)
def test_what_is_no_json_is_none(server: Server, opened: Opened, body: bytes) -> None:
    server.replies = [says(body=body)]
    assert get(opened(server.url)) is None


@pytest.mark.parametrize("failure", [says(500), says(503), says(429), says(429, Retry_After="1"), hangs_up])
def test_a_failure_that_passes_is_waited_out(server: Server, opened: Opened, failure: Reply) -> None:
    server.replies = [failure, failure, says(body=b'{"a": 1}')]
    assert get(opened(server.url)) == {"a": 1}
    assert len(server.asked) == 3


def test_a_new_attempt_writes_nothing_of_its_own(
    server: Server, opened: Opened, capfd: pytest.CaptureFixture[str]
) -> None:
    server.replies = [says(500), says()]
    assert get(opened(server.url)) == {}
    assert len(server.asked) == 2
    assert tuple(capfd.readouterr()) == ("", ""), "a command's output is its own"


@pytest.mark.parametrize(
    ("failure", "kind"), [(says(502), "unreachable"), (says(429), "throttled"), (hangs_up, "unreachable")]
)
def test_a_failure_that_stays_is_told_after_five_tries(
    server: Server, opened: Opened, failure: Reply, kind: str
) -> None:
    server.replies = [failure]
    assert trouble(opened(server.url)).kind == kind
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("after", "until"),
    [("3600", NOW + timedelta(hours=1)), ("Thu, 26 Nov 2026 14:00:00 GMT", NOW + timedelta(hours=2))],
)
def test_a_long_pause_is_told_and_not_waited_for(server: Server, opened: Opened, after: str, until: datetime) -> None:
    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        to.send_response_only(429)
        to.send_header("Date", "Thu, 26 Nov 2026 12:00:00 GMT")
        to.send_header("Retry-After", after)
        to.send_header("Content-Length", "0")
        to.end_headers()

    server.replies = [reply]
    told = trouble(opened(server.url))
    assert told.kind == "throttled" and told.retry_at is not None
    assert abs(told.retry_at - until) < timedelta(seconds=30)
    assert len(server.asked) == 1


@pytest.mark.parametrize("repeat", [True, False])
def test_a_refusal_for_the_rate_means_what_the_vendor_says(server: Server, repeat: bool) -> None:
    used_up = Trouble("exhausted", "The day's requests are used up.", "run it again tomorrow")
    client = Http(server.url, lambda: NOW, limited=lambda answer: used_up if answer.json == {"of": "day"} else 0.0)
    server.replies = [says(429, b'{"of": "day"}')]
    told = trouble(client, "POST", repeat=repeat)
    assert told is used_up and len(server.asked) == 1
    server.asked.clear()
    server.replies = [says(429, b'{"of": "second"}', Retry_After="3600"), says(body=b"{}")]
    assert get(client) == {}, "a pause of its own is taken before what the header says"
    client.close()


@pytest.mark.parametrize("failure", [says(500), says(504), hangs_up])
def test_a_write_is_never_repeated(server: Server, opened: Opened, failure: Reply) -> None:
    server.replies = [failure, says()]
    assert isinstance(trouble(opened(server.url), "POST", repeat=False), OutcomeUnknown)
    assert len(server.asked) == 1


def test_a_write_that_was_refused_for_its_rate_is_known_not_to_be_done(server: Server, opened: Opened) -> None:
    server.replies = [says(429)]
    told = trouble(opened(server.url), "POST", repeat=False)
    assert told.kind == "throttled" and not isinstance(told, OutcomeUnknown)


def test_a_write_to_nobody_is_known_not_to_be_done(server: Server, opened: Opened) -> None:
    server.shutdown()
    server.server_close()
    told = trouble(opened(server.url), "POST", repeat=False)
    assert told.kind == "unreachable" and not isinstance(told, OutcomeUnknown)


def test_a_redirect_to_another_host_is_not_followed(server: Server, opened: Opened) -> None:
    with Server() as other:
        for place in (
            f"{other.url}/x",
            "//evil.example.com/x",
            f"http://localhost:{server.server_port}/x",
            "http://[bad",
        ):
            server.replies = [says(307, Location=place)]
            told = trouble(opened(server.url))
            assert told.kind == "odd" and "another host" in told.message
        assert other.asked == []


def test_a_redirect_within_the_host_is_followed_but_not_in_a_circle(server: Server, opened: Opened) -> None:
    server.replies = [says(301, Location="/there"), says(body=b'{"a": 1}')]
    assert get(opened(server.url)) == {"a": 1}
    assert server.asked == ["GET /x", "GET /there"]
    server.replies = [says(302, Location="/x")]
    assert "circle" in trouble(opened(server.url)).message


def test_a_write_is_not_turned_into_a_read_by_a_redirect(server: Server, opened: Opened) -> None:
    server.replies = [says(302, Location="/there")]
    assert trouble(opened(server.url), "POST", repeat=False).kind == "odd"
    assert len(server.asked) == 1


def test_an_answer_without_end_is_cut_at_its_size(server: Server, opened: Opened) -> None:
    server.replies = [for_ever(b"[" * 65536)]
    told = trouble(opened(server.url, cap=3 * 1024 * 1024))
    assert told.kind == "odd" and "more than 3 MB" in told.message
    assert len(server.asked) == 1


def test_a_small_answer_that_unpacks_to_a_large_one_is_cut(server: Server, opened: Opened) -> None:
    server.replies = [says(body=gzip.compress(b" " * 8 * 1024 * 1024), Content_Encoding="gzip")]
    assert "more than 3 MB" in trouble(opened(server.url, cap=3 * 1024 * 1024)).message


def test_an_answer_that_drips_for_ever_is_cut_at_its_time(server: Server, opened: Opened) -> None:
    stop = threading.Event()

    def drip(to: http.server.BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        while not stop.wait(0.05):
            to.wfile.write(b" ")

    server.replies = [drip]
    told = trouble(opened(server.url, longest=0.3), "POST", repeat=False)
    stop.set()
    assert isinstance(told, OutcomeUnknown) and "still answering" in told.message


def test_a_server_that_says_nothing_is_given_up(server: Server, opened: Opened) -> None:
    stop = threading.Event()
    server.replies = [lambda _: stop.wait(20)]  # type: ignore[list-item]
    told = trouble(opened(server.url, silence=0.2), "POST", repeat=False)
    stop.set()
    assert isinstance(told, OutcomeUnknown) and "did not answer" in told.message


def test_what_cannot_be_unpacked_is_odd(server: Server, opened: Opened) -> None:
    server.replies = [says(body=b"no gzip", Content_Encoding="gzip")]
    assert trouble(opened(server.url)).kind == "odd"


def test_an_untrusted_certificate_is_told_once(opened: Opened) -> None:
    tries: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        tries.append(str(request.url))
        raise httpx.ConnectError("no", request=request) from ssl.SSLCertVerificationError("self-signed")

    told = trouble(opened("https://crm.example.com", transport=httpx.MockTransport(refuse)))
    assert told.kind == "unreachable" and "certificate of crm.example.com" in told.message
    assert len(tries) == 1


def test_certificates_are_verified_and_nothing_turns_it_off(opened: Opened) -> None:
    pool = opened("https://crm.example.com")._client._transport._pool  # type: ignore[attr-defined]
    assert pool._ssl_context.verify_mode is ssl.CERT_REQUIRED and pool._ssl_context.check_hostname


def test_trusted_certificates_are_read_once_and_again_when_they_change(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def context() -> ssl.SSLContext:
        pool = opened("https://crm.example.com")._client._transport._pool  # type: ignore[attr-defined]
        found = pool._ssl_context
        assert isinstance(found, ssl.SSLContext) and found.verify_mode is ssl.CERT_REQUIRED and found.check_hostname
        return found

    usual = context()
    assert context() is usual
    ours = tmp_path / "ours.pem"
    ours.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(ours))
    named = context()
    assert named is not usual and context() is named
    os.utime(ours, ns=(1, 1))
    assert context() is not named


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "ftp://crm.example.com", "", "crm", "http://",
        f"https://ada:{SECRET}@crm.example.com", f"https://crm.example.com?key={SECRET}", "https:///x",
    ],
)  # fmt: skip
def test_a_url_that_is_none_or_would_leak_is_refused(url: str) -> None:
    with pytest.raises(Trouble) as raised:
        Http(url, lambda: NOW)
    assert SECRET not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(
    "url", ["https://crm.example.com", "http://localhost:8000", "http://127.0.0.1/a", "http://[::1]:1"]
)
def test_https_and_this_machine_are_let_through(opened: Opened, url: str) -> None:
    assert opened(url).base == url


@pytest.mark.parametrize(
    "failure", [says(500, SECRET.encode()), says(429, SECRET.encode()), says(302, Location=f"/x?{SECRET}"), hangs_up]
)
def test_no_secret_is_told_or_logged(
    server: Server, opened: Opened, caplog: pytest.LogCaptureFixture, failure: Reply
) -> None:
    caplog.set_level(logging.INFO)
    server.replies = [failure]
    told = trouble(opened(server.url))
    assert SECRET not in f"{told} {told.hint} {told.__cause__!r} {told.__context__!r}"
    assert SECRET not in caplog.text
