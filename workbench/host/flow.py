"""What clients ask about the drawing and its run. Lives on the host's loop."""

from __future__ import annotations

import asyncio
import hashlib

from workbench.broker import Broker
from workbench.control.command import Done
from workbench.control.messages import (
    ControlGroup,
    ControlMember,
    ControlProducer,
    FlowText,
    GetFlow,
    GetOutcome,
    Pause,
    Run,
    RunOutcome,
    SaveFlow,
    SaveViews,
    SeekMember,
    SetSpeed,
    Step,
    Stop,
)
from workbench.core.changes import Changes
from workbench.core.errors import WorkbenchError
from workbench.core.journal import FlowEntry
from workbench.core.routing import Binding
from workbench.flow import codec
from workbench.flow.document import FlowDocument
from workbench.flow.topics import drawn_topics
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.outcome import outcome_of
from workbench.host.renames import (
    carry_over,
    carry_stores,
    carry_topics,
    renamed_groups,
    renamed_stores,
    renamed_topics,
    with_names,
)
from workbench.host.routes import alter_routes, declare_drawn
from workbench.host.session import ClientSession
from workbench.host.telemetry import Telemetry
from workbench.runtime import FlowRunner, plan_of


class FlowCommands:
    def __init__(self, broker: Broker, runner: FlowRunner, telemetry: Telemetry) -> None:
        self._broker = broker
        self._runner = runner
        self._telemetry = telemetry
        self._saving = asyncio.Lock()
        self._aside: dict[str, list[Binding]] = {}  # bindings made elsewhere, of exchanges that left the drawing

    def handlers(self) -> CommandHandlers:
        return {
            GetFlow: CommandHandler(self._get),
            SaveFlow: CommandHandler(self._save),
            SaveViews: CommandHandler(self._save_views, Changes.VIEWS),
            Run: CommandHandler(self._run),
            Pause: CommandHandler(self._pause),
            Step: CommandHandler(self._step),
            Stop: CommandHandler(self._stop),
            GetOutcome: CommandHandler(self._outcome),
            SetSpeed: CommandHandler(self._set_speed),
            ControlProducer: CommandHandler(self._control_producer),
            ControlGroup: CommandHandler(self._control_group),
            ControlMember: CommandHandler(self._control_member),
            SeekMember: CommandHandler(self._seek_member),
        }

    async def load(self) -> None:
        """Take up the drawing that the file holds."""
        text = self._broker.flow()
        await self._follow(codec.loads(text) if text else FlowDocument())

    async def _get(self, session: ClientSession, command: GetFlow) -> FlowText:
        return FlowText(self._broker.flow())

    async def _save_views(self, session: ClientSession, command: SaveViews) -> Done:
        await asyncio.to_thread(self._broker.set_meta, "views", command.text)
        return Done()

    async def _save(self, session: ClientSession, command: SaveFlow) -> Done:
        async with self._saving:  # what one save renames the next must find
            return await self._save_one(command)

    async def _save_one(self, command: SaveFlow) -> Done:
        document, before = codec.loads(command.text), self._broker.flow()
        said = ""
        if command.text != before:
            await asyncio.to_thread(self._broker.save_flow, command.text)
            known = codec.loads(before) if before else FlowDocument()
            renamed = renamed_groups(known, document)
            for old, _ in renamed:
                await self._runner.release_group(old)  # they join again under the new name
            topics = renamed_topics(known, document)
            for old, _ in topics:
                await self._runner.release_topic(old)
            stores = renamed_stores(known, document)
            for old, _ in stores:
                await self._runner.release_store(old)
            kept_stores = await asyncio.to_thread(carry_stores, self._broker, stores)
            carried, kept = await asyncio.to_thread(carry_topics, self._broker, topics)
            known = with_names(known, carried)
            told = kept + await asyncio.to_thread(carry_over, self._broker, renamed, plan_of(known))
            said = await asyncio.to_thread(self._alter, known, document)
            said = " ".join([*kept_stores, *told, said]).strip()
            digest = hashlib.sha256(command.text.encode()).hexdigest()[:16]
            self._broker.journal(FlowEntry(self._broker.clock.now_ms(), digest=digest))
        await self._follow(document)
        return Done(said)

    def _alter(self, before: FlowDocument, after: FlowDocument) -> str:
        known, wanted = plan_of(before), plan_of(after)
        declare_drawn(self._broker, wanted)
        said = self._alter_topics(before, after)
        return " ".join([*said, *alter_routes(self._broker, known, wanted, self._aside)])

    def _alter_topics(self, before: FlowDocument, after: FlowDocument) -> list[str]:
        """Topics take the settings that were changed on the drawing, and only those; what can't be is said.

        A setting that somebody made elsewhere stays, until it is changed on the drawing.
        """
        known = {topic.node_id: topic for topic in drawn_topics(before)}
        said = []
        for topic in drawn_topics(after):
            old = known.get(topic.node_id)
            if old is None or old == topic or old.name != topic.name:
                continue
            names = old.config.keys() | topic.config.keys()
            changed = {name: topic.config.get(name) for name in names if old.config.get(name) != topic.config.get(name)}
            grown = topic.partitions if topic.partitions != old.partitions else None
            try:
                if grown is not None and grown < self._broker.topic(topic.name).partitions:
                    said.append(f"{topic.name} keeps its partitions: they can only become more.")
                    grown = None
                self._broker.alter_topic(topic.name, grown, changed)
            except WorkbenchError as error:
                said.append(error.sentence())
        return said

    async def _follow(self, document: FlowDocument) -> None:
        self._telemetry.take_drawing(document)
        await self._runner.apply(document)

    async def _run(self, session: ClientSession, command: Run) -> None:
        await self._runner.run(command.seed)

    async def _pause(self, session: ClientSession, command: Pause) -> None:
        await self._runner.pause()

    async def _step(self, session: ClientSession, command: Step) -> None:
        await self._runner.step()

    async def _stop(self, session: ClientSession, command: Stop) -> None:
        await self._runner.stop()

    async def _outcome(self, session: ClientSession, command: GetOutcome) -> RunOutcome:
        return outcome_of(self._runner.summary(), self._telemetry.run_state(), self._runner.drained())

    async def _set_speed(self, session: ClientSession, command: SetSpeed) -> None:
        await self._runner.set_speed(command.speed)

    async def _control_producer(self, session: ClientSession, command: ControlProducer) -> None:
        await self._runner.control_producer(command.node_id, command.act, command.number)

    async def _control_group(self, session: ClientSession, command: ControlGroup) -> None:
        await self._runner.control_group(command.node_id, command.act)

    async def _control_member(self, session: ClientSession, command: ControlMember) -> None:
        await self._runner.control_member(command.node_id, command.act, command.member)

    async def _seek_member(self, session: ClientSession, command: SeekMember) -> None:
        await self._runner.seek_member(command.node_id, command.topic, command.partition, command.offset)
