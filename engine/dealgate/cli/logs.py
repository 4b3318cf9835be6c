"""Logs of what runs by itself: JSON lines, or lines for a person on a terminal, and no secret in either.

A line holds ids, counts and our own messages; values of deals and names of people are not given to it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote, urlsplit

from .render.clean import clean

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from ..model.diagnostics import Diagnostic

HIDDEN = "[redacted]"
SHORTEST = 4
"""Characters of a secret that is looked for by its value; a shorter one would blot out half of every line."""
LIBRARIES = "library"
"""The event of a warning that a library gives."""
_NAMES = re.compile(r"passw|secret|token|api_?key|authori[sz]ation|cookie|credential|signature", re.I)
_LOOKS = (
    re.compile(r"(?i)\bbearer\s+\S{8,}|\b(?:basic|token)\s+(?=\S*[\d=])\S{12,}"),  # of a header
    re.compile(
        r"(?i)\b[\w-]*(?:passw(?:or)?d|secret|token|api_?key|signature)[\w-]*[\"']?\s*[=:]\s*[\"']?[^\s\"'&,;]+"
    ),
    re.compile(r"(?<=://)[^\s/@]+(?=@)"),  # name and password in an address
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"),  # a JSON web token
    re.compile(r"\b(?:xox[a-z]|gh[pousr]|sk|pk|rk|pat|whsec)[-_][\w-]{12,}"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
)


class Redactor:
    """Takes out of text what is a secret by its value, or looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """``secrets``: values that must not be shown, as they are used."""
        self._known: list[str] = []
        self.know(secrets)

    def know(self, secrets: Iterable[str]) -> None:
        """These too, whole and in the forms in which they are sent."""
        found = set(self._known)
        for secret in secrets:
            for form in _forms(secret):
                if len(form) >= SHORTEST:
                    found.add(form)
        self._known = sorted(found, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without them."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        for look in _LOOKS:
            text = look.sub(HIDDEN, text)
        return text

    def value(self, value: Any, name: str = "") -> Any:
        """The same of all that lies in a value; what is named as a secret is gone, whatever it looks like."""
        if name and value is not None and _NAMES.search(name):
            return HIDDEN
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(one, str(key)) for key, one in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(one) for one in value]
        return value if value is None or isinstance(value, (bool, int, float)) else self.text(str(value))

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """As a processor of structlog."""
        return {name: self.value(one, name) for name, one in event.items()}


def _forms(secret: str) -> set[str]:
    """A secret as it is, each of its lines, the password of an address, and how an address or a header writes it."""
    found = {secret, *(line for line in secret.splitlines() if len(line) > 2 * SHORTEST)}
    try:
        password = urlsplit(secret).password if "://" in secret else None
    except ValueError:
        password = None
    if password:
        found.add(password)
    for one in list(found):
        found |= {quote(one, safe=""), json.dumps(one)[1:-1], b64encode(one.encode()).decode().rstrip("=")}
    return found


@contextmanager
def set_up(
    redactor: Redactor, clock: Callable[[], datetime], stream: TextIO | None = None, *, human: bool | None = None
) -> Iterator[FilteringBoundLogger]:
    """A logger, for as long as it is used, that writes a line for each event; to standard error if no stream is given.

    ``human``: a line for a person, as on a terminal; False: JSON; None: whichever the stream is. What libraries warn of
    by ``logging`` comes as an event of its own that says who warns, and not what: we cannot know what is in it.
    """
    import structlog

    out = _Sink(sys.stderr if stream is None else stream)
    if human if human is not None else out.isatty():
        shape: Any = _line
    else:
        shape = _json

    def stamp(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        first = {"at": f"{clock():%Y-%m-%dT%H:%M:%SZ}", "level": method, "event": event.pop("event", "")}
        more = {"lost": out.lost} if out.lost else {}
        return {**first, **{name: one for name, one in event.items() if one is not None}, **more}

    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(out),  # type: ignore[arg-type]
        processors=[stamp, redactor, shape],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    root, forward = logging.getLogger(), _Forward(logger)
    root.addHandler(forward)
    logging.captureWarnings(True)  # a line that is no JSON would break the log
    try:
        yield logger
    finally:
        logging.captureWarnings(False)
        root.removeHandler(forward)


class _Sink:
    """Takes lines. One that cannot be written, as when the disk is full or the reader has gone, ends nobody's work; how
    many were ``lost`` is told with the next one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.isatty = stream.isatty
        self.lost = 0

    def write(self, line: str) -> None:
        try:
            self._stream.write(line)
            self._stream.flush()
            self.lost = 0
        except (OSError, ValueError):  # the latter: it was closed
            self.lost += 1

    def flush(self) -> None:
        """Each line is."""


class _Forward(logging.Handler):
    """Hands what libraries warn of to our logger."""

    def __init__(self, logger: FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self.logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Who warns and where in its code; its words may hold anything."""
        self.logger.warning(LIBRARIES, library=record.name, place=f"{record.module}:{record.lineno}")


def words(d: Diagnostic) -> str:
    """A diagnostic as a log tells it."""
    return f"{d.code}: {d.message}{f' What to do: {d.suggestion}' if d.suggestion else ''}"


def mistake_of(mistake: Exception) -> str:
    """What is told of a mistake of ours: its kind and place, for its words may hold a value."""
    place = ""
    trace = mistake.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if str(name).startswith("dealgate"):
            place = f" at {name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"dealgate made a mistake ({type(mistake).__name__}{place}); please report it"


def _json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return clean(json.dumps(event, ensure_ascii=False))


def _line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """``06:30:02 warning crm: what is said``; what has no words of its own is told by its values."""
    at, level, kind = (str(event.pop(name)) for name in ("at", "level", "event"))
    source, said = event.pop("source", ""), event.pop("said", "")
    who = event.pop("job", "") or source
    told = said or " ".join([kind.replace("_", " "), *(f"{name}={one}" for name, one in event.items())])
    mark = "" if level == "info" else f"{level}: "
    return clean(f"{at[:10]} {at[11:19]} {mark}{f'{who}: ' if who else ''}{told}")
