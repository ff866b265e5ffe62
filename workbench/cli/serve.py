"""``serve``: the host without a window."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from workbench.cli.workspace import file_argument


@click.command()
@file_argument
@click.option("--kafka", default=None, metavar="HOST:PORT", help="Serve real Kafka clients there; port 0: any.")
@click.option("--kafka-allow-remote", is_flag=True, help="Let --kafka be an address other machines reach. Whoever "
              "reaches it can read and write all topics, unless --kafka-sasl asks for a password.")  # fmt: skip
@click.option("--kafka-sasl", is_flag=True, help="Ask clients for SASL/PLAIN, a user of the workspace; see «users».")
@click.option("--kafka-tls", nargs=2, default=None, metavar="CERT KEY", help="Serve TLS with these PEM files.")
@click.option("--kafka-advertise", default="", metavar="HOST:PORT", help="The address clients are told to use.")
@click.option("--run", is_flag=True, help="Run the drawn flow at once.")
@click.option("--child", is_flag=True, hidden=True, help="Started by a window: stop some time after it is gone.")
@click.option("--make", default=None, hidden=True, help="Make the file from this sample if it is not there.")
@click.option("--grace", "grace_s", type=click.FloatRange(0, 3600), default=30.0, hidden=True)
def serve(file: Path, kafka: str | None, kafka_allow_remote: bool, kafka_sasl: bool, kafka_tls: tuple[str, str] | None,
          kafka_advertise: str, run: bool, child: bool, make: str | None, grace_s: float) -> int:  # fmt: skip
    """Serve FILE until it is told to stop. One line of JSON says when it is ready."""
    if kafka is None and (kafka_allow_remote or kafka_sasl or kafka_tls or kafka_advertise):
        raise click.UsageError("These options are for a listener: say where with --kafka HOST:PORT.")
    gc.disable()  # a tenth of the start is looking for cycles in code that stays; the host's ``settle`` enables it
    try:
        from workbench.control.messages import ListenKafka
        from workbench.host.main import HostSettings, serve_until_stopped

        certificate, key = kafka_tls or ("", "")
        listen = None if kafka is None else ListenKafka(
            kafka, kafka_allow_remote, kafka_sasl, certificate, key, kafka_advertise
        )  # fmt: skip
        return serve_until_stopped(HostSettings(file, kafka=listen, run=run, child=child, grace_s=grace_s, make=make))
    except KeyboardInterrupt:  # told to stop before it was ready
        return 0


COMMANDS = {"serve": serve}
