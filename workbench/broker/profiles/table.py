"""Profiles: what a topic or queue does that follows the rules of Kafka, Pulsar, Kinesis, RabbitMQ, ActiveMQ or SQS.

All of it stands in one table, ``resources/profiles.json``: names, defaults, what is refused in which sentence, and for
each feature whether it is modelled, approximated or absent, with the sources it was checked against. The broker
refuses by it, the inspector shows it, ``docs/profiles.md`` is printed from it, and tests read it.

A profile is named by the setting ``queue.profile``. The empty name is the workbench's own way: no rules. Pure; the
table is read once, when it is first asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from workbench.core.errors import Invalid, NotFound, Unsupported

PROFILE = "queue.profile"
_DEAD_LETTER = "queue.dead.letter"


class Act(StrEnum):
    """What may be asked of a queue and is not allowed everywhere. ``RECEIVE`` and ``IN_FLIGHT`` are never refused: no
    more messages are handed out than their limit."""

    READ_AS_QUEUE = "read_as_queue"
    RECEIVE = "receive"  # messages at once
    ACK_MULTIPLE = "ack_multiple"
    NACK_DELAY = "nack_delay"  # milliseconds, more than none
    REJECT = "reject"
    EXTEND = "extend"
    IN_FLIGHT = "in_flight"  # messages
    SEND_TTL = "send_ttl"  # a message with a time to live of its own, in milliseconds
    SEND_DELAY = "send_delay"  # milliseconds
    SEND_PRIORITY = "send_priority"
    SEND_WITHOUT_GROUP = "send_without_group"


class Level(StrEnum):
    MODELLED = "modelled"
    APPROXIMATED = "approximated"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim was checked."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Feature:
    """How much of a feature the workbench does as the system does. ``lacks``: the system has none, and so it is
    refused or has no place here."""

    name: str
    title: str
    level: Level
    text: str
    lacks: bool = False
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a system does not allow, in a sentence: of a setting, values outside ``only`` or ``low`` to
    ``high``; of an act, amounts over ``high``, or the act itself. It holds while the settings are as ``when`` says."""

    say: str
    next_step: str
    setting: str = ""
    act: Act | None = None
    only: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sources: tuple[Source, ...] = ()

    def holds(self, settings: Mapping[str, str]) -> bool:
        return all(settings.get(key, "") in values for key, values in self.when)

    def allows(self, value: str) -> bool:
        if self.only:
            return value in self.only
        number = int(value)
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)


@dataclass(frozen=True, slots=True)
class Profile:
    """A system: what it calls things (empty: it has no such thing), its defaults, rules and features. ``attached`` are
    the acts (``core.capabilities``) that can't be done with such a system outside, each with the reason."""

    name: str
    title: str
    as_of: str
    names: Mapping[str, str]
    defaults: Mapping[str, str]
    conditional: tuple[tuple[Mapping[str, Sequence[str]], Mapping[str, str]], ...]
    rules: tuple[Rule, ...]
    features: Mapping[str, Feature]
    attached: Mapping[str, str]

    def defaults_for(self, queue: str, config: Mapping[str, str]) -> dict[str, str]:
        """The system's defaults for a queue of that name with ``config`` set. No queue is its own dead-letter queue."""
        found = dict(self.defaults)
        for when, defaults in self.conditional:
            if all(config.get(key) in values for key, values in when.items()):
                found |= defaults
        if found.get(_DEAD_LETTER) == queue:
            del found[_DEAD_LETTER]
        return found

    def check_settings(self, settings: Mapping[str, str]) -> None:
        """Invalid, naming the system's rule. ``settings`` are whole: defaults overlaid by what was set."""
        for rule in self.rules:
            value = settings.get(rule.setting)
            if rule.setting and value is not None and rule.holds(settings) and not rule.allows(value):
                raise Invalid(f"{rule.setting} can't be {value or 'empty'}: {rule.say}", rule.next_step)

    def check_act(self, act: Act, settings: Mapping[str, str], amount: int = 0) -> None:
        """Unsupported, naming the system's rule. ``amount``: how many, or how long."""
        for rule in self.rules:
            if rule.act is act and rule.holds(settings) and (rule.high is None or amount > rule.high):
                raise Unsupported(rule.say, rule.next_step)

    def limit(self, act: Act) -> int | None:
        """The greatest amount of an act; None without one."""
        return next((rule.high for rule in self.rules if rule.act is act), None)


# -- for those who have a config -----------------------------------------------------------------------------
def limit(act: Act, settings: Mapping[str, str]) -> int | None:
    """The greatest amount of an act; None without one."""
    return profile(settings[PROFILE]).limit(act) if settings.get(PROFILE) else None


def profile_defaults(config: Mapping[str, str], queue: str = "") -> dict[str, str]:
    """What the profile that ``config`` names sets where ``config`` does not; nothing without a profile."""
    name = config.get(PROFILE, "")
    return profile(name).defaults_for(queue, config) if name else {}


def check_settings(settings: Mapping[str, str]) -> None:
    """See ``Profile.check_settings``; without a profile all is allowed."""
    if settings.get(PROFILE):
        profile(settings[PROFILE]).check_settings(settings)


def check_act(act: Act, settings: Mapping[str, str], amount: int = 0) -> None:
    """See ``Profile.check_act``; without a profile all is allowed."""
    if settings.get(PROFILE):
        profile(settings[PROFILE]).check_act(act, settings, amount)


def profile(name: str) -> Profile:
    for found in profiles():
        if found.name == name:
            return found
    raise NotFound("There is no profile {name}.", "Use one of: {profiles}.", name=name,
                   profiles=', '.join(p.name for p in profiles()))


# -- the table -----------------------------------------------------------------------------------------------
@cache
def profiles() -> tuple[Profile, ...]:
    """All of them, in the table's order."""
    table = json.loads((resources.files("workbench.resources") / "profiles.json").read_text(encoding="utf-8"))
    sources = {key: Source(entry["title"], entry["url"]) for key, entry in table["sources"].items()}
    return tuple(_profile(name, entry, table["features"], sources) for name, entry in table["profiles"].items())


def _profile(name: str, entry: Mapping[str, Any], titles: Mapping[str, str], sources: Mapping[str, Source]) -> Profile:
    features = {key: Feature(key, title, Level(found["level"]), found["text"], found.get("lacks", False),
                             _sources(found, sources))
                for key, title in titles.items() for found in (entry["features"][key],)}
    conditional = tuple((each["when"], each["defaults"]) for each in entry.get("conditional_defaults", ()))
    return Profile(name, entry["title"], entry["as_of"], entry["names"], entry["defaults"], conditional,
                   tuple(_rule(each, sources) for each in entry["rules"]), features,
                   entry.get("attached", {}))


def _rule(entry: Mapping[str, Any], sources: Mapping[str, Source]) -> Rule:
    return Rule(
        say=entry["say"],
        next_step=entry.get("next") or _next_step(entry),
        setting=entry.get("setting", ""),
        act=Act(entry["act"]) if "act" in entry else None,
        only=tuple(entry.get("only", ())),
        low=entry.get("min"),
        high=entry.get("max"),
        when=tuple((key, tuple(values)) for key, values in entry.get("when", {}).items()),
        sources=_sources(entry, sources),
    )


def _next_step(entry: Mapping[str, Any]) -> str:
    """What to do about a refusal that does not say so itself: what would be allowed."""
    if "only" in entry:
        return f"Use {' or '.join(value or 'an empty value' for value in entry['only'])}, or another profile."
    if "min" in entry and "max" in entry:
        return f"Give a number from {entry['min']} to {entry['max']}."
    if "min" in entry:
        return f"Give at least {entry['min']}."
    if "max" in entry:
        return f"Take at most {entry['max']} at once."
    return "Use another profile."


def _sources(entry: Mapping[str, Any], sources: Mapping[str, Source]) -> tuple[Source, ...]:
    return tuple(sources[key] for key in entry.get("sources", ()))
