"""discord.py's HTTP client, made to answer at once and to send once.

Its buckets, headers and forms are used. Its patience is not: it sends again after a 500, 502, 504
or 524 (a forum post has no nonce, and would stand there twice), it sleeps through a 429 (which the
outbox has to know of), and after the last request that a bucket allows it sleeps before it hands
out the answer. aiohttp's trace hooks see each answer first: they keep it, and end discord.py's
loop by raising.
"""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import aiohttp
from discord.http import HTTPClient, Route

from bot.adapters.chat.discord.refusals import Answer, AnswerError

TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
"""In seconds; after it, nobody knows what became of the request."""


class Wire(HTTPClient):
    """Makes requests, each once, at a server that speaks Discord."""

    def __init__(self, base: str) -> None:
        """Speak to `base`, such as `https://discord.com/api/v10`; needs a running loop."""
        # No `max_ratelimit_timeout`: with it, discord.py refuses a request whose bucket comes back
        # later than that although there is room left in it (threads: 50 in five minutes).
        super().__init__(asyncio.get_running_loop(), http_trace=_trace())
        self._base = base.rstrip("/")
        self._tails: set[asyncio.Task[object]] = set()

    async def request(
        self,
        route: Route,
        *,
        files: Sequence[Any] | None = None,  # noqa: ARG002 -- discord.py's signature
        form: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Make a request; return the answer's JSON. It is what discord.py's own log-in calls.

        Raises:
            AnswerError: The answer is no success.
            ValueError: It is one, and not JSON.
            aiohttp.ClientError, OSError, TimeoutError: There was no answer.
        """
        answer = await self.ask(route, form=form, **kwargs)
        if answer.status >= 300:
            raise AnswerError(answer)
        return answer.json()

    async def ask(self, route: Route, **kwargs: Any) -> Answer:
        """Make a request; return whatever was answered, as soon as it is here."""
        route.url = self._base + route.url.removeprefix(route.BASE)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        answered.add_done_callback(_seen)
        sending = asyncio.create_task(
            super().request(
                route,
                trace_request_ctx=answered,
                timeout=TIMEOUT,
                allow_redirects=False,
                **kwargs,
            ),
            name=f"{route.method} {route.path}",
        )
        self._tails.add(sending)  # once answered, it closes its bucket in its own time
        sending.add_done_callback(self._tails.discard)
        sending.add_done_callback(_seen)
        try:
            await asyncio.wait({sending, answered}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            sending.cancel()
            raise
        if not answered.done():
            await sending
        return answered.result()

    async def close(self) -> None:
        """End what still sleeps, and close all connections."""
        for task in self._tails:
            task.cancel()
        await asyncio.gather(*self._tails, return_exceptions=True)
        await super().close()


class NoAnswerError(Exception):
    """A request ended without an answer; ends discord.py's loop, which would ask again."""


def _seen(done: asyncio.Future[Any]) -> None:
    """Keep asyncio from complaining of an error that nobody waited for."""
    if not done.cancelled():
        done.exception()


def _trace() -> aiohttp.TraceConfig:
    """Return hooks that hand each answer to who waits for it."""

    async def on_end(
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        found: aiohttp.TraceRequestEndParams,
    ) -> None:
        answered: asyncio.Future[Answer] = context.trace_request_ctx
        response = found.response
        answer = Answer(response.status, response.headers, await response.read())
        if not answered.done():
            answered.set_result(answer)
        if answer.status >= 300:
            raise AnswerError(answer)

    async def on_exception(
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        found: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        answered: asyncio.Future[Answer] = context.trace_request_ctx
        if not isinstance(found.exception, Exception):
            return  # cancelled
        if not answered.done():
            answered.set_exception(found.exception)
        raise NoAnswerError from found.exception

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(on_end)
    trace.on_request_exception.append(on_exception)
    return trace
