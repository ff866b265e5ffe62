"""CommandHandlers on the size of the file, and when it needs a person. Lives on the host's loop."""

from __future__ import annotations

import asyncio

from workbench.broker import Broker
from workbench.control.file import Compacted, CompactFile, FileSize, GetSize, SetSizeBudget
from workbench.core.errors import Invalid
from workbench.core.sizes import MOST_BYTES, size_words
from workbench.core.snapshot import HostStat
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.findings import Finding
from workbench.host.session import ClientSession

WARN_SHARE = 0.8


class SpaceCommands:
    """See the module."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._space = broker.space

    def handlers(self) -> CommandHandlers:
        return {GetSize: CommandHandler(self._size), SetSizeBudget: CommandHandler(self._set),
                CompactFile: CommandHandler(self._compact)}

    async def _size(self, session: ClientSession, command: GetSize) -> FileSize:
        return FileSize(*self._space.room())

    async def _set(self, session: ClientSession, command: SetSizeBudget) -> None:
        if not 0 <= command.budget_bytes <= MOST_BYTES:
            raise Invalid("A budget of {budget_bytes} bytes can't be kept.", "Give a size, or none.",
                          budget_bytes=command.budget_bytes)
        await asyncio.to_thread(self._space.set_budget, command.budget_bytes)

    async def _compact(self, session: ClientSession, command: CompactFile) -> Compacted:
        await asyncio.to_thread(self._broker.drop_deleted)  # they were kept until the next clean-up, and this is it
        return Compacted(*await asyncio.to_thread(self._space.compact))


def of_file(host: HostStat) -> Finding | None:
    """What is to be said of the file's size. Where the disk ends before the budget, the disk is the limit."""
    end = host.file_bytes + host.disk_free_bytes
    limit = min(host.budget_bytes, end) if host.budget_bytes else 0
    if not limit or host.file_bytes < WARN_SHARE * limit:
        return None
    over = host.file_bytes >= limit
    size = size_words(host.file_bytes)
    said = (f"The file takes {size}, more than its budget of {size_words(limit)}." if over
            else f"The file takes {size}; its disk has room for {size_words(end)} of it." if end < host.budget_bytes
            else f"The file takes {size} of its budget of {size_words(limit)}.")
    return Finding("file:size", "budget", "bad" if over else "warn", said,
                   "Let topics keep less (retention), compact the file, or raise its budget.")
