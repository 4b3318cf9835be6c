"""Several requests in one: a batch of reads, or a change set that is done as a whole or not at all."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dealgate.model.struct import Struct, field

from .._http import decoded_json

_BOUNDARY = re.compile(r'boundary="?([^";\s]+)"?', re.IGNORECASE)


class Part(Struct):
    """One request of a batch. ``path``: from the root of the server; ``body``: JSON as text."""

    method: str
    path: str
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Piece(Struct):
    """What one of them was answered."""

    status: int
    headers: Mapping[str, str]
    json: Any


def composed(parts: Sequence[Part], *, whole: bool) -> tuple[bytes, str]:
    """The body and its content type. ``whole``: all are done or none."""
    inner = f"changeset_{uuid.uuid4()}" if whole else f"batch_{uuid.uuid4()}"
    lines: list[str] = []
    for number, part in enumerate(parts, 1):
        lines += [f"--{inner}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"]
        if whole:
            lines.append(f"Content-ID: {number}")
        lines += ["", f"{part.method} {part.path} HTTP/1.1", "Accept: application/json"]
        lines += [f"{name}: {value}" for name, value in part.headers.items()]
        if part.body is not None:
            lines.append("Content-Type: application/json; type=entry")
        lines += ["", part.body or ""]
    lines += [f"--{inner}--", ""]
    if whole:
        outer = f"batch_{uuid.uuid4()}"
        lines = [f"--{outer}", f"Content-Type: multipart/mixed; boundary={inner}", "", *lines, f"--{outer}--", ""]
        inner = outer
    return "\r\n".join(lines).encode("ascii"), f'multipart/mixed; boundary="{inner}"'


def pieces(raw: bytes, content_type: str) -> list[Piece]:
    """What the requests of a batch were answered, in their order; empty where it is no batch's answer."""
    return list(_pieces(raw, content_type))


def _pieces(raw: bytes, content_type: str) -> Iterator[Piece]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        return
    for chunk in raw.split(b"--" + found.group(1).encode())[1:]:
        if chunk.startswith(b"--"):
            return
        headers, body = _head(chunk.lstrip(b"\r\n"))
        kind = headers.get("content-type", "")
        if kind.lower().startswith("multipart/"):
            yield from _pieces(body, kind)
            continue
        line, _, rest = body.lstrip(b"\r\n").partition(b"\r\n")
        words = line.split()
        if len(words) < 2 or not words[1].isdigit():
            continue
        inner, content = _head(rest)
        yield Piece(int(words[1]), inner, decoded_json(content))


def _head(raw: bytes) -> tuple[dict[str, str], bytes]:
    """Headers by their lower names, and what comes behind them."""
    if raw.startswith(b"\r\n"):
        return {}, raw[2:]
    head, _, body = raw.partition(b"\r\n\r\n")
    pairs = [line.partition(":") for line in head.decode("latin-1").split("\r\n")]
    return {key.strip().lower(): value.strip() for key, _, value in pairs if value}, body
