"""Discord's shards shared out among real processes: whoever is killed, all servers are answered."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.cli import environment
from tests.fakes.store import shared_database
from tests.twins.discord.twin import DiscordTwin

pytestmark = [pytest.mark.slow, pytest.mark.soak]
KILLS = 3
Running = asyncio.subprocess.Process


@asynccontextmanager
async def chat(
    folder: Path, twin: DiscordTwin, url: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process with the role `chat` until the block ends or it is killed."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--role", "chat"),
        env=environment(folder, DATABASE_URL=url, **twin.environment()),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


def heard(twin: DiscordTwin) -> set[int]:
    """Return the shards that have a session with a socket."""
    sessions = (wire.session for wire in twin.gateway.connected())
    return {session.shard[0] for session in sessions if session is not None}


async def all_are_heard(twin: DiscordTwin) -> None:
    """Wait until each shard has a session, and somebody in each server is answered."""
    async with asyncio.timeout(90):
        while heard(twin) != set(range(twin.sharding.shards)) or not twin.world.commands:  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # the twin rings no bell
    for guild in list(twin.world.guilds.values()):
        answer = await twin.user("reader", guild).slash("/help")
        assert not answer.failed, guild.name


async def test_killed_processes_shards_are_taken_over_again_and_again(tmp_path: Path) -> None:
    """Two processes with four shards; each time the other one is killed and started anew."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(shared_database("postgresql", tmp_path))
        twin = await stack.enter_async_context(DiscordTwin.running(speed=0.5))
        twin.sharding.shards, twin.sharding.at_once = 4, 4
        for number in range(4):
            twin.channel("deportations", twin.guild(f"g{number}", shard=(number, 4)))
        running = [await stack.enter_async_context(chat(tmp_path, twin, url)) for _ in range(2)]
        await all_are_heard(twin)
        for _ in range(KILLS):
            killed = running.pop(0)
            os.kill(killed.pid, signal.SIGKILL)
            await killed.wait()
            await all_are_heard(twin)
            running.append(await stack.enter_async_context(chat(tmp_path, twin, url)))
            await asyncio.sleep(10)
            await all_are_heard(twin)
        answered = [one["interaction"] for one in twin.journal.of("answer")]
        assert len(answered) == len(set(answered)) == len(twin.journal.of("asked"))
        assert twin.journal.violations == []
