"""What exists is documented, and what is generated has not drifted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from tests.cli.running import CHECKOUT

from dealgate.cli import reference
from dealgate.cli.main import HELP, main
from dealgate.cli.options import formats
from dealgate.cli.pages import PAGES, codes
from dealgate.model.operators import OPERATORS

DOCS = CHECKOUT / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(reference.PAGES))
def test_a_generated_page_is_what_would_be_generated_now(name: str) -> None:
    now = reference.PAGES[name]()
    assert text(f"{name}.md") == now, "made anew by: python -m dealgate.cli.reference --write docs"


def test_the_tables_of_the_language_are_what_would_be_generated_now() -> None:
    assert text("language.md") == reference.language(text("language.md"))
    assert text("language.md").count("<!-- generated: ") == 2


def test_every_command_and_option_is_documented() -> None:
    context = click.Context(main, help_option_names=HELP)
    commands = [(name, main.get_command(context, name)) for name in main.list_commands(context)]
    for name, command in commands:
        assert command is not None
        if isinstance(command, click.Group):
            commands += [(f"{name} {sub}", one) for sub, one in command.commands.items()]
        part = re.split(r"\n##+ ", text("commands.md").partition(f"# {name}\n")[2])[0]
        assert part, name
        for option in [p for p in command.params if isinstance(p, click.Option)]:
            assert all(f"`{o}`" in part for o in option.opts), (name, option.name)


@pytest.mark.parametrize(
    "kind",
    [
        "check",
        "gate",
        "qualify",
        "tests",
        "diagnostics",
        "metrics",
        "waterfall",
        "scorecard",
        "history",
        "learn",
        "sync",
        "override",
    ],
)
def test_every_output_format_is_documented(kind: str) -> None:
    spelled = "[" + r"\|".join(formats(kind)) + "]"
    assert spelled in text("commands.md")


def test_every_operator_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .{10,}", text("language.md"), re.M)
    assert set(OPERATORS) <= set(rows)


def test_every_diagnostic_is_listed_and_its_page_is_there() -> None:
    linked = re.findall(r"\[(DG\d{3})\]\((\S+?)\)", text("diagnostics.md"))
    assert [code for code, _ in linked] == codes()
    assert all((DOCS / target).resolve() == (PAGES / f"{code}.md").resolve() for code, target in linked)


def keys_of(schema: Any) -> set[str]:
    """Every key that a schema explains or refers to an explanation of."""
    found: set[str] = set()
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            found |= {k for k, v in properties.items() if isinstance(v, dict) and ("description" in v or "$ref" in v)}
        for value in schema.values():
            found |= keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= keys_of(value)
    return found


@pytest.mark.parametrize("file", sorted((CHECKOUT / "schemas").glob("*.schema.json")), ids=lambda f: f.name)
def test_every_key_of_every_schema_is_documented(file: Path) -> None:
    name = file.name.removesuffix(".schema.json")
    heading = name.capitalize() if name != "common" else "What several kinds share"
    part = text("keys.md").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", part, re.M))
    keys = keys_of(json.loads(file.read_text(encoding="utf-8")))
    assert keys and keys - rows.keys() == set()
    assert [key for key in keys if not rows[key].strip()] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in [*DOCS.rglob("*.md"), *CHECKOUT.glob("*.md"), *CHECKOUT.glob("examples/*/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"
