"""What has settings: a topic, the broker (``1``), all brokers (no name), a group. Where each value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.broker import TOPIC_SETTINGS, Setting, TopicMeta, check_topic_config, topic_defaults
from workbench.core.errors import Invalid
from workbench.listeners.kafka.call import NODE_ID, Call
from workbench.listeners.kafka.dynamic_settings import BROKER_SETTINGS, GROUP_SETTINGS

TOPIC, BROKER, GROUP = 2, 4, 32
OF_TOPIC, OF_BROKER, OF_ALL_BROKERS, STATIC, DEFAULT, OF_GROUP = 1, 2, 3, 4, 5, 8
"""Kafka's numbers for where a value comes from."""
TYPES = {"boolean": 1, "string": 2, "int": 3, "long": 5, "double": 6, "list": 7}


@dataclass(frozen=True, slots=True)
class Told:
    """One setting as it is described. ``synonyms`` are (name, value, source), what holds first."""

    name: str
    value: str
    source: int
    kind: str
    about: str
    read_only: bool
    synonyms: tuple[tuple[str, str, int], ...]


def _told(setting: Setting, found: Mapping[int, str], default: str) -> Told:
    """``found`` is what was set, by source, what holds first."""
    synonyms = [(setting.name, value, source) for source, value in found.items()]
    synonyms += [(setting.synonym, default, DEFAULT)] if setting.synonym else []
    source, value = next(iter(found.items()), (DEFAULT, default))
    return Told(setting.name, value, source, setting.kind, setting.about, False, tuple(synonyms))


def topic_told(meta: TopicMeta) -> list[Told]:
    """All settings of a topic."""
    defaults = topic_defaults(meta.config)
    return [
        _told(one, {OF_TOPIC: meta.config[one.name]} if one.name in meta.config else {},
              defaults.get(one.name, one.default))
        for one in TOPIC_SETTINGS.values()
    ]


class Resource:
    """One that was asked for; Invalid when there is none such."""

    def __init__(self, call: Call, kind: int, name: str) -> None:
        self._call = call
        self._kind = kind
        self._name = name
        if kind == TOPIC:
            self.meta = call.broker.topic(name)
        elif kind == BROKER and name not in ("", str(NODE_ID)):
            raise Invalid("There is no broker {name!r}.", "Ask for broker {node_id}.", name=name, node_id=NODE_ID)
        elif kind == GROUP and not name:
            raise Invalid("A group needs a name.", "Give its id.")
        elif kind not in (TOPIC, BROKER, GROUP):
            raise Invalid("Resources of type {kind} have no settings here.", "Ask for a topic, a broker or a group.",
                          kind=kind)

    @property
    def _owner(self) -> str:
        return f"group {self._name}" if self._kind == GROUP else "broker" if self._name else "brokers"

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Those that can be changed."""
        return {TOPIC: TOPIC_SETTINGS, BROKER: BROKER_SETTINGS, GROUP: GROUP_SETTINGS}[self._kind]

    def set_now(self) -> Mapping[str, str]:
        """What was set here, nothing inherited."""
        return self.meta.config if self._kind == TOPIC else self._call.shared.dynamic.of(self._owner)

    def told(self) -> list[Told]:
        if self._kind == TOPIC:
            return topic_told(self.meta)
        found = self._call.shared.dynamic.of
        if self._kind == GROUP:
            own = found(self._owner)
            return [_told(one, {OF_GROUP: own[one.name]} if one.name in own else {}, one.default)
                    for one in GROUP_SETTINGS.values()]
        layers = {OF_BROKER: found("broker"), OF_ALL_BROKERS: found("brokers")} if self._name else {
            OF_ALL_BROKERS: found("brokers")}
        own_told = [
            _told(one, {source: layer[one.name] for source, layer in layers.items() if one.name in layer}, one.default)
            for one in BROKER_SETTINGS.values()
        ]
        if not self._name:
            return [one for one in own_told if one.source != DEFAULT]  # Kafka tells only what was set for all
        return sorted((*own_told, *self._static()), key=lambda one: one.name)

    def _static(self) -> list[Told]:
        host, port = self._call.address
        values = {
            "advertised.listeners": f"PLAINTEXT://{host}:{port}",
            "auto.create.topics.enable": str(self._call.shared.settings.auto_create).lower(),
            "default.replication.factor": "1",
            "node.id": str(NODE_ID),
            "num.partitions": "1",
        }
        return [Told(name, value, STATIC, "string", "", True, ((name, value, STATIC),))
                for name, value in values.items()]

    def check(self, changes: Mapping[str, str | None]) -> dict[str, str | None]:
        """``changes`` as they are stored; Invalid says which can't be."""
        if self._kind == TOPIC:
            return {**dict.fromkeys(changes), **check_topic_config(changes)}
        checked: dict[str, str | None] = {}
        for name, value in changes.items():
            if name not in self.settings:
                raise Invalid("{name} can't be changed while the broker runs.", "These can be: {settings}.", name=name,
                              settings=', '.join(self.settings))
            checked[name] = None if value is None else self.settings[name].check(value)
        return checked

    def change(self, changes: Mapping[str, str | None]) -> Any:
        """Carry checked changes out. Waits for the commit: not on the loop."""
        if self._kind == TOPIC:
            return self._call.broker.alter_topic(self._name, config=changes)
        return self._call.shared.dynamic.change(self._owner, changes)
