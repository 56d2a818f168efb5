"""One socket of the gateway, and the session that outlives it."""

import asyncio
import contextlib
import json
import zlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from aiohttp import web


class Op(IntEnum):
    """Opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseSocketError(Exception):
    """This socket is to be closed with a code."""

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(str(code))
        self.code = code


@dataclass(slots=True, kw_only=True)
class Session:
    """What RESUME resumes: the events sent so far, and the socket that has it now."""

    id: str
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    events: list[tuple[int, str]] = field(default_factory=list)
    wire: "Wire | None" = None
    dead: bool = False

    def covers(self, guild_id: int) -> bool:
        """Return whether this session's shard has a guild."""
        return (guild_id >> 22) % self.shard[1] == self.shard[0]


class Wire:
    """One connected socket."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        """Compress if the client asked for zlib; a client of zstd takes plain text as well."""
        self.socket = socket
        self.request = request
        self.silent = False
        self.closed_with: int | None = None
        self.session: Session | None = None
        self._queue: asyncio.Queue[str | int | None] = asyncio.Queue()
        compressed = request.query.get("compress") == "zlib-stream"
        self._deflate = zlib.compressobj() if compressed else None

    def send(self, op: Op, data: Any = None) -> None:
        """Send an opcode that is no event."""
        self.put(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def put(self, text: str) -> None:
        """Send text, in order, unless the socket is silent."""
        if not self.silent:
            self._queue.put_nowait(text)

    def close(self, code: int) -> None:
        """Close with a code once everything before has been sent."""
        self._queue.put_nowait(code)

    @property
    def code(self) -> int | None:
        """The code it was closed with: ours, or else the client's."""
        return self.closed_with or self.socket.close_code

    def finish(self) -> None:
        """End `pump` once everything before has been sent."""
        self._queue.put_nowait(None)

    async def pump(self) -> None:
        """Write what is queued until told to finish, or until nobody is there to read it."""
        with contextlib.suppress(ConnectionError):
            while (said := await self._queue.get()) is not None and not self.socket.closed:
                await self._write(said)

    async def _write(self, said: str | int) -> None:
        if isinstance(said, int):
            self.closed_with = said
            await self.socket.close(code=said)
        elif self._deflate is None:
            await self.socket.send_str(said)
        else:
            data = self._deflate.compress(said.encode())
            await self.socket.send_bytes(data + self._deflate.flush(zlib.Z_SYNC_FLUSH))

    def abort(self) -> None:
        """Cut the connection without a close frame."""
        if self.request.transport is not None:
            self.request.transport.abort()
