"""How a queue was declared, and what its arguments mean here. Pure.

Kept with the queue as one setting (``queue.declared``), so that declaring it again can be compared, also after a
restart: flags, and the known arguments with their types. Unknown x-* arguments are taken and not compared (RabbitMQ).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from workbench.broker import PROFILE
from workbench.core.errors import Invalid
from workbench.core.names import stored_name
from workbench.listeners.amqp.refusals import ChannelRefusal, flag_unlike, queue_words, unlike

DECLARED = "queue.declared"
MESSAGE_MAX = 128 << 20
"""Of a body, as RabbitMQ's max_message_size; the batch it stands in may have some more."""
_BATCH_MAX = MESSAGE_MAX + (1 << 20)
_TTL_MAX_MS = 10 * 365 * 24 * 3600 * 1000
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    durable: bool = True
    exclusive: bool = False
    auto_delete: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def quorum(self) -> bool:
        return self.arguments.get("x-queue-type") == "quorum"

    @property
    def expires_ms(self) -> int | None:
        return self.arguments.get("x-expires")


def declared_as(config: Mapping[str, str]) -> Declared | None:
    """None of a queue that no AMQP client declared."""
    text = config.get(DECLARED)
    return Declared(**orjson.loads(text)) if text else None


def settings_of(name: str, declared: Declared) -> dict[str, str | None]:
    """The settings of a queue so declared. ChannelRefusal 406 where an argument can't be."""
    arguments = checked_arguments(name, declared.arguments)
    _check_type(name, declared, arguments)
    quorum = arguments.get("x-queue-type") == "quorum"
    found: dict[str, str | None] = {PROFILE: "rabbitmq", "max.message.bytes": str(_BATCH_MAX)}
    if "x-delivery-limit" in arguments:
        found["queue.max.deliveries"] = str(arguments["x-delivery-limit"] + 1)
    elif not quorum:
        found["queue.max.deliveries"] = "0"
    for argument, setting in _NUMBERS.items():
        if argument in arguments:
            found[setting] = str(arguments[argument])
    if "x-message-ttl" in arguments:
        found["queue.ttl.ms"] = str(min(max(1, arguments["x-message-ttl"]), _TTL_MAX_MS))
    if arguments.get("x-overflow", "").startswith("reject-publish"):
        found["queue.overflow"] = "refuse"
    if arguments.get("x-single-active-consumer"):
        found["queue.type"] = "failover"
    found |= _dead_letters(name, arguments)
    found[DECLARED] = orjson.dumps({"durable": declared.durable, "exclusive": declared.exclusive,
                                    "auto_delete": declared.auto_delete, "arguments": arguments}).decode()
    return found


def _dead_letters(name: str, arguments: Arguments) -> dict[str, str | None]:
    exchange, key = arguments.get("x-dead-letter-exchange"), arguments.get("x-dead-letter-routing-key")
    if exchange is None:
        if key is not None:
            raise _invalid(name, "x-dead-letter-routing-key", "routing_key_but_no_dlx_defined")
        return {}
    if exchange:
        return {"queue.dead.letter.exchange": exchange, **({"queue.dead.letter.routing.key": key} if key else {})}
    if not key or key == name:
        raise ChannelRefusal(406, f"the dead letters of {queue_words(name)} would go back to it: give another "
                             "x-dead-letter-routing-key with the default exchange")
    try:
        return {"queue.dead.letter": stored_name(key)}
    except Invalid as reason:
        raise ChannelRefusal(406, reason.sentence()) from None


# -- checking ------------------------------------------------------------------------------------------------
def checked_arguments(name: str, arguments: Arguments) -> dict[str, Any]:
    """The known ones, each as it may be. ChannelRefusal 406 in RabbitMQ's words."""
    found = {}
    for argument, value in arguments.items():
        check = _CHECKS.get(argument)
        if check is not None:
            reason = check(value)
            if reason.startswith("{unacceptable_type") and argument.startswith("x-dead-letter"):
                raise ChannelRefusal(406, f"invalid type '{kind_of(value)}' for arg '{argument}' in "
                                     f"{queue_words(name)}")
            if reason:
                raise _invalid(name, argument, reason)
            found[argument] = value
    return found


def _check_type(name: str, declared: Declared, arguments: Arguments) -> None:
    """What a type of queue has not."""
    kind = arguments.get("x-queue-type", "classic")
    if kind != "classic":
        for what, wrong in (("non-durable", not declared.durable and not declared.exclusive),
                            ("exclusive-owner", declared.exclusive), ("auto-delete", declared.auto_delete)):
            if wrong:
                raise ChannelRefusal(406, f"invalid property '{what}' for {queue_words(name)}")
    if kind == "stream":
        raise _invalid(name, "x-queue-type", "streams are not served here by AMQP: use a quorum queue, or a topic with "
                       "a Kafka client")
    for argument in _NOT_IN[kind]:
        if argument in arguments:
            raise ChannelRefusal(406, f"invalid arg '{argument}' for {queue_words(name)} of queue type "
                                 f"rabbit_{kind}_queue")


def _invalid(name: str, argument: str, reason: str) -> ChannelRefusal:
    return ChannelRefusal(406, f"invalid arg '{argument}' for {queue_words(name)}: {reason}")


def whole_number(value: Any) -> str:
    """What is wrong with it as a number, in RabbitMQ's words; empty: nothing."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return "" if whole else f'"expected integer, got {kind_of(value)}"'


def _number(low: int, most: int | None = None) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if reason := whole_number(value):
            return reason
        if value < low:
            return "{value_zero,0}" if value == 0 else f"{{value_negative,{value}}}"
        return f"{{max_value_exceeded,{value}}}" if most is not None and value > most else ""

    return check


def _typed(kind: type) -> Callable[[Any], str]:
    return lambda value: "" if isinstance(value, kind) else f"{{unacceptable_type,{kind_of(value)}}}"


def _one_of(choices: tuple[str, ...], other: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        return _typed(str)(value) or ("" if value in choices else other.format(value))

    return check


_CHECKS: Mapping[str, Callable[[Any], str]] = {
    "x-queue-type": _one_of(("classic", "quorum", "stream"), "\"unsupported queue type '{}'\""),
    "x-message-ttl": _number(0), "x-expires": _number(1), "x-max-length": _number(0),
    "x-max-length-bytes": _number(0), "x-max-priority": _number(0, 255), "x-delivery-limit": _number(0),
    "x-dead-letter-exchange": _typed(str), "x-dead-letter-routing-key": _typed(str),
    "x-single-active-consumer": _typed(bool),
    "x-overflow": _one_of(("drop-head", "reject-publish", "reject-publish-dlx"), "invalid_overflow"),
    "x-queue-mode": _one_of(("default", "lazy"), "\"unsupported queue mode '{}'\""),
}
_NOT_IN = {"classic": ("x-delivery-limit",), "quorum": ("x-max-priority", "x-queue-mode")}
_NUMBERS = {"x-message-ttl": "queue.ttl.ms", "x-max-length": "queue.max.length",
            "x-max-priority": "queue.max.priority"}
NOT_KEPT = {"x-max-length-bytes": "The length is counted in messages here: use x-max-length."}
"""Arguments that are taken, and not held; each with what to set instead."""


# -- comparing -----------------------------------------------------------------------------------------------
def check_alike(name: str, declared: Declared, before: Declared) -> None:
    """ChannelRefusal 406 naming the first difference."""
    for flag in ("durable", "auto_delete"):
        new, old = getattr(declared, flag), getattr(before, flag)
        if new is not old:
            raise flag_unlike(flag, queue_words(name), new, old)
    new_arguments = checked_arguments(name, declared.arguments)
    for argument in _CHECKS:
        new, old = new_arguments.get(argument), before.arguments.get(argument)
        if argument == "x-queue-type":
            new, old = new or "classic", old or "classic"
        if new != old:
            alone = new is None or old is None
            raise unlike(argument, queue_words(name), _received(new, alone), _received(old, alone))


def _received(value: object, alone: bool) -> str:
    """``alone``: the other side has none, and RabbitMQ names the type."""
    if value is None:
        return "none"
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"the value '{shown}' of type '{kind_of(value)}'" if alone else f"'{shown}'"


def kind_of(value: object) -> str:
    """RabbitMQ's name of a field's type."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "signedint" if -(2**31) <= value < 2**31 else "long"
    if isinstance(value, str | bytes):
        return "longstr"
    return {float: "double", dict: "table", list: "array", type(None): "void"}.get(type(value), "timestamp")
