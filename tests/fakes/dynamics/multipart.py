"""Batches as the Web API takes and answers them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.served import Reply, Request

_BOUNDARY = re.compile(r'boundary="?([^";\s]+)"?')


@dataclass(frozen=True)
class Group:
    """Requests that stand for themselves, or a change set."""

    requests: list[Request]
    whole: bool


@dataclass(frozen=True)
class Answered:
    """What came of a group; ``nested`` as the answer of a change set."""

    replies: list[Reply]
    nested: bool


def parts(request: Request) -> list[Group]:
    return list(_groups(request.body, request.headers.get("content-type", "")))


def _groups(raw: bytes, kind: str) -> Iterator[Group]:
    for headers, body in _split(raw, kind):
        inner = headers.get("content-type", "")
        if inner.startswith("multipart/mixed"):
            yield Group([_request(one) for _, one in _split(body, inner)], True)
        else:
            yield Group([_request(body)], False)


def _split(raw: bytes, kind: str) -> Iterator[tuple[dict[str, str], bytes]]:
    found = _BOUNDARY.search(kind)
    assert found is not None, "a batch has a boundary"
    for chunk in raw.split(b"--" + found.group(1).encode())[1:]:
        if chunk.startswith(b"--"):
            return
        head, _, body = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield _headers(head), body


def _headers(head: bytes) -> dict[str, str]:
    pairs = [line.partition(":") for line in head.decode().split("\r\n") if ":" in line]
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _request(raw: bytes) -> Request:
    head, _, body = raw.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    method, url, version = line.decode().split(" ")
    assert version == "HTTP/1.1", line
    there = urlsplit(url)
    return Request(
        method, there.path, dict(parse_qsl(there.query, keep_blank_values=True)), _headers(rest), body.strip()
    )


def answer(status: int, answered: Sequence[Answered]) -> Reply:
    lines: list[bytes] = []
    for one in answered:
        if one.nested:
            lines += [b"--batchresponse_1", b"Content-Type: multipart/mixed; boundary=changesetresponse_2", b""]
            for number, reply in enumerate(one.replies, 1):
                lines += [b"--changesetresponse_2", *_reply(reply, number)]
            lines.append(b"--changesetresponse_2--")
        else:
            for reply in one.replies:
                lines += [b"--batchresponse_1", *_reply(reply, None)]
    lines += [b"--batchresponse_1--", b""]
    return Reply(status, b"\r\n".join(lines), {"Content-Type": "multipart/mixed; boundary=batchresponse_1"})


def _reply(reply: Reply, number: int | None) -> list[bytes]:
    told = [b"Content-Type: application/http", b"Content-Transfer-Encoding: binary"]
    told += [f"Content-ID: {number}".encode()] if number is not None else []
    headers = {"Content-Type": "application/json; odata.metadata=minimal", "OData-Version": "4.0", **reply.headers}
    inner = [
        f"HTTP/1.1 {reply.status} Word".encode(),
        *(f"{name}: {value}".encode() for name, value in headers.items()),
    ]
    return [*told, b"", *inner, b"", reply.raw()]
