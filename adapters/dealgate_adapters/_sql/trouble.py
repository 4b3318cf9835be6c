"""What a database refuses, in words for an operator. A driver's own text is never told: it may hold the address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from dealgate.ports import Trouble

_UNAUTHORISED = ("28000", "28P01")
_FORBIDDEN = ("42501", "25006")
_GONE = ("42P01", "42703", "3F000", "3D000")
_CODES: dict[Any, str] = {1045: "unauthorised", 1142: "forbidden", 1143: "forbidden", 1146: "gone", 1049: "gone"}
"""MySQL's numbers."""
_SAID = (
    ("password authentication failed", "unauthorised"), ("no password supplied", "unauthorised"),
    ("authentication failed", "unauthorised"), ("pg_hba.conf", "unauthorised"), ("role \"", "unauthorised"),
    ("access denied", "unauthorised"), ("permission denied", "forbidden"), ("readonly database", "forbidden"),
    ("read-only", "forbidden"), ("no such table", "gone"), ("no such column", "gone"), ("database \"", "gone"),
    ("not a database", "odd"), ("malformed", "odd"), ("locked", "locked"),
)  # fmt: skip
"""How drivers say it that have no code, in small letters."""
_HINTS = {
    "unauthorised": "check user and password in the address",
    "forbidden": "give the user of the address the right to read it: GRANT SELECT",
    "gone": "check the names; `describe` of the source lists the tables that are there",
    "unreachable": "check the address and whether the database runs and lets this machine in",
    "odd": "check the address and the tables",
}


def near(name: str, known: Iterable[str], else_: str) -> str:
    """Did you mean, or what there is."""
    names = sorted(known)
    folded = {one.casefold(): one for one in names}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if found:
        return f"did you mean `{folded[found[0]]}`?"
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"{else_} {shown}" if names else f"{else_} none"


def kind_of(error: BaseException) -> str:
    """The kind of trouble that an error of a driver is; ``locked`` where somebody else holds the database."""
    original: Any = getattr(error, "orig", None) or error
    code = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    if code in _UNAUTHORISED:
        return "unauthorised"
    if code in _FORBIDDEN:
        return "forbidden"
    if code in _GONE:
        return "gone"
    number = original.args[0] if getattr(original, "args", ()) else None
    if isinstance(number, int) and number in _CODES:
        return _CODES[number]
    said = str(original).casefold()
    for words, kind in _SAID:
        if words in said:
            return kind
    from sqlalchemy.exc import InterfaceError, OperationalError

    return "unreachable" if isinstance(error, (OperationalError, InterfaceError)) else "odd"


@contextmanager
def speaking(what: str, place: str) -> Iterator[None]:
    """Turns what SQLAlchemy raises into Trouble. ``what``: the table, or empty; ``place``: the database, no secret."""
    from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

    try:
        yield
    except Trouble:
        raise
    except (NoSuchModuleError, ModuleNotFoundError):
        raise Trouble(
            "odd", f"There is no driver here for {place}.", "install the SQLAlchemy dialect and driver of this database"
        ) from None
    except SQLAlchemyError as error:
        raise _told(error, what, place) from None


def _told(error: BaseException, what: str, place: str) -> Trouble:
    kind = kind_of(error)
    if kind == "locked":
        return Trouble("unreachable", f"{place[:1].upper()}{place[1:]} is locked by another program.", "run it again")
    of = f"the table `{what}` of {place}" if what else place
    words = {
        "unauthorised": f"{of} does not let this user in.",
        "forbidden": f"This user may not read {of}.",
        "gone": f"{of} is not there, or a column of it is gone.",
        "unreachable": f"{of} cannot be reached.",
        "odd": f"{of} answered with an error ({type(getattr(error, 'orig', None) or error).__name__}).",
    }[kind]
    return Trouble(kind, words[:1].upper() + words[1:], _HINTS[kind])
