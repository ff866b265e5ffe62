"""The settings of queues and subscriptions: one table says what each is, what it may be, and why not more.

They stand in the config of a queue topic, or of a subscription, under the keys of ``QUEUE_DEFAULTS``. Whatever is
refused is refused with a sentence that says why. ``QueueSettings`` is the same read once, as the state machine
goes by it. A profile (see ``profiles``) brings defaults and rules of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workbench.broker.exchanges.routing import check_key
from workbench.broker.profiles.table import PROFILE, Act, check_act, check_settings, limit, profile_defaults
from workbench.core.errors import Invalid
from workbench.core.queues import SubscriptionType

PREFIX = "queue."
YEAR_MS = 365 * 24 * 3600 * 1000
MAX_VISIBILITY_MS = 12 * 3600 * 1000
MAX_PREFETCH = 100_000
PROFILES = ("", "kafka", "pulsar", "kinesis", "rabbitmq", "activemq", "sqs")
OVERFLOWS = ("drop_head", "refuse", "dead_letter")
_CIRCLES_ALLOWED = ("rabbitmq",)
_GROUPS_IN_BATCHES = ("sqs",)
_VISIBLE_AT_ONCE = ("sqs",)
_ACTIVE_BY_ARRIVAL = ("rabbitmq",)
UNDECLARED_EXCHANGES = ("rabbitmq",)
"""Profiles where a queue may name a dead-letter exchange before that is declared."""
_FLAG = ("true", "false")


@dataclass(frozen=True, slots=True)
class _Number:
    """A whole number from ``low`` to ``high``; ``none`` is the value that means without."""

    default: int
    low: int
    high: int
    why_low: str
    why_high: str
    none: int | None = None

    def check(self, key: str, value: str) -> str:
        try:
            number = int(value)
        except ValueError:
            raise Invalid("{key} can't be {value!r}.", "Give a whole number.", key=key, value=value) from None
        if number != self.none and not self.low <= number <= self.high:
            without = "" if self.none is None else f", or {self.none} for none"
            why = self.why_low if number < self.low else self.why_high
            raise Invalid("{key} can't be {number}: {why}", "Give a number from {low} to {high}{without}.", key=key,
                          number=number, why=why, low=self.low, high=self.high, without=without)
        return str(number)


@dataclass(frozen=True, slots=True)
class _Choice:
    default: str
    choices: tuple[str, ...]

    def check(self, key: str, value: str) -> str:
        if value.lower() not in self.choices:
            named = ", ".join(choice or "none" for choice in self.choices)
            raise Invalid("{key} can't be {value!r}.", "Use one of: {named}.", key=key, value=value, named=named)
        return value.lower()


@dataclass(frozen=True, slots=True)
class _Name:
    default: str = ""

    def check(self, key: str, value: str) -> str:
        return value


_AGAIN_AT_ONCE = "a message would be handed out again at once, while its consumer still works on it."
_TOO_LONG = "a message would be stuck that long with a consumer that has died."
_NEGATIVE = "time only goes forward."
_OVER_A_YEAR = "that is more than a year."

_TABLE: Mapping[str, _Number | _Choice | _Name] = {
    PROFILE: _Choice("", PROFILES),
    "queue.type": _Choice("shared", tuple(kind.value for kind in SubscriptionType)),
    "queue.visibility.ms": _Number(30_000, 1, MAX_VISIBILITY_MS, _AGAIN_AT_ONCE, _TOO_LONG),
    "queue.max.deliveries": _Number(0, 1, 1_000_000, "nothing would be delivered.", "that is no limit.", none=0),
    "queue.dead.letter": _Name(),
    "queue.dead.letter.exchange": _Name(),
    "queue.dead.letter.routing.key": _Name(),
    "queue.ttl.ms": _Number(-1, 1, 10 * YEAR_MS, "everything would expire before it is read.",
                            "that is more than ten years.", none=-1),
    "queue.delay.ms": _Number(0, 0, YEAR_MS, _NEGATIVE, _OVER_A_YEAR),
    "queue.retry.delay.ms": _Number(0, 0, YEAR_MS, _NEGATIVE, _OVER_A_YEAR),
    "queue.max.priority": _Number(0, 0, 255, "priorities begin at 0.", "255 is the highest there is."),
    "queue.max.length": _Number(-1, 1, 2**40, "a queue without room takes nothing.", "that is no limit.", none=-1),
    "queue.overflow": _Choice("drop_head", OVERFLOWS),
    "queue.dedup.ms": _Number(0, 0, 24 * 3600 * 1000, _NEGATIVE, "that is more than a day of ids to remember."),
    "queue.ordered.groups": _Choice("false", _FLAG),
    "queue.prefetch": _Number(0, 0, MAX_PREFETCH, "0 is no limit already.",
                              "one consumer would hoard what others could work on."),
    "queue.durable": _Choice("true", _FLAG),
    "queue.start": _Choice("earliest", ("earliest", "latest")),
    "queue.declared": _Name(),
}

QUEUE_DEFAULTS: Mapping[str, str] = {key: str(setting.default) for key, setting in _TABLE.items()}
"""Settings of a queue that sets nothing. ``queue.durable`` and ``queue.start`` are for subscriptions only: whether one
outlives its last consumer, and where a new one begins. ``queue.declared`` is how a client of
another system declared the queue, in words of that system's listener, which alone reads it."""


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """A queue's config, read once. None is "without". ``whole`` is every setting as text."""

    profile: str = ""
    type: SubscriptionType = SubscriptionType.SHARED
    visibility_ms: int = 30_000
    max_deliveries: int | None = None
    dead_letter: str = ""
    dead_letter_exchange: str = ""
    dead_letter_key: str = ""
    ttl_ms: int | None = None
    delay_ms: int = 0
    retry_delay_ms: int = 0
    max_priority: int = 0
    max_length: int | None = None
    overflow: str = "drop_head"
    dedup_ms: int = 0
    ordered_groups: bool = False
    prefetch: int = 0
    durable: bool = True
    start: str = "earliest"
    whole: Mapping[str, str] = field(default_factory=lambda: QUEUE_DEFAULTS)

    @classmethod
    def of(cls, config: Mapping[str, str], queue: str = "") -> QueueSettings:
        """As ``config`` and its profile say; ``queue`` is the name of the queue, if it has one already."""
        whole = {**queue_defaults(config, queue), **config}
        return cls(
            profile=whole["queue.profile"],
            type=SubscriptionType(whole["queue.type"]),
            visibility_ms=int(whole["queue.visibility.ms"]),
            max_deliveries=int(whole["queue.max.deliveries"]) or None,
            dead_letter=whole["queue.dead.letter"],
            dead_letter_exchange=whole["queue.dead.letter.exchange"],
            dead_letter_key=whole["queue.dead.letter.routing.key"],
            ttl_ms=None if whole["queue.ttl.ms"] == "-1" else int(whole["queue.ttl.ms"]),
            delay_ms=int(whole["queue.delay.ms"]),
            retry_delay_ms=int(whole["queue.retry.delay.ms"]),
            max_priority=int(whole["queue.max.priority"]),
            max_length=None if whole["queue.max.length"] == "-1" else int(whole["queue.max.length"]),
            overflow=whole["queue.overflow"],
            dedup_ms=int(whole["queue.dedup.ms"]),
            ordered_groups=whole["queue.ordered.groups"] == "true",
            prefetch=int(whole["queue.prefetch"]),
            durable=whole["queue.durable"] == "true",
            start=whole["queue.start"],
            whole=whole,
        )

    def check_visibility(self, visibility_ms: int) -> None:
        """Of a receive, or from now on. SQS takes 0: the message is there again at once."""
        if visibility_ms or self.profile not in _VISIBLE_AT_ONCE:
            check_setting("queue.visibility.ms", str(visibility_ms))

    def allow(self, act: Act, amount: int = 0) -> None:
        """Unsupported where the profile does not allow the act, naming the system's rule."""
        check_act(act, self.whole, amount)

    def most(self, asked: int, in_flight: int) -> int:
        """How many of ``asked`` messages the profile lets be handed out while so many are in flight."""
        if not self.profile:
            return asked
        at_once, together = limit(Act.RECEIVE, self.whole), limit(Act.IN_FLIGHT, self.whole)
        left = asked if together is None else max(0, together - in_flight)
        return min(asked, left) if at_once is None else min(asked, left, at_once)

    @property
    def sends_dead(self) -> bool:
        """Whether what dies leaves the queue; else it stays there, marked."""
        return bool(self.dead_letter or self.dead_letter_exchange)

    @property
    def by_key(self) -> bool:
        """Whether a message's group or key decides who may have it, and when."""
        return self.ordered_groups or self.type is SubscriptionType.KEY_SHARED

    @property
    def groups_in_batches(self) -> bool:
        """Whether one receive may take several of an ordered group. Elsewhere one is in flight: then nothing overtakes
        a message that comes back, and groups are for that."""
        return self.profile in _GROUPS_IN_BATCHES

    @property
    def active_by_arrival(self) -> bool:
        """Whether of a failover queue's consumers the first that came is the active one, not the first by name."""
        return self.profile in _ACTIVE_BY_ARRIVAL

    @property
    def refuses_when_full(self) -> bool:
        return self.max_length is not None and self.overflow == "refuse"

    @property
    def needs_all(self) -> bool:
        """Whether the next message can't be told without having looked at all of them."""
        return self.by_key or bool(self.max_priority or self.delay_ms or self.dedup_ms or self.ttl_ms) or (
            self.max_length is not None
        )


def is_queue_setting(key: str) -> bool:
    return key.startswith(PREFIX)


def queue_config(config: Mapping[str, str]) -> dict[str, str]:
    """Those of ``config`` that are a queue's."""
    return {key: value for key, value in config.items() if is_queue_setting(key)}


def queue_defaults(config: Mapping[str, str], queue: str = "") -> dict[str, str]:
    """What holds for a queue with ``config`` where it sets nothing: its profile's, else our own."""
    return {**QUEUE_DEFAULTS, **queue_config(profile_defaults(config, queue))}


def check_setting(key: str, value: str) -> str:
    """The value written the one way we store it."""
    if key not in _TABLE:
        raise Invalid("There is no queue setting {key}.", "Known are: {table}.", key=key, table=', '.join(_TABLE))
    return _TABLE[key].check(key, value)


def check_queue_config(config: Mapping[str, str | None]) -> dict[str, str]:
    """The settings of a subscription, each known and in range; None (back to default) is left out."""
    return {key: check_setting(key, value) for key, value in config.items() if value is not None}


def check_together(name: str, config: Mapping[str, str], next_dead_letter: Callable[[str], str]) -> None:
    """What does not go together in queue ``name``. ``next_dead_letter(queue)`` is where that queue's dead go."""
    settings = QueueSettings.of(config, name)
    settings.allow(Act.READ_AS_QUEUE)
    check_settings(settings.whole)
    if settings.ordered_groups and settings.max_priority:
        raise Invalid("Ordered groups and priorities exclude each other: a priority would break a group's order.",
                      "Leave one of the two out.")
    if settings.overflow == "dead_letter" and settings.max_length is not None and not settings.sends_dead:
        raise Invalid("What {name} can't hold has nowhere to go.",
                      "Name a dead-letter queue or exchange, or choose drop_head.", name=name)
    _check_dead_letters(name, settings, next_dead_letter)


def _check_dead_letters(name: str, settings: QueueSettings, next_dead_letter: Callable[[str], str]) -> None:
    exchange, key = settings.dead_letter_exchange, settings.dead_letter_key
    if settings.dead_letter and exchange:
        raise Invalid("The dead letters of {name} can't go to the queue {dead_letter} and to the exchange {exchange}.",
                      "Name one of them; an exchange may lead to several queues.", name=name,
                      dead_letter=settings.dead_letter, exchange=exchange)
    if key and not exchange:
        raise Invalid("{name} has a routing key for its dead letters, but no exchange to go by it.",
                      "Set queue.dead.letter.exchange too.", name=name)
    check_key(key)
    if not settings.dead_letter:
        return
    if settings.dead_letter == name:
        raise Invalid("{name} can't be its own dead-letter queue: what dies would come back for ever.",
                      "Name another queue.", name=name)
    if settings.profile not in _CIRCLES_ALLOWED:
        _check_no_cycle(name, settings.dead_letter, next_dead_letter)


def _check_no_cycle(name: str, target: str, next_dead_letter: Callable[[str], str]) -> None:
    way = [name]
    while target and target not in way:
        way.append(target)
        target = next_dead_letter(target)
    if target == name:
        raise Invalid("Dead letters would go in a cycle: {value}.", "Break it at one queue.",
                      value=' → '.join([*way, name]))


def check_prefetch(prefetch: int) -> None:
    check_setting("queue.prefetch", str(prefetch))


def check_delay(delay_ms: int) -> None:
    check_setting("queue.retry.delay.ms", str(delay_ms))
