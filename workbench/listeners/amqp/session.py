"""One AMQP connection: the handshake, frames to their channels, heartbeats, and its end. Lives on the listener's loop.

    AMQP 0 0 9 1 ──► start ──start-ok──► tune ──tune-ok, open──► open-ok ──► frames by channel ──► close, close-ok
                                 │ wrong password: close 403

Frames are taken in the order they come; a method that must wait for the file (``_later``) holds those behind it, and
what was published before it is on its way by then. What one call of ``data_received`` brought to publish is appended
together. Whatever a peer sends, its own connection is all it can end.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable
from enum import IntEnum
from functools import partial
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.listeners.amqp import frames
from workbench.listeners.amqp.apis.basic import settled
from workbench.listeners.amqp.apis.table import TABLE
from workbench.listeners.amqp.channel import Channel, Work, decoded
from workbench.listeners.amqp.clients import AmqpPeer
from workbench.listeners.amqp.handshake import CHANNEL_MAX, credentials, start_frame, tune_frame
from workbench.listeners.amqp.publishing import Outbox
from workbench.listeners.amqp.refusals import VHOST, ChannelRefusal, ConnectionRefusal, Refusal
from workbench.listeners.amqp.shared_queues import SharedQueues
from workbench.listeners.base.clients import Clients
from workbench.listeners.base.connection import Connection
from workbench.listeners.base.first_bytes import HTTP, http_refusal, spoken

CONNECTION, CHANNEL = 10, 20
CLOSE_WITHIN_S = 5.0
log = logging.getLogger(__name__)


class Phase(IntEnum):
    HEADER = 0  # nothing has come
    START = 1  # start was sent
    TUNE = 2
    OPEN = 3  # tune-ok has come: open is due
    RUNNING = 4
    CLOSING = 5  # close was sent: only close-ok counts


class Session(Connection[AmqpPeer]):
    def __init__(self, shared: SharedQueues, clients: Clients[AmqpPeer]) -> None:
        super().__init__(shared.settings, clients, shared.clock)
        self._shared = shared
        self._frames = frames.Frames()
        self._phase = Phase.HEADER
        self._waiting = False
        self._channels: dict[int, Channel] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._sent_since_beat = False
        self.frame_max = frames.FRAME_MAX
        self.choked = False
        self.outbox = Outbox(shared, self._advance, self._publish_failed)

    @property
    def who(self) -> str:
        return f"{self.peer.host}:{self.peer.port}"

    # -- the transport's calls -----------------------------------------------------------------------------
    def data_received(self, data: bytes) -> None:
        if not self._closing:
            self.heard()
            self._frames.feed(data)
            self._advance()

    def pause_writing(self) -> None:
        self.choked = True

    def resume_writing(self) -> None:
        self.choked = False
        for channel in self._channels.values():
            for consumer in channel.consumers.values():
                self._shared.ask(consumer.queue)
        self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._timers:
            timer.cancel()
        going = self._end_channels()
        self._shared.later(self._leave(going))
        super().connection_lost(exc)

    async def _leave(self, going: list[str]) -> None:
        for stored in going:
            await self._shared.delete(stored)
        await self._shared.connection_gone(self)

    def _end_channels(self) -> list[str]:
        going = [stored for channel in self._channels.values() for stored in channel.end()]
        self._channels.clear()
        return going

    def at_work(self) -> bool:
        return self._waiting

    def overdue(self) -> bool:
        """Once it is open heartbeats tell whether it is alive; a consumer may have nothing to ask for days."""
        return self._phase < Phase.RUNNING and super().overdue()

    def abort(self) -> None:
        """End the connection now; a client that reads is told that it is we who go."""
        if self._phase is Phase.RUNNING and not self._closing and not self._transport.get_write_buffer_size():
            text = "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"
            self.send(frames.method(0, CONNECTION, 50, frames.close_arguments(320, text, 0, 0)))
        super().abort()

    def send(self, wire: bytes) -> None:
        if wire and not self._closing:
            self._sent_since_beat = True
            self._transport.write(wire)

    # -- frames --------------------------------------------------------------------------------------------
    def _advance(self) -> None:
        """Take what has come and may be taken."""
        try:
            while self._may_take() and self._take_next():
                pass
            self.outbox.flush()
        except Refusal as refusal:
            self._refuse(refusal, 0, 0)
        except WorkbenchError as error:
            self._refuse(ConnectionRefusal(541, error.sentence()), 0, 0)
        except Exception:
            log.exception("unforeseen in an AMQP connection")
            self._refuse(_unforeseen(), 0, 0)
        if not self._closing:
            if self._may_take() or len(self._frames) < frames.FRAME_MAX:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _may_take(self) -> bool:
        return not (self._closing or self._waiting or self.outbox.full)

    def _take_next(self) -> bool:
        if self._phase is Phase.HEADER:
            return self._take_header()
        frame = self._frames.next()
        if frame is None:
            return False
        kind, number, payload = frame
        if kind == frames.HEARTBEAT:
            return True
        if self._phase is Phase.CLOSING:
            if kind == frames.METHOD and number == 0 and payload[:4] in (b"\0\x0a\0\x33", b"\0\x0a\0\x32"):
                self.close()
            return True
        if kind == frames.METHOD:
            self._take_method(number, payload)
        elif kind in (frames.HEADER, frames.BODY):
            self._take_content(kind, number, payload)
        else:
            raise ConnectionRefusal(501, f"unknown frame type {kind}")
        return True

    def _take_header(self) -> bool:
        start = self._frames.start()
        if start in (frames.PROTOCOL_HEADER, frames.OLD_HEADER):
            self._frames.skip(len(start))
            self._phase = Phase.START
            self.peer.requests["protocol header"] += 1
            self.send(start_frame())
            return True
        if len(start) == len(frames.PROTOCOL_HEADER) or not frames.PROTOCOL_HEADER.startswith(start[:4]):
            speaks = spoken(start)
            sentence = "This port speaks AMQP 0-9-1, as RabbitMQ does" + (f", and not {speaks}." if speaks else ".")
            self.send(http_refusal(sentence) if speaks == HTTP else frames.PROTOCOL_HEADER)
            self.turn_away(f"{sentence} Is the client set up for another port or protocol?")
        return False

    def _take_method(self, number: int, payload: bytes) -> None:
        if len(payload) < 4:
            raise ConnectionRefusal(501, "a method frame without a method")
        which = (int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big"))
        if number == 0:
            if which[0] != CONNECTION:
                raise ConnectionRefusal(503, f"unexpected method {which} on channel 0")
            self._connection_method(which[1], payload)
            return
        channel = self._channels.get(number)
        if which[0] == CHANNEL and which[1] in (10, 40, 41):
            self._channel_method(number, channel, which[1], payload)
        elif channel is None:
            raise ConnectionRefusal(504, "expected 'channel.open'")
        elif channel.is_open:
            self._guarded(channel, which, lambda: channel.method(which, payload))

    def _take_content(self, kind: int, number: int, payload: bytes) -> None:
        channel = self._channels.get(number)
        if channel is None:
            raise ConnectionRefusal(504, "expected 'channel.open'")
        if channel.is_open:
            take = channel.header if kind == frames.HEADER else channel.body
            self._guarded(channel, (frames.BASIC, 40), lambda: take(payload))

    def _guarded(self, channel: Channel, which: tuple[int, int], call: Callable[[], Any]) -> None:
        """What a channel may not do closes that channel only."""
        try:
            waited_for = call()
            if waited_for is not None:
                self._later(partial(self._answer, channel, which, waited_for))
        except ChannelRefusal as refusal:
            self._refuse_on(channel, refusal, which)
        except ConnectionRefusal as refusal:
            self._refuse(refusal, *which)
        except (UnicodeDecodeError, IndexError, struct.error):
            self._refuse(ConnectionRefusal(501, f"method {which} can't be read"), *which)

    def act(self, channel: Channel, which: tuple[int, int], payload: bytes) -> Work:
        """A rare method, decoded; it is begun when what was published before it is in the file."""
        asked = decoded(which, payload)
        act = TABLE.get(which)
        if act is None:
            raise ConnectionRefusal(540, f"method {asked.name}")
        self.peer.requests[asked.name] += 1
        return partial(act, channel, asked)

    # -- what takes its time -------------------------------------------------------------------------------
    def _later(self, work: Callable[[], Awaitable[None]]) -> None:
        self._waiting = True
        task = asyncio.create_task(self._done(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _done(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, and go on; what it did not foresee ends this connection only."""
        try:
            await work()
        except Refusal as refusal:
            self._refuse(refusal, 0, 0)
        except Exception:
            log.exception("unforeseen in an AMQP connection")
            self._refuse(_unforeseen(), 0, 0)
        self._waiting = False
        self._advance()

    async def _answer(self, channel: Channel, which: tuple[int, int], work: Work) -> None:
        try:
            self.outbox.flush()
            await settled(channel, self.outbox.unsettled())
            wire = await work()
            if wire is not None and channel.is_open:
                self.send(wire)
        except ChannelRefusal as refusal:
            self._refuse_on(channel, refusal, which)
        except ConnectionRefusal as refusal:
            self._refuse(refusal, *which)
        except WorkbenchError as error:
            self._refuse_on(channel, ChannelRefusal(406, error.sentence()), which)

    # -- refusing ------------------------------------------------------------------------------------------
    def _refuse(self, refusal: Refusal, class_id: int, method_id: int) -> None:
        """Close the connection; the client says close-ok, or is closed all the same after a while."""
        if self._closing or self._phase is Phase.CLOSING:
            return
        self._clients.note(self.peer, f"The connection was closed: {refusal.text}.")
        running, self._phase = self._phase >= Phase.TUNE, Phase.CLOSING
        going = self._end_channels()
        self._shared.later(self._leave(going))
        arguments = frames.close_arguments(refusal.code, refusal.text, class_id, method_id)
        self.send(frames.method(0, CONNECTION, 50, arguments))
        if running:
            self._timers.append(asyncio.get_running_loop().call_later(CLOSE_WITHIN_S, self.abort))
        else:
            self.close()

    def _refuse_on(self, channel: Channel, refusal: ChannelRefusal, which: tuple[int, int]) -> None:
        """Close a channel; what it had is given back at once."""
        if not channel.is_open or self._closing:
            return
        self._clients.note(self.peer, f"Channel {channel.number} was closed: {refusal.text}.")
        self.outbox.flush()
        for stored in channel.end():
            self._shared.later(self._shared.delete(stored))
        arguments = frames.close_arguments(refusal.code, refusal.text, *which)
        self.send(frames.method(channel.number, CHANNEL, 40, arguments))

    def _publish_failed(self, channel: Channel, reason: Exception) -> None:
        text = getattr(reason, "message", str(reason))
        self._refuse_on(channel, ChannelRefusal(406, text), (frames.BASIC, 40))

    # -- channels ------------------------------------------------------------------------------------------
    def _channel_method(self, number: int, channel: Channel | None, method_id: int, payload: bytes) -> None:
        if method_id == 10:
            if channel is not None:
                raise ConnectionRefusal(504, "second 'channel.open' seen")
            if number > CHANNEL_MAX:
                raise ConnectionRefusal(530, f"number of channels opened ({number}) has reached the negotiated "
                                        f"channel_max ({CHANNEL_MAX})")
            self._channels[number] = Channel(self, number, self._shared)
            self.send(frames.method(number, CHANNEL, 11, bytes(4)))
        elif method_id == 41:
            if channel is not None and not channel.is_open:
                del self._channels[number]
        elif channel is None:
            raise ConnectionRefusal(504, "expected 'channel.open'")
        else:
            self._later(partial(self._close_channel, channel))

    async def _close_channel(self, channel: Channel) -> None:
        self.outbox.flush()
        await settled(channel, self.outbox.unsettled())
        for stored in channel.end():
            await self._shared.delete(stored)
        self._channels.pop(channel.number, None)
        self.send(frames.method(channel.number, CHANNEL, 41))

    # -- the connection itself -----------------------------------------------------------------------------
    def _connection_method(self, method_id: int, payload: bytes) -> None:
        asked = decoded((CONNECTION, method_id), payload)
        if method_id == 11 and self._phase is Phase.START:
            self._later(partial(self._log_in, asked))
        elif method_id == 31 and self._phase is Phase.TUNE:
            self._tune(asked)
        elif method_id == 40 and self._phase is Phase.OPEN:
            if asked.virtual_host != VHOST:
                self._refuse(ConnectionRefusal(530, f"vhost {asked.virtual_host} not found"), CONNECTION, 40)
                return
            self._phase = Phase.RUNNING
            self.send(frames.method(0, CONNECTION, 41, b"\0"))
        elif method_id == 50:
            self._later(self._close_in_order)
        elif method_id == 70 and self._phase is Phase.RUNNING:  # update-secret: of tokens, which users here have none
            self.send(frames.method(0, CONNECTION, 71))
        else:
            raise ConnectionRefusal(503, f"unexpected method {asked.name}")

    async def _log_in(self, asked: Any) -> None:
        self.peer.introduce(asked.client_properties or {})
        try:
            name, password = credentials(asked.mechanism, asked.response)
            asked_for = self._settings.users or bool(self._shared.users.names())
            if asked_for and not await asyncio.to_thread(self._shared.users.check, name, password):
                raise ConnectionRefusal(403, f"Login was refused using authentication mechanism {asked.mechanism}. For "
                                        "details see the broker logfile.")
        except ConnectionRefusal as refusal:
            if refusal.code == 403 and "authentication_failure_close" in self.peer.capabilities:
                self._refuse(refusal, 0, 0)
            else:  # it would take a close at this place for a fault of the server
                self.turn_away(f"The connection was closed: {refusal.text}")
            return
        self.peer.user = name
        self._phase = Phase.TUNE
        self.send(tune_frame())

    def _tune(self, asked: Any) -> None:
        """frame_max 0 is no limit, which is ours; heartbeat 0 is none."""
        if asked.frame_max and asked.frame_max < 4096:
            raise ConnectionRefusal(530, f"negotiated frame_max = {asked.frame_max} is lower than the minimum allowed "
                                    "value (4096)")
        if asked.frame_max > frames.FRAME_MAX:
            raise ConnectionRefusal(530, f"negotiated frame_max = {asked.frame_max} is higher than the maximum allowed "
                                    f"value ({frames.FRAME_MAX})")
        self.frame_max = self._frames.limit = asked.frame_max or frames.FRAME_MAX
        self._phase = Phase.OPEN
        if asked.heartbeat:
            self._beat(asked.heartbeat / 2.0, asked.heartbeat * 2000.0)

    def _beat(self, every_s: float, silent_ms: float) -> None:
        """Say that we are there, and see that the client is: any frame counts, and two beats may be missed."""
        if self._closing:
            return
        if not self._may_take():  # it is we who do not read
            self.heard()
        if self._clock.monotonic_ms() - self._heard_ms > silent_ms:
            self._clients.note(self.peer, f"Missed heartbeats: nothing came for {silent_ms / 1000:.0f} s.")
            super().abort()
            return
        if not self._sent_since_beat:
            self.send(frames.HEARTBEAT_FRAME)
        self._sent_since_beat = False
        self._timers[:] = [asyncio.get_running_loop().call_later(every_s, self._beat, every_s, silent_ms)]

    async def _close_in_order(self) -> None:
        self.outbox.flush()
        for channel in list(self._channels.values()):
            await settled(channel, self.outbox.unsettled())
        await self._leave(self._end_channels())
        self.send(frames.method(0, CONNECTION, 51))
        self.close()


def _unforeseen() -> ConnectionRefusal:
    return ConnectionRefusal(541, "the broker met an error it did not foresee; its log has the details")
