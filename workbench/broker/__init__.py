"""A Kafka-like log with consumer groups in one SQLite file: ``Broker`` writes, ``BrokerReader`` looks on."""

from workbench.broker.batch import (
    BatchHeader,
    WrongChecksum,
    batch_header,
    batch_keys,
    batch_times,
    check_batch,
    decode_batch,
    encode_batch,
    record_at,
    split_batches,
)
from workbench.broker.broker import Broker
from workbench.broker.compression import CODECS
from workbench.broker.damage import readable_batch
from workbench.broker.descriptors import file_head
from workbench.broker.exchanges.exchanges import Exchanges
from workbench.broker.exchanges.routing_metadata import routing_metadata_of
from workbench.broker.files import check_workspace, copy_workspace
from workbench.broker.groups.assignors import ASSIGNORS, Assignor, assignor, subscribed_topics
from workbench.broker.groups.consumer_protocol import decode_assignment
from workbench.broker.groups.membership import (
    CommittedOffset,
    FencedInstance,
    GroupFull,
    GroupMeta,
    GroupNotEmpty,
    GroupSettings,
    GroupState,
    IllegalGeneration,
    InconsistentProtocol,
    InvalidSessionTimeout,
    JoinedMember,
    JoinRequest,
    JoinResult,
    Leaver,
    MemberIdRequired,
    MemberMeta,
    OffsetPut,
    RebalanceInProgress,
    SyncRequest,
    SyncResult,
    UnknownMember,
)
from workbench.broker.groups.resets import ResetGround, plan_reset
from workbench.broker.journal.entries import detail_of, entry_from, word_of
from workbench.broker.journal.state import (
    JournalState,
    PastExchange,
    PastGroup,
    PastMember,
    PastProducer,
    PastQueue,
    PastTopic,
)
from workbench.broker.log import BatchTooLarge
from workbench.broker.profiles.naming import (
    DeliveryTags,
    place_name,
    place_of_sequence_number,
    receipt_name,
    receipt_of,
    shard_name,
)
from workbench.broker.profiles.table import PROFILE, Act, Feature, Level, Profile, Rule, Source, profile, profiles
from workbench.broker.queues.attributes import record_traits
from workbench.broker.queues.dead_letter_history import deaths_of
from workbench.broker.queues.leases import HELD
from workbench.broker.queues.queues import Queues
from workbench.broker.queues.settings import (
    PROFILES,
    QUEUE_DEFAULTS,
    QueueSettings,
    check_queue_config,
    queue_defaults,
)
from workbench.broker.reader import BatchSpan, BrokerReader, StoredBatches
from workbench.broker.schemas.catalogue import Catalogue
from workbench.broker.schemas.schemas import Schemas
from workbench.broker.stability import InvalidTransactionState
from workbench.broker.stats import BrokerStats
from workbench.broker.topic_settings import TOPIC_SETTINGS, Setting
from workbench.broker.topics import DEFAULTS as TOPIC_DEFAULTS
from workbench.broker.topics import MAX_PARTITIONS, TopicMeta, topic_defaults
from workbench.broker.topics import check_config as check_topic_config
from workbench.broker.topics import check_name as check_topic_name
from workbench.broker.transactions import InvalidTransactionTimeout

__all__ = [  # noqa: RUF022 (grouped by room)
    # the workspace
    "Broker", "BrokerReader", "BrokerStats", "check_workspace", "copy_workspace", "file_head",
    # batches of records
    "BatchHeader", "BatchSpan", "BatchTooLarge", "CODECS", "StoredBatches", "WrongChecksum", "batch_header",
    "batch_keys", "batch_times", "check_batch", "decode_batch", "encode_batch", "readable_batch", "record_at",
    "split_batches",
    # topics
    "MAX_PARTITIONS", "Setting", "TOPIC_DEFAULTS", "TOPIC_SETTINGS", "TopicMeta", "check_topic_config",
    "check_topic_name", "topic_defaults",
    # consumer groups
    "ASSIGNORS", "Assignor", "CommittedOffset", "FencedInstance", "GroupFull", "GroupMeta", "GroupNotEmpty",
    "GroupSettings", "GroupState", "IllegalGeneration", "InconsistentProtocol", "InvalidSessionTimeout",
    "JoinRequest", "JoinResult", "JoinedMember", "Leaver", "MemberIdRequired", "MemberMeta", "OffsetPut",
    "RebalanceInProgress", "ResetGround", "SyncRequest", "SyncResult", "UnknownMember", "assignor",
    "decode_assignment", "plan_reset", "subscribed_topics",
    # transactions
    "InvalidTransactionState", "InvalidTransactionTimeout",
    # queues
    "HELD", "PROFILE",
    "PROFILES", "QUEUE_DEFAULTS", "QueueSettings", "Queues", "check_queue_config", "deaths_of", "queue_defaults",
    "record_traits",
    # exchanges
    "Exchanges", "routing_metadata_of",
    # registered schemas
    "Catalogue", "Schemas",
    # the journal
    "JournalState", "PastExchange", "PastGroup", "PastMember", "PastProducer", "PastQueue", "PastTopic",
    "detail_of", "entry_from", "word_of",
    # profiles of the six systems
    "Act", "DeliveryTags", "Feature", "Level", "Profile", "Rule", "Source", "place_name", "place_of_sequence_number",
    "profile", "profiles", "receipt_name", "receipt_of", "shard_name",
]
