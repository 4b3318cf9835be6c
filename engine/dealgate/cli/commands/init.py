"""``dealgate init``: a working workspace from a bundled process, or a client's overlay of one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click

from ...model.diagnostics import WrongUsage, error


@click.command(
    short_help="Make a workspace, or a client's overlay",
    epilog="""\b
Examples:
  dealgate init my-process              a copy of practical, yours to change
  dealgate init acme --client "Acme"    an overlay: only what differs from it
Then: cd my-process && dealgate validate && dealgate test
""",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--from", "base", default="practical", show_default=True, metavar="ID", help="The bundled process.")
@click.option("--client", metavar="NAME", help="Make an overlay for a client instead of a copy.")
def command(folder: Path, base: str, client: str | None) -> None:
    """Make a workspace: a process, its frameworks and tests, and the schemas an editor completes from."""
    from ... import load
    from ...bundled import bundled
    from ..render.write import say

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUsage(error("DG904", f"{folder} is not an empty folder.", suggestion="name a new one"))
    process = load(base, workspace=None).process
    rules, made = bundled("rules"), []
    shutil.copytree(bundled("schemas"), folder / "schemas", ignore=shutil.ignore_patterns("output"))
    if client is None:
        names = [("processes", process.id), *(("frameworks", name) for name in process.frameworks)]
        for kind, name in names:
            for source in (rules / kind / f"{name}.yaml", rules / kind / f"{name}.test.yaml"):
                if source.is_file():
                    made.append(_write(folder / "rules" / kind / source.name, source.read_text(encoding="utf-8")))
        name, title = process.id, process.title
    else:
        name = re.sub(r"[^a-z0-9]+", "-", client.casefold()).strip("-") or "client"
        title = client
        made.append(
            _write(folder / "rules" / "processes" / f"{name}.yaml", overlay(name, client, process.id, process.version))
        )
        made.append(
            _write(folder / "rules" / "processes" / f"{name}.test.yaml", overlay_test(name, process.stages[0].id))
        )
    made.append(_write(folder / "dealgate.yaml", workspace(name, title)))
    for path in sorted(made):
        say(f"  {path}")
    say(f"Now: cd {folder} && dealgate validate && dealgate test")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def workspace(name: str, title: str) -> str:
    """``dealgate.yaml``."""
    return f"""\
# yaml-language-server: $schema=schemas/workspace.schema.json
kind: workspace/v1
id: {name}
title: {_quoted(title)}
processes: [{name}]
# A source is a file or folder; `dealgate map FILE` drafts a mapping where its columns are not ours.
# sources:
#   crm: {{adapter: file, path: exports/deals.csv, mapping: my-mapping}}
"""


def overlay(name: str, client: str, base: str, version: str) -> str:
    """A client's overlay: only what differs from the base."""
    return f"""\
# yaml-language-server: $schema=../../schemas/process.schema.json
kind: process/v1
id: {name}
title: {_quoted(client)}
version: 1.0.0
owner: Sales Operations
extends: {base}@^{version.partition(".")[0]}
# Only what differs stands here. Anything made milder is listed under `loosens`, with why.
# params: {{large_deal: 80000}}
# change:
#   stages:
#     qualification: {{max_age: 21 days}}
# loosens:
#   - {{what: stages.qualification.max_age, why: Discovery takes longer here}}
"""


def overlay_test(name: str, stage: str) -> str:
    """A first case for an overlay."""
    return f"""\
# yaml-language-server: $schema=../../schemas/test.schema.json
kind: test/v1
process: {name}
as_of: 2026-11-23
deals:
  empty: {{stage: {stage}, contacts: [], activities: [], evidence: []}}
cases:
  - name: a deal without any proof goes nowhere
    deal: empty
    move_to: won
    expect: {{decision: block}}
"""
