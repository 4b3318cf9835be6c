"""``dealgate validate``: every document, by schema and by meaning."""

from __future__ import annotations

from pathlib import Path

import click

from ...model.diagnostics import WrongUsage, error
from ..options import output

DIALECTS = ("duckdb", "sqlite", "postgres", "spark", "databricks", "snowflake", "bigquery")


@click.command(
    short_help="Check documents: their shape, then what they mean",
    epilog="""\b
Examples:
  dealgate validate                        the workspace, or the bundled rules
  dealgate validate my-process.yaml
  dealgate validate practical              a bundled process by its id
  dealgate validate rules --output sarif > findings.sarif
  dealgate validate practical --dialect sqlite --mapping maven
  dealgate validate --fix rules            mends what has one sure mend
  dealgate validate --fix --diff rules     shows what it would mend
Exits with 3 if a document does not hold.
""",
)
@click.argument("paths", nargs=-1, metavar="[PATH|ID]...")
@output("diagnostics", "text")
@click.option("--dialect", type=click.Choice(DIALECTS), help="Tell too what this database could not judge.")
@click.option("--mapping", metavar="ID|FILE", help="With --dialect: how raw tables become ours.")
@click.option("--fix", is_flag=True, help="Mend what has one sure mend, and tell what is left.")
@click.option("--diff", is_flag=True, help="With --fix: show the mends and write none.")
def command(
    paths: tuple[str, ...], output: str, dialect: str | None, mapping: str | None, fix: bool, diff: bool
) -> None:
    """Check documents: first their shape, then what they mean. All findings come together, each at its line."""
    from importlib import import_module

    from ...documents.load import Loaded, as_path, load, load_documents
    from ...model.diagnostics import Diagnostic, Severity
    from ..render.write import say

    if diff and not fix:
        raise WrongUsage(error("DG022", "`--diff` shows what `--fix` would mend.", suggestion="Add `--fix`."))
    loaded: list[Loaded] = []
    taken_back: list[Diagnostic] = []
    files = [path for path in paths if as_path(path) is not None or Path(path).exists()]
    if fix:
        from ..mends import mend

        loaded, taken_back = mend(files, bool(paths), diff)
    elif files or not paths:
        loaded += load_documents(files or [default_folder()])
    loaded += [load(name) for name in paths if name not in files]
    diagnostics: list[Diagnostic] = [*taken_back, *(d for one in loaded for d in one.diagnostics)]
    if jobs := [job for one in loaded if one.schedule is not None for job in one.schedule.jobs]:
        from ..jobs import unfit

        diagnostics += unfit(jobs)
    if dialect is not None:
        from ..pushing import unable

        diagnostics += unable(
            [one.process for one in loaded if one.process is not None and one.holds], dialect, mapping
        )
    sources = {file: text for one in loaded for file, text in one.files.items()}
    render = import_module(f"{__package__.rpartition('.')[0]}.render.diagnostics.{output}").render
    text = render(diagnostics, sources)
    if text:
        say(text)
    errors = len({d for d in diagnostics if d.severity is Severity.ERROR})
    warnings = len({d for d in diagnostics if d.severity is Severity.WARNING})
    if output == "text":
        documents = f"{len(loaded)} document{'' if len(loaded) == 1 else 's'}"
        found = ", ".join(
            f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((errors, "error"), (warnings, "warning")) if n
        )
        say(f"{documents}: {found or 'no diagnostics'}.", err=True)
    if errors:
        raise SystemExit(3)


def default_folder() -> Path:
    """The workspace above here, or the bundled rules."""
    from ...bundled import bundled
    from ...documents.workspace import find_workspace

    return find_workspace(Path.cwd()) or bundled("rules")
