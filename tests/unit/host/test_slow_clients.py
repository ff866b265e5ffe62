"""Who does not take its snapshots is sent no more until it has; all others go on."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from workbench.broker import Broker
from workbench.control.messages import Subscribe
from workbench.host.service import Service
from workbench.host.session import ClientSession


def test_a_client_that_does_not_keep_up_is_pushed_nothing_while_others_are(tmp_path):
    Broker.create(tmp_path / "work.flow").close()

    async def story() -> None:
        service = await Service.open(tmp_path / "work.flow")
        told, enough, is_slow = [], asyncio.Event(), True
        slow_told = asyncio.Event()

        def count(_: object) -> None:
            told.append(1)
            if len(told) >= 5:
                enough.set()

        slow = ClientSession(lambda _: slow_told.set(), lambda: is_slow)
        quick = ClientSession(count)
        try:
            for session in (slow, quick):
                service.enter(session)
                await service.handle(session, Subscribe(20))
            await asyncio.wait_for(enough.wait(), 20)
            assert not slow_told.is_set()
            is_slow = False
            await asyncio.wait_for(slow_told.wait(), 20)
        finally:
            for session in (slow, quick):
                with suppress(Exception):
                    await service.leave(session)
            await service.close()

    asyncio.run(story())
