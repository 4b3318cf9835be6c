"""Running test/v1 documents: finds them, loads what they test, runs their cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..decide.cases import CaseResult, Uncovered, coverage, framework_coverage, run_cases
from ..decide.judge import Judge
from ..documents.load import load, load_framework, load_plays
from ..documents.workspace import yaml_files
from ..documents.yaml import parse, read_text
from ..model.diagnostics import Diagnostic, DocumentsDoNotHold, Severity, Where, error
from ..model.play import Plays
from ..model.process import Process


@dataclass(frozen=True, slots=True)
class Suite:
    """One test document, run. ``places``: the line of each case."""

    file: str
    subject: str
    results: tuple[CaseResult, ...]
    places: tuple[Where, ...]
    process: Process | None
    is_framework: bool
    plays: Plays | None = None
    """The plays tested, where it tests those."""


def test_files(paths: tuple[str, ...], default: Path) -> list[Path]:
    """Every ``*.test.yaml`` in the paths; a file named is taken as it is."""
    found: list[Path] = []
    for path in [Path(p) for p in paths] or [default]:
        found += [f for f in yaml_files(path) if f.name.endswith(".test.yaml")] if path.is_dir() else [path]
    return found


def run_file(path: Path) -> Suite:
    """Runs one document. Raises DocumentsDoNotHold where it, or what it tests, does not hold."""
    from ..documents.nodes import Map, Seq
    from ..documents.places import plain
    from ..documents.schema import check

    text, wrong = read_text(path)
    if text is None:
        raise DocumentsDoNotHold(*wrong)
    root, more = parse(text, str(path))
    wrong = [*wrong, *more] + (check(root, "test") if root is not None and not more else [])
    if root is None or not isinstance(root, Map) or any(d.severity is Severity.ERROR for d in wrong):
        raise DocumentsDoNotHold(*wrong)
    document: dict[str, Any] = plain(root)
    cases = root.items.get("cases")
    places = tuple(case.where for case in cases.items) if isinstance(cases, Seq) else ()
    if "plays" in document:
        from ..plays.cases import run_cases as run_plays

        plays, name = plays_of(document, path, root.where)
        return Suite(str(path), name, tuple(run_plays(document, plays)), places, None, False, plays)
    process, name, is_framework = subject(document, path, root.where)
    return Suite(str(path), name, tuple(run_cases(document, Judge(process))), places, process, is_framework)


def subject(document: dict[str, Any], path: Path, where: Where) -> tuple[Process, str, bool]:
    """The process tested, or one that hosts the framework tested."""
    from ..documents.host import host

    name = document.get("process") or document.get("framework")
    is_framework = "process" not in document
    reference = _reference(str(name), path)
    loaded = load_framework(reference) if is_framework else load(reference)
    errors: list[Diagnostic] = [d for d in loaded.diagnostics if d.severity is Severity.ERROR]
    if errors:
        raise DocumentsDoNotHold(*errors)
    process = host(loaded.framework) if is_framework and loaded.framework is not None else loaded.process
    if process is None:
        raise DocumentsDoNotHold(error("DG501", f"There is nothing to test under the name {name}.", where))
    return process, str(name), is_framework


def plays_of(document: dict[str, Any], path: Path, where: Where) -> tuple[Plays, str]:
    """The plays tested, and their reference."""
    name = str(document["plays"])
    loaded = load_plays(_reference(name, path))
    errors = [d for d in loaded.diagnostics if d.severity is Severity.ERROR]
    if errors or loaded.plays is None:
        raise DocumentsDoNotHold(
            *(errors or [error("DG501", f"There is nothing to test under the name {name}.", where)])
        )
    return loaded.plays, name


def _reference(name: str, path: Path) -> str | Path:
    """What a test document names: the file beside it of that id, else whatever has the id."""
    beside = path.with_name(path.name.removesuffix(".test.yaml") + ".yaml")
    return beside if beside.is_file() and beside.stem == name.partition("@")[0] else name


def uncovered(suites: list[Suite]) -> Iterator[tuple[str, Uncovered]]:
    """What no passing case expects, by what is tested: cases of all its documents count together."""
    names = dict.fromkeys((s.subject, s.is_framework, s.plays is None) for s in suites)
    for name, is_framework, no_plays in names:
        mine = [s for s in suites if (s.subject, s.is_framework, s.plays is None) == (name, is_framework, no_plays)]
        results = [r for s in mine for r in s.results]
        for gap in _gaps(mine[0], results):
            yield name, gap


def _gaps(suite: Suite, results: list[CaseResult]) -> list[Uncovered]:
    if suite.plays is not None:
        from ..plays.cases import coverage as plays_coverage

        return plays_coverage(suite.plays, results)
    assert suite.process is not None
    return (framework_coverage if suite.is_framework else coverage)(suite.process, results)
