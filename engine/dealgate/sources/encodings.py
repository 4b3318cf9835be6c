"""Bytes to text: byte order marks, UTF-8, and what older programs write."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error, info, warning
from dealgate.sources.table import counted, examples

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BROKEN = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
# Bytes above ASCII as Windows reads them; the five that it leaves undefined as Latin-1, so that none is lost.
_LATIN_TO_WINDOWS = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
_WINDOWS = {0xDC00 + byte: char for byte, char in _LATIN_TO_WINDOWS.items()}


BINARY = 100
"""A text with more than one NUL in so many characters, and more than twenty of them, is none."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text, the encoding it was read in and what was noticed."""

    text: str
    encoding: str
    diagnostics: tuple[Diagnostic, ...] = ()


def decode(data: bytes, file: str, declared: str | None = None) -> Decoded:
    """The text of ``data``: as declared, else by its mark, as UTF-8, or as Windows-1252.

    Raises SourceFailed where the declared encoding is unknown or does not fit.
    """
    decoded = _found(data, file) if declared is None else _declared(data, file, declared)
    if "\0" in decoded.text:
        count = decoded.text.count("\0")
        if count > 20 and count * BINARY > len(decoded.text):
            raise SourceFailed(
                error(
                    "DG607",
                    "The file is not text.",
                    Where(file),
                    "Export the table as CSV, XLSX, JSON lines or Parquet.",
                )
            )
        noticed = warning(
            "DG618",
            f"{counted(count, 'NUL character')} stood in the text and {'was' if count == 1 else 'were'} taken out.",
            Where(file),
            "Export the file anew; NUL characters are a sign of a broken transfer or a wrong encoding.",
        )
        return Decoded(decoded.text.replace("\0", ""), decoded.encoding, (*decoded.diagnostics, noticed))
    return decoded


def _declared(data: bytes, file: str, declared: str) -> Decoded:
    try:
        codec = codecs.lookup(declared).name
        text = data.decode("utf-8-sig" if codec == "utf-8" else codec)
    except (LookupError, UnicodeError, ValueError) as problem:
        known = not isinstance(problem, LookupError)
        said = "does not fit the file's bytes" if known else "is not known"
        raise SourceFailed(
            error(
                "DG605",
                f"The declared encoding '{declared}' {said}.",
                Where(file),
                "Leave `encoding` out to have it found, or name utf-8, utf-16 or cp1252.",
            )
        ) from None
    return Decoded(text.removeprefix("\ufeff"), declared)


def _found(data: bytes, file: str) -> Decoded:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _marked(data, file, codec)
    guess = _unmarked_utf16(data)
    if guess:
        return _marked(data, file, guess)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _not_utf8(data, file)


def _marked(data: bytes, file: str, codec: str) -> Decoded:
    try:
        return Decoded(data.decode(codec).removeprefix("\ufeff"), codec)
    except UnicodeDecodeError:
        if codec == "utf-8-sig":
            return _not_utf8(data.removeprefix(codecs.BOM_UTF8), file, mark=True)
        text = data.decode(codec, "replace").removeprefix("\ufeff")
        return Decoded(text, codec, (_broken(text, file, re.compile("\ufffd"), codec.upper()),))


def _unmarked_utf16(data: bytes) -> str:
    """UTF-16 without a mark, told by the zero bytes that ASCII text has in it."""
    sample = data[:4096]
    if len(sample) < 4 or not sample.count(0):
        return ""
    even, odd = sample[0::2], sample[1::2]
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return ""


def _not_utf8(data: bytes, file: str, mark: bool = False) -> Decoded:
    text = data.decode("utf-8", "surrogateescape")
    broken = len(_BROKEN.findall(text))
    if mark or len(_BEYOND_ASCII.findall(text)) - broken > broken:
        noticed = _broken(text, file, _BROKEN, "UTF-8")
        return Decoded(text.translate(_WINDOWS), "utf-8", (noticed,))
    noticed = info(
        "DG610",
        "The file is not UTF-8; it was read as Windows-1252.",
        Where(file),
        "Declare `encoding: cp1252`, or the right one, if letters with accents look wrong.",
    )
    return Decoded(data.decode("latin-1").translate(_LATIN_TO_WINDOWS), "cp1252", (noticed,))


def _broken(text: str, file: str, pattern: re.Pattern[str], encoding: str) -> Diagnostic:
    lines: list[int] = []
    line, seen = 1, 0
    for match in pattern.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        if not lines or lines[-1] != line:
            lines.append(line)
    return warning(
        "DG611",
        f"Some bytes are not {encoding}, in {examples(lines, 'line')}; they were read one by one and may look wrong.",
        Where(file, lines[0]),
        "Export the file anew in one encoding, best UTF-8.",
    )
