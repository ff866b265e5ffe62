"""A group of verbs that takes FILE first: ``workbench queues FILE peek ...``.

Asked for help it gives that of the verb which is named, with or without FILE before it: ``queues peek --help`` would
else take "peek" for the file, and show the help of all of them.
"""

from __future__ import annotations

import click


class FileGroup(click.Group):
    """See the module."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = next((arg for arg in args[:2] if arg in self.commands), None)
        if named is not None and not set(args).isdisjoint(ctx.help_option_names):
            command = self.commands[named]
            with command.make_context(named, [ctx.help_option_names[-1]], parent=ctx):
                pass  # making it prints the help, and ends
        return super().parse_args(ctx, args)
