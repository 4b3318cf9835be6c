"""``dealgate run``: what the workspace schedules, at its times."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import log as log_option
from ..options import output


@click.command(
    short_help="Run what is scheduled, at its times",
    epilog="""\b
Examples:
  dealgate run --list             what would run when
  dealgate run --once             what is due now, and no more: for cron
  dealgate run --once --dry-run   the same, and nothing is written into a CRM
  dealgate run --health           does it work? for a probe
With none of these it runs until it is told to end (SIGTERM, Ctrl-C).
Jobs stand in dealgate.yaml under `schedule`. A plan of enforce is kept under
.dealgate/plans, and carried out only where its job says `apply: true`.
--health exits with 1 where something is wrong, --once where a job fails; with
5 where another run is at work in the workspace.
""",
)
@click.option("--once", is_flag=True, help="Do what is due, and end.")
@click.option("--list", "listed", is_flag=True, help="Show the jobs, and when each is due next.")
@click.option("--health", "health", is_flag=True, help="Tell whether the jobs work, from what was kept of them.")
@click.option("--dry-run", is_flag=True, help="Write nothing into a CRM, whatever the workspace says.")
@log_option
@click.option("--metrics-port", type=click.IntRange(0, 65535), metavar="PORT", help="Serve metrics for Prometheus.")
@click.option("--metrics-address", default="127.0.0.1", show_default=True, metavar="IP", help="Where to serve them.")
@click.option(
    "--metrics-file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the metrics there, for a textfile collector.",
)  # fmt: skip
@output("run", "text")
def command(
    once: bool, listed: bool, health: bool, dry_run: bool, log: str | None, metrics_port: int | None,
    metrics_address: str, metrics_file: Path | None, output: str,
) -> None:  # fmt: skip
    """Sync, enforce and all that the workspace schedules, one job at a time. The log goes to standard error. What was
    missed is told and run once; a job that fails is told and tried again at its next time."""
    from importlib import import_module

    from .. import scheduling
    from ..options import now
    from ..render.write import say

    asked = [word for word, on in (("--once", once), ("--list", listed), ("--health", health)) if on]
    if len(asked) > 1:
        from ...model.diagnostics import WrongUsage, error

        raise WrongUsage(error("DG865", f"{' and '.join(asked)} are two things.", suggestion="ask for one at a time"))
    here = scheduling.found()
    if listed or health:
        found = scheduling.health(here, now())
        renderer = import_module(f"{__package__.rpartition('.')[0]}.render.run.{output}")
        say(renderer.listed(found) if listed else renderer.health(found))
        if health and not found.good:
            raise SystemExit(1)
        return
    from ..run.metrics import Metrics

    metrics = Metrics()
    human = None if log is None else log == "text"
    with scheduling.loop(
        here, now, dry_run=dry_run, metrics=metrics, metrics_to=metrics_file, human=human
    ) as loop:  # fmt: skip
        if metrics_port is not None:
            port = metrics.serve(metrics_port, metrics_address)
            loop.around.log.info("metrics", port=port, said=f"metrics at http://{metrics_address}:{port}/metrics")
        try:
            if once:
                loop.step()
            else:
                loop.run()
        finally:
            metrics.stop()
        if once and any(loop.state.job(one.job.id).failing_since for one in loop.jobs):
            raise SystemExit(1)
