"""What documents of each kind mean: from a whole document to the checked model, and what does not hold in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dealgate.model.diagnostics import Diagnostic, Severity
from dealgate.model.fields import Catalogue
from dealgate.model.framework import Framework
from dealgate.model.process import Process

from .kinds import KINDS
from .library import Reference, may_share
from .nodes import Map, Node, Scalar, Seq
from .reach import rules_in_reach, ships, used, used_at
from .resolve import Resolved, Resolver, has_errors

if TYPE_CHECKING:
    from dealgate.model.calendar import Calendar, Rates
    from dealgate.model.inspection import Inspection
    from dealgate.model.inspection import Learn as Learning
    from dealgate.model.learn import Learn
    from dealgate.model.play import Plays
    from dealgate.model.schedule import Schedule
    from dealgate.model.targets import Targets
    from dealgate.model.teams import Teams

    from .conditions import Scope

CORE_FIELDS = "core"
"""The field catalogue under every other."""
INSPECTED = "practical"
"""The process that inspections are checked over where no workspace names one."""


@dataclass(slots=True)
class Meaning:
    """What a document came to, the documents it used and what does not hold in any of them."""

    process: Process | None = None
    framework: Framework | None = None
    catalogue: Catalogue | None = None
    targets: Targets | None = None
    teams: Teams | None = None
    schedule: Schedule | None = None
    rates: dict[str, Rates] | None = None
    learn: Learn | None = None
    plays: Plays | None = None
    inspection: Inspection | None = None
    used: list[Resolved] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing is an error."""
        return not has_errors(self.diagnostics)


def of_process(resolved: Resolved, resolver: Resolver) -> Meaning:
    """The process with the fields, frameworks and shared criteria it uses."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    root = resolved.root
    frameworks = _named(root, "framework", resolver, meaning)
    documents = _field_documents(root, resolver, meaning)
    for one in resolved.shared:
        _take(one, meaning)
    for kind in ("criteria", "inspection", "rates"):
        _named(root, kind, resolver, meaning)
    plays = _named(root, "plays", resolver, meaning)
    if not meaning.holds:
        return meaning
    from .build import build_fields, build_frameworks
    from .build.process import build_what_holds

    # a schema's error does not hide the others, but is not said twice
    wrong: list[Diagnostic] = []
    catalogue = build_fields(documents, root.items.get("fields"), wrong)
    roots = {one.word("id"): one.root for one in frameworks if one.root is not None}
    built = build_frameworks(dict(roots), _scope(catalogue, root), wrong)
    meaning.catalogue = catalogue
    if not has_errors(wrong):
        process, whole = build_what_holds(root, built, catalogue, wrong)
        whole = whole and resolved.holds
        if plays and whole:
            from .build.plays_together import check_in_process

            for one in plays:
                found = of_plays(one, resolver).plays
                if found is not None:
                    at = used_at(root, one.document.word("id"))
                    wrong += check_in_process(found, [process], shipped=ships(one), at=at)
        own = _own_fields(documents[1:], root)
        read: list[Node] = [root, *(one.root for one in meaning.used if one.root is not None)]
        wrong += _lint(process, root, read, own, whole=whole)
        meaning.process = process if whole and not has_errors(wrong) else None
    meaning.diagnostics += not_said(wrong, resolved)
    return meaning


def of_framework(resolved: Resolved, resolver: Resolver) -> Meaning:
    """The framework by itself, over the core fields."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    documents = _field_documents(resolved.root, resolver, meaning)
    if meaning.holds:
        from .build import build_fields, build_framework

        wrong: list[Diagnostic] = []
        meaning.catalogue = build_fields(documents, None, wrong)
        framework = build_framework(resolved.root, _scope(meaning.catalogue), wrong)
        meaning.framework = framework if _holds(meaning, resolved, wrong) else None
    return meaning


def of_fields(resolved: Resolved, resolver: Resolver) -> Meaning:
    """The catalogue with these fields in it."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    documents: list[Node] = [resolved.root]
    if resolved.word("id") != CORE_FIELDS:
        documents = [*_field_documents(None, resolver, meaning), resolved.root]
    if meaning.holds:
        from .build import build_fields

        wrong: list[Diagnostic] = []
        meaning.catalogue = build_fields(documents, None, wrong)
        meaning.diagnostics += not_said(wrong, resolved)
    return meaning


def of_targets(resolved: Resolved, resolver: Resolver, calendar: Calendar | None = None) -> Meaning:
    """The quotas and targets, with those of the table it names. ``calendar``: that of the process they are for."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    from .build.targets import build_targets

    table = resolved.root.items.get("from")
    # the table is looked for beside the document that names it, which may be the base of this one
    home = next((one for one in resolved.chain if table is not None and one.file == table.file), resolved.document)
    wrong: list[Diagnostic] = []
    targets = build_targets(resolved.root, home.path.parent, wrong, calendar)
    meaning.targets = targets if _holds(meaning, resolved, wrong) else None
    return meaning


def of_rates(resolved: Resolved, resolver: Resolver) -> Meaning:
    """The rates by the currency they lead into."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    from .build.rates import build_rates

    wrong: list[Diagnostic] = []
    rates = build_rates(resolved.root, wrong)
    meaning.rates = rates if _holds(meaning, resolved, wrong) else None
    return meaning


def of_learn(resolved: Resolved, resolver: Resolver) -> Meaning:
    """The reading path with its articles, each read from a file beside the document that lists it."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    from .articles import Shelf
    from .build.learn import build_learn
    from .links import check_links

    shelf = Shelf(resolved, resolver.library)
    wrong: list[Diagnostic] = []
    learn = build_learn(resolved.root, shelf, wrong)
    learn, dead = check_links(learn, resolver, shelf.shipped, shelf.removed)
    wrong += [*dead, *shelf.unlisted()]
    meaning.learn = learn if _holds(meaning, resolved, wrong) else None
    return meaning


def of_plays(resolved: Resolved, resolver: Resolver) -> Meaning:
    """The plays, each of which could fire."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    from .build.plays import build_plays

    wrong: list[Diagnostic] = []
    plays = build_plays(resolved.root, wrong)
    if any(need.fact == "finding" and dict(need.tests).get("rule") for play in plays.plays for need in play.when):
        from .build.plays_together import check_rules

        wrong += check_rules(plays, rules_in_reach(resolver))
    meaning.plays = plays if _holds(meaning, resolved, wrong) else None
    return meaning


def _plays_in_use(root: Map, resolver: Resolver) -> list[Diagnostic]:
    """What the plays of a workspace's ``use`` ask for that none of its processes has."""
    names = used(root, "plays")
    whole = [resolver.reference("process", name)[0] for name in resolver.library.workspace.processes] if names else []
    processes = [of_process(one, resolver).process if one is not None else None for one in whole]
    there = [process for process in processes if process is not None]
    if not there or len(there) < len(processes):
        return []  # one that does not hold is told of by itself
    from .build.plays_together import check_in_process

    wrong: list[Diagnostic] = []
    for item in names:
        one, _ = resolver.reference("plays", item.text, item.where)
        plays = of_plays(one, resolver).plays if one is not None else None
        if one is not None and plays is not None:
            wrong += check_in_process(plays, there, shipped=ships(one), at=item.where)
    return wrong


def of_inspection(
    resolved: Resolved, resolver: Resolver, process: Process | None = None, learn: Learning | None = None
) -> Meaning:
    """The inspection over the fields of a process; left out: of each one for deals that the workspace has, else of the
    one that ships. ``learn`` gives the values it learns."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    from .build.inspection import build_inspection

    over = [process] if process is not None else _inspected(resolver)
    said: set[Diagnostic] = set()
    for one in over:
        wrong: list[Diagnostic] = []
        built = build_inspection(resolved.root, one, wrong, learn)
        meaning.inspection = built if resolved.holds and not has_errors(wrong) else None
        meaning.diagnostics += [d for d in not_said(wrong, resolved) if d not in said]
        said |= set(wrong)
        if has_errors(wrong):
            break
    return meaning


def _inspected(resolver: Resolver) -> list[Process]:
    """The processes that an inspection by itself is checked over; one that does not hold is told of by itself."""
    found = []
    for name in resolver.library.workspace.processes or (INSPECTED,):
        one, _ = resolver.reference("process", name)
        process = of_process(one, resolver).process if one is not None else None
        if process is not None and process.record == "deal":
            found.append(process)
    return found


def of_test(resolved: Resolved, resolver: Resolver) -> Meaning:
    """A test names a process, framework or plays that are there; its cases are run elsewhere."""
    meaning = Meaning()
    for kind in ("process", "framework", "plays"):
        node = resolved.root.items.get(kind) if resolved.root else None
        if isinstance(node, Scalar) and node.text:
            meaning.diagnostics += resolver.library.find(kind, node.text, node.where).diagnostics
    return meaning


def of_workspace(resolved: Resolved, resolver: Resolver) -> Meaning:
    """The processes and documents that ``dealgate.yaml`` names are there, and its teams form a hierarchy."""
    meaning = Meaning()
    if resolved.root is None:
        return meaning
    from .lock import read_lock

    meaning.diagnostics += read_lock(resolved.document.path.parent)[1]
    meaning.diagnostics += [d for path in resolver.library.locked for d in resolver.library.open(path).diagnostics]
    wrong: list[Diagnostic] = []
    if "teams" in resolved.root.items:
        from .build.teams import build_teams

        meaning.teams = build_teams(resolved.root.items["teams"], wrong)
        meaning.diagnostics += not_said(wrong, resolved)
    if "schedule" in resolved.root.items or "notifications" in resolved.root.items:
        from .build.schedule import build_schedule

        wrong = []
        meaning.schedule = build_schedule(resolved.root, wrong)
        meaning.diagnostics += not_said(wrong, resolved)
    _references(resolved.root.items.get("processes"), "process", resolver, meaning)
    _shared_records(resolved.root.items.get("processes"), resolver, meaning)
    use = resolved.root.items.get("use")
    for kind in KINDS.values():
        if kind.use and isinstance(use, Map):
            _references(use.items.get(kind.use), kind.name, resolver, meaning)
    meaning.diagnostics += _plays_in_use(resolved.root, resolver)
    sources = resolved.root.items.get("sources")
    for source in sources.items.values() if isinstance(sources, Map) else ():
        for key in ("mapping", "process"):
            node = source.items.get(key) if isinstance(source, Map) else None
            if isinstance(node, Scalar):
                meaning.diagnostics += resolver.library.find(key, node.text, node.where).diagnostics
    return meaning


def _holds(meaning: Meaning, resolved: Resolved, wrong: list[Diagnostic]) -> bool:
    """Tells what was found wrong besides; whether what was built may be used."""
    meaning.diagnostics += not_said(wrong, resolved)
    return resolved.holds and not has_errors(wrong)


def not_said(later: list[Diagnostic], resolved: Resolved) -> list[Diagnostic]:
    """What the builder found, less what stands where reading or the schema has reported already.

    That is: at the same place, in the same map, or around it.
    """
    said = {(d.where.file, d.where.line, d.where.column) for d in resolved.diagnostics if d.severity is Severity.ERROR}
    if not said or resolved.root is None:
        return later
    spoilt: set[tuple[str, int, int]] = set(said)
    _spoilt(resolved.root, said, spoilt)
    return [d for d in later if (d.where.file, d.where.line, d.where.column) not in spoilt]


def _spoilt(node: Node, said: set[tuple[str, int, int]], spoilt: set[tuple[str, int, int]]) -> bool:
    """Adds the places of every map that holds a reported error directly; tells whether the node holds one."""
    here = (node.file, node.line, node.column)
    if isinstance(node, Scalar):
        return here in said or node.damaged
    if isinstance(node, Seq):
        inner = [_spoilt(item, said, spoilt) for item in node.items]
        return here in said or node.damaged or any(inner)
    keys = {key: node.key_where(key) for key in node.items}
    places = {(w.file, w.line, w.column) for w in keys.values()} | {here}
    bad = bool(places & said) or node.damaged
    for value in node.items.values():
        holds_one = _spoilt(value, said, spoilt)
        bad = bad or (holds_one and isinstance(value, Scalar))
    if bad:
        spoilt |= places
        spoilt |= {(v.file, v.line, v.column) for v in node.items.values()}
    return bad


def _shared_records(node: Node | None, resolver: Resolver, meaning: Meaning) -> None:
    """Several processes of one kind of record: whether each record is taken by one."""
    items = [item for item in node.items if isinstance(item, Scalar)] if isinstance(node, Seq) else []
    if not may_share(resolver.library, [item.text for item in items]):
        return
    by_record: dict[str, list[tuple[Resolved, Scalar]]] = {}
    for item in items:
        one, _ = resolver.reference("process", item.text, item.where)
        if one is not None and one.root is not None:
            by_record.setdefault(one.word("record") or "deal", []).append((one, item))
    for named in by_record.values():
        if len(named) < 2:
            continue
        from .lint._routing import check

        built = [(of_process(one, resolver).process, item.where) for one, item in named]
        whole = [(process, where) for process, where in built if process is not None]
        # a process with errors is reported by itself; what the others leave may be its own
        if len(whole) == len(built):
            meaning.diagnostics += check(whole)


def _references(node: Node | None, kind: str, resolver: Resolver, meaning: Meaning) -> None:
    for item in node.items if isinstance(node, Seq) else ():
        if isinstance(item, Scalar):
            meaning.diagnostics += resolver.library.find(kind, item.text, item.where).diagnostics


def _named(root: Map, kind: str, resolver: Resolver, meaning: Meaning) -> list[Resolved]:
    """The documents of a kind that ``use`` names, whole."""
    found = []
    for node in used(root, kind):
        if Reference.of(node.text) is None:
            continue  # its schema has said so
        one, wrong = resolver.reference(kind, node.text, node.where)
        meaning.diagnostics += wrong
        if one is not None:
            found.append(one)
            _take(one, meaning)
    return found


def _take(one: Resolved, meaning: Meaning) -> None:
    if all(one is not other for other in meaning.used):
        meaning.used.append(one)
        meaning.diagnostics += one.diagnostics


def _field_documents(root: Map | None, resolver: Resolver, meaning: Meaning) -> list[Node]:
    core, wrong = resolver.reference("fields", CORE_FIELDS)
    meaning.diagnostics += wrong
    found = []
    if core is not None:
        _take(core, meaning)
        found.append(core)
    for text in resolver.library.workspace.use.get("fields", ()):
        one, _ = resolver.reference("fields", text)  # the workspace's own check tells what is missing
        if one is not None:
            _take(one, meaning)
            found.append(one)
    if root is not None:
        found += _named(root, "fields", resolver, meaning)
    unique = {id(one): one for one in found}
    return [one.root for one in unique.values() if one.root is not None]


def _scope(catalogue: Catalogue, process: Map | None = None) -> Scope:
    """What a framework may speak of; its money is in the currency of the process that uses it."""
    from .conditions import Scope

    currency = process.items.get("currency") if process is not None else None
    return Scope(catalogue, currency=currency.text) if isinstance(currency, Scalar) else Scope(catalogue)


def _own_fields(documents: list[Node], root: Map) -> frozenset[str]:
    """The fields that the process or its workspace declares, which no CRM fills by itself."""
    held = [document.items.get("deal") for document in documents if isinstance(document, Map)]
    return frozenset(name for node in (*held, root.items.get("fields")) if isinstance(node, Map) for name in node.items)


def _lint(process: Process, root: Map, read: list[Node], own: frozenset[str], *, whole: bool) -> list[Diagnostic]:
    """The meaning lint, beside other errors only what they cannot have caused."""
    from .lint import run

    return run(process, root, read, own, whole=whole)
