"""Slack's conversations, put together: who answers, who shows forms, and what is under way."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

import httpx

from bot.adapters.chat.slack.answers import Answerer
from bot.adapters.chat.slack.attached import Attached
from bot.adapters.chat.slack.carrying import Carrier
from bot.adapters.chat.slack.forms import Forms
from bot.adapters.chat.slack.people import People
from bot.adapters.chat.slack.respond import Responses
from bot.adapters.chat.slack.showing import Haste, Showing
from bot.adapters.chat.slack.tokens import Tokens
from bot.adapters.chat.slack.web import Web
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock, Places

PATIENCE = timedelta(seconds=3)
"""How long answers that are under way may take when the program ends."""

Listener = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Talk:
    """What listeners bring to whom; `stop` it before what it asks Slack by is closed."""

    answerer: Answerer
    forms: Forms
    people: People
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        dispatcher: Dispatcher,
        web: Web,
        places: Places,
        tokens: Tokens,
        http: httpx.AsyncClient,
        api_base: str,
        clock: Clock,
        haste: Haste | None = None,
    ) -> Self:
        """Join the parts.

        Args:
            dispatcher: Carries out commands.
            web: Slack.
            places: Knows the names of channels.
            tokens: Whose token files are fetched with.
            http: Fetches files, and answers at the addresses that interactions bring.
            api_base: Where the Web API is; files and such addresses may be there, too.
            clock: The time.
            haste: How long things may take; as Slack has it, if left out.
        """
        hurry = haste or Haste()
        people = People(web)
        showing = Showing(web, Responses(http, api_base), hurry)
        files = Attached(http, tokens, api_base)
        carrier = Carrier(dispatcher, people, places, files, clock)
        answerer = Answerer(carrier, showing, hurry)
        return cls(answerer, Forms(carrier, answerer, showing, hurry), people)

    def kept(self, listener: Listener) -> Listener:
        """Return a listener for bolt, which starts it as a task of its own and forgets it."""

        @functools.wraps(listener)
        async def run(*args: Any, **named: Any) -> None:
            task = asyncio.current_task()
            if task is not None:  # pragma: no branch - bolt runs nothing outside one
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            await listener(*args, **named)

        return run

    async def stop(self, patience: timedelta = PATIENCE) -> None:
        """Wait a moment for the answers that are under way, and give up the others."""
        if self._running:
            await asyncio.wait(self._running, timeout=patience.total_seconds())
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
