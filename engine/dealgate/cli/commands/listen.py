"""``dealgate listen``: a door for the webhooks of CRMs."""

from __future__ import annotations

import click

from ..options import log as log_option


@click.command(
    short_help="Take the webhooks of CRMs, and sync what they tell of",
    epilog="""\b
Examples:
  dealgate listen                            every source that can call
  dealgate listen --source crm --port 9000   one source, another port
A CRM calls POST /hooks/NAME; GET /health says how it stands. Put a proxy with
TLS before it, and set `public_url` of the source to the address that the CRM
was given. Ends on SIGTERM; what waits then is worked off at the next start.
""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="And on this port.")
@click.option("--source", "sources", metavar="NAME", multiple=True, help="For this source alone; may be repeated.")
@click.option(
    "--pause",
    type=click.FloatRange(0, 3600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="From one sync of a source to the next.",
)
@log_option
def command(host: str, port: int, sources: tuple[str, ...], pause: float, log: str | None) -> None:
    """Listen for webhooks: check who sends them, keep them, and sync the source that they speak of. The log goes to
    standard error."""
    from ..listening import listen

    listen(sources, host, port, pause, human=None if log is None else log == "text")
