"""A Kafka-like log with consumer groups in one SQLite file: ``Broker`` writes, ``BrokerReader`` looks on."""

from workbench.broker.batch import (
    BatchHeader,
    batch_header,
    batch_keys,
    check_batch,
    decode_batch,
    encode_batch,
    record_at,
    split_batches,
)
from workbench.broker.broker import Broker
from workbench.broker.compression import CODECS
from workbench.broker.reader import BrokerReader
from workbench.broker.topics import DEFAULTS as TOPIC_DEFAULTS
from workbench.broker.topics import MAX_PARTITIONS, TopicMeta

__all__ = [
    "CODECS", "MAX_PARTITIONS", "TOPIC_DEFAULTS", "BatchHeader", "Broker", "BrokerReader", "TopicMeta",
    "batch_header", "batch_keys", "check_batch", "decode_batch", "encode_batch", "record_at", "split_batches",
]  # fmt: skip
