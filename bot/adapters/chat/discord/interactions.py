"""Discord's interactions over HTTP: what people ask, signed by Discord, instead of by the gateway.

Served at `/discord/interactions` beside the page, and outside the page's door: Discord shows a
signature instead of a token. Whatever is not signed, too old, too large or too slow is refused
before it is read. All else is taken with a 202 and answered as what comes by the gateway: by a
request of our own, which can be made again.
Source: Discord, Interactions Overview (Validating Security Request Headers); Receiving and
Responding (Interaction Callback).
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.adapters.bodies import BodyError, whole_body
from bot.adapters.chat.discord.asked import Asked, Kind
from bot.adapters.chat.discord.gateway import Hear
from bot.adapters.chat.discord.places import THREADS
from bot.adapters.chat.discord.render import EPHEMERAL
from bot.ports.world import Clock

log = structlog.get_logger()

PREFIX = "/discord/"
"""Where all of it is."""
INTERACTIONS = "/discord/interactions"
MOST_BYTES = 1 << 20
"""What a request may have: a message with a menu on it has less than a tenth of it."""
SLOWEST = 10.0
"""Seconds that a request may take to arrive; Discord itself gives up after 3."""
OLDEST = 300.0
"""Seconds that a request's time may be off; what is older, somebody recorded."""
PATIENCE = 3.0
"""Seconds that answers under way may take when the program ends."""

_KEY = re.compile(r"[0-9a-fA-F]{64}")
_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_TIME = re.compile(r"[0-9]{1,12}")
_PING, _PONG = 1, 1
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Interactions:
    """Takes interactions that Discord signed."""

    def __init__(self, public_key: str, hear: Hear, clock: Clock) -> None:
        """Check with the application's key, and let all interactions be heard.

        Args:
            public_key: As the developer portal shows it: 64 hexadecimal digits.
            hear: Called with each interaction.
            clock: The time.

        Raises:
            ValueError: The key is none.
        """
        if _KEY.fullmatch(public_key) is None:
            raise ValueError("a public key has 64 hexadecimal digits")
        self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        self._hear = hear
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()
        self.app: ASGIApp = Starlette(routes=[Route(INTERACTIONS, self._dressed, methods=["POST"])])

    async def stop(self, patience: float = PATIENCE) -> None:
        """Wait some seconds for the answers that are under way, and give up the others."""
        if self._running:
            await asyncio.wait(self._running, timeout=patience)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _dressed(self, request: Request) -> Response:
        response = await self._answer(request)
        response.headers.update(_HEADERS)
        return response

    async def _answer(self, request: Request) -> Response:
        try:
            body = await whole_body(request, MOST_BYTES, SLOWEST)
        except BodyError as error:
            return PlainTextResponse(str(error), error.status)
        if not self._signed(request, body):
            log.info("discord_request_refused", reason="it is not signed by Discord, or too old")
            return PlainTextResponse("The request is not signed by Discord, or too old.", 401)
        try:
            told = json.loads(body)
            if told["type"] == _PING:
                return JSONResponse({"type": _PONG})
            self._begin(told)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            log.warning("discord_request_unknown", reason=type(error).__name__)
            return PlainTextResponse("This is no interaction that is known here.", 400)
        return Response(status_code=202)

    def _begin(self, told: Mapping[str, Any]) -> None:
        asked = asked_from(told)
        if asked is not None:
            task = asyncio.create_task(self._heard(asked))
            self._running.add(task)
            task.add_done_callback(self._ended)

    async def _heard(self, asked: Asked) -> None:
        await self._hear(asked)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("discord_event_failed", event_name="interaction", exc_info=error)

    def _signed(self, request: Request, body: bytes) -> bool:
        """Say whether Discord made the request, within the last 5 minutes."""
        at = request.headers.get("x-signature-timestamp", "")
        shown = request.headers.get("x-signature-ed25519", "")
        if _TIME.fullmatch(at) is None or _SIGNATURE.fullmatch(shown) is None:
            return False
        try:
            self._key.verify(bytes.fromhex(shown), at.encode() + body)
        except InvalidSignature:
            return False
        return abs(self._clock().timestamp() - int(at)) <= OLDEST


def asked_from(told: Mapping[str, Any]) -> Asked | None:
    """Return an interaction as a value; None where it is of no kind or place that we serve.

    Args:
        told: What Discord sends by HTTP. Source: Discord, Interaction Object.

    Raises:
        ValueError: It is nothing that Discord sends.
    """
    try:
        if told["type"] not in set(Kind) or told.get("guild_id") is None:
            return None
        return _asked(told)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no interaction of Discord's: {error!r}") from error


def _asked(told: Mapping[str, Any]) -> Asked:
    channel, member, message = told["channel"], told["member"], told.get("message")
    user = member["user"]
    name = member.get("nick") or user.get("global_name") or user["username"]
    in_thread = channel["type"] in THREADS
    return Asked(
        id=str(told["id"]),
        token=str(told["token"]),
        application=str(told["application_id"]),
        kind=Kind(told["type"]),
        data=dict(told["data"]),
        guild=str(told["guild_id"]),
        channel=str(channel["id"]),
        parent=str(channel.get("parent_id") or "") if in_thread else "",
        message="" if message is None else str(message["id"]),
        private=message is not None and bool(int(message.get("flags", 0)) & EPHEMERAL),
        user=str(user["id"]),
        name=str(name)[:80],
        permissions=int(member["permissions"]),
        locale=str(told.get("locale", "en-US")),
    )
