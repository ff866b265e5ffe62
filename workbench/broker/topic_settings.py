"""The settings of a topic, as Kafka 4.1 has them, and some of our own: type, default, limits, and what each means here.

``acts`` are those that the log and its readers go by. The others say how Kafka lays out files, copies and compacts;
they are checked, kept and told again, and nothing here depends on them. Pure values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.encodings import AUTO, CHOICES, KEY_ENCODING, KEY_SCHEMA, VALUE_ENCODING, VALUE_SCHEMA
from workbench.core.errors import Invalid

MAX_MESSAGE_BYTES = 256 << 20
_INT, _LONG = 2**31 - 1, 2**63 - 1
CODECS = ("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. ``kind`` is boolean, string, int, long, double or list; ``choices`` are all values of a string, or
    all members of a list (none: any). ``synonym`` is what Kafka's broker calls its default."""

    name: str
    kind: str
    default: str
    about: str
    synonym: str = ""
    low: float = 0
    high: float = _LONG
    choices: tuple[str, ...] = ()
    acts: bool = False

    def check(self, value: str) -> str:
        """``value`` as it is stored; Invalid says what is wrong with it."""
        match self.kind:
            case "boolean":
                return self._choice(value, ("true", "false"))
            case "list":
                members = dict.fromkeys(part.strip() for part in value.split(",") if part.strip())
                return ",".join(self._choice(member, self.choices) for member in members)
            case "string":
                return self._choice(value, self.choices)
        return self._number(value)

    def _choice(self, value: str, choices: tuple[str, ...]) -> str:
        for choice in choices:
            if value.lower() == choice.lower():
                return choice
        if not choices:
            return value
        raise Invalid("{name} can't be {value!r}.", "Use one of: {choices}.", name=self.name, value=value,
                      choices=', '.join(choices))

    def _number(self, value: str) -> str:
        try:
            number = float(value) if self.kind == "double" else int(value)
        except ValueError:
            raise Invalid(f"{self.name} can't be {value!r}.",
                          "Give a number." if self.kind == "double" else "Give a whole number.") from None
        if not self.low <= number <= self.high:
            raise Invalid("{name} can't be {value}.", "Give a number from {low:g} to {high}.", name=self.name,
                          value=value.strip(), low=self.low, high=self.high)
        return str(number)


def _boolean(name: str, about: str, synonym: str = "") -> Setting:
    return Setting(name, "boolean", "false", about, synonym)


def _long(name: str, default: str, about: str, synonym: str = "", low: int = 0, acts: bool = False) -> Setting:
    return Setting(name, "long", default, about, synonym, low, acts=acts)


def _int(name: str, default: str, about: str, synonym: str = "", low: int = 0, high: int = _INT,
         acts: bool = False) -> Setting:
    return Setting(name, "int", default, about, synonym, low, high, acts=acts)


_FOREVER = str(_LONG)
_ALL = (
    _long("retention.ms", "-1", "How long records are kept; -1 without end.", "log.retention.ms", -1, acts=True),
    _long("retention.bytes", "-1", "How many bytes a partition keeps; -1 without end.", "log.retention.bytes", -1,
          acts=True),
    Setting("message.timestamp.type", "string", "CreateTime", "Whose time a record has: its producer's or ours.",
            "log.message.timestamp.type", choices=("CreateTime", "LogAppendTime"), acts=True),
    Setting("compression.type", "string", "producer", "How batches are stored; producer: as they come.",
            "compression.type", choices=CODECS, acts=True),
    _int("max.message.bytes", "1048588", "The largest batch that is taken.", "message.max.bytes", 1, MAX_MESSAGE_BYTES,
         acts=True),
    _long("message.timestamp.before.max.ms", _FOREVER, "How far a Kafka client's time may lie behind the broker's.",
          "log.message.timestamp.before.max.ms", acts=True),
    _long("message.timestamp.after.max.ms", "3600000", "How far a Kafka client's time may lie ahead of the broker's.",
          "log.message.timestamp.after.max.ms", acts=True),
    Setting("workbench.retention.all.read", "boolean", "false", "Remove what every group has committed past.",
            acts=True),
    Setting(KEY_ENCODING, "string", AUTO, "How keys are read and written here; auto: guessed, key by key.",
            choices=CHOICES, acts=True),
    Setting(VALUE_ENCODING, "string", AUTO, "How values are read and written here; auto: guessed, value by value.",
            choices=CHOICES, acts=True),
    Setting(KEY_SCHEMA, "string", "", "The subject of the schema of keys, or SUBJECT#MESSAGE; empty: TOPIC-key.",
            acts=True),
    Setting(VALUE_SCHEMA, "string", "", "The subject of the schema of values, or SUBJECT#MESSAGE; empty: TOPIC-value.",
            acts=True),
    Setting("cleanup.policy", "list", "delete", "What retention does with old records; they are deleted.",
            "log.cleanup.policy", choices=("delete", "compact")),
    _int("compression.gzip.level", "-1", "Kept; the codec's own level is used.", "compression.gzip.level", -1, 9),
    _int("compression.lz4.level", "9", "Kept; the codec's own level is used.", "compression.lz4.level", 1, 17),
    _int("compression.zstd.level", "3", "Kept; the codec's own level is used.", "compression.zstd.level", -131072, 22),
    _long("delete.retention.ms", "86400000", "Kept; nothing is compacted.", "log.cleaner.delete.retention.ms"),
    _long("file.delete.delay.ms", "60000", "Kept; a workspace is one file.", "log.segment.delete.delay.ms"),
    _long("flush.messages", _FOREVER, "Kept; the workspace says how it is written.", "log.flush.interval.messages", 1),
    _long("flush.ms", _FOREVER, "Kept; the workspace says how it is written.", "log.flush.interval.ms"),
    Setting("follower.replication.throttled.replicas", "list", "", "Kept; there is one copy."),
    _int("index.interval.bytes", "4096", "Kept; a workspace is one file.", "log.index.interval.bytes"),
    Setting("leader.replication.throttled.replicas", "list", "", "Kept; there is one copy."),
    _long("local.retention.bytes", "-2", "Kept; there is no remote storage.", "log.local.retention.bytes", -2),
    _long("local.retention.ms", "-2", "Kept; there is no remote storage.", "log.local.retention.ms", -2),
    _long("max.compaction.lag.ms", _FOREVER, "Kept; nothing is compacted.", "log.cleaner.max.compaction.lag.ms", 1),
    Setting("min.cleanable.dirty.ratio", "double", "0.5", "Kept; nothing is compacted.",
            "log.cleaner.min.cleanable.ratio", 0, 1),
    _long("min.compaction.lag.ms", "0", "Kept; nothing is compacted.", "log.cleaner.min.compaction.lag.ms"),
    _int("min.insync.replicas", "1", "Kept; there is one copy, and it is in sync.", "min.insync.replicas", 1),
    _boolean("preallocate", "Kept; a workspace is one file.", "log.preallocate"),
    _boolean("remote.log.copy.disable", "Kept; there is no remote storage."),
    _boolean("remote.log.delete.on.disable", "Kept; there is no remote storage."),
    Setting("remote.storage.enable", "boolean", "false", "There is no remote storage."),
    _int("segment.bytes", "1073741824", "Kept; a workspace is one file.", "log.segment.bytes", 1 << 20),
    _int("segment.index.bytes", "10485760", "Kept; a workspace is one file.", "log.index.size.max.bytes", 4),
    _long("segment.jitter.ms", "0", "Kept; a workspace is one file."),
    _long("segment.ms", "604800000", "Kept; a workspace is one file.", low=1),
    _boolean("unclean.leader.election.enable", "Kept; there is one copy.", "unclean.leader.election.enable"),
)
TOPIC_SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in sorted(_ALL, key=lambda one: one.name)}
ACTING_DEFAULTS: Mapping[str, str] = {setting.name: setting.default for setting in _ALL if setting.acts}


def check_topic_setting(name: str, value: str) -> str:
    """The value as it is stored; Invalid for a setting that does not exist, or can't be that here."""
    setting = TOPIC_SETTINGS.get(name)
    if setting is None:
        raise Invalid("There is no topic setting {name}.", "Known are: {topic_settings}.", name=name,
                      topic_settings=', '.join(TOPIC_SETTINGS))
    checked = setting.check(value)
    if name == "cleanup.policy" and checked != "delete":
        raise Invalid("cleanup.policy can't be {value!r} here: records are deleted by age, size or what was read, "
                      "not compacted yet.", "Use delete.", value=value)
    if name == "remote.storage.enable" and checked == "true":
        raise Invalid("remote.storage.enable can't be true here: there is no remote storage.", "Leave it out.")
    return checked
