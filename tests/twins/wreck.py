"""How an answer goes wrong on the wire: cut, reset, or a byte at a time."""

import asyncio
import contextlib
import socket
import struct

from aiohttp import web


def hang_up(request: web.Request, *, reset: bool) -> web.Response:
    """Close the connection without an answer; `reset`: with an RST."""
    transport = request.transport
    if transport is not None:
        if reset:
            plug = transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
    return web.Response()


async def slowly(
    request: web.Request, done: web.StreamResponse, seconds: float
) -> web.StreamResponse:
    """Send an answer's body a byte at a time, over so many seconds."""
    body = done.body if isinstance(done, web.Response) and isinstance(done.body, bytes) else b""
    slow = web.StreamResponse(status=done.status, headers=done.headers)
    slow.content_length = len(body)
    with contextlib.suppress(ConnectionError):
        await slow.prepare(request)
        for n in range(len(body)):
            await slow.write(body[n : n + 1])
            await asyncio.sleep(seconds / len(body))
        await slow.write_eof()
    return slow
