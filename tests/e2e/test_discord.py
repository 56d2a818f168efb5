"""Newsthread on Discord as people meet it: the real program, the sample wire, the twin."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_demo import free_port
from tests.twins.discord.answer import Answer
from tests.twins.discord.permissions import Can
from tests.twins.discord.state import Channel, Message
from tests.twins.discord.twin import DiscordTwin

pytestmark = pytest.mark.slow
QUERY = 'cecot OR bukele OR deport* OR "terrorism confinement center"'


OPML = b"""<opml version="2.0"><body>
<outline type="rss" text="Example" xmlUrl="http://127.0.0.1:9/example.xml"/></body></opml>"""


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


async def watch(twin: DiscordTwin, channel: Channel, options: dict[str, Any] | None = None) -> None:
    """Set a watch up as an editor does."""
    await until(lambda: twin.world.commands and twin.journal.of("ready"))
    editor = twin.user("editor", channel=channel)
    asked = await editor.slash("/watch add", {"query": QUERY, "name": "sample", **(options or {})})
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


STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("reader", "/summary", {"target": "{story}", "length": "long"}),
    ("reader", "/summary", {"target": "sample", "period": "24h", "public": True}),
    ("reader", "/catchup", {"since": "1d"}),
    ("reader", "/latest", {"query": "cecot", "days": 3}),
    ("reader", "/search", {"words": "deportation"}),
    ("reader", "/trend", {"target": "sample", "days": 7}),
    ("reader", "/story show", {"id": "{story}"}),
    ("reader", "/story sources", {"id": "{story}"}),
    ("reader", "/story timeline", {"id": "{story}"}),
    ("reader", "/why", {"target": "{story}"}),
    ("editor", "/mute", {"target": "football", "for": "7d"}),
    ("editor", "/unmute", {"target": "football"}),
    ("editor", "/irrelevant", {"target": "{story}"}),
    ("editor", "/story add", {"url": "https://example.org/unknown", "id": "{story}"}),
    ("editor", "/watch list", {}),
    ("editor", "/watch edit", {"name": "sample", "min_outlets": 2}),
    ("editor", "/watch pause", {"name": "sample"}),
    ("editor", "/watch resume", {"name": "sample"}),
    ("editor", "/watch test", {"query": "bukele AND deport*", "days": 7}),
    ("editor", "/keywords add", {"words": "tecoluca", "watch": "sample"}),
    ("editor", "/keywords list", {"watch": "sample"}),
    ("editor", "/keywords remove", {"words": "tecoluca", "watch": "sample"}),
    ("editor", "/feed list", {}),
    ("editor", "/feed check", {"url": "http://127.0.0.1:9/feed.xml"}),
    ("editor", "/feed add", {"url": "http://127.0.0.1:9/feed.xml", "name": "Nowhere"}),
    ("editor", "/digest now", {}),
    ("editor", "/digest set", {"time": "08:00", "tz": "Europe/Madrid", "days": "mon-fri"}),
    ("admin", "/settings", {"quiet": "22:00-07:00", "tz": "Europe/Madrid"}),
    ("admin", "/settings", {"quiet": "off"}),
    ("admin", "/feed import", {"file": ("feeds.opml", OPML)}),
    ("editor", "/feed remove", {"feed": "Example"}),
    ("admin", "/feed export", {}),
    ("admin", "/health", {}),
    ("editor", "/export", {"story": "{story}", "format": "csv"}),
    ("reader", "/privacy", {}),
    ("reader", "/help", {"topic": "watch"}),
    ("editor", "/story split", {"id": "{story}", "articles": "1"}),
    ("editor", "/story merge", {"id": "{story}", "into": "{other}"}),
    ("editor", "/watch remove", {"name": "sample"}),
)
"""Each command once, as somebody who may use it."""
LATE = "/story split"


async def test_every_command_menu_and_button_answers(tmp_path: Path) -> None:
    await every_way_to_ask(tmp_path, forum=False)


async def test_every_command_menu_and_button_answers_in_a_forum(tmp_path: Path) -> None:
    await every_way_to_ask(tmp_path, forum=True)


async def every_way_to_ask(tmp_path: Path, *, forum: bool) -> None:
    """Ask in every way there is, as people do, and find an answer to each that breaks no rule."""
    async with DiscordTwin.running() as twin:
        desk = twin.channel("desk")
        channel = twin.forum("stories") if forum else desk
        if forum:
            twin.set_bot(channel, allow=Can.MANAGE_CHANNELS)  # it makes the tags
        async with program(twin, tmp_path):
            more: dict[str, Any] = {"channel": channel, "mode": "forum"} if forum else {}
            await watch(twin, desk, more)
            found = await until(lambda: len(cards(twin, channel)) > 1 and cards(twin, channel))
            card, other = found[0], found[1]
            story, code = (card_code(one) for one in (card, other))
            await menus_and_completion(twin, desk, card)
            seen = [await pressed(twin, card, label) for label in labels(card)]
            used = {"watch add"}
            for who, line, options in STEPS:
                if forum and line == LATE:  # by then there is more coverage, or soon
                    await wide_awake(twin, desk)
                    await a_post_that_grows(twin, channel)
                given = {
                    name: value.format(story=story, other=code) if isinstance(value, str) else value
                    for name, value in options.items()
                }
                asker = twin.user(who, channel=desk)
                forced = who == "admin"  # who may manage the server, and no channel
                answer = await asker.slash(line, given, within=30, force=forced)
                assert not answer.failed, line
                assert "went wrong" not in answer.text, (line, answer.text)
                used.add(line.removeprefix("/"))
                seen += await buttons_of(twin, desk, who, answer)
            assert used == verbs(twin)
            assert all(seen)
            await second_thoughts(twin, desk)
        nothing_twice(twin)


async def wide_awake(twin: DiscordTwin, desk: Channel) -> None:
    """Undo what was done to the watch on the way: buttons have paused it, say."""
    editor = twin.user("editor", channel=desk)
    for line, options in (("/watch edit", {"min_outlets": 1}), ("/watch resume", {})):
        answer = await editor.slash(line, {"name": "sample", **options}, within=30)
        assert not answer.failed, line


async def a_post_that_grows(twin: DiscordTwin, forum: Channel) -> None:
    """Wait for later coverage in a post, and for its first message to be brought up to date."""
    grown = await until(lambda: [one for one in cards(twin, forum) if replies(twin, one)], 150)
    await until(lambda: [one for one in cards(twin, forum) if one.edited_at], 60)
    post = twin.thread_of(grown[0])
    assert post is not None
    assert post.name.startswith(grown[0].embeds[0]["title"][:40])
    assert "developing" in {tag.name for tag in forum.tags if tag.id in post.applied}


async def second_thoughts(twin: DiscordTwin, desk: Channel) -> None:
    """Cancel a watch that is not saved yet; remove one, and have it back."""
    editor = twin.user("editor", channel=desk)
    draft = await editor.slash("/watch add", {"query": "cecot", "name": "second"}, within=30)
    cancelled = await editor.click(draft, "Cancel", within=30)
    assert "nothing was saved" in cancelled.text
    sure = await editor.slash("/watch remove", {"name": "sample"}, within=30)
    gone = await editor.click(sure, "Remove", within=30)
    assert gone.message is not None
    undo = next(label for label in labels(gone.message) if label.startswith("Undo"))
    assert "is back" in (await editor.click(gone, undo, within=30)).text


async def menus_and_completion(twin: DiscordTwin, desk: Channel, card: Message) -> None:
    """Open each menu of a message, and complete a word."""
    editor = twin.user("editor", channel=desk)
    for name in ("Summarise story", "Why this alert?", "Not relevant"):
        answer = await editor.context_menu(name, card)
        assert not answer.failed
        assert "went wrong" not in answer.text
        if name == "Not relevant":
            await editor.click(answer, "Undo")
    form = await editor.context_menu("Add link to story", card)
    assert form.modal is not None or not form.failed
    if form.modal is not None:
        assert not (await editor.submit(form, {"id": card_code(card)})).failed
    offered = await editor.autocomplete("/summary", target=card_code(card)[:1])
    assert any(one["value"].startswith(card_code(card)) for one in offered)


async def pressed(twin: DiscordTwin, card: Message, label: str) -> bool:
    """Press one of a card's buttons; say whether that was answered well."""
    answer = await twin.user("editor").click(card, label)
    return not answer.failed and "went wrong" not in answer.text


async def buttons_of(twin: DiscordTwin, desk: Channel, who: str, answer: Answer) -> list[bool]:
    """Press every button of an answer, but those that undo what the next steps need."""
    asker = twin.user(who, channel=desk)
    found = []
    for label in labels(answer.message) if answer.message is not None else ():
        if label in ("Remove", "Cancel", "Discard", "Undo") and "sample" in answer.text:
            continue
        pressed = await asker.click(answer, label, within=30)
        if pressed.modal is not None:
            pressed = await asker.submit(pressed, {}, within=30)
        found.append(not pressed.failed and "went wrong" not in pressed.text)
    return found


def verbs(twin: DiscordTwin) -> set[str]:
    """Return the verbs of all slash commands that are registered."""
    known: set[str] = set()
    for command in twin.world.commands.values():
        body = command.body
        if body.get("type", 1) == 1:
            below = [one["name"] for one in body.get("options", ()) if one["type"] == 1]
            known |= {f"{body['name']} {name}" for name in below} or {body["name"]}
    return known


def card_code(card: Message) -> str:
    """Return a story's code, as its card says it."""
    found = re.search(r"story ([A-Z0-9]{4,})", str(card.embeds[0]))
    assert found is not None, card.embeds
    return found[1]
