"""The generated pages of ``docs/``: commands, diagnostics, keys, library, metrics, and the tables of ``language.md``.

``python -m dealgate.cli.reference`` prints the commands; with a page's name that page; with
``--write DOCS`` it writes them all.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..bundled import bundled
from ..model.operators import OPERATORS
from .main import HELP
from .main import main as dealgate
from .pages import codes, page, title_of
from .reference_library import library

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.S)
_RANGES = {
    "DG0": "YAML and files", "DG1": "Schema", "DG2": "References and types in rules", "DG3": "Meaning",
    "DG4": "Overlays and resolution", "DG5": "Process tests", "DG6": "Sources and mappings", "DG7": "Deals and values",
    "DG8": "Running by itself", "DG9": "Operation",
}  # fmt: skip


# ------------------------------------------------------------------------------------------------ commands


def commands() -> str:
    """Every command: what it does, its options with their defaults, its examples."""
    # click keeps a command's help option by the names of the context that first asks for it
    group = click.Context(dealgate, info_name="dealgate", help_option_names=HELP)
    out = ["# Commands", "", "Made from the commands themselves by `python -m dealgate.cli.reference`.", ""]
    names = dealgate.list_commands(group)
    found = [(name, dealgate.get_command(group, name)) for name in names]
    out += ["| command | does |", "|---|---|"]
    out += [f"| [`{name}`](#{name}) | {command.short_help} |" for name, command in found if command]
    for name, command in found:
        if command is not None:
            out += ["", *_command(name, command, group)]
    return "\n".join(out) + "\n"


def _command(name: str, command: click.Command, group: click.Context, level: str = "##") -> Iterator[str]:
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=group)
    yield f"{level} {name}"
    yield ""
    yield " ".join((command.help or "").split())
    yield ""
    yield "```text"
    yield f"dealgate {name} {' '.join(command.collect_usage_pieces(context))}"
    yield "```"
    options = [p for p in command.params if isinstance(p, click.Option)]
    if options:
        yield from ("", "| option | means |", "|---|---|")
    for option in options:
        yield f"| {_spelled(option, context)} | {_meaning(option)} |"
    yield from _examples(command)
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            yield ""
            yield from _command(f"{name} {sub}", command.commands[sub], context, level + "#")


def _examples(command: click.Command) -> Iterator[str]:
    shown, rest = [], []
    for line in (command.epilog or "").replace("\b\n", "").splitlines():
        text = line.strip()
        if text.startswith("dealgate "):
            shown.append(re.sub(r" {3,}", "  # ", text))
        elif text and text != "Examples:":
            rest.append(text)
    if shown:
        yield from ("", "```sh", *shown, "```")
    if rest:
        yield from ("", " ".join(rest))


def _spelled(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{o}`" for o in option.opts)
    if option.is_flag:
        return names
    shown = option.make_metavar(context)
    return f"{names} `{shown}`".replace("|", r"\|")


def _meaning(option: click.Option) -> str:
    shown = option.show_default
    if isinstance(shown, str):
        return f"{option.help} Default: {shown}."
    return f"{option.help} Default: `{option.default}`." if shown and not option.is_flag else str(option.help)


# ------------------------------------------------------------------------------------------------ diagnostics


def diagnostics() -> str:
    """Every code with its severity and title, by range."""
    out = [
        "# Diagnostics",
        "",
        "`dealgate rule CODE` shows a page: what it means, why it matters, how to mend it.",
    ]
    last = ""
    for code in codes():
        if code[:3] != last:
            last = code[:3]
            out += ["", f"## {_RANGES[last]}", "", "| code | severity | what is wrong |", "|---|---|---|"]
        severity = (page(code) or "").splitlines()[1].removeprefix("severity: ")
        out.append(f"| [{code}](../engine/dealgate/pages/{code}.md) | {severity} | {title_of(code)} |")
    return "\n".join(out) + "\n"


# ------------------------------------------------------------------------------------------------ language


def language(text: str) -> str:
    """The page with its tables made anew; the prose between them stays."""
    made = {"operators": _operators, "kinds": _kinds}
    return _BLOCK.sub(lambda found: found[1] + made[found[2]]() + "\n" + found[3], text)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _operators() -> str:
    rows = ["| operator | true when | for | example |", "|---|---|---|---|"]
    for o in OPERATORS.values():
        example = json.dumps(o.example, ensure_ascii=False)
        types = ", ".join(sorted(o.applies_to)) + (", ordered choice" if o.ranks else "")
        rows.append(f"| `{o.key}` | {_cell(o.doc)} | {types} | `{o.key}: {_cell(example)}` |")
    return "\n".join(rows)


def _schemas() -> dict[str, dict[str, Any]]:
    return {
        file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(bundled("schemas").glob("*.schema.json"))
    }


def _kinds() -> str:
    rows = ["| kind | holds |", "|---|---|"]
    for name, schema in _schemas().items():
        if name not in ("common", "condition"):
            rows.append(f"| `{name}/v1` | {_cell(schema.get('description', ''))} |")
    return "\n".join(rows)


def keys() -> str:
    """Every key of every kind of document, with the descriptions of the schemas."""
    schemas, out = _schemas(), ["# Every key", "", "Made from the schemas, which an editor reads too."]
    order = [n for n in schemas if n not in ("common", "condition")] + ["condition", "common"]
    for name in order:
        out.append(f"\n## {name.capitalize() if name != 'common' else 'What several kinds share'}")
        for title, properties in _objects(schemas[name]):
            out += ["", f"**{title[:1].upper()}{title[1:]}**", "", "| key | meaning |", "|---|---|"]
            out += [f"| `{key}` | {_told(value, name, schemas)} |" for key, value in properties.items()]
    return "\n".join(out) + "\n"


def _objects(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object with keys of its own, by title: the schema's own first, then those inside it."""
    seen: set[str] = set()

    def walk(node: Any, title: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(node, list):
            for item in node:
                yield from walk(item, title)
        elif isinstance(node, dict):
            title = str(node.get("title") or title)
            properties = node.get("properties")
            if isinstance(properties, dict) and "description" in node | {"description": ""} and _has_keys(properties):
                written = json.dumps(properties, sort_keys=True)
                if written not in seen:
                    seen.add(written)
                    yield title, properties
            for key, value in node.items():
                if key == "properties" and isinstance(value, dict):
                    for name, inner in value.items():
                        yield from walk(inner, f"{title}: {name}")
                elif key == "$defs" and isinstance(value, dict):
                    for name, inner in value.items():
                        yield from walk(inner, name)
                elif key in ("additionalProperties", "items", "prefixItems", "allOf", "anyOf", "then", "else"):
                    yield from walk(value, title)

    yield from walk(schema, str(schema.get("title", "")))


def _has_keys(properties: dict[str, Any]) -> bool:
    return any(isinstance(v, dict) and ("description" in v or "$ref" in v) for v in properties.values())


def _told(value: Any, name: str, schemas: dict[str, dict[str, Any]]) -> str:
    if not isinstance(value, dict):
        return ""
    seen = value
    told = value.get("description", "")
    while not told and "$ref" in seen:
        file, _, pointer = seen["$ref"].partition("#")
        name = file.removesuffix(".schema.json") or name
        seen = schemas[name]
        for part in filter(None, pointer.split("/")):
            seen = seen[part]
        told = seen.get("description", "")
    options = value.get("enum")
    return _cell(told) + (f" One of {', '.join(f'`{o}`' for o in options)}." if options else "")


# ------------------------------------------------------------------------------------------------ metrics


def metrics() -> str:
    """Every metric from its own definition."""
    from ..metrics.catalogue import catalogue

    known = catalogue()
    out = ["# Metrics", "", "Made from the metrics themselves by `python -m dealgate.cli.reference`.", ""]
    out += ["| metric | unit | what it is |", "|---|---|---|"]
    out += [f"| [`{one['id']}`](#{one['id']}) | {one['unit']} | {_cell(one['name'])} |" for one in known]
    for one in known:
        out += ["", *_metric(one)]
    return "\n".join(out) + "\n"


def _metric(one: dict[str, Any]) -> Iterator[str]:
    yield f"## {one['id']}"
    yield ""
    yield f"{one['name']}. {one['question']}"
    yield ""
    yield f"**Formula.** {one['formula']}."
    yield f"One case: {one['grain']}. Better: {one['better']}. By stage: {one['by_stage']}."
    yield f"Version {one['version']}, for: {one['record']}. Source: {one['source']}."
    yield ""
    yield "| measure | is |"
    yield "|---|---|"
    yield from (f"| `{name}` | {_cell(about)} |" for name, about in one["measures"].items())
    yield ""
    yield "| choice | if left alone | or | means |"
    yield "|---|---|---|---|"
    for policy in one["policies"]:
        others = ", ".join(f"`{a}`" for a in policy["allowed"] if a != policy["choice"])
        yield f"| `{policy['id']}` | `{policy['choice']}` | {others} | {_cell(policy['about'])} |"
    if one["edges"]:
        yield ""
        yield from (f"- {edge}" for edge in one["edges"])


PAGES = {"commands": commands, "diagnostics": diagnostics, "keys": keys, "library": library, "metrics": metrics}


def main(arguments: list[str]) -> None:
    """Prints a page, or writes all."""
    if arguments[:1] == ["--write"]:
        docs = Path(arguments[1])
        for name, make in PAGES.items():
            (docs / f"{name}.md").write_text(make(), encoding="utf-8")
        text = (docs / "language.md").read_text(encoding="utf-8")
        (docs / "language.md").write_text(language(text), encoding="utf-8")
    else:
        click.echo(PAGES.get(arguments[0] if arguments else "", commands)(), nl=False)


if __name__ == "__main__":
    main(sys.argv[1:])
