"""Discord's REST API: one request, one answer or one error of ours.

Never retries and never sleeps for long: what has to wait is told to the outbox, which alone knows
what else is waiting.

Owns the token, the pace, and which buckets are empty. What a refusal means is in `refusals.py`,
how a request reaches Discord in `wire.py`.
"""

import asyncio
import json as jsons
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from discord.http import Route

from bot.adapters.chat.discord.parts import uploads
from bot.adapters.chat.discord.refusals import (
    TOKEN_REFUSED,
    Answer,
    AnswerError,
    limited,
    refusal,
    refuses_token,
    seconds,
)
from bot.adapters.chat.discord.wire import Wire
from bot.domain.errors import DeliveryError, NotSentError, RateLimitError
from bot.domain.messages import File

log = structlog.get_logger()

AT_ONCE = 50
"""Requests a second that a bot may make in all. Source: Discord, Rate Limits, Global Rate Limit."""
WINDOW = 1.0
"""Seconds in which they are counted."""
TOKEN_PAUSE = 60.0
"""Seconds without a request after a 401: 10,000 of them in ten minutes bring a ban."""
_EVERYWHERE = ""
_NEVER_LEFT = (  # errors that prove that no byte of the request arrived
    aiohttp.ClientConnectorError,  # DNS, refused, TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)
_MAJOR = {"channels": "channel_id", "guilds": "guild_id"}
"""Ids that have buckets of their own. Source: Discord, Rate Limits."""


class Rest:
    """Discord's REST API with one token."""

    def __init__(
        self,
        token: str,
        base: str = "https://discord.com/api/v10",
        *,
        at_once: int = AT_ONCE,
        window: float = WINDOW,
        token_pause: float = TOKEN_PAUSE,
    ) -> None:
        """Ask `base` with the bot's `token`; nothing is asked yet.

        Args:
            token: The bot's.
            base: Where the API is, with its version.
            at_once: Requests in flight or answered less than a window ago, at most: so many a
                window may be made, whatever way they bunch up on their way.
            window: In seconds.
            token_pause: Seconds in which nothing is asked after the token was refused.
        """
        self._token = token
        self._base = base
        self._wire: Wire | None = None
        self._opening = asyncio.Lock()
        self._pace = asyncio.Semaphore(at_once)
        self._window = window
        self._shut: dict[str, float] = {}  # buckets that are empty, until when on the loop's clock
        self._token_pause = token_pause
        self._refused_until = 0.0
        self._me: dict[str, Any] = {}

    async def me(self) -> str:
        """Return the id of the bot's user.

        Raises:
            NotSentError: Discord did not say.
        """
        await self._opened("the token")
        return str(self._me["id"])

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        files: Sequence[File] = (),
        where: str = "discord",
    ) -> Any:
        """Make a request; return the answer's JSON, None where it has none.

        Args:
            method: GET, POST, PATCH, PUT or DELETE.
            path: After the version: `/channels/123/messages`.
            json: The body.
            files: What goes with the body; it names them as its attachments.
            where: The channel, for an error's text.

        Raises:
            DeliveryError: As the tables of `refusals.py` say; of that class itself where it is
                unknown what became of the request. A GET changes nothing, so there it is a
                NotSentError.
        """
        try:
            return await self._asked(method, path, _body(json, files), where)
        except DeliveryError as error:
            if method == "GET" and type(error) is DeliveryError:
                raise NotSentError(where, error.reason) from error
            raise

    async def close(self) -> None:
        """Close all connections."""
        if self._wire is not None:
            await self._wire.close()
            self._wire = None

    async def _asked(self, method: str, path: str, body: dict[str, Any], where: str) -> Any:
        route = _route(method, path)
        bucket = f"{route.key} {route.major_parameters}"
        paced = not path.startswith(("/interactions/", "/webhooks/"))
        wire = await self._opened(where)
        self._check(bucket, where)
        if paced:
            answer = await self._in_turn(wire, route, body, where)
        else:  # answers to people count for no limit but their own
            answer = await _answer(wire, route, body, where)
        self._learn(answer, bucket)
        if answer.status >= 300:
            raise refusal(answer, where) from AnswerError(answer)
        try:
            return answer.json()
        except ValueError as error:
            raise DeliveryError(where, f"HTTP {answer.status}: no JSON") from error

    async def _in_turn(self, wire: Wire, route: Route, body: dict[str, Any], where: str) -> Answer:
        """Make a request when there is room for one in this second."""
        self._check(_EVERYWHERE, where)
        async with self._turn():
            self._check(_EVERYWHERE, where)  # it may have been shut meanwhile
            return await _answer(wire, route, body, where)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Hold a place while a request is under way, and for a window after its answer.

        Discord counted the request at some moment between its start and its answer, so all that
        it counts in any one window hold places at the same time.
        """
        await self._pace.acquire()
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(self._window, self._pace.release)

    async def _opened(self, where: str) -> Wire:
        """Log in, unless that is done; discord.py makes its session in no other way."""
        now = asyncio.get_running_loop().time
        if now() < self._refused_until:
            raise NotSentError(where, TOKEN_REFUSED)
        async with self._opening:
            if self._wire is not None:
                return self._wire
            self._check("log in", where)
            wire = Wire(self._base)
            try:
                async with self._turn():
                    self._me = dict(await wire.static_login(self._token))
            except BaseException as error:
                await wire.close()
                if not isinstance(error, Exception):
                    raise
                raise self._no_log_in(error, where) from error
            self._wire = wire
            return wire

    def _no_log_in(self, error: Exception, where: str) -> DeliveryError:
        """Return why a log-in failed: whatever was to be sent was not."""
        match error:
            case AnswerError():
                self._learn(error.answer, "log in")
                found = refusal(error.answer, where)
                if isinstance(found, RateLimitError):
                    return found
                return NotSentError(where, found.reason)
            case _:
                return NotSentError(where, f"no log-in: {_words(error)}")

    def _check(self, bucket: str, where: str) -> None:
        """Refuse what Discord would refuse: a request of an empty bucket."""
        left = self._shut.get(bucket, 0.0) - asyncio.get_running_loop().time()
        if left > 0:
            everywhere = bucket == _EVERYWHERE
            raise RateLimitError(where, timedelta(seconds=left), everywhere=everywhere)

    def _learn(self, answer: Answer, bucket: str) -> None:
        """Keep what an answer says of the buckets and of the token."""
        now = asyncio.get_running_loop().time()
        if refuses_token(answer):
            if now >= self._refused_until:
                log.error("discord_token_refused", remedy="set DISCORD_TOKEN anew")
            self._refused_until = now + self._token_pause
        elif answer.status == 429:
            limit = limited(answer, "")
            key = _EVERYWHERE if limit.everywhere else bucket
            self._shut[key] = now + limit.wait.total_seconds()
            log.warning(
                "discord_rate_limited",
                bucket=key or "global",
                wait_s=limit.wait.total_seconds(),
                scope=answer.headers.get("X-RateLimit-Scope", ""),
            )
        elif answer.headers.get("X-RateLimit-Remaining") == "0":
            left = seconds(answer.headers.get("X-RateLimit-Reset-After"), timedelta(0))
            self._shut[bucket] = now + left.total_seconds()
        if len(self._shut) > 1_000:
            self._shut = {key: until for key, until in self._shut.items() if until > now}


async def _answer(wire: Wire, route: Route, body: dict[str, Any], where: str) -> Answer:
    """Return whatever was answered.

    Raises:
        NotSentError: The request never left.
        DeliveryError: It may have arrived.
    """
    try:
        return await wire.ask(route, **body)
    except _NEVER_LEFT as error:
        raise NotSentError(where, f"not connected: {_words(error)}") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise DeliveryError(where, _words(error)) from error


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()[:300]


def _body(json: Any, files: Sequence[File]) -> dict[str, Any]:
    """Return a body as discord.py takes it: JSON, or a form where there are files."""
    if json is None:
        return {}
    kept = uploads(files)
    if not kept:
        return {"json": json}
    told = {
        "name": "payload_json",
        "value": jsons.dumps(json),
        "content_type": "application/json",
    }
    parts = [
        {
            "name": f"files[{one.number}]",
            "value": one.data,
            "filename": one.name,
            "content_type": one.mime,
        }
        for one in kept
    ]
    return {"form": [told, *parts]}


def _route(method: str, path: str) -> Route:
    """Return a path as discord.py counts it: ids are parameters, the first one is the bucket's."""
    plain, question, query = path.partition("?")
    steps = plain.strip("/").split("/")
    given: dict[str, str] = {}
    shape = []
    for at, step in enumerate(steps):
        before = steps[at - 1] if at else ""
        name = _MAJOR.get(before) if at == 1 else None
        if at == 1 and before in ("interactions", "webhooks"):
            name = "webhook_id"
        elif at == 2 and steps[0] in ("interactions", "webhooks"):
            name = "webhook_token"
        elif name is None and re.fullmatch(r"\d{15,20}", step):
            name = f"id_{at}"
        if name is not None:
            given[name] = step
        shape.append(step if name is None else f"{{{name}}}")
    route = Route(method, "/" + "/".join(shape), **given)
    route.url += f"{question}{query}"
    return route
