"""Every diagnostic code has its page, and every page says what the engine does."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CODE = re.compile(r"\bDG\d{3}\b")
SEVERITIES = {"error", "warning", "info"}


@dataclass
class Use:
    """Where a code stands in the engine, and the severities it is given there."""

    places: list[str] = field(default_factory=list)
    severities: dict[str, str] = field(default_factory=dict)  # severity: place


def constants(tree: ast.Module) -> dict[str, str]:
    """Module-level names for one text: ``NO_SUCH = "DG901"``."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the nodes that only document."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }


def emitted(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Code, severity and line of ``error(CODE, …)`` and of ``Diagnostic(CODE, Severity.ERROR, …)``."""
    names = constants(tree)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        func = call.func
        name = (func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")).strip("_")
        arguments = call.args + [word.value for word in call.keywords]
        texts = [names.get(a.id, "") if isinstance(a, ast.Name) else getattr(a, "value", "") for a in arguments]
        codes = [t for t in texts if isinstance(t, str) and CODE.fullmatch(t)]
        if name == "Diagnostic":
            severity = next((a.attr.lower() for a in arguments if isinstance(a, ast.Attribute)), "")
        else:
            severity = name
        if codes and severity in SEVERITIES:
            yield codes[0], severity, call.lineno


@cache
def used(engine: Path) -> dict[str, Use]:
    uses: dict[str, Use] = defaultdict(Use)
    for file in sorted(engine.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        prose = docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                for code in CODE.findall(node.value):
                    uses[code].places.append(f"{file.relative_to(engine)}:{node.lineno}")
        for code, severity, line in emitted(tree):
            uses[code].severities[severity] = f"{file.relative_to(engine)}:{line}"
    return dict(uses)


def pages(engine: Path) -> dict[str, list[str]]:
    return {p.stem: p.read_text(encoding="utf-8").splitlines() for p in sorted((engine / "pages").glob("*.md"))}


def engine_of(checkout: Path) -> Path:
    return checkout / "engine" / "dealgate"


def test_every_code_that_the_engine_uses_has_a_page(checkout: Path) -> None:
    engine = engine_of(checkout)
    assert used(engine), "no code found in the engine"
    without = {code: use.places[:3] for code, use in used(engine).items() if code not in pages(engine)}
    assert without == {}


def test_every_page_is_of_a_code_that_the_engine_uses(checkout: Path) -> None:
    engine = engine_of(checkout)
    assert sorted(pages(engine).keys() - used(engine).keys()) == []


def test_every_page_opens_with_its_code_and_severity_and_goes_on(checkout: Path) -> None:
    wrong = [
        code
        for code, lines in pages(engine_of(checkout)).items()
        if len(lines) < 5
        or not re.fullmatch(rf"# {code} \S.*\S", lines[0])
        or not re.fullmatch(r"severity: (error|warning|info)", lines[1])
        or not CODE.fullmatch(code)
    ]
    assert wrong == []


def test_a_code_has_one_severity_and_its_page_tells_it(checkout: Path) -> None:
    engine = engine_of(checkout)
    told = {code: lines[1].removeprefix("severity: ") for code, lines in pages(engine).items() if len(lines) > 1}
    wrong = {
        code: (told.get(code), use.severities)
        for code, use in used(engine).items()
        if use.severities and set(use.severities) != {told.get(code)}
    }
    assert wrong == {}


def test_no_two_pages_have_the_same_title(checkout: Path) -> None:
    titles = [lines[0].split(" ", 2)[-1].casefold() for lines in pages(engine_of(checkout)).values()]
    assert sorted({t for t in titles if titles.count(t) > 1}) == []


def test_the_reader_of_calls_sees_every_way_a_code_is_raised() -> None:
    text = 'A = "DG001"\nerror(A, "x")\nself._warning("DG002")\nDiagnostic("DG003", Severity.INFO, "x")\nshow("DG004")'
    assert list(emitted(ast.parse(text))) == [("DG001", "error", 2), ("DG002", "warning", 3), ("DG003", "info", 4)]
