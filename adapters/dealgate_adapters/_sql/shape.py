"""The shape of a database: which table is which stream, and which of its columns say what. Each is data."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from dealgate.model.struct import Struct
from dealgate.ports import Trouble

PACKAGE = "dealgate_adapters._sql.shapes"


class Table(Struct):
    """One table of a stream. Names are compared without regard to case: warehouses differ in it.

    ``modified``: the column by which changes are found, the first of these that the table has; none: it is read whole
    each time. ``deal``: the column with the id of the deal a row belongs to; of deals their own. ``deal_prefix``: only
    an id that begins so is a deal's. ``links``: columns with ids of shared records, alone or as a JSON list.
    ``deleted``: flags, any of which says that the row is deleted; those that are not there are passed over.
    """

    name: str
    id: tuple[str, ...] = ("id",)
    modified: tuple[str, ...] = ()
    deal: str = ""
    deal_prefix: str = ""
    links: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


class StageTable(Struct):
    """Where the stages stand. ``id`` is what a deal's stage column holds, the first of these that is filled."""

    table: str
    id: tuple[str, ...]
    title: str
    order: str = ""
    probability: str = ""
    won: str = ""
    closed: str = ""
    pipeline: str = ""
    pipelines: str = ""
    """The table of pipelines, if there is one, with ``pipeline`` as its id and ``pipeline_title``."""
    pipeline_title: str = ""


class Shape(Struct):
    """A whole shape. ``streams``: the tables of each; their ids are unique over the tables of one stream.

    ``loaded``: the rows were copied by a loader, so ``modified`` is when they came here, which may be long after the
    CRM changed. ``seen``: where the names were found.
    """

    id: str
    title: str
    streams: Mapping[str, tuple[Table, ...]]
    stages: StageTable | None = None
    loaded: bool = False
    seen: str = ""
    left_out: tuple[str, ...] = ()
    """What the loader may write and this does not read, for its names were not confirmed."""


def shapes() -> list[str]:
    """The ids of all shapes, found by their files."""
    package = import_module(PACKAGE)
    return sorted(module.name.replace("_", "-") for module in iter_modules(package.__path__))


def shape_named(name: str) -> Shape:
    """The shape of that id. Raises Trouble."""
    from .trouble import near

    known = shapes()
    if name not in known:
        raise Trouble("odd", f"There is no shape `{name}`.", near(name, known, "there are"))
    found: Shape = import_module(f"{PACKAGE}.{name.replace('-', '_')}").SHAPE
    return found
