"""What a drawing needs before anything runs: its topics and queues, its exchanges and bindings.

What is there already stays as it is; what can't be made is told, and its writers and readers say so when they start.
Lives on the runner's loop.
"""

from __future__ import annotations

from workbench.core.errors import AlreadyExists, WorkbenchError
from workbench.engines.base import Engine, EngineTopic
from workbench.flow.topics import DrawnTopic
from workbench.runtime.plan import FlowPlan

_NOUNS = {"stream": "topic", "queue": "queue"}


class Provisioning:
    def __init__(self, engine: Engine) -> None:
        self.partitions: dict[str, int] = {}
        self.troubles: dict[str, str] = {}
        self._engine = engine

    async def lay(self, plan: FlowPlan) -> None:
        """Make what is missing; ``troubles`` says by node or link what could not be made."""
        self.troubles.clear()
        await self._exchanges(plan)  # before the queues that send their dead there
        there = await self._there()
        for topic in plan.topics:
            try:
                await self._topic(topic, there)
            except AlreadyExists:
                there = await self._there()
            except WorkbenchError as reason:
                self.troubles[topic.node_id] = reason.sentence()
        self.partitions = {name: topic.partitions for name, topic in there.items()}
        await self._bindings(plan)
        await self._stores(plan)

    async def _stores(self, plan: FlowPlan) -> None:
        for node_id, store in plan.stores.items():
            try:
                await self._engine.declare_store(store.name)
            except WorkbenchError as reason:
                self.troubles[node_id] = reason.sentence()

    async def _there(self) -> dict[str, EngineTopic]:
        return {topic.name: topic for topic in await self._engine.topics()}

    async def _topic(self, topic: DrawnTopic, there: dict[str, EngineTopic]) -> None:
        known = there.get(topic.name)
        if known is None:
            await self._engine.create_topic(topic.name, topic.partitions, topic.kind, topic.config)
            there[topic.name] = EngineTopic(topic.name, topic.kind, topic.partitions, topic.config)
        elif known.kind != topic.kind:
            self.troubles[topic.node_id] = (
                f"{topic.name} is there already, as a {_NOUNS[known.kind]}: it can't be a {_NOUNS[topic.kind]} too. "
                "Use another name."
            )

    async def _exchanges(self, plan: FlowPlan) -> None:
        for node_id, exchange in plan.exchanges.items():
            try:
                await self._engine.declare_exchange(exchange)
            except WorkbenchError as reason:
                self.troubles[node_id] = reason.sentence()

    async def _bindings(self, plan: FlowPlan) -> None:
        for link_id, binding in ((link_id, each) for link_id, bound in plan.bindings.items() for each in bound):
            try:
                await self._engine.bind(binding)
            except WorkbenchError as reason:
                self.troubles[link_id] = reason.sentence()
