"""Overlays: a base document with changes, additions and removals by id; every node keeps its own file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dealgate.model.diagnostics import Diagnostic, Where, error, warning
from dealgate.model.values import parse_date

from .loosens import Loosening, covers, how_changed, how_removed
from .nodes import Map, Node, Scalar, Seq
from .places import Path, by_id, identity, ids_of, is_condition, leaves, plain, plain_at
from .suggest import meant

HEADER = ("kind", "id", "title", "version", "owner", "description")
_OVERLAY = ("extends", "params", "use", "change", "add", "remove", "loosens")
_BY_STAGE = ("enter", "exit", "capture", "slas", "health", "coaching", "failure_patterns")


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome: the whole document, what it loosens (said or not) and what does not hold."""

    root: Map
    loosened: tuple[Loosening, ...]
    diagnostics: tuple[Diagnostic, ...]


def merge(base: Map, overlays: Sequence[Map]) -> Merged:
    """The base with overlays applied in turn. Several on one base must not touch the same place.

    The header (id, title, version, owner) is the last overlay's.
    """
    root, loosened, found = base, [], []
    earlier: dict[Path, tuple[Where, Any]] = {}
    for over in overlays:
        one = _Overlay(over, plain_at(base, "score", "direction") == "lower")
        root = one.apply(root)
        found += one.diagnostics
        found += _conflicts(earlier, one.touched)
        earlier.update(one.touched)
        loosened += one.loosened
    return Merged(root, tuple(loosened), tuple(found))


def touched(base: Map, over: Map) -> dict[Path, tuple[Where, Any]]:
    """Every place of the base that an overlay changes, removes (None) or adds, with where it says so and the value."""
    one = _Overlay(over, plain_at(base, "score", "direction") == "lower")
    one.apply(base)
    return one.touched


def _conflicts(earlier: dict[Path, tuple[Where, Any]], later: dict[Path, tuple[Where, Any]]) -> Iterator[Diagnostic]:
    for path, (where, value) in later.items():
        for other, (there, theirs) in earlier.items():
            inside = path[: len(other)] == other or other[: len(path)] == path
            if inside and not (path == other and value == theirs):
                what = ".".join(path if len(path) < len(other) else other)
                yield error(
                    "DG412",
                    f"Two overlays change `{what}`; the other one does at {there}.",
                    where,
                    "Let one overlay extend the other, or keep the change in one of them.",
                )
                break


def _with(node: Map, key: str, value: Node, position: tuple[int, int]) -> Map:
    return replace(node, items={**node.items, key: value}, keys={**node.keys, key: position})


def _without(node: Map, key: str) -> Map:
    return replace(node, items={k: v for k, v in node.items.items() if k != key})


@dataclass(slots=True)
class _Overlay:
    """One overlay on one base."""

    over: Map
    lower_is_better: bool
    diagnostics: list[Diagnostic] = field(default_factory=list)
    touched: dict[Path, tuple[Where, Any]] = field(default_factory=dict)
    found: list[Loosening] = field(default_factory=list)
    loosened: list[Loosening] = field(default_factory=list)

    def apply(self, base: Map) -> Map:
        root: Node = base
        params, change, use = (self.over.items.get(k) for k in ("params", "change", "use"))
        if isinstance(params, Map):
            root = self.set_params(base, params)
        if isinstance(change, Map):
            root = self.change(root, change, ())
        remove = self.over.items.get("remove")
        for item in remove.items if isinstance(remove, Seq) else ():
            if isinstance(item, Scalar):
                root = self.remove(root, item.text.split("."), (), item)
        assert isinstance(root, Map)
        add = self.over.items.get("add")
        if isinstance(add, Map):
            root = self.additions(root, add)
        if isinstance(use, Map):
            root = self.use(root, use)
        root = self.header(root)
        self.homeless(base, root)
        self.check_loosens()
        return root

    # -- the parts of an overlay

    def header(self, root: Map) -> Map:
        own = {k: self.over.items[k] for k in HEADER if k in self.over.items}
        rest = {k: v for k, v in root.items.items() if k not in HEADER}
        keys = {**root.keys, **{k: self.over.keys[k] for k in own if k in self.over.keys}}
        return replace(
            root, items={**own, **rest}, keys=keys, line=self.over.line, column=self.over.column, file=self.over.file
        )

    def set_params(self, root: Map, params: Map) -> Map:
        """``params: {large_deal: 80000}`` sets the defaults of the base's parameters."""
        mine = root.items.get("params")
        known = mine if isinstance(mine, Map) else replace(params, items={}, keys={})
        for name, value in params.items.items():
            old, where = known.items.get(name), params.key_where(name)
            if not isinstance(old, Map):
                self.lacks(("params",), name, known.items, where)
                continue
            self.touch(("params", name, "default"), where, plain(value))
            known = _with(known, name, _with(old, "default", value, params.keys[name]), known.keys[name])
        return _with(root, "params", known, root.keys["params"]) if known.items else root

    def use(self, root: Map, use: Map) -> Map:
        """What the overlay uses comes on top of what the base uses; the same id again replaces it."""
        mine = root.items.get("use")
        merged = mine if isinstance(mine, Map) else replace(use, items={}, keys={})
        for kind, items in use.items.items():
            old = merged.items.get(kind)
            if isinstance(old, Seq) and isinstance(items, Seq):
                new = {identity(i): i for i in items.items}
                kept = [new.pop(identity(i), i) for i in old.items]
                items = replace(old, items=[*kept, *new.values()])
            merged = _with(merged, kind, items, use.keys[kind])
        return _with(root, "use", merged, self.over.keys["use"])

    def change(self, base: Node, over: Node, path: Path, where: Where | None = None) -> Node:
        """The base's node with the overlay's put over it."""
        where = where or over.where
        if isinstance(over, Map) and not (path and is_condition(path)):
            if isinstance(base, Map):
                return self.change_map(base, over, path)
            if isinstance(base, Seq) and by_id(path):
                return self.change_items(base, over, path)
        if isinstance(base, Seq) and isinstance(over, Seq) and by_id(path) and path[-1] != "require":
            self.diagnostics.append(
                error(
                    "DG413",
                    f"`{'.'.join(path)}` is a list of things with ids, which an overlay changes by id, not as a whole.",
                    where,
                    "Write each change under its id, put new items under `add` and name the rest under `remove`.",
                )
            )
            return base
        if isinstance(base, Seq) and isinstance(over, Seq):
            self.dropped(base, over, path, where)
        self.put(path, base, over, where)
        return over

    def change_map(self, base: Map, over: Map, path: Path) -> Map:
        for key, child in over.items.items():
            here, where, old = (*path, key), over.key_where(key), base.items.get(key)
            if (path == () and key in HEADER) or (key == "id" and not by_id(path)):
                if plain(child) != plain(old):
                    message = f"An overlay cannot change `{'.'.join(here)}` of its base."
                    self.diagnostics.append(error("DG414", message, where, "Remove the old one and add a new one."))
            elif old is not None:
                new = self.change(old, child, here, where)
                if new is not old:
                    base = _with(base, key, new, over.keys[key] if new is child else base.keys.get(key, (0, 0)))
            elif by_id(path) or (by_id(here) and isinstance(child, Map)):
                self.lacks(path, key, base.items, where)
            else:
                self.put(here, None, child, where)
                base = _with(base, key, child, over.keys[key])
        return base

    def change_items(self, base: Seq, over: Map, path: Path) -> Seq:
        items = list(base.items)
        ids = [identity(item) for item in items]
        for name, child in over.items.items():
            where = over.key_where(name)
            if name not in ids:
                self.lacks(path, name, [i for i in ids if i], where)
                continue
            old = items[ids.index(name)]
            if isinstance(old, Scalar) and isinstance(child, Map):
                # a captured field in its short form
                short = "field" if path[-1] == "capture" else "id"
                place = (old.line, old.column)
                old = replace(
                    child, items={short: old}, keys={short: place}, line=old.line, column=old.column, file=old.file
                )
            items[ids.index(name)] = self.change(old, child, (*path, name), where)
        return replace(base, items=items)

    def remove(self, node: Node, rest: list[str], path: Path, item: Scalar) -> Node:
        """The node without what ``rest`` names. Ids may hold dots, so the longest that is there counts."""
        for cut in range(len(rest), 0, -1):
            name, after, here = ".".join(rest[:cut]), rest[cut:], (*path, ".".join(rest[:cut]))
            if isinstance(node, Map) and name in node.items:
                if after:
                    inner = self.remove(node.items[name], after, here, item)
                    return _with(node, name, inner, node.keys.get(name, (0, 0)))
                self.drop(here, node.items[name], item.where)
                return _without(node, name)
            ids = [identity(i) for i in node.items] if isinstance(node, Seq) else []
            if name in ids:
                assert isinstance(node, Seq)
                index, items = ids.index(name), list(node.items)
                if after:
                    items[index] = self.remove(items[index], after, here, item)
                else:
                    self.drop(here, items.pop(index), item.where)
                return replace(node, items=items)
        known: Iterable[str] = node.items if isinstance(node, Map) else ids_of(node)
        self.lacks(path, rest[0], known, item.where, "Take the line out.")
        return node

    def additions(self, root: Map, add: Map) -> Map:
        stages = root.items.get("stages")
        for key, child in add.items.items():
            where = add.key_where(key)
            if isinstance(stages, Seq) and key in _BY_STAGE and isinstance(child, Map):
                for stage, items in child.items.items():
                    root = self.add_to_stage(root, key, stage, items, child.key_where(stage))
                continue
            old = root.items.get(key)
            new = self.add(old, child, (key,), where)
            root = _with(root, key, new, root.keys[key] if old is not None else add.keys[key])
        return root

    def add_to_stage(self, root: Map, part: str, stage: str, items: Node, where: Where) -> Map:
        stages = root.items["stages"]
        ids = ids_of(stages)
        if stage not in ids or not isinstance(stages, Seq):
            self.lacks(("stages",), stage, ids, where)
            return root
        index = ids.index(stage)
        target, every = stages.items[index], list(stages.items)
        if not isinstance(target, Map):
            return root  # a stage that is no map: its schema says so
        old = target.items.get(part)
        new = self.add(old, items, ("stages", stage, part), where)
        every[index] = _with(target, part, new, target.keys.get(part, (where.line, where.column)))
        return _with(root, "stages", replace(stages, items=every), root.keys["stages"])

    def add(self, base: Node | None, new: Node, path: Path, where: Where) -> Node:
        """The base with new items or keys; what is already there is refused."""
        if base is None:
            for inner, node, at in leaves(new, path, where):
                self.put(inner, None, node, at)
            return new
        if isinstance(base, Seq) and isinstance(new, Seq):
            return self.add_items(base, new, path)
        if isinstance(base, Map) and isinstance(new, Map) and not (is_condition(path) or by_id(path[:-1])):
            for key, child in new.items.items():
                old = base.items.get(key)
                merged = self.add(old, child, (*path, key), new.key_where(key))
                if merged is not old:
                    base = _with(base, key, merged, base.keys[key] if key in base.items else new.keys[key])
            return base
        self.already(path, where)
        return base

    def add_items(self, base: Seq, new: Seq, path: Path) -> Seq:
        items = list(base.items)
        for item in new.items:
            name = identity(item)
            ids = [identity(i) for i in items]
            if name is not None and name in ids:
                self.already((*path, name), item.where)
                continue
            place = len(items)
            if path == ("stages",) and isinstance(item, Map):
                after = item.items.get("after")
                if isinstance(after, Scalar) and after.text != "won":
                    item = _without(item, "after")
                    if after.text in ids:
                        place = ids.index(after.text) + 1
                    else:
                        self.lacks(path, after.text, [i for i in ids if i], after.where)
                elif after is None:
                    # a new stage of the open pipeline stands before those that hold won deals
                    place = next((n for n, i in enumerate(items) if isinstance(i, Map) and "after" in i.items), place)
            if name is not None:
                self.touch((*path, name), item.where, plain(item))
            items.insert(place, item)
        return replace(base, items=items)

    def homeless(self, base: Map, root: Map) -> None:
        """A stage that is removed leaves deals behind, and nothing says in which stage they are then."""
        before, after = base.items.get("stages"), root.items.get("stages")
        gone = [name for name in ids_of(before) if name not in ids_of(after)] if before and after else []
        told = set(plain_at(root, "becomes") or {})
        for stage in after.items if isinstance(after, Seq) else ():
            told.update(plain_at(stage, "replaces") or ())
        remove = self.over.items.get("remove")
        for item in remove.items if isinstance(remove, Seq) else ():
            name = item.text.removeprefix("stages.") if isinstance(item, Scalar) else ""
            if name in gone and name not in told:
                message = f"The stage `{name}` is removed, and nothing says in which stage its deals are then."
                hint = f"add it: `add: {{becomes: {{{name}: STAGE}}}}`, or `replaces: [{name}]` on the new stage"
                self.diagnostics.append(warning("DG456", message, item.where, hint, len(name)))

    # -- what is recorded on the way

    def put(self, path: Path, old: Node | None, new: Node, where: Where) -> None:
        self.touch(path, where, plain(new))
        if isinstance(new, Map) and not is_condition(path):
            # a section the base left to its defaults: each figure in it may be milder than they are
            for inner, node, at in leaves(new, path, where):
                self.milder(inner, None, node, at)
        else:
            self.milder(path, old, new, where)

    def milder(self, path: Path, old: Node | None, new: Node, where: Where) -> None:
        how = how_changed(path, plain(old), plain(new), reverse=self.lower_is_better)
        if how:
            self.found.append(Loosening(".".join(path), how, at=where))

    def drop(self, path: Path, old: Node, where: Where) -> None:
        for touched in self.touched:
            if touched[: len(path)] == path:
                message = f"This overlay both changes and removes `{'.'.join(path)}`."
                self.diagnostics.append(error("DG412", message, where, "Keep one of the two."))
                break
        self.touch(path, where, None)
        how = how_removed(path, plain(old))
        if how:
            self.found.append(Loosening(".".join(path), how, at=where))

    def dropped(self, base: Seq, over: Seq, path: Path, where: Where) -> None:
        kept = ids_of(over)
        for item in base.items:
            name = identity(item)
            how = how_removed((*path, name), plain(item)) if name is not None and name not in kept else None
            if how:
                self.found.append(Loosening(".".join((*path, name or "")), how, at=where))

    def touch(self, path: Path, where: Where, value: Any) -> None:
        if path in self.touched and self.touched[path][1] != value and value is not None:
            message = f"This overlay changes `{'.'.join(path)}` twice; the other change is at {self.touched[path][0]}."
            self.diagnostics.append(error("DG412", message, where, "Keep one of the two."))
        self.touched[path] = (where, value)

    def lacks(
        self, path: Path, name: str, known: Iterable[str], where: Where, otherwise: str = "A new one goes under `add`."
    ) -> None:
        place = f"`{'.'.join(path)}` of the base" if path else "The base"
        hint = meant(name, [k for k in known if k]) or otherwise
        self.diagnostics.append(error("DG410", f"{place} has no `{name}`.", where, hint, max(1, len(name))))

    def already(self, path: Path, where: Where) -> None:
        message = f"The base already has `{'.'.join(path)}`."
        self.diagnostics.append(error("DG411", message, where, "Put what differs under `change`."))

    def check_loosens(self) -> None:
        """Every loosening is said, and what is said is one."""
        listed = self.over.items.get("loosens")
        said = [item for item in listed.items if isinstance(item, Map)] if isinstance(listed, Seq) else []
        covered: set[int] = set()
        for one in self.found:
            number = next((n for n, item in enumerate(said) if covers(plain(item).get("what"), one.what)), None)
            if number is None:
                self.loosened.append(one)
                self.diagnostics.append(
                    error(
                        "DG420",
                        f"This is milder than the base and not said to be: {one.what}, {one.how}.",
                        one.at,
                        f"List it: `loosens: [{{what: {one.what}, why: …}}]`.",
                    )
                )
                continue
            covered.add(number)
            words = plain(said[number])
            until = parse_date(str(words.get("until") or ""))
            self.loosened.append(replace(one, why=str(words.get("why") or ""), until=until))
        for number, item in enumerate(said):
            what = item.items.get("what")
            if number not in covered and isinstance(what, Scalar):
                hint = meant(what.text, [one.what for one in self.found]) or "Take the line out."
                message = f"`{what.text}` is said to be loosened, but nothing there is milder than in the base."
                self.diagnostics.append(warning("DG421", message, what.where, hint, max(1, len(what.text))))
