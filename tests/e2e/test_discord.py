"""Newsthread on Discord as people meet it: the real program, the sample wire, the twin."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_demo import free_port
from tests.twins.discord.state import Channel, Message
from tests.twins.discord.twin import DiscordTwin

pytestmark = pytest.mark.slow
QUERY = 'cecot OR bukele OR deport* OR "terrorism confinement center"'


@asynccontextmanager
async def program(twin: DiscordTwin, folder: Path) -> AsyncIterator[None]:
    """Run the demo against a twin until the block ends."""
    environ = {
        **os.environ,
        **twin.environment(),
        "PORT": str(free_port()),
        "NEWSTHREAD_WIRE_PORT": str(free_port()),
        "NEWSTHREAD_DEMO_DIR": str(folder),
        "LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", env=environ, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    reading = asyncio.create_task(process.stderr.read())
    try:
        yield
    finally:
        process.terminate()
        code = await asyncio.wait_for(process.wait(), 20)
        errors = (await reading).decode()
    assert "Traceback" not in errors, errors[-3_000:]
    assert code == 0, errors[-3_000:]


async def until(what: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first thing that `what` finds."""
    for _ in range(int(seconds / 0.1)):
        if found := what():
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"nothing after {seconds} s")


def cards(twin: DiscordTwin, channel: Channel) -> list[Message]:
    """Return the cards that stand in a channel or, a post each, in a forum."""
    here = [channel, *(one for one in twin.world.channels.values() if one.parent_id == channel.id)]
    found = (message for place in here for message in place.messages.values())
    return [one for one in found if one.author.bot and any("Summary" in b for b in labels(one))]


def labels(message: Message) -> list[str]:
    """Return what a message's buttons say."""
    return [button["label"] for row in message.components for button in row["components"]]


def replies(twin: DiscordTwin, card: Message) -> list[Message]:
    """Return what the bot said in the thread under a card."""
    thread = twin.thread_of(card)
    told = thread.messages.values() if thread is not None else ()
    return [one for one in told if one.author.bot and one.id != card.id]


async def watch(twin: DiscordTwin, channel: Channel, **more: str) -> None:
    """Set a watch up as an editor does."""
    await until(lambda: twin.world.commands)
    editor = twin.user("editor", channel=channel)
    asked = await editor.slash("/watch add", query=QUERY, name="sample", **more)
    assert "sample" in asked.text
    saved = await editor.click(asked, "Activate")
    assert not saved.failed


def nothing_twice(twin: DiscordTwin) -> None:
    """Check the journal: no text stands twice where it was posted, and no rule was broken."""
    assert not twin.journal.of("violation")
    posted = [(one["channel"], one["nonce"]) for one in twin.messages() if one["nonce"]]
    assert len(posted) == len(set(posted))


async def test_a_story_is_a_card_with_a_thread_that_grows(tmp_path: Path) -> None:
    """Cards, threads and edits come by themselves; a restart in the middle changes nothing."""
    async with DiscordTwin.running() as twin:
        channel = twin.channel("deportations")
        async with program(twin, tmp_path):
            await watch(twin, channel)
            await until(lambda: cards(twin, channel))
        async with program(twin, tmp_path):
            grown = await until(
                lambda: [one for one in cards(twin, channel) if replies(twin, one)], 150
            )
            thread = twin.thread_of(grown[0])
            assert thread is not None
            title = grown[0].embeds[0]["title"]
            assert thread.name.startswith(title[:40])
            await until(lambda: [one for one in cards(twin, channel) if one.edited_at], 60)
        nothing_twice(twin)
        titles = [one.embeds[0]["title"] for one in cards(twin, channel)]
        assert len(titles) == len(set(titles))
        assert grown[0].content  # the push notification's own words
