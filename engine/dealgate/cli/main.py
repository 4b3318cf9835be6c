"""The ``dealgate`` command: finds its commands by their files and turns refusals into words and an exit status."""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path

import click

from .. import __version__
from ..model.diagnostics import DealgateError, SourceFailed, error

COMMANDS = Path(__file__).parent / "commands"
HELP = ["-h", "--help"]
SETTINGS = {
    "help_option_names": HELP,
    "max_content_width": 100,
    "auto_envvar_prefix": "DEALGATE",  # DEALGATE_CHECK_PROCESS is --process of check
}
OURS = 70
"""Exit status where dealgate itself is at fault: none of those that say something about rules or deals."""


class Commands(click.Group):
    """A group whose commands are the modules of the folder, imported only when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, by name."""
        return sorted(p.stem.rstrip("_").replace("_", "-") for p in COMMANDS.glob("[!_]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        from importlib import import_module

        module = import_module(f"{__package__}.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name where there is none."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from ..documents.suggest import nearest

            near = nearest(args[0], self.list_commands(ctx))
            hint = f" Did you mean `{near}`?" if near else ""
            raise click.UsageError(f"There is no command `{args[0]}`.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; a refusal becomes diagnostics on stderr and its exit status."""
        # documents and deals are read once and kept: looking for garbage among them every 700 objects finds none
        gc.set_threshold(100_000, 50, 50)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except DealgateError as refusal:
            from .render.diagnostics.text import render
            from .render.write import say

            say(render(refusal.diagnostics, {}), err=True)
            ctx.exit(refusal.exit_status)
        except BrokenPipeError:
            # the reader has seen enough; what is still buffered must not fail at the interpreter's end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as trouble:
            # what a file system refuses in its own words: a name too long, a loop of links, a disk gone
            from .render.diagnostics.text import render
            from .render.write import say

            reason = trouble.strerror or "no reason given"
            say(render([error("DG908", f"The system refused to read or write: {reason}.")], {}), err=True)
            ctx.exit(SourceFailed.exit_status)
        except Exception as mistake:
            if os.environ.get("DEALGATE_TRACEBACK"):
                raise
            from .render.write import say

            say(
                f"error: dealgate made a mistake ({type(mistake).__name__}) and stopped. Nothing is wrong with your "
                "files that it could tell. Please report it; DEALGATE_TRACEBACK=1 shows where.",
                err=True,
            )
            ctx.exit(OURS)


@click.group(cls=Commands, context_settings=SETTINGS)
@click.version_option(__version__, prog_name="dealgate")
def main() -> None:
    """Sales process as code: stages, exit criteria and qualification frameworks as YAML, judged on every deal.

    \b
    Start here:
      dealgate demo                     a sample company, checked
      dealgate init my-process          a workspace of your own
      dealgate check deals.csv          every deal against its stage's exit criteria
    """


if __name__ == "__main__":
    main()
