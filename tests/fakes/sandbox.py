"""A sandbox in memory with two channels, and a client that asks it as a person's browser would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.adapters.chat.sandbox.client import SandboxChat
from bot.adapters.chat.sandbox.door import Door
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.server import SandboxServer
from bot.domain.messages import Button, Fact, Message, Run, Style, Tone, text
from bot.domain.watches import LOCAL, Channel, Scope
from tests.fakes.clock import FakeClock
from tests.fakes.dispatcher import FakeDispatcher

HERE = Channel(Scope("sandbox", LOCAL), "deportations")
TOKEN = "the-bots-token"  # noqa: S105 -- of a server that lives in a test
CARD = Message(
    title="Judge orders update",
    url="https://example.org/a",
    lead=text(Run("● DEVELOPING", Style.BOLD), " · 2 outlets"),
    blocks=(Fact("Matched", text(Run("CECOT", Style.HIT), " (title)")),),
    footer=text("extractive · story K7Q2"),
    buttons=(
        Button("Summary", "summary:target=K7Q2"),
        Button("Sources 7", "why:target=K7Q2"),
        Button("What's new", "summary:target=K7Q2&new=1"),
        Button("Mute", "mute:target=K7Q2"),
    ),
    notice="Judge orders update — Outlet A, Docket",
    tone=Tone.DEVELOPING,
)


@dataclass
class Sandbox:
    """Everything a test wants to reach."""

    server: SandboxServer
    rooms: Rooms
    dispatcher: FakeDispatcher
    clock: FakeClock
    chat: SandboxChat
    people: httpx.AsyncClient


@asynccontextmanager
async def sandbox(path: Path | None = None, door: Door | None = None) -> AsyncIterator[Sandbox]:
    """Open a sandbox, in memory or in a file, behind a door."""
    clock, dispatcher = FakeClock(), FakeDispatcher()
    async with Rooms.at(path) as rooms:
        server = SandboxServer(rooms, dispatcher, clock, token=TOKEN, door=door, tick=0.05)
        async with (
            httpx.AsyncClient(transport=server.transport(), base_url="http://sandbox") as bot,
            httpx.AsyncClient(transport=server.transport(), base_url="http://127.0.0.1") as people,
        ):
            chat = SandboxChat(bot, TOKEN, clock)
            for name in ("deportations", "el-salvador"):
                await rooms.open(name)
            yield Sandbox(server, rooms, dispatcher, clock, chat, people)
