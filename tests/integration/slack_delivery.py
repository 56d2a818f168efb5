"""A Slack of our own with our adapter in front of it, for tests of delivery."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.http_retry.builtin_async_handlers import async_default_handlers

from bot.adapters.chat.slack.client import SlackChat
from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.tokens import OneToken
from bot.adapters.chat.slack.web import Web
from bot.adapters.chat.slack.wire import Wire
from bot.domain.messages import Button, Fact, Message, Paragraph, Posted, Tone, text
from bot.domain.watches import Channel, Scope
from tests.twins.slack import state
from tests.twins.slack.limits import Limits
from tests.twins.slack.twin import SlackTwin


class RetryingWire(Wire):
    """What slack_sdk does unless it is told not to: it asks again after a broken connection."""

    def __init__(self, api_base: str) -> None:
        """Put its own handlers back."""
        super().__init__(api_base)
        self._client.retry_handlers = async_default_handlers()


@dataclass(frozen=True, slots=True)
class Slack:
    """The adapter's parts, as a new process has them: it remembers nothing."""

    wire: Wire
    tokens: OneToken
    web: Web
    places: SlackPlaces
    chat: SlackChat


@asynccontextmanager
async def slack(
    token: str, api_base: str, *, gap: timedelta = timedelta(0), token_pause: float = 60
) -> AsyncIterator[Slack]:
    """Put the adapter together."""
    wire = Wire(api_base)
    tokens = OneToken(token, wire)
    web = Web(tokens, wire, token_pause=token_pause)
    places = SlackPlaces(web)
    yield Slack(wire, tokens, web, places, SlackChat(web, places, gap))
    await wire.close()


@dataclass(kw_only=True)
class Desk:
    """The twin, the adapter, a channel."""

    twin: SlackTwin
    slack: Slack
    news: state.Channel
    start: datetime

    @property
    def chat(self) -> SlackChat:
        """What delivery sees."""
        return self.slack.chat

    def channel(self, place: state.Channel | None = None) -> Channel:
        """Return a channel of the twin as the core names it; the first one if None."""
        place = place or self.news
        return Channel(Scope("slack", place.team), place.id)

    async def card(
        self, place: state.Channel | None = None, *, key: str = "card", **changes: Any
    ) -> Posted:
        """Post an opening card."""
        return await self.chat.post(card(**changes), self.channel(place), None, key)

    def said(self, place: state.Channel | None = None, thread: str | None = None) -> list[str]:
        """Return what stands in a channel, or in a thread there."""
        messages = (place or self.news).messages.values()
        return [one.text for one in messages if one.thread_ts == thread]

    @property
    def asked(self) -> list[str]:
        """What was asked of the twin."""
        return [one["method"] for one in self.twin.journal.of("request")]


@asynccontextmanager
async def desk(limits: Limits | None = None, *, token_pause: float = 60) -> AsyncIterator[Desk]:
    """Run a twin without rate limits, unless others are given."""
    async with SlackTwin.running(limits=limits or Limits(enabled=False)) as twin:
        news = twin.channel("deportations")
        async with slack(twin.bot_token, twin.api_base, token_pause=token_pause) as parts:
            yield Desk(twin=twin, slack=parts, news=news, start=datetime.now(UTC))


def card(
    headline: str = "Judge orders update on CECOT transfers",
    *,
    ping: str = "",
    silent: bool = False,
) -> Message:
    """Return an opening card as the core lays it out."""
    return Message(
        title=headline,
        url="https://outlet.example/a",
        lead=text("DEVELOPING · 3 outlets"),
        blocks=(Paragraph(text("Court asked for a report.")), Fact("Matched", text("CECOT"))),
        footer=text("extractive · watch cecot · story K7Q2"),
        buttons=(Button("Summary", "summary:target=K7Q2"),),
        notice=f"{headline} — Outlet A, Outlet B",
        tone=Tone.DEVELOPING,
        topic=f"{headline} · K7Q2",
        tags=("developing", "en"),
        ping=ping,
        silent=silent,
    )


def reply(words: str = "Outlet F adds the families' statement") -> Message:
    """Return a reply as the core lays it out."""
    return Message(
        title="",
        blocks=(Paragraph(text(words)),),
        notice=words,
        topic="Judge orders update on CECOT transfers · K7Q2",
    )
