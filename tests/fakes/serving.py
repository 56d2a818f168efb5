"""Serves an ASGI application on a loopback port for as long as a test needs it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def serving(
    app: ASGIApp, before_stop: Callable[[], None] = lambda: None
) -> AsyncIterator[str]:
    """Serve `app` and give its address, `http://127.0.0.1:PORT`."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[sock]))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"  # it listens already
        before_stop()
        server.should_exit = True
        await task
