"""An API behind an access token: a token that is renewed in time, and no more requests than the CRM lets us make.

The token goes into the header alone, is asked for when it is first needed, and is renewed before it ends or once when
the CRM refuses it: what was refused for its token was not done, so even a write may be sent again after that. How much
is left of the allowance is read from every answer; when it gets scarce, requests are spread over what is left of its
window, so that other programs still get theirs.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from dealgate.model.struct import Struct
from dealgate.ports import Budget, Capabilities, Outcome, Settings, Trouble

from ._http import Answer, Http, OutcomeUnknown, checked, host_of
from ._words import hidden

T = TypeVar("T")
EARLY = timedelta(minutes=2)
"""How long before its end a token is renewed."""
SCARCE = 0.1
"""The share of an allowance below which requests are spread."""
CREDENTIALS = (
    "token", "client_id", "client_secret", "refresh_token", "private_key", "certificate", "webhook_secret",
)  # fmt: skip
"""By the names that adapters ask for them."""
_CODE = re.compile(r"[a-zA-Z][a-zA-Z0-9_ .:-]{0,60}")


class Token(Struct):
    """An access token. ``until``: when it ends, by the clock it was reckoned with; None: when it is refused."""

    value: str
    until: datetime | None = None
    base: str = ""
    """Where the API is, where the CRM says so with the token."""


class Allowance(Struct):
    """What an answer says of one of the CRM's limits: so many requests ``left`` of ``most`` in so many ``seconds``."""

    left: int
    most: int
    seconds: float


class Bearer:
    """The token of one connection, whoever asks for it from whatever thread."""

    def __init__(
        self, fetch: Callable[[], Token], clock: Callable[[], datetime], settings: Settings | None = None
    ) -> None:
        """``fetch`` gets a new token; it raises Trouble. ``settings``: whose credentials are kept out of texts too."""
        self._fetch, self._clock, self._settings = fetch, clock, settings
        self._held: Token | None = None
        self._given: deque[str] = deque(maxlen=8)
        self._lock = threading.Lock()

    def token(self) -> Token:
        """One that can be used now. Raises Trouble."""
        with self._lock:
            held = self._held
            if held is None or (held.until is not None and self._clock() >= held.until - EARLY):
                held = self._held = self._fetch()
                self._given.append(held.value)
            return held

    def refused(self, token: Token) -> None:
        """The CRM does not take it: the next one is fetched, unless another thread did so already."""
        with self._lock:
            if self._held is token:
                self._held = None

    @property
    def secrets(self) -> list[str | None]:
        """What is to be kept out of texts: the last tokens, for a CRM may speak of the one before, and credentials."""
        known = [self._settings.secret(name) for name in CREDENTIALS] if self._settings else []
        return [*self._given, *known]


def secret_of(settings: Settings, name: str) -> str:
    """A credential. Raises Trouble where it is not set."""
    found = (settings.secret(name) or "").strip()
    if not found:
        raise Trouble(
            "unauthorised", f"The credential `{name}` is not set.", f"set `{name}` under `credentials` of the source"
        )
    return found


def left_by(settings: Settings, able: Capabilities) -> Capabilities:
    """What can be done where the option ``without`` names streams that are not to be read. Raises Trouble."""
    said = {piece.strip() for piece in str(settings.values.get("without") or "").split(",") if piece.strip()}
    if wrong := sorted(said - set(able.streams) | said & {"deals"}):
        others = ", ".join(name for name in able.streams if name != "deals")
        raise Trouble("odd", f"The option `without` cannot name `{wrong[0]}`.", f"name some of {others}")
    streams = tuple(name for name in able.streams if name not in said)
    return able.replace(streams=streams, history=able.history if "stage_changes" in streams else "none")


def fixed(settings: Settings, name: str) -> Callable[[], Token]:
    """A token that a person made and that is none of ours to renew: a key, a private app's token."""
    return lambda: Token(secret_of(settings, name))


def granted(
    http: Http,
    path: str,
    form: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    too_often: Callable[[str], bool] = lambda _code: False,
) -> Mapping[str, Any]:
    """What an OAuth token endpoint (RFC 6749) answers. Raises Trouble where it grants nothing.

    ``too_often``: whether the code of an error says that tokens were asked for too often, and no more.
    """
    answer = http.ask(
        "POST", path, body=urlencode(form).encode(), repeat=True,
        headers={"Content-Type": "application/x-www-form-urlencoded", **(headers or {})},
    )  # fmt: skip
    said = answer.json if isinstance(answer.json, dict) else {}
    if answer.status == 200 and isinstance(said.get("access_token"), str) and said["access_token"]:
        return said
    code = said.get("error")
    if isinstance(code, str) and too_often(code):
        raise Trouble(
            "throttled", f"{http.host} has given out too many access tokens for now.",
            "wait some minutes, and let fewer programs sign in with these credentials",
        )  # fmt: skip
    sent = [*form.values(), *(headers or {}).values()]
    fine = isinstance(code, str) and _CODE.fullmatch(code) and hidden(code, sent) == code
    why = f" ({code})" if fine else f" (status {answer.status})"
    raise Trouble(
        "unauthorised", f"{http.host} does not renew the access{why}.",
        "sign dealgate in at the CRM again, and set the credentials of the source anew",
    )  # fmt: skip


def lasting(said: Mapping[str, Any], clock: Callable[[], datetime]) -> datetime | None:
    """Until when what was granted may be used, by ``expires_in`` seconds; None where it does not say."""
    try:
        return clock() + timedelta(seconds=int(said["expires_in"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def told_by(http: Http, now: datetime | None) -> datetime:
    """A moment of the server's clock. Raises Trouble where it does not tell the time."""
    if now is None:
        raise Trouble(
            "odd", f"{http.host} answers without a Date header, so what it has read up to is not known.",
            "let the proxy before it pass the header on",
        )  # fmt: skip
    return now


def not_yet(trouble: Trouble) -> Outcome:
    """What becomes of an action where the CRM asks for fewer requests. Raises any other trouble, and one that leaves
    open whether the action was done."""
    if trouble.kind != "throttled" or isinstance(trouble, OutcomeUnknown):
        raise trouble
    return Outcome("throttled", "throttled", trouble.message, trouble.retry_at)


def address(said: object, vendor: str, domains: Sequence[str], known: Sequence[str]) -> str:
    """Where a CRM says, with a token, that its API is: a URL, "" where it does not say.

    A token goes to no host because an answer says so: it has to be of a domain of the vendor's, or one of the URLs
    that the settings name (``known``). Raises Trouble.
    """
    if not isinstance(said, str) or not said:
        return ""
    base = checked(said)
    host = (urlsplit(base).hostname or "").rstrip(".")
    own = any(host == one or host.endswith(f".{one}") for one in domains)
    if not own and base not in {url.rstrip("/") for url in known}:
        raise Trouble(
            "odd", f"With the access token comes {host_of(base)[:80]} as the address of the API, which is none of "
            f"{vendor}'s; the token is not sent there.",
            "if the address is right, set `url` of the source to it; if not, tell who looks after your security",
        )  # fmt: skip
    return base


class Pace:
    """Waits before a request, so that the allowance lasts. ``pause`` is how it waits."""

    def __init__(self, pause: Callable[[float], None] | None = None) -> None:
        self._pause = pause or (lambda seconds: time.sleep(seconds))
        self._lock = threading.Lock()
        self._wait = 0.0

    def told(self, allowances: Iterable[Allowance]) -> None:
        """What the last answer said of the limits that are counted in seconds."""
        waits = [
            one.seconds / max(one.left + 1, 1)
            for one in allowances
            if one.most > 0 and one.left < one.most * SCARCE and one.seconds <= 60
        ]
        with self._lock:
            self._wait = max(waits, default=0.0)

    def before(self) -> None:
        """Called before each request."""
        with self._lock:
            wait = self._wait
        if wait > 0:
            self._pause(wait)


class Api:
    """Requests with a token. ``budget``: what was left of the day's allowance at the last answer that told."""

    def __init__(
        self,
        http: Http,
        bearer: Bearer,
        *,
        scheme: str = "Bearer",
        header: str = "Authorization",
        limits: Callable[[Answer], tuple[Budget | None, Sequence[Allowance]]] = lambda _answer: (None, ()),
        pace: Pace | None = None,
        stale: Callable[[Answer], bool] = lambda answer: answer.status == 401,
    ) -> None:
        """``limits``: what an answer says of the day's budget, and of limits that are counted in seconds; ``stale``:
        whether it says that the token is not taken, and that nothing was done."""
        self.http, self.bearer = http, bearer
        self._scheme, self._header, self._limits, self._stale = scheme, header, limits, stale
        self._pace = pace or Pace()
        self.budget = Budget()
        self._now: datetime | None = None

    @property
    def now(self) -> datetime:
        """The server's clock when it began with the answer before. Raises Trouble where it does not tell the time."""
        return told_by(self.http, self._now)

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        repeat: bool,
    ) -> Answer:
        """One request and its answer, of whatever status but those of a stale token, 429 and 5xx.

        ``query``: values, or lists of them; ``body``: what JSON can say, or bytes as they are; ``repeat``: it changes
        nothing. Raises Trouble, OutcomeUnknown.
        """
        if query:
            path = f"{path}{'&' if '?' in path else '?'}{urlencode(query, doseq=True)}"
        raw = body is None or isinstance(body, bytes)
        sent = body if raw else json.dumps(body, ensure_ascii=False, default=str).encode()
        answer, token = self._asked(method, path, sent, headers, repeat)
        if self._stale(answer):
            self.bearer.refused(token)
            answer, token = self._asked(method, path, sent, headers, repeat)
        if self._stale(answer):
            raise Trouble(
                "unauthorised", f"{self.http.host} does not take the access token of this source.",
                "make a new one at the CRM, and set it under `credentials` of the source",
            )  # fmt: skip
        return answer

    def _asked(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None, repeat: bool
    ) -> tuple[Answer, Token]:
        self._pace.before()
        token = self.bearer.token()
        own = {self._header: f"{self._scheme} {token.value}".strip(), **(headers or {})}
        if body is not None:
            own.setdefault("Content-Type", "application/json")
        answer = self.http.ask(method, path, body=body, headers=own, repeat=repeat)
        self._now = answer.now or self._now
        budget, allowances = self._limits(answer)
        if budget is not None:
            self.budget = budget
        self._pace.told(allowances)
        return answer, token

    def hide(self, text: object, *secrets: str | None) -> str:
        """Words of the CRM's, on one line, short, and without what is secret."""
        return hidden(text, (*self.bearer.secrets, *secrets))

    def close(self) -> None:
        """Ends the connections."""
        self.http.close()


def at_once(calls: Sequence[Callable[[], T]], most: int) -> list[T]:
    """What the calls give, in their order, ``most`` of them at a time. The first Trouble ends them all."""
    if len(calls) <= 1 or most <= 1:
        return [call() for call in calls]
    with ThreadPoolExecutor(max_workers=min(most, len(calls))) as pool:
        waiting = [pool.submit(call) for call in calls]
        try:
            return [one.result() for one in waiting]
        except BaseException:
            for one in waiting:
                one.cancel()
            raise
