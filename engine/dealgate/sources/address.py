"""Where a database is: its URL with secrets filled in, what may be told of it, and the schema its tables stand in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from dealgate.documents.workspace import reveal

_SECRET = re.compile(r"\$\{(?:env|file):[^}]+\}")
_AUTHORITY = re.compile(r"(?P<scheme>[a-z][a-z0-9+]*)://(?P<user>[^/?#]*@)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` is for use and holds secrets; ``shown`` is for people: the user, never a password or an option."""

    url: str = field(repr=False)
    shown: str
    schema: str | None = None

    @property
    def scheme(self) -> str:
        """``postgresql``, ``sqlite`` …, without the driver; of ``local[2]`` the word itself."""
        return self.url.partition("://")[0].partition("+")[0].partition("[")[0]

    @property
    def path(self) -> str:
        """What stands after the host: of ``sqlite:///deals.db`` the file, seen from here."""
        after = self.url.partition("://")[2].partition("?")[0]
        return after.partition("/")[2]


def address(text: str, folder: Path) -> Address:
    """The address that a person wrote: ``${env:NAME}`` and ``${file:PATH}`` filled in, ``#schema`` taken off.

    A secret before the ``@`` may hold any character: it is encoded here. Raises SourceFailed where one is not set.
    """
    secrets: list[str] = []

    def aside(found: re.Match[str]) -> str:
        secrets.append(found[0])
        return f"\0{len(secrets) - 1}\0"

    plain = _SECRET.sub(aside, text)
    body, _, schema = plain.partition("#")
    authority = _AUTHORITY.match(body)
    user = (authority["user"] or "") if authority else ""
    start = authority.end() - len(user) if authority else 0
    head, tail = body[:start], body[start + len(user) :]
    used = _back(head, secrets, folder) + _back(user, secrets, folder, encoded=True) + _back(tail, secrets, folder)
    name, mark, _ = user.removesuffix("@").partition(":")
    told = head + (f"{name}:***@" if mark else user) + re.split(r"[?;]", tail)[0]
    return Address(used, _as_written(told, secrets), _back(schema, secrets, folder) or None)


def _back(text: str, secrets: list[str], folder: Path, *, encoded: bool = False) -> str:
    def value(found: re.Match[str]) -> str:
        held = reveal(secrets[int(found[1])], folder)
        return quote(held, safe="") if encoded else held

    return re.sub("\0(\\d+)\0", value, text)


def _as_written(text: str, secrets: list[str]) -> str:
    return re.sub("\0(\\d+)\0", lambda found: secrets[int(found[1])], text)
