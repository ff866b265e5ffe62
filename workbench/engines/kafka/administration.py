"""Changing topics and groups of a Kafka cluster, by its admin API. Blocking; one thread at a time.

A change answers once every broker that is asked afterwards knows of it, or after some seconds all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,  # pyright: ignore[reportPrivateImportUsage]  # public, says the module's note; it has no __all__
    ConfigEntry,  # pyright: ignore[reportPrivateImportUsage]
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage]
    NewPartitions,  # pyright: ignore[reportPrivateImportUsage]
    NewTopic,  # pyright: ignore[reportPrivateImportUsage]
)

from workbench.broker import CommittedOffset, GroupMeta, GroupState, MemberMeta, ResetGround, plan_reset
from workbench.control.command import Command
from workbench.control.messages import AlterTopic, CreateTopic, DeleteGroup, DeleteTopic
from workbench.core.clock import SystemClock
from workbench.core.errors import AlreadyExists, Invalid, NotFound, Refused, Unsupported
from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.core.records import PartitionBounds, TopicPartition
from workbench.core.snapshot import GroupStat
from workbench.engines.attached_engine import words_of
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.browse import KafkaBrowse
from workbench.engines.kafka.errors import translated

SEEN_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.05
_STATES = {"Stable": GroupState.STABLE, "Empty": GroupState.EMPTY, "Dead": GroupState.DEAD}


class KafkaAdministration:
    """See the module."""

    def __init__(self, spec: ConnectionSpec) -> None:
        self._spec = spec
        self._faults = client.Faults()
        self._admin: AdminClient = client.admin(spec, self._faults)
        self._browse = KafkaBrowse(spec, self._admin, self._faults)
        self._deeds: Mapping[type[Command], Callable[[Any], None]] = {
            CreateTopic: self._create, AlterTopic: self._alter, DeleteTopic: self._delete, DeleteGroup: self._forget,
        }

    def close(self) -> None:
        self._browse.close()

    # -- topics ----------------------------------------------------------------------------------------------
    def call_for(self, change: Command) -> str:
        match change:
            case CreateTopic(kind="queue"):
                raise Unsupported("Kafka has topics and groups, no queues.", "Create it without --queue.")
            case CreateTopic():
                return create_call(change.name, change.partitions, change.config)
            case AlterTopic():
                return _alter_call(change)
            case DeleteTopic():
                return f"DeleteTopics {change.name}. Nothing brings it back."
            case DeleteGroup():
                return f"DeleteGroups {change.group}."
        raise Unsupported("That is not done on @{name} so far.", name=self._spec.name)

    def do(self, change: Command) -> None:
        self.call_for(change)
        self._deeds[type(change)](change)

    def _create(self, asked: CreateTopic) -> None:
        topic = NewTopic(asked.name, asked.partitions, config=dict(asked.config))
        self._done(self._admin.create_topics([topic], request_timeout=client.CALL_S)[asked.name])
        self._wait_until(lambda: len(self._partitions().get(asked.name, ())) == asked.partitions)

    def _alter(self, asked: AlterTopic) -> None:
        known = self._partitions()
        if asked.name not in known:
            raise NotFound("@{name} has no topic {name_2}.", "See: workbench topics @{name} list.",
                           name=self._spec.name, name_2=asked.name)
        if asked.config:
            entries = [ConfigEntry(name, value, incremental_operation=(
                AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET))
                for name, value in asked.config.items()]
            resource = ConfigResource(ConfigResource.Type.TOPIC, asked.name, incremental_configs=entries)
            changed = self._admin.incremental_alter_configs([resource], request_timeout=client.CALL_S)
            self._done(changed[resource])
        if asked.partitions is not None:
            grown = self._admin.create_partitions([NewPartitions(asked.name, asked.partitions)],
                                                  request_timeout=client.CALL_S)
            self._done(grown[asked.name])
            self._wait_until(lambda: len(self._partitions().get(asked.name, ())) == asked.partitions)

    def _delete(self, asked: DeleteTopic) -> None:
        self._done(self._admin.delete_topics([asked.name], request_timeout=client.CALL_S)[asked.name])
        self._wait_until(lambda: asked.name not in self._partitions())

    def _partitions(self) -> dict[str, frozenset[int]]:
        found = self._call(lambda: self._admin.list_topics(timeout=client.CALL_S)).topics
        return {name: frozenset(topic.partitions) for name, topic in found.items()}

    @staticmethod
    def _wait_until(seen: Callable[[], bool]) -> None:
        until_s = time.monotonic() + SEEN_WITHIN_S
        while not seen() and time.monotonic() < until_s:
            time.sleep(_LOOK_EVERY_S)

    # -- groups ----------------------------------------------------------------------------------------------
    def _forget(self, asked: DeleteGroup) -> None:
        self._done(self._admin.delete_consumer_groups([asked.group], request_timeout=client.CALL_S)[asked.group])

    def plan_reset(self, group: str, spec: ResetSpec, topic: str, partitions: Sequence[int]) -> ResetPlan:
        stat = self._browse.group_stat(group)
        other = self._browse.group_stat(spec.group) if spec.kind == "group" else None
        if spec.kind == "group" and other is None:
            raise NotFound("@{name} has no group {group}.", "See: workbench groups @{name} list.", name=self._spec.name,
                           group=spec.group)
        committed = _committed(stat)
        topics = [topic] if topic else sorted({part.topic for part in committed})
        if not topics:
            raise NotFound("Group {group} has committed nothing at @{name}.", "Name a topic with --topic.", group=group,
                           name=self._spec.name)
        bounds = self._chosen(topics, partitions)
        ground = ResetGround(_meta(group, stat), bounds, committed, _committed(other),
                             lambda part, ms: self._browse.offset_for_time(part.topic, part.partition, ms),
                             SystemClock().now_ms())
        plan = plan_reset(spec, ground)
        return replace(plan, refused=self._refusal(plan)) if plan.refused else plan

    def _chosen(self, topics: Sequence[str], numbers: Sequence[int]) -> dict[TopicPartition, PartitionBounds]:
        found = {TopicPartition(topic, place.partition): place
                 for topic, places in self._browse.bounds_of(topics).items() for place in places}
        chosen = {part: place for part, place in found.items() if not numbers or part.partition in numbers}
        if missing := set(numbers) - {part.partition for part in chosen}:
            raise Invalid("{topics} has no partition {missing}.", "Leave it out.", topics=', '.join(topics),
                          missing=min(missing))
        return chosen

    def _refusal(self, plan: ResetPlan) -> str:
        members = "1 member is" if plan.members == 1 else f"{plan.members:,} members are"
        return (f"In group {plan.group} {members} active at @{self._spec.name}, and would overwrite the new offsets. "
                "Stop these programs first.")

    def apply_reset(self, plan: ResetPlan) -> ResetPlan:
        if plan.refused:
            raise Refused(plan.refused)
        places = [KafkaPartition(move.topic, move.partition, move.after) for move in plan.moves]
        asked = self._admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(plan.group, places)],
                                                         request_timeout=client.CALL_S)
        done = self._done(asked[plan.group])
        for place in done.topic_partitions:
            if place.error is not None:
                raise translated(KafkaException(place.error), self._spec.address)
        return replace(plan, applied=True)

    # -- calls -----------------------------------------------------------------------------------------------
    def _done(self, future: Any) -> Any:
        return self._call(future.result)

    def _call(self, ask: Callable[[], Any]) -> Any:
        try:
            found = ask()
            self._faults.clear()
            return found
        except KafkaException as error:
            self._admin.poll(0)
            raise change_refused(error, self._spec.address, self._faults.recent()) from None


def create_call(name: str, partitions: int, config: Mapping[str, str]) -> str:
    parts = f"{partitions:,} partition{'' if partitions == 1 else 's'}"
    return f"CreateTopics {name}, {parts}, replicas as the cluster says{words_of(config)}."


def _alter_call(change: AlterTopic) -> str:
    calls = [f"CreatePartitions {change.name} to {change.partitions:,}"] if change.partitions is not None else []
    if change.config:
        told = (f"{name} {'to its default' if value is None else f'= {value}'}"
                for name, value in sorted(change.config.items()))
        calls.append(f"IncrementalAlterConfigs {change.name}: {', '.join(told)}")
    return f"{'; '.join(calls)}."


def change_refused(error: KafkaException, address: str, reason: str = "") -> Exception:
    """As ``translated``, with what only changes meet."""
    cause = error.args[0] if error.args else error
    code = cause.code() if isinstance(cause, KafkaError) else None
    told = cause.str().rstrip(". ") if isinstance(cause, KafkaError) else ""
    if code in (KafkaError.TOPIC_ALREADY_EXISTS,):
        return AlreadyExists("Kafka at {address} has that topic already: {told}.", "Choose another name.",
                             address=address, told=told)
    if code in (KafkaError.NON_EMPTY_GROUP, KafkaError.UNKNOWN_MEMBER_ID):
        return Refused("Members of that group are active at Kafka at {address}: {told}.", "Stop these programs first.",
                       address=address, told=told)
    if code in (KafkaError.INVALID_CONFIG, KafkaError.INVALID_PARTITIONS, KafkaError.TOPIC_EXCEPTION,
                KafkaError.INVALID_REPLICATION_FACTOR):
        return Invalid("Kafka at {address} does not take it: {told}.", "Change it, and do it again.", address=address,
                       told=told)
    return translated(error, address, reason)


def _committed(stat: GroupStat | None) -> dict[TopicPartition, CommittedOffset]:
    places = () if stat is None else stat.partitions
    return {TopicPartition(p.topic, p.partition): CommittedOffset(p.committed) for p in places
            if p.committed is not None}


def _meta(name: str, stat: GroupStat | None) -> GroupMeta:
    if stat is None:
        return GroupMeta(name, GroupState.EMPTY)
    members = tuple(MemberMeta(m.member_id, m.client, m.client, None,
                               assignment=tuple(TopicPartition(*place) for place in m.partitions))
                    for m in stat.members)
    known = _STATES.get(stat.state, GroupState.STABLE)
    return GroupMeta(name, cast(GroupState, known) if members or known is not GroupState.STABLE else GroupState.EMPTY,
                     members=members)
