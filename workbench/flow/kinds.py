# ruff: noqa: E501  (one parameter a line reads as a table)
"""The kinds of node and their typed parameters: one table that the inspector, the rules and the runner read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbench.core.errors import Invalid
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.encodings import ENCODED
from workbench.flow.params import Param
from workbench.flow.queue_params import BINDING, CARRIES, DEAD_LETTERS, LEASES, QUEUE, ROUTING

Role = Literal["topic", "exchange", "producer", "group", "store", "drawing"]
COLUMNS: dict[Role, int] = {"producer": 0, "exchange": 1, "topic": 1, "group": 2, "store": 3}
"""How far to the right a part of a role stands in a tidy drawing that says nothing else."""
_WRITES_TO = ("topic", "queue", "exchange")
_PASSES_TO = (*_WRITES_TO, "store")


@dataclass(frozen=True, slots=True)
class Kind:
    """All that is said of a kind of node outside the window; ``ui/canvas/kinds.py`` has how it looks.

    ``role`` groups kinds that behave alike. ``feeds`` are the nouns of what it may be linked to. ``size`` is the drawn
    width and height. ``short`` names it where room is scarce.
    """

    name: str
    label: str
    role: Role
    stem: str
    help: str
    params: tuple[Param, ...] = ()
    size: tuple[float, float] = (162.0, 98.0)
    feeds: tuple[str, ...] = ()
    noun: str = ""
    """What it is called in sentences, where that is not its role."""
    icon: str = ""
    """Where it is not the kind's name."""
    short: str = ""

    def __post_init__(self) -> None:
        for name, default in (("noun", self.role), ("icon", self.name), ("short", self.label)):
            object.__setattr__(self, name, getattr(self, name) or default)

    @property
    def drawn_only(self) -> bool:
        """It takes no links and does nothing: a note, a frame. Such a one may have a size of its own."""
        return self.role == "drawing"

    @property
    def gives(self) -> bool:
        """Links may begin at it: it has an out port."""
        return bool(self.feeds)

    @property
    def takes(self) -> bool:
        """Links may end at it: it has an in port."""
        return any(self.noun in kind.feeds for kind in KINDS.values())

    def param(self, name: str) -> Param:
        for param in self.params:
            if param.name == name:
                return param
        raise Invalid("A {label} has no setting «{name}».", label=self.label.lower(), name=name)

    def value(self, params: dict[str, Any], name: str) -> Any:
        """The parameter's value in ``params``, or its default where it is missing or can't be taken."""
        param = self.param(name)
        try:
            param.check(params.get(name, param.default))
        except Invalid:
            return param.default
        return params.get(name, param.default)

    def values(self, params: dict[str, Any]) -> dict[str, Any]:
        """Every parameter's ``value``: for those who show a part, whatever is wrong with it."""
        return {param.name: self.value(params, param.name) for param in self.params}

    def complete(self, params: dict[str, Any]) -> dict[str, Any]:
        """``params`` checked, with the defaults of what is missing; an unknown name is ``Invalid``."""
        for name in params:
            self.param(name)
        return {p.name: p.check(params.get(p.name, p.default)) for p in self.params}


_SENDING = (
    Param("partitioner", "choice", "murmur2", "Partitioner", section="Sending",
          choices=("murmur2", "crc32", "sticky", "round_robin", "explicit"),
          help="murmur2 is the Java client's rule for keys, crc32 librdkafka's; records without a key stick to a partition."),
    Param("partition", "int", 0, "Partition", low=0, high=999, section="Sending", help="Used by the explicit partitioner."),
    Param("linger_ms", "float", 20.0, "Linger", "ms", 0, 60_000, section="Sending",
          help="A batch leaves this long after its first record."),
    Param("batch_bytes", "int", 16_384, "Batch size", "bytes", 1, 16_777_216, section="Sending",
          help="A batch leaves when it would grow past this."),
    Param("compression", "choice", "none", "Compression", choices=("none", "gzip", "snappy", "lz4", "zstd"), section="Sending"),
    Param("idempotent", "bool", True, "Idempotent", section="Sending", help="A retried batch is stored once."),
    ROUTING,
    Param("mandatory", "bool", False, "Return what no queue takes", section="Sending",
          help="For an exchange: what can't be routed comes back and counts as failed."),
    Param("schema", "text", "", "Schema", section="Schema",
          help="A subject, or SUBJECT#MESSAGE: values are written by its last version. Empty: as the topic says."),
    Param("misfits", "text", "", "What does not fit goes to", section="Schema",
          help="A topic for events that do not fit the schema, with the reason. Empty: they are refused and counted."),
)

_READING = (
    Param("members", "int", 1, "Members", low=0, high=200, section="Members"),
    Param("process_ms", "float", 0.0, "Processing time", "ms an event", 0, 3_600_000, section="Work"),
    Param("process_spread", "float", 0.0, "Spread", "of the time", 0, 1, section="Work",
          help="0.5 means half to one and a half of the processing time, evenly."),
    Param("member_process_ms", "text", "", "Time by member", "ms, comma separated", section="Work",
          help="«2, 6.7» makes the second member slow; empty places use the processing time."),
    Param("failure_rate", "float", 0.0, "Failure rate", "of events", 0, 1, section="Work",
          help="By offsets an event that fails fails at every retry; by leases every delivery is drawn anew."),
    Param("fail_if", "expression", "", "Fail if", section="Work",
          help="CEL over key, value, headers, topic, partition, offset (and row): a poison message fails whenever it is tried."),
    Param("reader_schema", "text", "", "Read by schema", section="Work",
          help="A subject, or SUBJECT:VERSION: values are resolved to it, whatever version they were written with, and what can't be fails."),
    Param("max_retries", "int", 2, "Retries", low=0, high=1000, section="Work",
          help="After these a failed event goes to the linked dead letters, or is skipped and counted. "
               "A queue has a delivery limit of its own."),
    Param("store_use", "choice", "write", "A linked store", choices=("write", "look_up"), section="Work",
          help="write: each worked record is written to it by its key; look_up: the row of that key is read first, and "
               "conditions and maps see its value as row, null where there is none."),
    *LEASES,
    Param("commit", "choice", "after", "Commit", choices=("auto", "before", "after"), section="Offsets",
          help="auto: what the previous poll returned; before work: loss when it crashes; after work: duplicates when it crashes."),
    Param("auto_commit_ms", "int", 500, "Commit every", "ms", 1, 3_600_000, section="Offsets"),
    Param("start", "choice", "earliest", "Start at", choices=("earliest", "latest", "offset", "time"), section="Offsets",
          help="Only where the group has committed nothing yet, or what it committed is gone."),
    Param("start_at", "text", "", "Offset or time", section="Offsets", help="For offset a number, for time ISO 8601."),
    Param("poll_records", "int", 500, "Records a poll", low=1, high=100_000, section="Offsets"),
    Param("assignor", "choice", "range", "Assignor", choices=("range", "roundrobin", "sticky", "cooperative-sticky"),
          section="Members"),
    Param("session_timeout_ms", "int", 10_000, "Session time-out", "ms", 100, 3_600_000, section="Members"),
    Param("static_members", "bool", False, "Static members", section="Members",
          help="Members keep their name and partitions over a restart within the session time-out."),
    Param("filter", "expression", "", "Forward if", section="Forwarding",
          help="CEL over key, value, headers, topic, partition, offset; empty forwards everything."),
    Param("map", "expression", "", "Forward as", section="Forwarding", help="CEL for the new value; empty keeps it."),
    Param("map_key", "expression", "", "Forward with key", section="Forwarding", help="CEL for the new key; empty keeps it."),
    replace(ROUTING, section="Forwarding"),
    Param("lag_threshold_records", "int", 10_000, "Behind at", "records", 1, 1_000_000_000, section="Alarm"),
    Param("lag_threshold_s", "float", 60.0, "or at", "s", 0.1, 86_400, section="Alarm"),
)

_LOG = (
    Param("partitions", "int", 3, "Partitions", low=1, high=1000, section="Log"),
    Param("retention_ms", "int", -1, "Keep for", "ms", -1, 10**15, section="Retention", help="-1 keeps without end."),
    Param("retention_bytes", "int", -1, "Keep at most", "bytes a partition", -1, 10**15, section="Retention",
          help="-1 keeps without end."),
    Param("retention_all_read", "bool", False, "Remove once all groups have read it", section="Retention"),
    Param("timestamp_type", "choice", "CreateTime", "Time stamps", choices=("CreateTime", "LogAppendTime"), section="Log"),
    *ENCODED,
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("topic", "Topic", "topic", "topic", "An immutable log in partitions; any number of groups read it.", _LOG,
             feeds=("group",)),
        Kind("queue", "Queue", "topic", "queue",
             "A log read by leases: consumers compete for messages, and one that is acknowledged is gone.", QUEUE,
             size=(162.0, 86.0), noun="queue", feeds=("group", "queue", "exchange")),
        Kind("exchange", "Exchange", "exchange", "exchange",
             "Routes each message to the queues whose bindings match; it keeps nothing.", (
                 Param("type", "choice", "direct", "Type", choices=("direct", "fanout", "topic", "headers"),
                       help="direct: equal keys; fanout: every binding; topic: * one word, # any words; headers: what they hold."),
                 Param("alternate", "text", "", "Alternate exchange",
                       help="One that is not drawn. Else link the two, and let the link carry what is unrouted."),
             ), size=(162.0, 86.0), feeds=("queue", "exchange")),
        Kind("producer", "Producer", "producer", "producer", "Makes events from a template and sends them in batches.", (
            Param("shape", "choice", "constant", "Shape", choices=("constant", "burst", "ramp", "poisson"), section="Rate"),
            Param("rate", "float", 50.0, "Rate", "events/s", 0, 1_000_000, section="Rate"),
            Param("burst_rate", "float", 500.0, "Burst rate", "events/s", 0, 1_000_000, section="Rate"),
            Param("burst_every_s", "float", 30.0, "Burst every", "s", 0.1, 86_400, section="Rate"),
            Param("burst_for_s", "float", 5.0, "Burst for", "s", 0.01, 86_400, section="Rate"),
            Param("ramp_to", "float", 500.0, "Ramp to", "events/s", 0, 1_000_000, section="Rate"),
            Param("ramp_s", "float", 60.0, "Ramp over", "s", 0.1, 86_400, section="Rate"),
            Param("limit", "int", 0, "Stop after", "events", 0, 10**12, section="Rate", help="0 goes on without end."),
            Param("template", "code",
                  '{"id": "{counter}", "customer": "C-{int 1 200}", "total": "{amount 5 500}", "at": "{now}"}',
                  "Template", section="Event"),
            Param("key", "text", "customer", "Key from field", section="Event",
                  help="A field of the value, dots go deeper; empty sends no key."),
            Param("headers", "code", "", "Headers", section="Event",
                  help="A JSON object of names and texts; placeholders as in the template, {ref FIELD} is the event's own field."),
            *_SENDING), size=(162.0, 62.0), feeds=_WRITES_TO),
        Kind("file", "File", "producer", "file", "Plays a file of real events: JSON, CSV, plain lines, Avro or Protobuf.", (
            Param("path", "path", "", "File", section="File", help="- reads standard input."),
            Param("format", "choice", "auto", "Format", choices=("auto", "jsonl", "json", "csv", "lines", "avro", "protobuf"),
                  section="File"),
            Param("charset", "text", "", "Character set", section="File",
                  help="Like utf-8, utf-16 or cp1252; empty finds it out, and says so where it is a guess."),
            Param("delimiter", "text", "", "Delimiter", section="File", help="Of CSV: one character, or tab; empty finds it out."),
            Param("pointer", "text", "", "Array at", section="File",
                  help="The way to the array within a JSON document, like /data/events; each of its elements is an event."),
            Param("follow", "bool", False, "Follow as it grows", section="File"),
            Param("loop", "bool", False, "Start again at the end", section="File"),
            Param("key", "text", "", "Key from field", section="Event"),
            Param("time", "text", "", "Time from field", section="Event",
                  help="ISO 8601, RFC 2822, access log, syslog, or s, ms, us or ns since 1970."),
            Param("time_format", "text", "", "Time format", section="Event",
                  help="Empty finds it out. Else s, ms, us, ns, iso, rfc2822, clf, syslog, or a pattern like %d.%m.%Y %H:%M:%S."),
            Param("pace", "choice", "original", "Pace", choices=("original", "rate", "flat_out"), section="Rate",
                  help="original keeps the spacing of the time field, divided by the speed."),
            Param("speed", "float", 1.0, "Speed", "x", 0.001, 1_000_000, section="Rate"),
            Param("rate", "float", 100.0, "Rate", "events/s", 0.001, 1_000_000, section="Rate"),
            *_SENDING), size=(162.0, 62.0), noun="file", feeds=_WRITES_TO),
        Kind("group", "Group", "group", "group", "Consumers that share a topic's partitions, or compete for a queue's messages.",
             _READING, size=(190.0, 104.0), feeds=_PASSES_TO),
        Kind("forward", "Forward", "group", "forward",
             "A group that filters and maps what it reads, and sends it on to the next topic.", _READING, size=(190.0, 104.0), feeds=_PASSES_TO),
        Kind("dead_letters", "Dead letters", "topic", "dead-letters", "A topic for events that a group could not handle.",
             tuple(p if p.name != "partitions" else Param("partitions", "int", 1, "Partitions", low=1, high=1000, section="Log")
                   for p in _LOG), size=(126.0, 60.0), feeds=("group",), short="DLQ"),
        Kind("store", "Store", "store", "store",
             "A keyed table: groups that are linked to it write each record they worked by its key, or look its row up.", (
                 Param("key", "text", "", "Key from field", section="Rows",
                       help="A field of the value, dots go deeper; empty takes the record's key. A value of null removes the row."),
                 Param("writes", "choice", "plain", "Writes", choices=("plain", "once_per_id"), section="Rows",
                       help="plain applies every write; once_per_id leaves out what has an event id that was there before."),
                 Param("id_field", "text", "id", "Event id from field", section="Rows",
                       help="For once per id; without that field a record's topic, partition and offset are its id."),
                 Param("capacity", "float", 0.0, "Capacity", "reads and writes/s", 0, 1_000_000, section="Load",
                       help="What comes beyond it is refused, and its record fails. 0 takes everything."),
             ), size=(162.0, 86.0)),
        Kind("note", "Note", "drawing", "note", "Text on the drawing.", (
            Param("text", "code", "", "Text"),
            Param("client", "text", "", "Stands for",
                  help="The client id of a program from outside: the note is its place on the drawing while it is connected.")),
             size=(156.0, 58.0)),
        Kind("frame", "Frame", "drawing", "frame", "A titled box behind parts that belong together.", size=(340.0, 200.0)),
    )
}


def kind_of(name: str) -> Kind:
    """The kind, or ``Invalid`` naming those there are."""
    try:
        return KINDS[name]
    except KeyError:
        raise Invalid("There is no kind of node «{name}».", "Use one of {kinds}.", name=name,
                      kinds=', '.join(KINDS)) from None


def names_where(holds: Callable[[Kind], bool]) -> tuple[str, ...]:
    """The names of the kinds of which that is true, in the order of the table."""
    return tuple(kind.name for kind in KINDS.values() if holds(kind))


TOPICS = names_where(lambda kind: kind.role == "topic")
"""What has a log of its own: topic, queue, dead letters."""
HOLDERS = names_where(lambda kind: kind.takes and kind.role != "group")
"""What others write to or read from: topics and exchanges."""
GROUPS = names_where(lambda kind: kind.role == "group")
PRODUCERS = names_where(lambda kind: kind.role == "producer")


def link_params(document: FlowDocument, link: Link) -> tuple[Param, ...]:
    """What can be set on a link: a binding has keys or arguments, as its exchange wants them, and between exchanges it
    may be the way to the alternate; dead letters may have a routing key of their own."""
    source, target = document.node(link.source), document.node(link.target)
    if source.kind == "queue" and target.kind == "exchange":
        return DEAD_LETTERS
    if source.kind != "exchange":
        return ()
    if target.kind != "exchange":
        return binding_params(source)
    return (CARRIES,) if link.params.get("carries") == "unrouted" else (CARRIES, *binding_params(source))


def binding_params(exchange: Node) -> tuple[Param, ...]:
    return BINDING[kind_of("exchange").value(exchange.params, "type")]
