"""A RabbitMQ of its own for the tests: Debian's package, on loopback, with its own ports, folder, node and epmd.

    with rabbitmq(folder) as server: server.address, server.management, server.stop(), server.start()

What is needed is looked for by ``missing``, which says in a sentence why the tests can't run.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

START_S = 90.0
_SBIN = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))


def missing() -> str:
    """Why no server can be started here; empty when one can."""
    return "" if _SBIN else "RabbitMQ is not installed here (apt-get install rabbitmq-server)"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RabbitServer:
    """See the module. ``stop`` ends it in order, ``kill`` as a crash; ``start`` takes up what is in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = {name: free_port() for name in ("amqp", "management", "distribution", "epmd")}
        self.address = f"127.0.0.1:{ports['amqp']}"
        self.management = f"http://127.0.0.1:{ports['management']}"
        self._epmd_port = ports["epmd"]
        self._environment = os.environ | {
            "HOME": str(folder), "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(ports["epmd"]),
            "RABBITMQ_NODENAME": f"workbench{ports['amqp']}@localhost", "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"), "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "feature_flags"), "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_DIST_PORT": str(ports["distribution"]), "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
        }
        (folder / "log").mkdir(parents=True, exist_ok=True)
        (folder / "env.conf").write_text("")
        (folder / "enabled_plugins").write_text("[rabbitmq_management,rabbitmq_stream].\n")
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{ports['amqp']}\nmanagement.tcp.ip = 127.0.0.1\n"
            f"management.tcp.port = {ports['management']}\nstream.listeners.tcp.1 = 127.0.0.1:{free_port()}\n"
            "vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 50MB\n"
            "collect_statistics_interval = 250\nlog.file.level = warning\n"
        )

    def start(self) -> None:
        with (self.folder / "log" / "out").open("ab") as out:
            self._process = subprocess.Popen(
                [str(_SBIN[-1] / "rabbitmq-server")], env=self._environment, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )
        deadline_s = time.monotonic() + START_S
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log" / "out").read_text()
            assert time.monotonic() < deadline_s, "RabbitMQ did not start"
            time.sleep(0.2)

    def _answers(self) -> bool:
        host, _, port = self.address.partition(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
            urllib.request.urlopen(f"{self.management}/", timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """The whole group, as if the machine had lost its power."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._end_epmd()

    def _end_epmd(self) -> None:
        """Erlang's port mapper outlives the node."""
        if epmd := shutil.which("epmd"):
            subprocess.run([epmd, "-port", str(self._epmd_port), "-kill"], capture_output=True, timeout=10,
                           env=self._environment)


@contextmanager
def rabbitmq(folder: Path) -> Iterator[RabbitServer]:
    server = RabbitServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
