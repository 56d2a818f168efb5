"""One socket of Socket Mode."""

import asyncio
import contextlib

from aiohttp import web


class Wire:
    """A socket that is open, and what has become of it."""

    def __init__(
        self, number: int, socket: web.WebSocketResponse, transport: asyncio.Transport
    ) -> None:
        """Begin; it has not said hello yet."""
        self.number = number
        self.socket = socket
        self._transport = transport
        self.greeted = False
        self.leaving = False
        self.silent = False
        self.ponged = 0
        self._closed_with: int | None = None

    @property
    def code(self) -> int | None:
        """The code it was closed with: ours, or else the client's."""
        return self._closed_with or self.socket.close_code

    async def put(self, text: str) -> None:
        """Send text, unless the socket is silent or nobody is there to read it."""
        if not self.silent:
            with contextlib.suppress(ConnectionError):
                await self.socket.send_str(text)

    async def ping(self, text: str) -> None:
        """Send a ping, unless the socket is silent or nobody is there to read it."""
        if not self.silent:
            with contextlib.suppress(ConnectionError):
                await self.socket.ping(text.encode())

    async def close(self, code: int) -> None:
        """Close with a code."""
        self._closed_with = code
        self.leaving = True
        await self.socket.close(code=code)

    def abort(self) -> None:
        """Cut the connection without a close frame."""
        self.leaving = True
        self._transport.abort()
