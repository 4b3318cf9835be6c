"""Queries in COQL. What comes from outside goes in as an id or a moment, never as text: so nothing has to be escaped,
and nothing can be taken for structure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

MOST = 2_000
"""Records that a query gives."""
COLUMNS = 500
"""Columns that a query may name."""
AMONG = 100
"""Ids that `in` may name."""
_ID = re.compile(r"[0-9]{1,20}")
_NAME = re.compile(r"[$A-Za-z_][A-Za-z0-9_]{0,99}")
_ANY = "id is not null"
_WORDS = frozenset(
    """
    all allocate alter and any are array as asc asensitive asymmetric at atomic authorization before begin between
    both by call called cascaded case cast check close cluster coalesce collate collect column commit condition
    connect constraint convert corr corresponding count create cross cube current cursor cycle day deallocate declare
    default delete desc describe deref deterministic disconnect distinct drop dynamic each element else end escape
    every except exec execute exists explain external extract fetch filter first following for foreign free from full
    function fusion get global grant group grouping having hold hour identity if ignore in index indicator inner inout
    insensitive insert intersect interval into is join key last lateral leading left like limit local lock loop match
    max member merge method min minute mod modifies module month multiset natural new no none normalize not null nulls
    of offset old on only open option or order out outer over overlaps parameter partition percent precision prepare
    primary procedure range rank read reads recursive ref references referencing release result return returns revoke
    right rollback rollup row rows savepoint scope scroll search second select sensitive session set show similar some
    specific sql start static sum symmetric system table then to trailing transaction translate trigger trim truncate
    union unique unknown update upsert user using values when whenever where window with within without year
    """.split()
)
"""Words of SQL: Zoho takes a column that is called so in quotes alone (its FAQ names `External`), and does not list
which words those are."""


def is_id(text: str) -> bool:
    """Whether it can be the id of a record."""
    return _ID.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether it can be the API name of a module or a field."""
    return _NAME.fullmatch(text) is not None


def quoted(value: str | datetime) -> str:
    """An id or a moment as COQL writes it. Raises ValueError for whatever else."""
    if isinstance(value, datetime):
        # offsets before UTC are not taken in a query, so it is always UTC
        return f"'{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+00:00'"
    if not is_id(value):
        raise ValueError("no id")
    return f"'{value}'"


def select(columns: Sequence[str], module: str, where: str | None = None, order: str = "", limit: int = MOST) -> str:
    """A query; ``where`` is made by the functions below. Raises ValueError where a name cannot be one."""
    if not all(is_name(name) for name in (*columns, module)):
        raise ValueError("no name")
    ordered = f" order by {order}" if order else ""
    named = (f"'{name}'" if name.casefold() in _WORDS else name for name in columns)
    return (  # names, ids and moments alone
        f"select {', '.join(named)} from {module} where {where or _ANY}{ordered} limit {min(max(limit, 1), MOST)}"  # noqa: S608
    )


BY_CHANGE = "Modified_Time asc, id asc"
BY_ID = "id asc"


def since(at: datetime) -> str:
    """Changed at this moment, to the second, or later."""
    return f"Modified_Time >= {quoted(at)}"


def after(at: datetime) -> str:
    """Changed after this moment."""
    return f"Modified_Time > {quoted(at)}"


def rest_of(at: datetime, ident: str) -> str:
    """Changed at this very moment, with a higher id."""
    return f"(Modified_Time = {quoted(at)} and id > {quoted(ident)})"


def among(ids: Sequence[str]) -> str:
    """With one of these ids, AMONG of them at most."""
    return f"id in ({', '.join(quoted(one) for one in ids)})"


def of(field: str, ident: str) -> str:
    """That point with a field to a record."""
    if not is_name(field):
        raise ValueError("no name")
    return f"{field} = {quoted(ident)}"
