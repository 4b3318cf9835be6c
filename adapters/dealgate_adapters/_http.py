"""The one HTTP client that adapters share: careful with secrets, with time, with size, and with asking twice.

TLS is always verified and no option turns it off; plain HTTP goes to this machine alone. A proxy that the environment
names (HTTPS_PROXY, NO_PROXY) is used for HTTPS, where it sees the host's name and no more; never for plain HTTP. No
``.netrc`` is read. An answer may take so long and be so large, and no more. A redirect leads nowhere but to the same
host. What may be repeated is repeated with growing pauses; a write never is, for nobody knows what became of the first.
No message holds a body, a header or a query.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import stamina

from dealgate.model.struct import Struct
from dealgate.ports import Trouble

CAP = 64 * 1024 * 1024
"""Bytes of an answer, unpacked."""
LONGEST = 120.0
"""Seconds that an answer may take in all."""
SILENCE = 30.0
"""Seconds without a byte."""
PATIENCE = 60.0
"""Seconds that we wait because the CRM says so; if it asks for more, the operator is told."""
DIGITS = 400
"""Digits of a number before or behind the point: more than a float's."""
ATTEMPTS = 5
REDIRECTS = 3

# it would log every URL with its query
logging.getLogger("httpx").setLevel(logging.WARNING)
# it would tell each retry on standard output, where structlog is installed
stamina.instrumentation.set_on_retry_hooks([])


class OutcomeUnknown(Trouble):
    """A write was sent, and what became of it is not known: look before it is sent again.

    ``answer``: what the server said, where it failed with an answer of its own.
    """

    answer: Answer | None = None


class Answer(Struct):
    """What a server answered. ``json``: the body, numbers with a point as Decimal; None where it is no JSON, and
    then ``body`` has it as it came.

    ``now``: the server's clock when it began to answer; None where it does not say.
    """

    status: int
    headers: Mapping[str, str]
    json: Any
    now: datetime | None
    body: bytes = b""


class _Again(Exception):
    """A failure that may pass. ``wait``: seconds to wait, as the server asked; ``sent``: it may have been done;
    ``answer``: the server's, if there was one."""

    def __init__(
        self, trouble: Trouble, *, wait: float | None = None, sent: bool = True, answer: Answer | None = None
    ) -> None:
        super().__init__(trouble.kind)
        self.trouble, self.wait, self.sent, self.answer = trouble, wait, sent, answer


class Http:
    """Requests to one server. ``requests`` counts them, repeated ones too."""

    def __init__(
        self,
        base: str,
        clock: Callable[[], datetime],
        *,
        cap: int | None = None,
        longest: float | None = None,
        silence: float | None = None,
        limited: Callable[[Answer], Trouble | float | None] = lambda _answer: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``base``: the URL that paths are put behind. Raises Trouble where it cannot be one.

        ``cap``, ``longest``, ``silence``: other limits than CAP, LONGEST and SILENCE. ``limited``: what a 429 means in
        the vendor's words: Trouble that no waiting here ends (a day's quota), seconds to wait, or None: the usual.
        """
        self.base = checked(base)
        self.host = host_of(self.base)
        self._clock, self._cap, self._longest = clock, cap or CAP, longest or LONGEST
        self._limited = limited
        silence = silence or SILENCE
        timeout = httpx.Timeout(silence, connect=min(silence, 10.0))
        try:
            self._client = httpx.Client(
                verify=_trusted(), timeout=timeout, follow_redirects=False, transport=transport,
                headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "dealgate"},
                trust_env=self.base.startswith("https:"),
            )  # fmt: skip
        except (ImportError, ValueError, httpx.InvalidURL):
            raise Trouble(
                "unreachable", "The proxy that the environment of this process names cannot be used.",
                "set HTTPS_PROXY (and ALL_PROXY) to http://HOST:PORT, or take it out",
            ) from None  # fmt: skip
        self.requests = 0

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool,
    ) -> Answer:
        """One request and its answer, of whatever status but 429 and 5xx, which are Trouble.

        ``repeat``: it may be sent again where it fails, since it changes nothing. Raises Trouble, and OutcomeUnknown
        where a request that may not be repeated was sent and not answered.
        """
        if not repeat:
            try:
                return self._once(method, path, body, headers)
            except _Again as again:
                if again.sent:
                    known = again.trouble
                    unknown = OutcomeUnknown(known.kind, known.message, known.hint, known.retry_at)
                    unknown.answer = again.answer
                    raise unknown from None
                raise again.trouble from None
        try:
            for attempt in stamina.retry_context(
                on=_hook, attempts=ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=10.0, wait_jitter=0.3
            ):
                with attempt:
                    return self._once(method, path, body, headers)
        except _Again as again:
            raise again.trouble from None
        raise AssertionError("stamina ends with an answer or an exception")

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None) -> Answer:
        url = self.base + path
        for _ in range(REDIRECTS + 1):
            answer = self._sent(method, url, body, headers)
            if answer.status not in (301, 302, 303, 307, 308):
                return self._judged(answer)
            url = self._onward(method, url, answer)
        raise Trouble("odd", f"{self.host} redirects in a circle.", "check the URL of this source")

    def _sent(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None) -> Answer:
        self.requests += 1
        started = time.monotonic()
        try:
            with self._client.stream(method, url, content=body, headers=headers) as response:
                raw = b"".join(self._bytes(response, started))
                took = timedelta(seconds=time.monotonic() - started)
                return _answer(response, raw, took)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as failed:
            raise self._unreached(failed) from None
        except httpx.ProxyError:
            raise _Again(self._held_back(), sent=False) from None
        except httpx.TimeoutException:
            raise _Again(self._slow(f"did not answer within {self._client.timeout.read:.0f} seconds")) from None
        except httpx.DecodingError:
            raise Trouble("odd", f"{self.host} sent what cannot be unpacked.", "look into its log") from None
        except httpx.TransportError:
            raise _Again(self._gone_silent()) from None

    def _bytes(self, response: httpx.Response, started: float) -> Iterator[bytes]:
        held = 0
        for piece in response.iter_bytes():
            held += len(piece)
            if held > self._cap:
                raise Trouble(
                    "odd", f"{self.host} sent more than {self._cap // 1024 // 1024} MB in one answer.",
                    "check the URL of this source; if it is right, ask for smaller pages",
                )  # fmt: skip
            if time.monotonic() - started > self._longest:
                raise _Again(self._slow(f"was still answering after {self._longest:.0f} seconds"))
            yield piece

    def _judged(self, answer: Answer) -> Answer:
        if answer.status == 429:
            meant = self._limited(answer)
            if isinstance(meant, Trouble):
                raise meant
            wait = meant if meant is not None else self._wait(answer)
            until = self._clock() + timedelta(seconds=wait) if wait is not None else None
            raise _Again(
                Trouble(
                    "throttled", f"{self.host} asks for fewer requests.",
                    "wait, and run it again: it goes on where it stood", until,
                ),
                wait=wait, sent=False,
            )  # fmt: skip
        if answer.status >= 500:
            raise _Again(
                Trouble(
                    "unreachable", f"{self.host} failed with status {answer.status}.",
                    "look into the server's log, or wait and run it again",
                ),
                wait=self._wait(answer), answer=answer,
            )  # fmt: skip
        return answer

    def _wait(self, answer: Answer) -> float | None:
        """Seconds that Retry-After asks for: it gives them, or a date by the server's clock."""
        said = answer.headers.get("retry-after", "").strip()
        if said.isdecimal():
            return float(min(int(said), 10**6))
        until = _date(said)
        return None if until is None else max(0.0, (until - (answer.now or self._clock())).total_seconds())

    def _onward(self, method: str, url: str, answer: Answer) -> str:
        here = httpx.URL(url)
        try:
            there = here.join(answer.headers.get("location", ""))
        except httpx.InvalidURL:
            there = httpx.URL("")
        if (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
            raise Trouble(
                "odd", f"{self.host} sends us on to another host; we do not follow it.",
                "check the URL of this source: use the one it ends at",
            )  # fmt: skip
        if method not in ("GET", "HEAD") and answer.status not in (307, 308):
            raise Trouble(
                "odd", f"{self.host} answers a {method} with a redirect.",
                "check the URL of this source: it may lack its path, or want https",
            )  # fmt: skip
        return str(there)

    def _unreached(self, failed: Exception) -> _Again | Trouble:
        if any(isinstance(one, ssl.SSLError) for one in _causes(failed)) or "CERTIFICATE" in str(failed).upper():
            return Trouble(
                "unreachable", f"The certificate of {self.host} cannot be trusted.",
                "give the server a certificate that this machine trusts, or name yours in SSL_CERT_FILE",
            )  # fmt: skip
        return _Again(
            Trouble(
                "unreachable", f"{self.host} cannot be reached.",
                "check the URL of this source, the network, and whether the server runs",
            ),
            sent=False,
        )  # fmt: skip

    def _held_back(self) -> Trouble:
        return Trouble(
            "unreachable", f"The proxy of this machine does not let us through to {self.host}.",
            "check HTTPS_PROXY, what the proxy allows, and its name and password; NO_PROXY goes past it",
        )  # fmt: skip

    def _slow(self, said: str) -> Trouble:
        return Trouble("unreachable", f"{self.host} {said}.", "wait and run it again: it goes on where it stood")

    def _gone_silent(self) -> Trouble:
        return Trouble(
            "unreachable", f"{self.host} broke the connection off.", "look into the server's log, or run it again"
        )


def _trusted() -> ssl.SSLContext:
    """What certificates are checked by: those that this machine trusts, as they are now."""
    paths = ssl.get_default_verify_paths()
    places = (place for place in (paths.cafile, paths.capath) if place)
    return _context(tuple((place, Path(place).stat().st_mtime_ns) for place in places))


@lru_cache(maxsize=1)
def _context(_places: tuple[tuple[str, int], ...]) -> ssl.SSLContext:
    """It takes long to read them all, so it is done once, and again where another place is named or it was changed."""
    return ssl.create_default_context()


def _hook(failed: Exception) -> bool | float:
    """Whether, and after how long, stamina tries again."""
    if not isinstance(failed, _Again):
        return False
    if failed.wait is None:
        return True
    return failed.wait if failed.wait <= PATIENCE else False


def _answer(response: httpx.Response, raw: bytes, took: timedelta) -> Answer:
    decoded = decoded_json(raw)
    told = _date(response.headers.get("date", ""))
    headers = {name.lower(): value for name, value in response.headers.items()}
    left = raw if decoded is None else b""
    return Answer(response.status_code, headers, decoded, told - took if told else None, left)


def decoded_json(raw: bytes) -> Any:
    """What is written in JSON, numbers with a point as Decimal; None where it is none."""
    try:
        return json.loads(raw, parse_float=_exact)
    except (ValueError, RecursionError):
        return None


def _exact(text: str) -> Decimal:
    found = Decimal(text)
    if abs(found.adjusted()) > DIGITS:
        raise ValueError  # written out, some letters would fill the memory
    return found


def _date(text: str) -> datetime | None:
    """A date as HTTP writes it; it is always in UTC."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def checked(base: str) -> str:
    """A URL that paths are put behind. Raises Trouble where it cannot be one, or would show what is secret."""
    try:
        url = httpx.URL(base)
    except (httpx.InvalidURL, TypeError):
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise Trouble("unreachable", "The URL of this source is none.", "give it as https://HOST")
    if url.userinfo:
        raise Trouble(
            "unreachable", "The URL of this source holds a user or password.", "take it out, and set it as a secret"
        )
    if url.query or url.fragment:
        raise Trouble("unreachable", "The URL of this source has a query.", "give it as https://HOST")
    if url.scheme == "http" and not _here(url.host):
        raise Trouble(
            "unreachable", f"{url.host} would get passwords and deals unencrypted over http.", "give its URL with https"
        )
    return str(url).rstrip("/")


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(base: str) -> str:
    """The host of a URL, with the port where it names one."""
    url = httpx.URL(base)
    return url.host if url.port is None else f"{url.host}:{url.port}"


def _causes(failed: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = failed
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__
