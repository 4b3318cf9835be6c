"""A group that does something by itself: what names none of its commands goes to the one that is its default."""

from __future__ import annotations

import click


class DefaultGroup(click.Group):
    """A group whose ``default`` command takes every word that names no other one: ``coach`` is ``coach show``."""

    default = "show"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the default's name put in where none is given."""
        if not args or (args[0] not in self.commands and args[0] not in self.get_help_option_names(ctx)):
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
