"""What clients ask about topics and records. Lives on the host's loop; what waits for the disk goes off it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from random import Random

from workbench.broker import Broker, TopicMeta, queue_defaults, topic_defaults
from workbench.control.messages import (
    AlterTopic,
    AppendBatch,
    AppendedList,
    AppendRecords,
    CreateTopic,
    DeleteTopic,
    ListTopics,
    TopicInfo,
    TopicList,
)
from workbench.control.transfers import (
    DeletedTopicInfo,
    DeletedTopicList,
    DropDeletedTopic,
    ListDeletedTopics,
    RestoreTopic,
)
from workbench.core.changes import Changes
from workbench.core.partitioners import Partitioner, partitioner
from workbench.core.records import Record
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.connections import Connections
from workbench.host.session import ClientSession
from workbench.host.telemetry import Telemetry

KEEP_DELETED = "keep.deleted.ms"
"""The workspace's own setting; without it ``KEEP_DELETED_MS``."""
KEEP_DELETED_MS = 24 * 3600 * 1000


class TopicCommands:
    def __init__(self, broker: Broker, telemetry: Telemetry, connections: Connections) -> None:
        self._broker = broker
        self._telemetry = telemetry
        self._connections = connections
        self._partitioners: dict[tuple[str, str], Partitioner] = {}

    def handlers(self) -> CommandHandlers:
        return {
            ListTopics: CommandHandler(self._list),
            CreateTopic: CommandHandler(self._create),
            AlterTopic: CommandHandler(self._alter),
            DeleteTopic: CommandHandler(self._delete, Changes.DELETED),
            ListDeletedTopics: CommandHandler(self._list_deleted),
            RestoreTopic: CommandHandler(self._restore, Changes.DELETED),
            DropDeletedTopic: CommandHandler(self._drop, Changes.DELETED),
            AppendRecords: CommandHandler(self._append),
            AppendBatch: CommandHandler(self._append_batch),
        }

    async def _list(self, session: ClientSession, command: ListTopics) -> TopicList:
        if command.connection:
            return await self._connections.topics(command.connection, command.name)
        stats = self._telemetry.topic_stats()
        return TopicList(tuple(
            TopicInfo(meta.name, meta.kind, meta.partitions, meta.config, meta.created_ms, stats[meta.name],
                      _defaults(meta))
            for meta in self._broker.topics()
            if meta.name in stats and command.name in ("", meta.name)
        ))

    async def _create(self, session: ClientSession, command: CreateTopic) -> None:
        await asyncio.to_thread(
            self._broker.create_topic, command.name, command.partitions, command.kind, command.config
        )

    async def _alter(self, session: ClientSession, command: AlterTopic) -> None:
        await asyncio.to_thread(self._broker.alter_topic, command.name, command.partitions, command.config)

    async def _delete(self, session: ClientSession, command: DeleteTopic) -> None:
        keep_ms = 0 if command.at_once else int(self._broker.meta(KEEP_DELETED) or KEEP_DELETED_MS)
        await asyncio.to_thread(self._broker.delete_topic, command.name, keep_ms)

    async def _list_deleted(self, session: ClientSession, command: ListDeletedTopics) -> DeletedTopicList:
        return DeletedTopicList(tuple(DeletedTopicInfo(*topic) for topic in self._broker.deleted_topics()))

    async def _restore(self, session: ClientSession, command: RestoreTopic) -> None:
        await asyncio.to_thread(self._broker.restore_topic, command.name)

    async def _drop(self, session: ClientSession, command: DropDeletedTopic) -> None:
        await asyncio.to_thread(self._broker.drop_deleted, command.name)

    async def _append(self, session: ClientSession, command: AppendRecords) -> AppendedList:
        """One batch for each partition that the records go to."""
        if command.partition is not None:
            batches = {command.partition: list(command.records)}
        else:
            batches = self._partitioned(command)
        appends = [
            asyncio.wrap_future(
                self._broker.append(command.topic, partition, records, compression=command.compression)
            )
            for partition, records in batches.items()
        ]
        return AppendedList(tuple(await asyncio.gather(*appends)))

    def _partitioned(self, command: AppendRecords) -> dict[int, list[Record]]:
        count = self._broker.topic(command.topic).partitions
        name = (command.topic, command.partitioner)
        chooser = self._partitioners.get(name) or partitioner(command.partitioner, Random())
        self._partitioners[name] = chooser
        batches: dict[int, list[Record]] = defaultdict(list)
        for record in command.records:
            batches[chooser.choose(record.key, count)].append(record)
        for partition in batches:
            chooser.batch_left(partition)
        return batches

    async def _append_batch(self, session: ClientSession, command: AppendBatch) -> AppendedList:
        appended = self._broker.append_batch(command.topic, command.partition, command.batch, partly=True)
        return AppendedList((await asyncio.wrap_future(appended),))


def _defaults(meta: TopicMeta) -> dict[str, str]:
    """What holds where the topic sets nothing."""
    found = topic_defaults(meta.config)
    return found | queue_defaults(meta.config, meta.name) if meta.kind == "queue" else found
