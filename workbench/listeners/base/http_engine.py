"""The bytes of HTTP/1.1, by uvicorn over httptools. Imported when the first web client is there, and not before: it is
some 5 MiB and a quarter of a second on a busy machine, which a listener that nobody uses does not cost.

Beside what uvicorn does: a head has a limit (llhttp knows none), and what an answer writes in one go leaves in one
write. Lives on the listener's loop; importing may be done on any thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

MAX_HEAD_BYTES = 64 << 10
_NEVER_S = 1 << 30


class OneWrite:
    """A transport that gathers what is written in one turn of the loop: head and body of an answer are one segment."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._pieces: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        pieces, self._pieces = self._pieces, []
        if pieces and not self._transport.is_closing():
            self._transport.write(b"".join(pieces))


class HttpEngine(HttpToolsProtocol):
    """One connection's requests. ``refuse`` is called with an HTTP status and a sentence when its bytes can't be
    served; after that nothing more is taken."""

    def __init__(self, config: Config, state: dict[str, Any], refuse: Callable[[str, str], None]) -> None:
        super().__init__(config=config, server_state=ServerState(), app_state=state)
        self._refuse = refuse
        self._head_bytes = 0
        self.head_open = False
        """Whether a request began whose head is not whole yet."""

    def data_received(self, data: bytes) -> None:
        fresh = not self.head_open
        super().data_received(data)
        if not self.head_open:
            self._head_bytes = 0
            return
        self._head_bytes = len(data) if fresh else self._head_bytes + len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse("431 Request Header Fields Too Large", "The head of the request is too large.")

    def send_400_response(self, msg: str) -> None:
        self._refuse("400 Bad Request", "This is no HTTP request.")

    def on_message_begin(self) -> None:
        self.head_open = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.head_open = False
        super().on_headers_complete()

    def answering(self) -> bool:
        """Whether a request is at work, or its body is still coming."""
        return self.cycle is not None and not self.cycle.response_complete


def config_of(app: Any) -> Config:
    """uvicorn's settings for a plain ASGI app on a loop and sockets that are ours."""
    config = Config(
        app, log_config=None, log_level="error", access_log=False, lifespan="off", ws="none", interface="asgi3",
        proxy_headers=False, server_header=False, timeout_keep_alive=_NEVER_S,
    )
    config.load()
    return config
