"""``dealgate test``: process tests."""

from __future__ import annotations

import click

from ..options import output


@click.command(
    short_help="Run process tests",
    epilog="""\b
Examples:
  dealgate test                       the workspace's tests, or the bundled
  dealgate test rules --coverage
  dealgate test --output junit > tests.xml
Exits with 4 if a case fails, and with --coverage if a verdict that can be
reached is expected by no case.
""",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--coverage", is_flag=True, help="Ask a case for every verdict that each criterion can reach.")
@output("tests", "text")
def command(paths: tuple[str, ...], coverage: bool, output: str) -> None:
    """Run the cases of test documents against their process, framework or plays."""
    from importlib import import_module

    from ...model.diagnostics import WrongUsage, error
    from ..render.write import say
    from ..testing import run_file, test_files, uncovered
    from .validate import default_folder

    files = test_files(paths, default_folder())
    if not files:
        raise WrongUsage(error("DG502", "There is no test document here.", suggestion="name one: practical.test.yaml"))
    suites = [run_file(path) for path in files]
    gaps = list(uncovered(suites)) if coverage else None
    say(import_module(f"{__package__.rpartition('.')[0]}.render.tests.{output}").render(suites, gaps))
    failed = any(not r.passed for suite in suites for r in suite.results)
    if failed or any(gap.missing for _, gap in gaps or ()):
        raise SystemExit(4)
