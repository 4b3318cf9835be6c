"""Looking for secrets in all that a workspace leaves behind, in every form in which they could lie there."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Characters of a secret; what is shorter is found by chance."""


def forms(secret: str) -> set[bytes]:
    """A secret as it is, line by line, and as an address, a JSON text, base64 and hex write it."""
    found: set[bytes] = set()
    for line in (secret, *secret.splitlines()):
        if len(line) < SHORTEST:
            continue
        raw = line.encode()
        texts = {line, quote(line, safe=""), quote_plus(line), json.dumps(line)[1:-1], raw.hex()}
        found |= {text.encode() for text in texts}
        for skipped in range(3):  # as a part of something longer, it begins anywhere in a group of three bytes
            whole = raw[skipped : len(raw) - (len(raw) - skipped) % 3]
            found |= {b64encode(whole), urlsafe_b64encode(whole)} if len(whole) >= SHORTEST - 2 else set()
    return found


def left(folder: Path, said: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and every value in those that are SQLite's; and what was said."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        raw, place = file.read_bytes(), str(file.relative_to(folder))
        yield place, raw
        if raw.startswith(b"SQLite format 3"):
            yield from _values(file, place)
    for place, text in said:
        yield place, text.encode()


def _values(file: Path, place: str) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in base.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, (str, bytes)):
                        yield f"{place}: {table}", value.encode() if isinstance(value, str) else value


def found(secrets: Iterable[str], folder: Path, said: Iterable[tuple[str, str]]) -> list[str]:
    """Where which secret lies, as ``place: the first letters of it``."""
    wanted = {secret: forms(secret) for secret in secrets if len(secret) >= SHORTEST}
    return sorted({
        f"{place}: {secret[:6]}…" for place, raw in left(folder, said)
        for secret, known in wanted.items() if any(form in raw for form in known)
    })  # fmt: skip
