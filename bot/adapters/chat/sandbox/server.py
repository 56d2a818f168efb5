"""The sandbox as one web application: the platform for the bot, the page and its JSON for people.

Puts the parts together. Which address it listens on is the caller's choice, and so is the door that
fits it; whoever comes in may be anyone they say.
"""

import sqlite3
from collections.abc import Mapping

import httpx
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from bot.adapters.chat.sandbox import platform
from bot.adapters.chat.sandbox.api import api_routes, failed
from bot.adapters.chat.sandbox.door import Door
from bot.adapters.chat.sandbox.guard import Guard
from bot.adapters.chat.sandbox.hub import Hub
from bot.adapters.chat.sandbox.page import page_routes
from bot.adapters.chat.sandbox.parts import Parts, Status, Topics
from bot.adapters.chat.sandbox.render import Renderer
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.talk import Talk
from bot.domain.errors import StoreError
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock


async def nothing() -> Mapping[str, str]:
    """Return that there is nothing to say."""
    return {}


class SandboxServer:
    """The sandbox; serve `app`, and call `close` when it is time to go."""

    def __init__(
        self,
        rooms: Rooms,
        dispatcher: Dispatcher,
        clock: Clock,
        *,
        token: str,
        status: Status = nothing,
        topics: Topics = nothing,
        door: Door | None = None,
        tick: float = 5,
    ) -> None:
        """Put the parts together.

        Args:
            rooms: Where messages are kept.
            dispatcher: Who answers commands.
            clock: What says now.
            token: What the bot shows; not empty.
            status: What the bot is doing, for the page's head and `/healthz`; the keys `line`
                ("6 feeds"), `next_poll` (ISO 8601) and `state` ("ok" or "trouble") are shown.
            topics: A line about each channel.
            door: Who is let in; None: whoever reaches it on loopback.
            tick: How often live pages are told the status, in seconds.
        """
        if not token:
            raise ValueError("the sandbox needs a token for its bot")
        self.hub = Hub()
        parts = Parts(
            rooms=rooms,
            hub=self.hub,
            talk=Talk(rooms, self.hub, dispatcher, clock),
            renderer=Renderer(),
            dispatcher=dispatcher,
            status=status,
            topics=topics,
        )
        self.app = Starlette(
            routes=[
                *platform.bot_routes(rooms, self.hub, clock, token),
                *api_routes(parts),
                *page_routes(parts, tick),
            ],
            middleware=[Middleware(Guard, door=door or Door(), bot_bytes=platform.MOST_BYTES)],
            exception_handlers={
                HTTPException: _http,
                sqlite3.OperationalError: _unstored,
                StoreError: _unstored,
                Exception: _crashed,
            },
        )

    def transport(self) -> httpx.ASGITransport:
        """Return how a client in the same process reaches the sandbox, errors and all."""
        return httpx.ASGITransport(self.app, raise_app_exceptions=False)

    def close(self) -> None:
        """End all live streams, so that the web server can stop."""
        self.hub.close()


async def _http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = {404: "There is nothing here.", 405: "This does not take such a request."}
    return failed(status, what.get(status, "That did not work."), "See docs/sandbox.md.")


async def _unstored(request: Request, error: Exception) -> Response:
    """Answer while a database cannot be used: the disk is full, for one."""
    structlog.get_logger().error("sandbox_not_stored", path=request.url.path, reason=str(error))
    remedy = "Has its disk room left, and may the bot write there? Then do it again."
    return failed(503, "The database cannot be read or written just now.", remedy)


async def _crashed(request: Request, error: Exception) -> Response:
    structlog.get_logger().error(
        "sandbox_request_failed", path=request.url.path, error=repr(error)[:500]
    )
    return failed(500, "Something broke in the sandbox.", "The log says what.")
