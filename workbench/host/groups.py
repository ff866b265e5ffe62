"""What clients ask about consumer groups: list, reset, delete. Lives on the host's loop."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from workbench.broker import Broker
from workbench.control.messages import ApplyReset, DeleteGroup, GroupList, ListGroups, Plan, PlanReset
from workbench.core.offsets import ResetPlan
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.connections import Connections
from workbench.host.session import ClientSession
from workbench.host.telemetry import Telemetry
from workbench.runtime import FlowRunner


class GroupCommands:
    def __init__(self, broker: Broker, runner: FlowRunner, telemetry: Telemetry, connections: Connections) -> None:
        self._broker = broker
        self._connections = connections
        self._runner = runner
        self._telemetry = telemetry

    def handlers(self) -> CommandHandlers:
        return {
            ListGroups: CommandHandler(self._list),
            DeleteGroup: CommandHandler(self._delete),
            PlanReset: CommandHandler(self._plan),
            ApplyReset: CommandHandler(self._apply),
        }

    async def _list(self, session: ClientSession, command: ListGroups) -> GroupList:
        if command.connection:
            return await self._connections.groups(command.connection)
        return GroupList(self._telemetry.group_stats())

    async def _delete(self, session: ClientSession, command: DeleteGroup) -> None:
        await asyncio.to_thread(self._broker.delete_group, command.group)

    async def _plan(self, session: ClientSession, command: PlanReset) -> Plan:
        plan = await asyncio.to_thread(
            self._broker.plan_reset, command.group, command.spec, command.topic, command.partitions
        )
        return Plan(plan)

    async def _apply(self, session: ClientSession, command: ApplyReset) -> Plan:
        if not command.pause_members:
            return Plan(await self._move(command))
        await self._runner.release_group(command.group)
        try:  # the flow's own members have left, so that they begin anew; all others are paused by a rebalance
            return Plan(await self._move(command))
        finally:
            await self._runner.rejoin_group(command.group)

    async def _move(self, command: ApplyReset) -> ResetPlan:
        plan = await asyncio.to_thread(
            self._broker.apply_reset, command.group, command.spec, command.topic, command.partitions,
            pause=command.pause_members,
        )
        if command.hold_retention:
            self._hold(plan)
        return plan

    def _hold(self, plan: ResetPlan) -> None:
        """Nothing is removed from the topics until the group is back where it was."""
        until: dict[str, dict[int, int]] = defaultdict(dict)
        for move in plan.moves:
            if move.read_again:
                until[move.topic][move.partition] = move.before or move.after
        for topic, offsets in until.items():
            self._broker.hold_retention(topic, plan.group, offsets)
