"""A Discord of our own with our adapter in front of it, for tests of delivery."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.adapters.chat.discord.client import DiscordChat
from bot.adapters.chat.discord.rest import Rest
from bot.domain.messages import Button, Fact, Message, Paragraph, Posted, Tone, text
from bot.domain.watches import Channel, Scope
from tests.twins.discord import state
from tests.twins.discord.limits import Limits
from tests.twins.discord.twin import DiscordTwin


@dataclass(kw_only=True)
class Desk:
    """The twin, the adapter, a text channel and a forum."""

    twin: DiscordTwin
    rest: Rest
    chat: DiscordChat
    news: state.Channel
    forum: state.Channel
    start: datetime

    def channel(self, place: state.Channel | None = None) -> Channel:
        """Return a place of the twin as the core names it; the text channel if None."""
        place = place or self.news
        return Channel(Scope("discord", str(place.guild_id)), str(place.id))

    async def card(
        self, place: state.Channel | None = None, *, key: str = "card", **changes: Any
    ) -> Posted:
        """Post an opening card."""
        return await self.chat.post(card(**changes), self.channel(place), None, key)

    def thread(self, posted: Posted) -> state.Channel:
        """Return the thread of a card."""
        return self.twin.world.channels[int(posted.id)]

    def said(self, place: state.Channel) -> list[str]:
        """Return what stands in a channel or thread."""
        return [message.content for message in place.messages.values()]

    @property
    def asked(self) -> list[str]:
        """What was asked of the twin."""
        return [f"{one['method']} {one['path']}" for one in self.twin.journal.of("request")]


@asynccontextmanager
async def desk(limits: Limits | None = None) -> AsyncIterator[Desk]:
    """Run a twin without rate limits, unless others are given."""
    async with DiscordTwin.running(limits=limits or Limits(enabled=False)) as twin:
        rest = Rest(twin.token, twin.api_base)
        yield Desk(
            twin=twin,
            rest=rest,
            chat=DiscordChat(rest),
            news=twin.channel("deportations"),
            forum=twin.forum("stories"),
            start=datetime.now(UTC),
        )
        await rest.close()


def card(
    headline: str = "Judge orders update on CECOT transfers",
    *,
    state: str = "developing",
    langs: tuple[str, ...] = ("en",),
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
        tone=Tone.CLOSED if state == "closed" else Tone.DEVELOPING,
        topic=f"{headline} · K7Q2",
        tags=(state, *langs),
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
