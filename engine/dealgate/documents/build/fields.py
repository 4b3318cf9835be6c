"""Field documents and a process's own fields → the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dealgate.model.diagnostics import Diagnostic
from dealgate.model.fields import TYPES, Catalogue, Collection, Field

from ..conditions.raw import entries, refuse, text
from ..nodes import Map, Node
from .reader import Reader

_CHOICES = ("choice", "multi_choice")
_ROLES = ("stages", "reasons")


def build_fields(documents: Iterable[Node], own: Node | None, diagnostics: list[Diagnostic]) -> Catalogue:
    """The catalogue of ``fields/v1`` documents, earlier ones first, and a process's own ``fields:``.

    A later document may say more of a field (options, a title) but not give it another type.
    """
    deal: dict[str, Field] = {}
    collections: dict[str, Collection] = {}
    for document in documents:
        reader = Reader(document, diagnostics)
        _add(deal, reader.get("deal"), "deal", diagnostics)
        for name, node in reader.entries("collections"):
            collections[name] = _collection(name, node, collections.get(name), diagnostics)
    _add(deal, own, "deal", diagnostics)
    return Catalogue(deal, collections)


def _collection(name: str, node: Node, known: Collection | None, wrong: list[Diagnostic]) -> Collection:
    reader = Reader(node, wrong)
    fields: dict[str, Field] = dict(known.fields) if known else {}
    _add(fields, reader.get("fields"), name, wrong)
    title = reader.text("title", known.title if known else name.replace("_", " ").capitalize())
    singular = reader.text("singular", known.singular if known else "record")
    return Collection(name, title, singular, fields)


def _add(fields: dict[str, Field], node: Node | None, scope: str, wrong: list[Diagnostic]) -> None:
    for name, raw in entries(Reader(node, wrong).node):
        found = _field(name, raw, scope, fields, wrong)
        if found is not None:
            fields[name] = found


def _field(name: str, node: Node, scope: str, known: Mapping[str, Field], wrong: list[Diagnostic]) -> Field | None:
    reader = Reader(node, wrong)
    kind = reader.word("type", TYPES, "")
    before = known.get(name)
    if not kind:
        if "type" not in (node.items if isinstance(node, Map) else ()):
            reader.report("DG232", f"The field `{name}` has no type.", node, "add `type: text`")
        return None
    role = next((word for word in _ROLES if reader.flag(word)), "")
    options = tuple(dict.fromkeys(_options(reader)))
    is_open, ordered = reader.flag("open"), reader.flag("ordered")

    def check() -> None:
        at = reader.get("type") or node
        if before is not None and before.type != kind:
            message = f"`{name}` is a field already, and holds {TYPES[before.type].words}."
            refuse("DG233", message, at, f"leave it {before.type}, or give yours another id")
        if kind in _CHOICES and not (options or is_open or role):
            refuse("DG232", f"The choice `{name}` has no options.", at, "add `options: […]`, or `open: true`")
        if kind not in _CHOICES and (options or role or is_open or ordered):
            refuse("DG232", f"`{name}` is no choice, so options do not fit it.", at, "write `type: choice`")
        if ordered and kind != "choice":
            refuse("DG232", f"`{name}` takes several options at once, so they have no order.", at)

    size = len(wrong)
    reader.take(None, check)
    if len(wrong) > size:
        return before
    return Field(
        name,
        kind,
        reader.text("title", name.replace("_", " ").capitalize()),
        options=options,
        ordered=ordered,
        open=is_open,
        derived=reader.flag("derived"),
        scope=scope,
        description=reader.text("description"),
        role=role,
    )


def _options(reader: Reader) -> list[str]:
    found = []
    for item in reader.items("options"):
        named = item.items.get("id") if isinstance(item, Map) else item
        word = reader.take("", text, named, "the id of an option", item)
        if word:
            found.append(word)
    return found
