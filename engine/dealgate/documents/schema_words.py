"""Schema errors in words: one sentence for each problem, at the place where it is mended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dealgate.model.diagnostics import Diagnostic, Meant, Where, error

from .nodes import Map, Node, Scalar, Seq, in_place, quoted, surprise, truth
from .schema_trail import Reader, Trail
from .suggest import meant, nearest, sure

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map (`key: value` lines)",
    "null": "empty",
}
_SIZES = {
    "minItems": ("at least", "item"),
    "maxItems": ("at most", "item"),
    "minProperties": ("at least", "key"),
    "maxProperties": ("at most", "key"),
    "minLength": ("at least", "character"),
    "maxLength": ("at most", "character"),
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}


@dataclass(slots=True)
class Problem:
    """One error of the validator's, with what it is about."""

    keyword: str
    path: tuple[str | int, ...]
    kind: Any
    node: Node
    parent: Node | None
    trail: Trail

    @property
    def subject(self) -> str:
        """What is wrong, as a reader calls it."""
        return _subject(self.path)

    @property
    def what(self) -> str:
        """What the schema calls the thing: a criterion, a stage."""
        return self.trail.word("title", len(self.path)) or "this map"

    @property
    def types(self) -> list[str]:
        """The types that the schemas take here; none where any."""
        for schema in reversed(self.trail.at(len(self.path))):
            if "type" in schema:
                named = schema["type"]
                return [named] if isinstance(named, str) else list(named)
        return []


def told(errors: Iterable[Any], root: Node, read: Reader, file: str) -> list[Diagnostic]:
    """Each distinct problem once; one that follows from another is left out."""
    problems = [p for p in (_problem(e, root, read, file) for e in _deepest(errors)) if p is not None]
    mistyped = {p.path for p in problems if p.keyword == "type"}
    unknown: dict[tuple[str | int, ...], set[str]] = {}
    for problem in problems:
        if problem.keyword in ("additionalProperties", "unevaluatedProperties"):
            unknown.setdefault(problem.path, set()).update(problem.kind.unexpected)
    missing: dict[tuple[str | int, ...], list[str]] = {}
    for problem in problems:
        if problem.keyword == "required":
            missing.setdefault(problem.path, []).append(problem.kind.property)
    found: list[Diagnostic] = []
    for problem in problems:
        if problem.keyword != "type" and problem.path in mistyped:
            continue
        if problem.keyword == "required" and nearest(problem.kind.property, unknown.get(problem.path, ())):
            continue  # the unknown key is the missing one, mistyped
        if problem.keyword in ("additionalProperties", "unevaluatedProperties"):
            keys = [k for k in problem.kind.unexpected if k in unknown[problem.path]]
            found += [_unknown_key(problem, key, missing.get(problem.path, [])) for key in keys]
        else:
            found.append(_TELLERS.get(problem.keyword, _misfit)(problem))
    return found


def quote_it(path: Sequence[str | int], scalar: Scalar) -> Diagnostic:
    """A word that is text to us and something else to other YAML readers, where both may stand."""
    other = "true or false" if surprise(scalar.text) is bool else "a number"
    message = f"{_subject(path)}: `{_short(scalar.text)}` is text, and other readers of YAML take it for {other}."
    suggestion = f'If it is text, quote it: "{_short(scalar.text)}".'
    return error("DG106", message, scalar.where, suggestion, _width(scalar), quoted(scalar))


def _deepest(errors: Iterable[Any]) -> list[Any]:
    """The errors, with those of the likeliest branch in place of a choice's."""
    found: list[Any] = []
    for one in errors:
        branches = getattr(one.kind, "context", None)
        if one.kind.name not in ("anyOf", "oneOf") or not branches or not all(branches):
            found.append(one)
            continue
        here = list(one.instance_path)

        def likely(branch: list[Any], here: list[Any] = here) -> tuple[int, int, int]:
            # the right type first, then the branch whose telling key (a const or enum) fits, then the shortest
            wrong_type = sum(e.kind.name == "type" and list(e.instance_path) == here for e in branch)
            wrong_lead = sum(e.kind.name in ("const", "enum") and len(e.instance_path) == len(here) + 1 for e in branch)
            return wrong_type, wrong_lead, len(branch)

        best = min(branches, key=likely)
        same = [b for b in branches if likely(b) == likely(best)]
        found += [one] if likely(best)[0] or (len(same) > 1 and _only_missing(same)) else _deepest(best)
    return found


def _only_missing(branches: list[list[Any]]) -> bool:
    return all(e.kind.name == "required" for branch in branches for e in branch)


def _problem(raw: Any, root: Node, read: Reader, file: str) -> Problem | None:
    path = tuple(raw.instance_path)
    node, parent = root, None
    for part in path:
        parent = node
        node = _inside(node, part)
    keyword = str(raw.kind.name)
    if node.damaged and (isinstance(node, Scalar) or keyword in ("required", "minProperties")):
        return None
    inner = getattr(raw.kind, "error", None) if keyword == "propertyNames" else None
    evaluation = getattr(inner, "evaluation_path", None) or raw.evaluation_path
    return Problem(keyword, path, raw.kind, node, parent, Trail(evaluation, read, file))


def _inside(node: Node, part: str | int) -> Node:
    if isinstance(node, Map) and isinstance(part, str):
        return node.items.get(part, node)
    return node.items[part] if isinstance(node, Seq) and isinstance(part, int) else node


def _unknown_key(problem: Problem, key: str, missing: list[str]) -> Diagnostic:
    node, depth = problem.node, len(problem.path)
    where = node.key_where(key) if isinstance(node, Map) else node.where
    shown = _short(key)
    allowed = [k for k, s in (problem.trail.last.get("properties") or {}).items() if s is not False]
    if any(key in schema.get("properties", ()) for schema in problem.trail.at(depth)):
        return error("DG107", f"`{shown}` does not belong in {problem.what}.", where, _listed(allowed), len(key))
    present = node.items if isinstance(node, Map) else {}
    free = [k for k in allowed if k not in present]
    near = nearest(key, missing) or nearest(key, free)
    message = f"`{shown}` is not a key of {problem.what}"
    if near:
        suggestion = Meant(f"Write `{near}`.", key, near if sure(key, free) == near else None)
        return error("DG101", f"{message}; did you mean `{near}`?", where, suggestion, len(key))
    for above in range(depth - 1, -1, -1):
        if any(key in schema.get("properties", ()) for schema in problem.trail.at(above)):
            owner = problem.trail.word("title", above) or "the map around it"
            return error("DG101", f"{message}, but of {owner}.", where, "Check its indentation.", len(key))
    return error("DG101", f"{message}.", where, _listed(allowed), len(key))


def _missing_key(problem: Problem) -> Diagnostic:
    key = problem.kind.property
    last = problem.trail.last
    suggestion = last.get("description") if "properties" not in last and problem.trail.at(len(problem.path)) else None
    if not isinstance(suggestion, str) or len(problem.trail.at(len(problem.path))) < 2:
        suggestion = f"Add `{key}:`."
    message = f"`{key}` is missing from {problem.what}."
    return error("DG102", message, problem.node.where, suggestion, _width(problem.node))


def _wrong_type(problem: Problem) -> Diagnostic:
    node, wanted = problem.node, list(problem.kind.types)
    words = _either([_TYPES[t] for t in wanted if not (t == "integer" and "number" in wanted)])
    where, width = node.where, _width(node)
    if isinstance(node, Scalar) and node.value is None:
        where, width = _key_or_self(problem)
        return error("DG110", f"{problem.subject} has no value; it must be {words}.", where, _says(problem), width)
    message = f"{problem.subject} must be {words}"
    if not isinstance(node, Scalar):
        suggestion = None
        if isinstance(node, Map) and "string" in wanted and len(node.items) == 1:
            suggestion = "If it is a text with a colon in it, quote it."
        elif isinstance(node, Map) and "array" in wanted:
            suggestion = "Begin each item with `- `."
        have = "a list" if isinstance(node, Seq) else "a map"
        return error("DG103", f"{message}, not {have}.", where, suggestion, width)
    value, text = node.value, _short(node.text)
    if "string" in wanted:
        kind = "true or false" if isinstance(value, bool) else "a number"
        if not _has_form(problem, node.text):
            return error("DG103", f"{message}, not {kind}.", where, _says(problem), width)
        mend = quoted(node)
        return error("DG106", f"{message}, and `{text}` is {kind}.", where, f'Quote it: "{text}".', width, mend)
    odd = surprise(node.text) if node.plain else None
    if odd is not None:
        message += f"; `{text}` is text, though some readers of YAML take it for something else."
        word = truth(node.text)
        mend = in_place(node, word) if odd is bool and word and wanted == ["boolean"] else ()
        return error("DG106", message, where, _instead(node.text, odd, wanted), width, mend)
    suggestion = None
    if "array" in wanted:
        suggestion = f"Write it as a list: [{text}]." if len(node.text) <= 40 and "\n" not in node.text else None
    elif not node.plain and (
        ("boolean" in wanted and node.text in ("true", "false"))
        or (not {"integer", "number"}.isdisjoint(wanted) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", node.text))
    ):
        suggestion = "Take the quotes off."
    have = "text" if isinstance(value, str) else "true or false" if isinstance(value, bool) else "a number"
    return error("DG103", f"{message}, not {have}.", where, suggestion, width)


def _has_form(problem: Problem, text: str) -> bool:
    """Whether a text, quoted, would have the form that the schema wants of it."""
    patterns = [str(s["pattern"]) for s in problem.trail.at(len(problem.path)) if "pattern" in s]
    return all(re.search(pattern, text) for pattern in patterns)


def _instead(text: str, odd: type, wanted: list[str]) -> str | None:
    if odd is bool:
        word = truth(text)
        return f"Write `{word}`." if word and "boolean" in wanted else "Write it out; if it is text, quote it."
    digits = re.fullmatch(r"([-+]?)0*([0-9_]+(?:\.[0-9]+)?)", text)
    if digits:
        plain = digits[2].replace("_", "") or "0"
        return f"Write `{digits[1].replace('+', '')}{plain}`; if it is text, quote it."
    return "Write the number in digits; if it is text, quote it."


def _not_a_choice(problem: Problem) -> Diagnostic:
    last, node = problem.trail.last, problem.node
    options = [last["const"]] if problem.keyword == "const" else list(last.get("enum", ()))
    words = [o if isinstance(o, str) else json.dumps(o) for o in options]
    where, width = node.where, _width(node)
    shown = ", ".join(words[:12]) + (f" or one of {len(words) - 12} more" if len(words) > 12 else "")
    wanted = f"must be `{shown}`" if len(words) == 1 else f"must be one of {shown}"
    if not isinstance(node, Scalar):
        have = "a list" if isinstance(node, Seq) else "a map"
        return error("DG104", f"{problem.subject} {wanted}; not {have}.", where, None, width)
    if node.plain and node.value is None:
        where, width = _key_or_self(problem)
        return error("DG110", f"{problem.subject} has no value; it {wanted}.", where, None, width)
    if node.text in options and not isinstance(node.value, str):
        suggestion = f'Quote it: "{_short(node.text)}".'
        return error("DG106", f"{problem.subject} {wanted} as text.", where, suggestion, width, quoted(node))
    message = f"{problem.subject} {wanted}; not `{_short(node.text)}`."
    return error("DG104", message, where, meant(node.text, words, "Did you mean `{}`?"), width)


def _bad_form(problem: Problem) -> Diagnostic:
    node = problem.node
    if isinstance(node, Scalar) and surprise(node.text) is int and node.plain and len(problem.types) > 1:
        message = f"{problem.subject}: `{_short(node.text)}` is neither a number here nor a text of the right form."
        return error("DG106", message, node.where, _instead(node.text, int, problem.types), _width(node))
    title = problem.trail.word("title", len(problem.path))
    form = f"the form of {title}" if title and re.match(r"an? ", title) else "the right form"
    return error("DG105", f"{problem.subject} does not have {form}.", node.where, _says(problem), _width(node))


def _bad_name(problem: Problem) -> Diagnostic:
    inner = getattr(problem.kind, "error", None)
    key = str(getattr(inner, "instance", ""))
    where = problem.node.key_where(key) if isinstance(problem.node, Map) else problem.node.where
    deep = len(problem.path) + 1
    title = problem.trail.word("title", deep)
    form = f"the form of {title}" if title and re.match(r"an? ", title) else "the right form"
    suggestion = problem.trail.word("description", deep)
    options = problem.trail.last.get("enum")
    if isinstance(options, list):
        suggestion = meant(key, map(str, options), "Did you mean `{}`?") or _listed(map(str, options))
        return error("DG101", f"`{_short(key)}` is none of the keys that may stand here.", where, suggestion, len(key))
    return error("DG105", f"The key `{_short(key)}` does not have {form}.", where, suggestion, max(1, len(key)))


def _wrong_size(problem: Problem) -> Diagnostic:
    sense, unit = _SIZES[problem.keyword]
    limit = int(problem.kind.limit)
    where, width = problem.node.where, _width(problem.node)
    if sense == "at least" and limit == 1:
        return error("DG108", f"{problem.subject} must not be empty.", where, _says(problem), width)
    message = f"{problem.subject} must have {sense} {limit} {unit}{'' if limit == 1 else 's'}."
    return error("DG108", message, where, None, width)


def _out_of_bounds(problem: Problem) -> Diagnostic:
    limit = problem.trail.last.get(problem.keyword)
    message = f"{problem.subject} must be {_BOUNDS[problem.keyword]} {limit}."
    return error("DG109", message, problem.node.where, None, _width(problem.node))


def _not_here(problem: Problem) -> Diagnostic:
    where, width = _key_or_self(problem)
    return error("DG107", f"{problem.subject} may not stand here.", where, _says(problem), width)


def _no_choice(problem: Problem) -> Diagnostic:
    """No branch of a choice fits, and none is likelier than another."""
    branches = getattr(problem.kind, "context", None) or []
    here = list(problem.path)
    keys = dict.fromkeys(e.kind.property for b in branches for e in b if e.kind.name == "required")
    if keys:
        message = f"One of {_either([f'`{k}`' for k in keys])} is missing from {problem.what}."
        return error("DG102", message, problem.node.where, _says(problem), _width(problem.node))
    types = [
        t for b in branches for e in b if e.kind.name == "type" and list(e.instance_path) == here for t in e.kind.types
    ]
    if types:
        problem.kind = _Types(list(dict.fromkeys(types)))
        return _wrong_type(problem)
    if problem.keyword == "oneOf" and isinstance(problem.node, Map):
        options = problem.trail.last.get("oneOf", ())
        leads = [k for o in options if isinstance(o, dict) for k in o.get("required", ()) if k in problem.node.items]
        message = f"Exactly one of {_either([f'`{k}`' for k in dict.fromkeys(leads)])} may stand in {problem.what}."
        if leads:
            return error("DG107", message, problem.node.key_where(leads[-1]), _says(problem), len(leads[-1]))
    return _misfit(problem)


@dataclass(slots=True)
class _Types:
    types: list[str]


def _misfit(problem: Problem) -> Diagnostic:
    message = f"{problem.subject} is not what may stand here."
    return error("DG111", message, problem.node.where, _says(problem), _width(problem.node))


_TELLERS: dict[str, Callable[[Problem], Diagnostic]] = {
    "required": _missing_key,
    "type": _wrong_type,
    "enum": _not_a_choice,
    "const": _not_a_choice,
    "pattern": _bad_form,
    "propertyNames": _bad_name,
    "anyOf": _no_choice,
    "oneOf": _no_choice,
    "not": _not_here,
    "falseSchema": _not_here,
    **dict.fromkeys(_SIZES, _wrong_size),
    **dict.fromkeys(_BOUNDS, _out_of_bounds),
}


def _subject(path: Sequence[str | int]) -> str:
    if not path:
        return "The document"
    last = path[-1]
    if isinstance(last, str):
        return f"`{_short(last)}`"
    lists = [part for part in path if isinstance(part, str)]
    return f"Item {last + 1} of `{_short(lists[-1])}`" if lists else f"Item {last + 1}"


def _says(problem: Problem) -> str | None:
    return problem.trail.word("description", len(problem.path))


def _key_or_self(problem: Problem) -> tuple[Where, int]:
    last = problem.path[-1] if problem.path else None
    if isinstance(problem.parent, Map) and isinstance(last, str):
        return problem.parent.key_where(last), len(last)
    return problem.node.where, _width(problem.node)


def _width(node: Node) -> int:
    if not isinstance(node, Scalar) or "\n" in node.text:
        return 1
    return max(1, len(node.text) + (0 if node.plain else 2))


def _either(words: list[str]) -> str:
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _listed(words: Iterable[str], limit: int = 12) -> str | None:
    shown = [f"`{w}`" for w in words]
    if not shown:
        return None
    return f"Its keys are {', '.join(shown[:limit])}{' …' if len(shown) > limit else '.'}"


def _short(text: str) -> str:
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= 40 else text[:39] + "…"
