"""A plain ASGI app over a table of routes: a request as a value in, an answer as a value out. Lives on the loop.

Before any handler: a page of another site that a browser sends here is refused, who must log in does (HTTP basic), and
a body has a limit. What a handler does not foresee is logged and answered, in the
protocol's own form (``AnswerFormat``).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from workbench.core.errors import WorkbenchError
from workbench.listeners.base.clients import Clients, Peer
from workbench.listeners.base.http import PEER
from workbench.listeners.base.users import Users

MAX_BODY_BYTES = 16 << 20
FAILED_WAIT_S = 0.2
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` are its segments, decoded; ``parts`` those that the route left open. Of what stands in the query more
    than once, ``query`` has the last, ``pairs`` all."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    peer: Peer
    user: str = ""
    parts: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; the default where there is none."""
        text = self.query.get(name, "")
        return int(text) if text.removeprefix("-").isdecimal() and len(text) < 12 else default

    def flag(self, name: str) -> bool:
        """A switch of the query; clients write true, True and 1."""
        return self.query.get(name, "").lower() in ("true", "1")


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Handle = Callable[[Request], Answer | Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """``path`` as written, with ``*`` for a segment that may be anything and ``**`` at its end for any rest."""

    method: str
    path: str
    handle: Handle
    segments: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(part for part in self.path.split("/") if part))

    def parts(self, path: Sequence[str]) -> tuple[str, ...] | None:
        """What stands for the open segments, or None where the path is another."""
        wanted = self.segments
        if wanted[-1:] == ("**",):
            wanted, path = wanted[:-1], path[: len(wanted) - 1]
        if len(wanted) != len(path) or any(want not in ("*", got) for want, got in zip(wanted, path, strict=True)):
            return None
        return tuple(got for want, got in zip(wanted, path, strict=True) if want == "*")


class AnswerFormat(Protocol):
    """How a protocol says no over HTTP."""

    def refusal(self, status: int, sentence: str) -> Answer: ...

    def foreseen(self, error: WorkbenchError) -> Answer:
        """An error of the workbench, under the code its clients know."""
        ...


class WebApp:
    """``checked`` may refuse a request before its handler sees it, by an answer; ``dressed`` may change one that was
    made for it."""

    def __init__(self, routes: Sequence[Route], answers: AnswerFormat, users: Users, clients: Clients[Peer], realm: str,
                 checked: Callable[[Request], Answer | None] = lambda request: None,
                 dressed: Callable[[Answer, Request], Answer] = lambda answer, request: answer) -> None:
        self._routes = tuple(routes)
        self._answers = answers
        self._users = users
        self._clients = clients
        self._realm = realm
        self._checked = checked
        self._dressed = dressed

    async def __call__(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Mapping[str, Any]]],
                       send: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        request = _request_of(scope, b"")
        _introduce(request)
        try:
            refused = _foreign_page(request) and self._turned_away(request)
            answer = refused or await self._let_in(request, scope, receive)
        except Exception:
            log.exception("unforeseen in %s /%s", request.method, "/".join(request.path))
            answer = self._answers.refusal(
                500, "The workbench met an error it did not foresee; its log has the details.")
        if answer is not None:
            head = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers]
            if answer.status != 204:
                head.append((b"content-length", str(len(answer.body)).encode()))
            await send({"type": "http.response.start", "status": answer.status, "headers": head})
            await send({"type": "http.response.body", "body": answer.body})

    def _turned_away(self, request: Request) -> Answer:
        self._clients.note(request.peer, "A web page of another site was refused.")
        return self._answers.refusal(403, "Pages of other sites may not use this address.")

    async def _let_in(self, request: Request, scope: Mapping[str, Any],
                      receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> Answer | None:
        """The answer, or None where the client left before it was told."""
        user = await self._user(request)
        if user is None:
            self._clients.note(request.peer, "It did not log in as a user of this workspace.")
            refused = self._answers.refusal(401, "The name or the password is wrong.")
            return Answer(refused.body, 401, (*refused.headers, ("WWW-Authenticate", f'Basic realm="{self._realm}"')))
        body = await _body_of(receive)
        if body is None:
            return None
        if len(body) > MAX_BODY_BYTES:
            return self._answers.refusal(413, f"A body may have {MAX_BODY_BYTES:,} bytes at most.")
        return await self._handle(_request_of(scope, body, user))

    async def _user(self, request: Request) -> str | None:
        """Who asks; empty where nobody must log in, None for a stranger."""
        if not self._users.names():
            return ""
        login = _basic(request.headers.get("authorization", ""))
        if login is None:
            return None
        if not self._users.known(*login):
            if not await asyncio.to_thread(self._users.check, *login):
                await asyncio.sleep(FAILED_WAIT_S)  # guessing is slow
                return None
            self._users.remember(*login)
        return login[0]

    async def _handle(self, request: Request) -> Answer:
        found = [(route, parts) for route in self._routes if (parts := route.parts(request.path)) is not None]
        route, parts = next(((r, p) for r, p in found if r.method in (request.method, "*")), (None, ()))
        if route is None:
            status, words = (405, "Method Not Allowed") if found else (404, "Not Found")
            return self._answers.refusal(status, f"HTTP {status} {words}")
        request.peer.requests[f"{route.method} {route.path}"] += 1
        refused = self._checked(request)
        if refused is not None:
            return refused
        try:
            answer = route.handle(_with_parts(request, parts))
            return self._dressed(answer if isinstance(answer, Answer) else await answer, request)
        except WorkbenchError as error:
            return self._answers.foreseen(error)


def _request_of(scope: Mapping[str, Any], body: bytes, user: str = "") -> Request:
    raw = scope.get("raw_path") or scope["path"].encode()
    path = tuple(unquote(part) for part in raw.decode("ascii", "replace").split("/") if part)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    pairs = tuple(parse_qsl(scope.get("query_string", b"").decode("ascii", "replace"), keep_blank_values=True))
    return Request(scope["method"], path, dict(pairs), headers, body, scope["state"][PEER], user, pairs=pairs)


def _with_parts(request: Request, parts: tuple[str, ...]) -> Request:
    return replace(request, parts=parts)


def _introduce(request: Request) -> None:
    """HTTP has no client id: a program is known by what it says it is, its product."""
    agent = request.headers.get("user-agent", "")
    request.peer.software = agent
    request.peer.client_id = agent.partition("/")[0].partition(" ")[0]


async def _body_of(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> bytes | None:
    """The body, or a little more than the limit of it; None where the client left."""
    pieces, size = [], 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if not message.get("more_body"):
            break
    return b"".join(pieces)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def _foreign_page(request: Request) -> bool:
    """Whether a browser sends this for a page that was not had from here. Programs send no Origin. A page whose site
    was given our address (DNS rebinding) is known by its name: ours is localhost or a number."""
    headers = request.headers
    origin, host = headers.get("origin"), headers.get("host", "").lower()
    if headers.get("sec-fetch-site") == "cross-site":
        return True
    if origin is not None and urlsplit(origin).netloc.lower() != host:
        return True
    browses = origin is not None or headers.get("user-agent", "").startswith("Mozilla/")
    return browses and not _own_name(urlsplit(f"//{host}").hostname or "")


def _own_name(name: str) -> bool:
    try:
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False
