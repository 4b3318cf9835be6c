"""Diagnostics: what is wrong, where it stands, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from .struct import Struct, field


class Severity(IntEnum):
    """How much a diagnostic weighs; an error means the documents do not hold."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The word shown to a reader."""
        return self.name.lower()


class Where(Struct):
    """A place in a file. Lines and columns count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


NOWHERE = Where("")


class Edit(Struct):
    """Characters of one line to be replaced: ``old`` stands at the place, ``new`` is to stand there."""

    line: int
    column: int
    old: str
    new: str


class Meant(str):
    """A suggestion that names the word which was likely meant. ``sure``: the only one that it can be, else None."""

    word: str
    sure: str | None

    def __new__(cls, said: str, word: str, sure: str | None) -> Meant:
        """``said``: the suggestion; ``word``: what was written."""
        meant = super().__new__(cls, said)
        meant.word, meant.sure = word, sure
        return meant


class Diagnostic(Struct):
    """One finding about a document or a source.

    ``code`` is stable and has a page (``dealgate rule CODE``). ``message`` is a sentence
    without personal values. ``suggestion`` says how to mend it; ``width`` is how many
    characters the caret underlines. ``mend`` is there where only one mend is possible.
    """

    code: str
    severity: Severity
    message: str
    where: Where = NOWHERE
    suggestion: str | None = None
    width: int = 1
    mend: tuple[Edit, ...] = field(default=(), compare=False)


def error(
    code: str,
    message: str,
    where: Where = NOWHERE,
    suggestion: str | None = None,
    width: int = 1,
    mend: tuple[Edit, ...] = (),
) -> Diagnostic:
    """A diagnostic that stops the documents from holding."""
    return Diagnostic(code, Severity.ERROR, message, where, suggestion, width, mend or _swap(where, suggestion))


def warning(
    code: str, message: str, where: Where = NOWHERE, suggestion: str | None = None, width: int = 1
) -> Diagnostic:
    """A diagnostic that a careful reader would act on."""
    return Diagnostic(code, Severity.WARNING, message, where, suggestion, width, _swap(where, suggestion))


def info(code: str, message: str, where: Where = NOWHERE, suggestion: str | None = None, width: int = 1) -> Diagnostic:
    """A diagnostic that only informs."""
    return Diagnostic(code, Severity.INFO, message, where, suggestion, width)


def _swap(where: Where, suggestion: str | None) -> tuple[Edit, ...]:
    """The mend of a word at its place, where it is sure which one was meant."""
    if not isinstance(suggestion, Meant) or suggestion.sure is None or not where.column:
        return ()
    return (Edit(where.line, where.column, suggestion.word, suggestion.sure),)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, then weight and code, each said once."""
    return sorted(
        set(diagnostics),
        key=lambda d: (d.where.file, d.where.line, d.where.column, -d.severity, d.code, d.message),
    )


class DealgateError(Exception):
    """A refusal a person can act on: never shown as a traceback.

    ``diagnostics`` say where, what and how to mend it; ``exit_status`` is the process's.
    """

    exit_status = 1

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.code} {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics


class WrongUsage(DealgateError):
    """The call's words are off."""

    exit_status = 2


class DocumentsDoNotHold(DealgateError):
    """Rules that cannot be used as they stand."""

    exit_status = 3


class SourceFailed(DealgateError):
    """A file, CRM or store that could not be read or written."""

    exit_status = 5
