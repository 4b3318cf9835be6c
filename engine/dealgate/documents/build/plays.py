"""A document of plays becomes checked plays: every fact can exist, and every name in a text is bound."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from dealgate.model.diagnostics import Diagnostic
from dealgate.model.play import (
    ABOVE,
    ATTRIBUTES,
    COUNTABLE,
    DRILLS,
    EVENTS,
    FIGURES,
    NAMED,
    NAMES,
    SCOPES,
    SEVERITIES,
    STATUSES,
    WITH_FIGURE,
    Bound,
    Bounds,
    Need,
    Play,
    Plays,
    Recommendation,
)
from dealgate.model.values import parse_decimal, parse_duration, parse_percent

from ..conditions.raw import did_you_mean, entries, listed, refuse, refuse_key, shape, text
from ..nodes import Map, Node, Scalar
from .plays_together import check_together
from .reader import Reader
from .targets import metric_place
from .unique import Ids

_ASKED = ("criterion", "rule", "pattern", "event", "theme", "stage", "period")
_LISTS = ("status", "severity")
_BOUNDS = ("at_least", "at_most", "above", "below", "is", "is_not")


def build_plays(node: Node, wrong: list[Diagnostic]) -> Plays:
    """The plays of a whole document. What does not hold is reported and left out."""
    reader = Reader(node, wrong)
    ids, name = Ids("play", wrong), reader.text("id")
    params = dict(entries(reader.get("params")))
    # a play that is not whole takes part in no check of all together: what it lacks has been said
    plays: list[Play] = []
    whole = True
    for item in reader.items("plays"):
        size = len(wrong)
        if ids.new(item):
            play = _play(Reader(item, wrong), params, name)
            plays += [play] if len(wrong) == size else []
        whole = whole and len(wrong) == size
    opposites = tuple(Reader(None, wrong).take((), _words, item) for item in reader.items("opposites"))
    found = Plays(
        name,
        reader.text("title", name),
        reader.text("version"),
        tuple(plays),
        tuple(group for group in opposites if group),
        description=reader.text("description"),
        at=reader.where,
    )
    if whole:
        check_together(found, reader, wrong)
    return found


def _words(node: Node) -> tuple[str, ...]:
    return tuple(text(item, "a pattern", node) for item in getattr(node, "items", ()))


def _play(reader: Reader, params: Mapping[str, Node], document: str) -> Play:
    scope = reader.word("scope", SCOPES, "deal")
    needs = [_need(Reader(item, reader.wrong), params, scope) for item in reader.items("when")]
    when = tuple(need for need in needs if need is not None)
    bound = _bound_names(reader, when)
    then = reader.inner("then")
    if reader.get("then") is not None and not then.text("conclude") and then.get("recommend") is None:
        reader.report("DG824", "This play leads to nothing.", reader.get("then") or Map({}, {}, 0, 0, ""))
    priority = reader.number("priority")
    return Play(
        reader.text("id"),
        reader.text("title"),
        scope,
        when,
        then.text("conclude") or None,
        _recommendation(then.inner("recommend"), scope, bound) if then.get("recommend") is not None else None,
        int(priority or 0),
        reader.text("why"),
        reader.text("docs"),
        reader.texts("tags"),
        document,
        reader.where,
    )


def _need(reader: Reader, params: Mapping[str, Node], scope: str) -> Need | None:
    node, absent = reader.node, reader.get("no") is not None
    if not isinstance(node, Map):
        return None
    kind = reader.word("no" if absent else "fact", ATTRIBUTES, "")
    if not kind:
        return None
    for key in node.items:
        reader.take(None, _belongs, node, key, kind, absent, scope)
    tests: list[tuple[str, tuple[str, ...]]] = []
    if node.items.get("id") is not None and kind in ("metric", "target"):
        place = reader.take(None, metric_place, node.items["id"])
        if place is not None:
            stage, metric, measure = place
            tests.append(("id", (metric if measure is None else f"{metric}.{measure}",)))
            tests += [("stage", (stage,))] if stage else []
    for key in _ASKED:
        if word := reader.text(key):
            tests.append((key, (word,)))
    for key in _LISTS:
        if words := reader.texts(key):
            tests.append((key, tuple(sorted(set(words)))))
    reader.take(None, _known, node, kind)
    if kind == "conclusion" and reader.get("pattern") is None:
        reader.report("DG824", "A conclusion is asked for by its pattern.", node, "add `pattern: …`")
    within = reader.duration("within_last")
    named = reader.get("within_last")
    if within is not None and named is not None and not within.in_days:
        reader.report("DG824", "A window of facts is counted in days or longer.", named, "write it in days")
    distinct = reader.text("distinct") or None
    return Need(
        kind,
        absent,
        tuple(sorted(tests)),
        _bounds(reader, "value", params),
        _bounds(reader, "change", params),
        _bounds(reader, "count", params),
        distinct,
        within,
        reader.text("as"),
        reader.where,
    )


def _belongs(node: Map, key: str, kind: str, absent: bool, scope: str) -> None:
    """Refuses a key that says nothing of such a fact."""
    takes = ATTRIBUTES[kind]
    if key in (*_ASKED, *_LISTS, "id") and key not in takes:
        hint = did_you_mean(key, takes) or f"it has {listed(takes)}"
        refuse_key("DG824", f"{_a(kind).capitalize()} has no `{key}`.", node, key, hint)
    if key in ("value", "change") and kind not in WITH_FIGURE:
        refuse_key("DG824", f"{_a(kind).capitalize()} has no figure.", node, key, "take it away, or count such facts")
    if absent and key in ("count", "distinct", "as"):
        refuse_key("DG824", f"What is not there has no `{key}`.", node, key, "ask for a `fact`, or take it away")
    if key == "within_last" and kind == "conclusion":
        refuse_key("DG824", "A conclusion is always of today.", node, key, "put the window on the facts it rests on")
    if key == "distinct":
        if "count" not in node.items:
            refuse_key("DG824", "`distinct` says how a `count` is taken, and there is none.", node, key)
        able = [one for one in COUNTABLE if one in takes or one in SCOPES]
        word = text(node.items[key], "what to count by", node)
        if word not in able:
            hint = did_you_mean(word, able) or f"it can be {listed(able)}"
            refuse("DG824", f"{_a(kind).capitalize()} cannot be counted by `{word}`.", node.items[key], hint)
        if word in SCOPES and scope not in ABOVE[word]:
            message = f"A play about one {scope} sees no more than one {word}."
            refuse("DG824", message, node.items[key], "widen the play's scope")


def _known(node: Map, kind: str) -> None:
    """Refuses a fact with a word that none can have."""
    known = {"status": STATUSES.get(kind, ()), "severity": SEVERITIES, "event": tuple(EVENTS)}
    for key, words in known.items():
        held = node.items.get(key)
        for item in getattr(held, "items", None) or ((held,) if isinstance(held, Scalar) else ()):
            if isinstance(item, Scalar) and words and item.text not in words:
                hint = did_you_mean(item.text, words) or f"it can be {listed(words)}"
                refuse("DG821", f"There is never {_a(kind)} whose {key} is `{item.text}`.", item, hint)


def _bounds(reader: Reader, key: str, params: Mapping[str, Node]) -> Bounds:
    found: list[Bound] = []
    for op, node in reader.entries(key):
        found += reader.take([], _bound, op, node, reader.inner(key).node, key, params)
    return tuple(sorted(found, key=lambda bound: (bound.op, bound.figure)))


def _bound(op: str, node: Node, at: Node | None, key: str, params: Mapping[str, Node]) -> list[Bound]:
    if op == "between":
        ends = list(getattr(node, "items", ()))
        if len(ends) != 2 or isinstance(node, Map):
            shape(node, "a list of two figures")
        return [Bound("at_least", _figure(ends[0], key, params)), Bound("at_most", _figure(ends[1], key, params))]
    if op not in _BOUNDS:
        assert isinstance(at, Map)
        refuse_key("DG824", f"A figure is not tested by `{op}`.", at, op, f"it takes {listed(_BOUNDS)} and `between`")
    return [Bound(op, _figure(node, key, params))]


def _figure(node: Node, key: str, params: Mapping[str, Node]) -> Decimal:
    """A number, a percentage as a fraction, or a duration in days; or what a parameter holds."""
    if isinstance(node, Map) and "param" in node.items:
        name = text(node.items["param"], "the name of a parameter", node)
        if name not in params:
            refuse("DG210", f"There is no parameter `{name}`.", node.items["param"], did_you_mean(name, params))
        held = params[name]
        default = held.items.get("default") if isinstance(held, Map) else held
        if default is None or (isinstance(held, Map) and "by" in held.items):
            refuse("DG824", f"The parameter `{name}` varies with a deal; a play's figure cannot.", node)
        return _figure(default, key, {})
    if not isinstance(node, Scalar):
        shape(node, "a figure, or {param: …}")
    number, share, length = parse_decimal(node.text), parse_percent(node.text), parse_duration(node.text)
    if number is not None:
        if key == "count" and (number != int(number) or number < 0):
            refuse("DG824", f"`{node.text}` is no count.", node, "write a whole number")
        return number
    if key != "count" and share is not None:
        return share
    if key != "count" and length is not None and length.delta is not None:
        return Decimal(int(length.delta.total_seconds())) / 86400
    refuse("DG824", f"`{node.text}` is no figure.", node, "write it as 3, 15% or 14 days")


def _bound_names(reader: Reader, when: tuple[Need, ...]) -> dict[str, Need]:
    """The needs that a text may speak of: by their own name, or by their kind where it is the only one."""
    found: dict[str, Need] = {}
    for need, item in zip(when, reader.items("when"), strict=False):
        if need.name and isinstance(item, Map):
            if need.name in found or need.name in SCOPES:
                reader.report("DG231", f"The name `{need.name}` is taken already.", item.items["as"], "take another")
            found[need.name] = need
    for need in when:
        same = [one for one in when if one.fact == need.fact and not one.absent]
        if len(same) == 1 and not need.absent:
            found.setdefault(need.fact, need)
    return found


def _recommendation(reader: Reader, scope: str, bound: Mapping[str, Need]) -> Recommendation:
    for key in ("title", "question", "action", "behaviour"):
        node = reader.get(key)
        if isinstance(node, Scalar):
            reader.take(None, _text, node, scope, bound)
    drill = reader.get("drill")
    if isinstance(drill, Scalar) and drill.text not in DRILLS:
        hint = did_you_mean(drill.text, DRILLS) or f"there are {listed(DRILLS)}"
        reader.report("DG826", f"There is no drill `{drill.text}`.", drill, hint)
    data: list[tuple[str, str]] = []
    for key, value in reader.entries("data"):
        node = Reader(value, reader.wrong).get("from")
        if isinstance(node, Scalar):
            reader.take(None, _path, node.text, node, scope, bound)
            data.append((key, node.text))
    return Recommendation(
        reader.text("to"),
        reader.text("title"),
        reader.text("theme"),
        reader.text("question"),
        reader.text("action"),
        reader.text("behaviour"),
        reader.text("drill"),
        reader.duration("due"),
        tuple(data),
    )


def _text(node: Scalar, scope: str, bound: Mapping[str, Need]) -> None:
    for found in NAMED.finditer(node.text):
        _path(found[1], node, scope, bound)
    if set(NAMED.sub("", node.text)) & {"{", "}"}:
        refuse(
            "DG820", "A brace in this text is not closed, or not opened.", node, "a name stands in braces: {deal.name}"
        )


def _path(path: str, node: Scalar, scope: str, bound: Mapping[str, Need]) -> None:
    head, _, last = path.partition(".")
    if (head in ABOVE[scope] and last in NAMES) or (head in bound and last in FIGURES):
        return
    known = [f"{record}.{name}" for record in ABOVE[scope] for name in NAMES]
    known += [f"{name}.{figure}" for name in bound for figure in FIGURES]
    refuse(
        "DG820",
        f"Nothing is known here by the name `{path}`.",
        node,
        did_you_mean(path, known) or f"there are {listed(known)}",
    )


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind.replace('_', ' ')}"
