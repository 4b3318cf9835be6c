"""A client's overlay: a process that says only what differs from its base, with examples that fit that base."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from ...documents.nodes import Map, Scalar, Seq
from ...documents.places import ids_of
from ...documents.yaml import parse
from ...model.process import Process
from ...model.values import parse_decimal, parse_duration
from .base import Base, Param

_PROCESS = re.compile(r"^process:.*$", re.M)


def slug(client: str, taken: frozenset[str]) -> str:
    """An id of a client's name that no process of ``taken`` has."""
    plain = unicodedata.normalize("NFKD", client).encode("ascii", "ignore").decode().casefold()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "client"
    return f"{name}-client" if name in taken else name


def quoted(text: str) -> str:
    """A text in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def overlay(name: str, client: str, base: Base, process: Process, currency: str) -> str:
    """The overlay's document. Lines after one # can be used as they stand; after two stands what they mean."""
    changes, loosens = _changes(process)
    out = [
        "# yaml-language-server: $schema=../../schemas/process.schema.json",
        "kind: process/v1",
        f"id: {name}",
        f"title: {quoted(client)}",
        "version: 1.0.0",
        "owner: Sales Operations",
        f"extends: {base.id}@^{base.version.partition('.')[0]}",
        f"## Only what differs from {base.id} stands here. Take the # away from what you need.",
    ]
    param = threshold(base.params())
    if param is not None:
        larger = other(param)
        out += [f"## {param.default} in {base.id}. {param.title}".rstrip(), f"# params: {{{param.name}: {larger}}}"]
    if currency != base.currency:
        out += ["change:", f"  currency: {currency}", *changes[1:]]
    else:
        out += changes
    if loosens:
        out += [
            f"## What is milder than in {base.id} is listed with why.",
            "# loosens:",
            *loosens,
        ]
    return "\n".join(out) + "\n"


def threshold(params: list[Param]) -> Param | None:
    """The parameter to show as an example: an amount before anything else."""
    fit = [param for param in params if other(param)]
    return next((param for param in fit if param.type == "money"), fit[0] if fit else None)


def other(param: Param) -> str:
    """Another value of a parameter, twice as large; empty where its type does not double."""
    length = parse_duration(param.default) if param.type == "duration" else None
    if length is not None:
        return str(length.replace(count=length.count * 2))
    number = parse_decimal(param.default) if param.type in ("money", "integer", "number") else None
    return "" if number is None else f"{number * 2:f}"


def _changes(process: Process) -> tuple[list[str], list[str]]:
    """An age that rises and a criterion that only warns, commented; and the ``loosens`` they need."""
    out: dict[str, list[str]] = {}
    loosens = []
    aged = next((stage for stage in process.open_stages if stage.max_age is not None), None)
    if aged is not None and aged.max_age is not None:
        longer = aged.max_age.replace(count=aged.max_age.count + max(1, aged.max_age.count // 2))
        out.setdefault(aged.id, []).append(f"max_age: {longer}")
        loosens.append(f"#   - {{what: stages.{aged.id}.max_age, why: Deals take longer here}}")
    found = next(
        ((s, c) for s in process.open_stages for c in s.exit if c.part == "exit" and c.enforce == "block"), None
    )
    if found is not None:
        stage, criterion = found[0].id, found[1].id.partition(".")[2]
        out.setdefault(stage, []).append(f"exit: {{{criterion}: {{enforce: warn}}}}")
        loosens.append(f"#   - {{what: stages.{stage}.exit.{criterion}, why: Two months to get used to it}}")
    if not out:
        return [], []
    lines = ["# change:", "#   stages:"]
    for stage, changes in out.items():
        lines += [f"#     {stage}:", *(f"#       {change}" for change in changes)]
    return lines, loosens


@dataclass(frozen=True, slots=True)
class Moved:
    """A deal of which nothing is known: its stage, and the move that it is held back from."""

    stage: str
    to: str


def held_back(process: Process, blocks: Callable[[str, str], bool]) -> Moved | None:
    """A move that a deal without anything on record may not make, by what ``blocks`` says of (stage, to)."""
    stages = [stage.id for stage in process.open_stages]
    last = "opportunity" if process.record == "lead" else "won"
    moves = [*pairwise(stages), *((stage, last) for stage in stages)]
    return next((Moved(stage, to) for stage, to in moves if blocks(stage, to)), None)


def overlay_test(name: str, client: str, base: Base, text: str, moved: Moved | None) -> str:
    """A test document of the base, asked of the overlay, with the client's first cases before the base's."""
    root, _ = parse(text, "")
    assert isinstance(root, Map)
    lines = _PROCESS.sub(f"process: {name}", text, count=1).splitlines()
    record = "lead" if base.resolved.word("record") == "lead" else "deal"
    own, deals = _cases(root, moved, record, set(ids_of(base.root.items["stages"])))
    told = f"# {client} first; then what holds for {base.id} {base.version}, until the overlay makes it differ."
    # from the end on, so that the lines above keep their places
    for key, new in sorted({"cases": [told, *own], "deals": deals}.items(), key=lambda one: -root.keys[one[0]][0]):
        # both sections are in block style: the key stands alone on its line
        gap = " " * (root.items[key].where.column - 1)
        lines[root.keys[key][0] : root.keys[key][0]] = [gap + line if line else "" for line in new]
    return "\n".join(lines) + "\n"


def _cases(root: Map, moved: Moved | None, record: str, stages: set[str]) -> tuple[list[str], list[str]]:
    """The client's own cases, and the deal that the first of them needs."""
    own, deals = [], []
    if moved is not None:
        deals = [f"nothing-known: {{stage: {moved.stage}, contacts: [], activities: [], evidence: []}}", ""]
        own += [
            f"- name: a {record} of which nothing is known goes nowhere",
            "  deal: nothing-known",
            f"  move_to: {moved.to}",
            "  expect: {decision: block}",
        ]
    allowed = _allowed(root, stages) if moved is not None else None
    if allowed is not None:
        own += [
            f"- name: a {record} with all that is asked moves on",
            f"  deal: {allowed[0]}",
            f"  move_to: {allowed[1]}",
            "  expect: {decision: allow}",
        ]
    return own, deals


def _allowed(root: Map, stages: set[str]) -> tuple[str, str] | None:
    """The deal and the stage of the base's first case that lets a deal move on as it stands."""
    cases = root.items.get("cases")
    for case in cases.items if isinstance(cases, Seq) else ():
        if not isinstance(case, Map) or {"with", "without", "as_of", "reason"} & case.items.keys():
            continue
        expect = case.items.get("expect")
        decision = expect.items.get("decision") if isinstance(expect, Map) else None
        deal, to = case.items.get("deal"), case.items.get("move_to")
        if isinstance(decision, Scalar) and decision.text == "allow" and isinstance(deal, Scalar):
            if isinstance(to, Scalar) and to.text in stages:
                return deal.text, to.text
    return None
