"""Amazon's systems for the tests: moto's server (PyPI, Apache-2.0), a process on loopback whose state ends with it.

What moto gets wrong: a nonsense iterator is answered with status
500, a deleted message's old receipt is taken, a closed shard never ends, sequence numbers are small.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import boto3

START_S = 60.0
REGION = "eu-central-1"
KEYS = {"access.key.id": "testing", "secret.access.key": "env:WORKBENCH_TEST_AWS_SECRET", "region": REGION}


@contextmanager
def moto() -> Iterator[str]:
    """The address of a server of its own."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline_s, "moto did not start"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def client(service: str, address: str) -> Any:
    """Another program's."""
    return boto3.client(service, endpoint_url=address, region_name=REGION, aws_access_key_id="testing",
                        aws_secret_access_key="testing")
