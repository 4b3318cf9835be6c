"""A group that does something by itself: what names none of its commands goes to the one that is its default."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


class DefaultGroup(click.Group):
    """A group whose ``default`` command takes every word that names no other one: ``coach`` is ``coach show``."""

    default = "show"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the default's name put in where none is given."""
        named = bool(args) and (args[0] in self.commands or args[0] in self.get_help_option_names(ctx))
        # a shell that completes the first word may complete a command, or what the default takes
        if not named and not (ctx.resilient_parsing and not args):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, and before them the options of the default one."""
        command = self.commands[self.default]
        rows = [
            row
            for row in (p.get_help_record(ctx) for p in command.get_params(ctx) if isinstance(p, click.Option))
            if row is not None
        ]
        with formatter.section(f"Options (of `{self.default}`, which is meant where no command is named)"):
            formatter.write_dl(rows)
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and the options of the default."""
        command = self.commands[self.default]
        own = command.shell_complete(click.Context(command, ctx, self.default), incomplete)
        return list({item.value: item for item in [*super().shell_complete(ctx, incomplete), *own]}.values())
