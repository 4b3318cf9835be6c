"""A mapping document → the checked mapping: targets that exist, values that fit them, forms that can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

from dealgate.documents.library import Library
from dealgate.documents.nodes import Map, Node, Scalar
from dealgate.documents.places import plain
from dealgate.documents.resolve import Resolved, Resolver, has_errors
from dealgate.documents.suggest import meant
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.diagnostics import Diagnostic, DocumentsDoNotHold, Where, error, warning
from dealgate.model.fields import Field
from dealgate.model.process import Process
from dealgate.sources.forms import known_format

from .model import Derived, History, Join, Layout, Proof, Records, SourceMapping, Value, fold
from .raw import folded, items, keep, map_at, maps, need, scalar, text_at, texts, zone_of
from .targets import keys_fit, ours_fits

CHILDREN = ("contacts", "activities", "evidence", "line_items", "plan_steps", "overrides")
_EVIDENCE = ("level", "answer", "dated", "expires", "from_buyer", "by", "source", "reason")


def reference_of(mapping: str | Path) -> str | Path:
    """A mapping as a person names it: its file where that is what it looks like, else its id."""
    path = Path(mapping)
    return path if isinstance(mapping, Path) or path.suffix in (".yaml", ".yml") or len(path.parts) > 1 else mapping


def load_mapping(reference: str | Path, process: Process, library: Library) -> SourceMapping:
    """The mapping of that id, or in that file, for the process's kind of record.

    Raises DocumentsDoNotHold with everything that is wrong in it.
    """
    resolver = Resolver(library)
    found: list[Diagnostic] = []
    if isinstance(reference, Path):
        resolved: Resolved | None = resolver.whole(library.open(reference))
    else:
        resolved, found = resolver.reference("mapping", reference)
    if resolved is not None:
        found += resolved.diagnostics
        if resolved.kind is not None and resolved.kind.name != "mapping":
            message = f"`{resolved.word('id')}` is a {resolved.kind.name}, and no mapping."
            found.append(error("DG659", message, resolved.document.where("kind"), "Name a file of kind mapping/v1."))
    if resolved is None or resolved.root is None or has_errors(found):
        raise DocumentsDoNotHold(*found)
    mapping, wrong = build_mapping(resolved.root, process)
    if mapping is None or has_errors(wrong):
        raise DocumentsDoNotHold(*found, *wrong)
    return replace(mapping, file=resolved.document.file)


def build_mapping(root: Map, process: Process) -> tuple[SourceMapping | None, list[Diagnostic]]:
    """The mapping that a whole document (one its schema accepts) spells, and what does not hold in it."""
    builder = _Builder(process)
    return builder.mapping(root), builder.wrong


class _Builder:
    """One mapping being built; ``wrong`` is what does not hold."""

    def __init__(self, process: Process) -> None:
        self.process, self.wrong = process, list[Diagnostic]()

    def mapping(self, root: Map) -> SourceMapping | None:
        kind = self.process.record
        records = map_at(root, kind + "s")
        if records is None:
            there = " and ".join(name for name in ("deals", "leads") if name in root.items) or "no records"
            self.wrong.append(
                error(
                    "DG654",
                    f"The mapping maps {there}, but the process `{self.process.id}` judges {kind}s.",
                    root.where,
                    f"Choose another process, or add a section `{kind}s`.",
                )
            )
            return None
        source = map_at(root, "source")
        layout = self.layout(source, Layout())
        files = {
            name.casefold(): self.layout(node, layout)
            for name, node in (items(map_at(source, "files")) if source else ())
            if isinstance(node, Map)
        }
        for section in (root.items.get(name) for name in (kind + "s", *CHILDREN, "stage_changes", "users")):
            self.sheets(section, files, layout)
        catalogue = self.process.catalogue
        children = {}
        for name in CHILDREN:
            node = map_at(root, name)
            if node is not None and (kind in node.items or not self.other_link(node, root, name)):
                children[name] = self.records(node, catalogue.collections[name].fields, name, link=kind)
        users = map_at(root, "users")
        owner = {k.removeprefix("owner."): f for k, f in catalogue.deal.items() if k.startswith("owner.")}
        changes = map_at(root, "stage_changes")
        return SourceMapping(
            text_at(root, "id"),
            text_at(root, "title"),
            self.records(records, catalogue.deal, kind + "s"),
            kind,
            layout,
            files,
            children,
            self.history(changes) if changes is not None and self.mine(changes) else None,
            self.records(users, owner, "users") if users is not None else None,
        )

    def mine(self, node: Map) -> bool:
        """Whether history is of this process's records: of leads only where it says so."""
        other = "lead" if self.process.record == "deal" else "deal"
        return self.process.record in node.items or (other not in node.items and self.process.record == "deal")

    def other_link(self, node: Map, root: Map, name: str) -> bool:
        """Whether a child table belongs to the other kind of record; tells one that belongs to none."""
        other = "lead" if self.process.record == "deal" else "deal"
        if other in node.items:
            return True
        if "#" in text_at(node, "from"):  # a list inside the records' own rows
            return other + "s" in root.items and text_at(node, "from").split("#")[0] == text_at(
                map_at(root, other + "s"), "from"
            )
        message = f"`{name}` does not say which column names the deal."
        self.wrong.append(error("DG655", message, root.key_where(name), "Add `deal: COLUMN`."))
        return True

    # -- parts

    def records(self, node: Map, targets: Mapping[str, Field], name: str, link: str = "") -> Records:
        fields = {}
        for field, value in items(map_at(node, "fields")):
            where = need(map_at(node, "fields")).key_where(field)
            target = targets.get(field)
            if target is None:
                self.unknown(field, targets, where, name)
            elif isinstance(value, Map):
                fields[field] = self.value(value, target, where)
        return Records(
            texts(node.items.get("from")),
            texts(node.items.get("id")),
            texts(node.items.get(link)) if link else (),
            tuple(self.join(one) for one in maps(node.items.get("join"))),
            keep(node.items.get("where")),
            fields,
            tuple(proof for one in maps(node.items.get("evidence")) if (proof := self.proof(one)) is not None),
            plain(node.items.get("optional")) is True,
            node.where,
        )

    def unknown(self, field: str, targets: Iterable[str], where: Where, name: str) -> None:
        message = f"There is no field `{field}` among those of {name.replace('_', ' ')}."
        hint = meant(field, targets) or "Use a field of the catalogue, or declare yours in the process."
        self.wrong.append(error("DG645", message, where, hint, len(field)))

    def join(self, node: Map) -> Join:
        pairs = tuple((here, scalar(there)) for here, there in items(map_at(node, "match")))
        alias = text_at(node, "as")
        optional, partial = (plain(node.items.get(key)) is True for key in ("optional", "partial"))
        return Join(text_at(node, "from"), alias, pairs, optional, partial, node.where)

    def proof(self, node: Map) -> Proof | None:
        collection = self.process.catalogue.collections.get("evidence")
        if collection is None:
            return None
        fixed: dict[str, str] = {key: text_at(node, key) for key in ("element", "type") if key in node.items}
        for key, word in fixed.items():
            self.provable(key, word, node.items[key].where)
        fields = {
            key: self.value(value, collection.fields[key], node.key_where(key))
            for key in _EVIDENCE
            if isinstance(value := node.items.get(key), Map) and key in collection.fields
        }
        return Proof(fixed, fields)

    def provable(self, key: str, word: str, where: Where) -> None:
        frameworks = self.process.frameworks.values()
        elements = [f"{framework.id}.{element.id}" for framework in frameworks for element in framework.elements]
        known = elements if key == "element" else list(self.process.evidence_types)
        if word not in known:
            what = "framework element" if key == "element" else "evidence type"
            message = f"The process `{self.process.id}` has no {what} `{word}`, so nothing reads this evidence."
            self.wrong.append(warning("DG653", message, where, meant(word, known), len(word)))

    def history(self, node: Map) -> History:
        catalogue = self.process.catalogue
        form = text_at(node, "format") or None
        self.format(form, node)
        derive = tuple(self.derived(one) for one in maps(node.items.get("derive")))
        if derive:
            return History(derive=derive)
        shape = text_at(node, "shape") or "snapshots"
        table = self.records(node, catalogue.deal, "deals", link=self.process.record)
        if shape == "snapshots":
            table = replace(
                table, fields={k: v for k, v in table.fields.items() if v.columns or v.constant is not None}
            )
        if not table.link:
            message = "`stage_changes` does not say which column names the deal."
            self.wrong.append(error("DG655", message, node.where, f"Add `{self.process.record}: COLUMN`."))
        names = {}
        for word, target in items(map_at(node, "names")):
            ours = scalar(target)
            if ours in catalogue.deal:
                names[fold(word)] = ours
            else:
                self.unknown(ours, catalogue.deal, target.where, "deals")
        if shape == "changes" and not ("field" in node.items and "new" in node.items):
            message = "In the shape `changes`, `field` and `new` name the columns of the field and of its new value."
            self.wrong.append(error("DG648", message, node.where, "Add `field: COLUMN` and `new: COLUMN`."))
        channel = node.items.get("channel")
        return History(
            table,
            Value(columns=(text_at(node, "at"),), format=form, at=node.where),
            text_at(node, "by") or None,
            self.value(channel, catalogue.collections["changes"].fields["channel"], channel.where)
            if isinstance(channel, Map)
            else None,
            shape,
            text_at(node, "field"),
            text_at(node, "old") or None,
            text_at(node, "new"),
            names,
        )

    def derived(self, node: Map) -> Derived:
        form = text_at(node, "format") or None
        self.format(form, node)
        stage = text_at(node, "to") or None
        if stage is not None and self.process.stage(stage) is None and stage not in self.process.becomes:
            known = [one.id for one in self.process.stages]
            hint = meant(stage, known) or f"It has {', '.join(known)}."
            message = f"The process `{self.process.id}` has no stage `{stage}`."
            self.wrong.append(error("DG646", message, node.items["to"].where, hint, len(stage)))
        at = Value(columns=(text_at(node, "at"),), format=form, when=keep(node.items.get("when")), at=node.where)
        return Derived(at, stage, text_at(node, "status") or None)

    def value(self, node: Map, target: Field, where: Where) -> Value:
        currency, currency_column = None, None
        given = node.items.get("currency")
        if isinstance(given, Map):
            currency_column = text_at(given, "from")
        elif isinstance(given, Scalar):
            currency = self.currency(given)
        form = text_at(node, "format") or None
        self.format(form, node)
        self.wrong += keys_fit(node, target, where)
        value = Value(
            texts(node.items.get("from")),
            plain(node.items.get("value")),
            self.values(map_at(node, "values"), target),
            plain(node.items.get("otherwise")),
            text_at(node, "unlisted") == "keep",
            keep(node.items.get("when")),
            plain(node.items.get("optional")) is True,
            currency,
            currency_column,
            plain(node.items.get("scale")),
            Decimal(number) if (number := plain(node.items.get("times"))) is not None else None,
            plain(node.items.get("unit")),
            form,
            self.zone(node),
            plain(node.items.get("decimal_mark")),
            folded(node.items.get("missing")),
            plain(node.items.get("split")),
            text_at(node, "empty") == "none",
            where,
        )
        for key in ("value", "otherwise"):
            if key in node.items:
                self.wrong += ours_fits(node.items[key], target, self.process.reading, value.unit)
        return value

    def values(self, node: Map | None, target: Field) -> dict[str, Any] | None:
        if node is None:
            return None
        found: dict[str, Any] = {}
        for word, ours in node.items.items():
            self.wrong += ours_fits(ours, target, self.process.reading, None)
            key, mine = fold(word), plain(ours)
            if key in found and found[key] != mine:
                message = f"`{word}` stands twice among the values, for case and spaces do not count."
                self.wrong.append(error("DG652", message, node.key_where(word), "Keep one of them.", len(word)))
            found[key] = mine
        return found

    # -- layouts

    def layout(self, node: Map | None, base: Layout) -> Layout:
        if node is None:
            return base
        read = base.read
        chosen: dict[str, Any] = {}
        for key in ("delimiter", "encoding", "header_row", "sheet"):
            if key in node.items:
                chosen[key] = plain(node.items[key])
        if "totals" in node.items:
            chosen["totals"] = tuple(plain(node.items["totals"]))
        skip = map_at(node, "skip_rows_where")
        if skip is not None:
            chosen["skip_rows_where"] = {name: texts(values) for name, values in skip.items.items()}
        for key in ("date_format", "datetime_format"):
            self.format(text_at(node, key) or None, node, key)
        currency = node.items.get("currency")
        given = {
            "zone": self.zone(node),
            "missing": folded(node.items.get("missing")) or None,
            "decimal_mark": plain(node.items.get("decimal_mark")),
            "thousands_mark": plain(node.items.get("thousands_mark")),
            "currency": self.currency(currency) if isinstance(currency, Scalar) else None,
            "date_format": text_at(node, "date_format") or None,
            "datetime_format": text_at(node, "datetime_format") or None,
            "true_words": folded(node.items.get("true_words")) or None,
            "false_words": folded(node.items.get("false_words")) or None,
            "duplicates": plain(node.items.get("duplicates")),
        }
        more: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        return replace(base, read=replace(read, **chosen), **more)

    def sheets(self, node: Node | None, files: dict[str, Layout], layout: Layout) -> None:
        """A section's ``sheet`` is a layout of its file; a join's too."""
        if not isinstance(node, Map):
            return
        for one in (node, *maps(node.items.get("join"))):
            sheet = text_at(one, "sheet")
            for name in texts(one.items.get("from")) if sheet else ():
                base = files.get(name.casefold(), layout)
                files[name.casefold()] = replace(base, read=replace(base.read, sheet=sheet))

    def format(self, form: str | None, node: Map, key: str = "format") -> None:
        if form is not None and not known_format(form):
            message = f"`{form}` is no date format."
            hint = "Write it like DD/MM/YYYY or YYYY-MM-DD HH:MM:SS, or as ISO 8601, excel serial or unix seconds."
            self.wrong.append(error("DG649", message, node.items[key].where, hint, len(form)))

    def zone(self, node: Map) -> tzinfo | None:
        name = text_at(node, "time_zone")
        if not name:
            return None
        zone = zone_of(name)
        if zone is None:
            from zoneinfo import available_timezones

            hint = meant(name, available_timezones()) or "Write it like Europe/Berlin, or UTC."
            message = f"`{name}` is no time zone."
            self.wrong.append(error("DG650", message, node.items["time_zone"].where, hint, len(name)))
        return zone

    def currency(self, node: Scalar) -> str | None:
        if node.text in MINOR_DIGITS:
            return node.text
        hint = meant(node.text, MINOR_DIGITS) or "Use a code of ISO 4217, such as EUR."
        self.wrong.append(error("DG651", f"`{node.text}` is no currency.", node.where, hint, len(node.text)))
        return None
