"""The settings of confluent-kafka for looking: no group is joined, nothing is committed, its log lines go to ours."""

from __future__ import annotations

import logging
from typing import Any

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from workbench import __version__
from workbench.core.errors import Invalid
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka.errors import translated

CALL_S = 8.0
"""A call that has no answer by then is given up, and the system is unavailable."""
_OURS = ("bootstrap.servers", "group.id", "enable.auto.commit", "enable.auto.offset.store", "client.id")
_log = logging.getLogger(__name__)


def settings_of(spec: ConnectionSpec) -> dict[str, Any]:
    """librdkafka's settings; ``Invalid`` for an option that would make looking disturb somebody."""
    options = spec.resolved()
    for name in _OURS:
        if name in options:
            raise Invalid(f"{name} of @{spec.name} is set by the workbench.", f"Leave out --option {name}.")
    return {
        "bootstrap.servers": spec.address, "client.id": f"workbench-{__version__}", "logger": _log,
        "socket.timeout.ms": int(CALL_S * 1000), "socket.connection.setup.timeout.ms": int(CALL_S * 1000),
        "reconnect.backoff.max.ms": 2_000, **options,
    }  # fmt: skip


def admin(spec: ConnectionSpec) -> AdminClient:
    try:
        return AdminClient(settings_of(spec))
    except Exception as error:  # a setting that librdkafka does not know or take
        raise _unusable(spec, error) from None


def consumer(spec: ConnectionSpec) -> Consumer:
    """One that is only ever told what to read (assign), so its group is never joined; it needs a name all the same."""
    own = {"group.id": f"workbench-look-{spec.name}", "enable.auto.commit": False, "enable.auto.offset.store": False,
           "enable.partition.eof": True, "auto.offset.reset": "error", "isolation.level": "read_uncommitted",
           "queued.max.messages.kbytes": 16_384, "fetch.queue.backoff.ms": 0}  # fmt: skip
    try:
        return Consumer({**settings_of(spec), **own})
    except Exception as error:
        raise _unusable(spec, error) from None


def _unusable(spec: ConnectionSpec, error: Exception) -> Exception:
    if isinstance(error, Invalid):
        return error
    told = translated(error, spec.address).message
    return Invalid(f"@{spec.name} can't be used as it is: {told}", "Check its --option settings.")
