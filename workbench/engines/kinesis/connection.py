"""Kinesis that is attached: a region, or an emulator."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import Invalid
from workbench.engines.aws.connection import AwsConnection, counted
from workbench.engines.base import AttachedBrowse, Sender
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kinesis.browse import KinesisBrowse
from workbench.engines.kinesis.sender import KinesisSender

READS = "reads.per.second"
_USUAL_READS = 2.0


class _Kinesis:
    title = "Kinesis"
    system = "kinesis"
    options: tuple[str, ...] = (READS,)
    """How often a shard may be read in a second: AWS gives all readers of a shard five reads together."""

    def about(self, client: Any, spec: ConnectionSpec) -> str:
        topics = KinesisBrowse(client, spec, 1 / _USUAL_READS).topics()
        shards = sum(topic.partitions for topic in topics)
        return f"Amazon Kinesis, {counted(len(topics), 'stream')}, {counted(shards, 'shard')}"

    def browse(self, client: Any, spec: ConnectionSpec) -> AttachedBrowse:
        return KinesisBrowse(client, spec, 1 / _reads(spec))

    def sender(self, client: Any, spec: ConnectionSpec) -> Sender:
        return KinesisSender(client, spec)


def _reads(spec: ConnectionSpec) -> float:
    text = spec.options.get(READS, str(_USUAL_READS))
    try:
        number = float(text)
        if 0 < number <= 1000:
            return number
    except ValueError:
        pass
    raise Invalid("{reads} can't be {text}.", "Give a number; AWS gives all readers of a shard 5 a second.",
                  reads=READS, text=text)


class KinesisConnection(AwsConnection):
    def __init__(self, spec: ConnectionSpec) -> None:
        super().__init__(spec, _Kinesis())
