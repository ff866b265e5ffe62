"""Queues, exchanges and bindings of RabbitMQ's management API as the workbench's own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.control.exchanges import ExchangeInfo
from workbench.control.queues import QueueInfo
from workbench.core.queues import QueueCounts, QueueMeta
from workbench.core.routing import Binding, Exchange, ExchangeType
from workbench.core.snapshot import ExchangeStat, QueueConsumerStat, QueueStat
from workbench.engines.base import EngineTopic

STREAM = "stream"
_DEAD_LETTER_EXCHANGE, _DEAD_LETTER_KEY = "x-dead-letter-exchange", "x-dead-letter-routing-key"
_OF_POLICY = {"dead-letter-exchange": _DEAD_LETTER_EXCHANGE, "dead-letter-routing-key": _DEAD_LETTER_KEY,
              "delivery-limit": "x-delivery-limit"}
_TYPES = frozenset(kind.value for kind in ExchangeType)


def kind_of(queue: Mapping[str, Any]) -> str:
    """A stream is a log, all other types are queues."""
    return "stream" if queue.get("type") == STREAM else "queue"


def topic_of(queue: Mapping[str, Any]) -> EngineTopic:
    return EngineTopic(queue["name"], kind_of(queue), 1, internal=queue["name"].startswith("amq."))


def arguments_of(queue: Mapping[str, Any]) -> dict[str, Any]:
    """What the queue was declared with; what it does not say itself as its policy has it."""
    policy = queue.get("effective_policy_definition") or {}
    told = {_OF_POLICY[name]: value for name, value in policy.items() if name in _OF_POLICY} \
        if isinstance(policy, dict) else {}
    return told | dict(queue.get("arguments") or {})


def settings_of(queue: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Those the queue was declared with, and those it has from its policy or by default."""
    own = {name: _plain(value) for name, value in dict(queue.get("arguments") or {}).items()}
    others = {name: _plain(queue[name]) for name in ("type", "durable", "auto_delete", "exclusive") if name in queue}
    if queue.get("policy"):
        others["policy"] = str(queue["policy"])
        others |= {name: _plain(value) for name, value in arguments_of(queue).items() if name not in own}
    return own, others


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def queue_info(queue: Mapping[str, Any]) -> QueueInfo:
    own, others = settings_of(queue)
    name, told, arguments = queue["name"], queue.get("message_stats") or {}, arguments_of(queue)
    counts = QueueCounts(ready=queue.get("messages_ready", 0), in_flight=queue.get("messages_unacknowledged", 0),
                         received=told.get("deliver_get", 0), acked=told.get("ack", 0),
                         redelivered=told.get("redeliver", 0))
    exchange = arguments.get(_DEAD_LETTER_EXCHANGE)
    key = arguments.get(_DEAD_LETTER_KEY, "")
    stat = QueueStat(
        name, name, counts, _rate(told, "publish_details"), _rate(told, "ack_details"),
        type=str(queue.get("type", "classic")), dead_letter=str(key) if exchange == "" else "",
        dead_letter_exchange=str(exchange or ""), consumers=tuple(map(_consumer, queue.get("consumer_details") or ())),
    )
    return QueueInfo(QueueMeta(name, name, "", own, bool(queue.get("durable", True))), stat, others)


def _rate(told: Mapping[str, Any], name: str) -> float:
    return float((told.get(name) or {}).get("rate", 0.0))


def _consumer(told: Mapping[str, Any]) -> QueueConsumerStat:
    where = (told.get("channel_details") or {}).get("connection_name", "")
    named = f"{told.get('consumer_tag', '')} at {where}" if where else str(told.get("consumer_tag", ""))
    return QueueConsumerStat(named, prefetch=told.get("prefetch_count", 0), active=bool(told.get("active", True)))


def exchange_infos(exchanges: Iterable[Mapping[str, Any]], bindings: Sequence[Mapping[str, Any]],
                   queues: Sequence[Mapping[str, Any]]) -> list[ExchangeInfo]:
    """All but the default exchange and those that RabbitMQ makes itself and nobody uses. An exchange of a plugin's
    type is left out, as the workbench has no such type."""
    found = []
    for told in sorted(exchanges, key=lambda each: each["name"]):
        name, kind = told["name"], told.get("type", "")
        own = tuple(_binding(each) for each in bindings if each["source"] == name)
        dead = tuple(q["name"] for q in queues if name and arguments_of(q).get(_DEAD_LETTER_EXCHANGE) == name)
        unused = name.startswith("amq.") and not own and not dead
        if not name or unused or kind not in _TYPES:
            continue
        rate = _rate(told.get("message_stats") or {}, "publish_in_details")
        exchange = Exchange(name, ExchangeType(kind), str((told.get("arguments") or {}).get("alternate-exchange", "")))
        stat = ExchangeStat(name, kind, (told.get("message_stats") or {}).get("publish_in", 0),
                            (told.get("message_stats") or {}).get("publish_out", 0), rate=rate)
        found.append(ExchangeInfo(exchange, own, dead, stat))
    return found


def _binding(told: Mapping[str, Any]) -> Binding:
    arguments = dict(told.get("arguments") or {})
    match = str(arguments.pop("x-match", "all"))
    return Binding(told["source"], told["destination"], told["routing_key"], told["destination_type"] == "exchange",
                   tuple((str(name), _plain(value)) for name, value in arguments.items()), match.startswith("any"))
