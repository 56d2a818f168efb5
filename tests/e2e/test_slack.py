"""Newsthread on Slack as people meet it: the real program, the sample wire, the twin."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.commands.dispatch import COMMANDS
from tests.e2e.slack_program import (
    INSTALLED,
    WAYS,
    cards,
    labels,
    nothing_twice,
    program,
    replies,
    story,
    title,
    until,
)
from tests.twins.slack import SlackTwin
from tests.twins.slack.answer import Answer
from tests.twins.slack.person import Person
from tests.twins.slack.state import Channel, Message

pytestmark = pytest.mark.slow
QUERY = 'cecot OR bukele OR deport* OR "terrorism confinement center"'
OPML = b"""<opml version="2.0"><body>
<outline type="rss" text="Example" xmlUrl="http://127.0.0.1:9/example.xml"/></body></opml>"""
WORKING = "Working on it"
VERBS = {command.usage.verb for command in COMMANDS if not command.button}


async def watch(twin: SlackTwin, channel: Channel) -> None:
    """Set a watch up as an editor does, whom an admin has named."""
    admin, editor = twin.user("admin", channel=channel), twin.user("editor", channel=channel)
    refused = await good(await editor.slash(f"/news watch add {QUERY} name:sample"), "refused")
    assert "Only editors" in refused.text
    named = await good(await admin.slash("/news settings editor: @editor"), "settings")
    assert "nobody" not in named.text
    asked = await good(await editor.slash(f"/news watch add {QUERY} name:sample"), "watch add")
    assert "sample" in asked.text
    await good(await editor.click(told(asked)[0], "Activate"), "Activate")


@pytest.mark.parametrize("way", WAYS)
async def test_a_story_is_a_card_with_a_thread_that_grows(tmp_path: Path, way: str) -> None:
    """Cards, threads and edits come by themselves; a restart in the middle changes nothing."""
    async with SlackTwin.running() as twin:
        channel = twin.channel("deportations")
        async with program(twin, tmp_path, way):
            await watch(twin, channel)
            await until(lambda: cards(twin, channel))
        async with program(twin, tmp_path, way):
            grown = await until(
                lambda: [one for one in cards(twin, channel) if replies(channel, one)], 150
            )
            await until(lambda: [one for one in cards(twin, channel) if one.edited], 60)
        nothing_twice(twin)
        titles = [title(one) for one in cards(twin, channel)]
        assert len(titles) == len(set(titles))
        assert title(grown[0])[:40] in grown[0].text  # the push notification's own words
        assert all(one.text for one in channel.messages.values() if one.bot_id)


STEPS: tuple[tuple[str, str], ...] = (
    ("reader", "/summary {story} length:long"),
    ("reader", "/news summary sample period:24h public:true"),
    ("reader", "/news catchup since:1d"),
    ("reader", "/news latest cecot days:3"),
    ("reader", "/news search deportation"),
    ("reader", "/news trend sample days:7"),
    ("reader", "/news story show {story}"),
    ("reader", "/news story sources {story}"),
    ("reader", "/news story timeline {story}"),
    ("reader", "/news why {story}"),
    ("editor", "/news mute football for:7d"),
    ("editor", "/news unmute football"),
    ("editor", "/news irrelevant {story}"),
    ("editor", "/news story add https://example.org/unknown id:{story}"),
    ("editor", "/news watch list"),
    ("editor", "/news watch edit sample min_outlets:2"),
    ("editor", "/news watch pause sample"),
    ("editor", "/news watch resume sample"),
    ("editor", '/news watch test "bukele AND deport*" days:7'),
    ("editor", "/news keywords add tecoluca watch:sample"),
    ("editor", "/news keywords list watch:sample"),
    ("editor", "/news keywords remove tecoluca watch:sample"),
    ("editor", "/news feed list"),
    ("editor", "/news feed check http://127.0.0.1:9/feed.xml"),
    ("editor", "/news feed add http://127.0.0.1:9/feed.xml name:Nowhere"),
    ("editor", "/news digest now"),
    ("editor", "/news digest set time:08:00 tz:Europe/Madrid days:mon-fri"),
    ("admin", "/news settings quiet:22:00-07:00 tz:Europe/Madrid"),
    ("admin", "/news settings quiet:off"),
    ("editor", "/news feed remove Example"),
    ("admin", "/news feed export"),
    ("admin", "/news health"),
    ("editor", "/news export {story} format:csv"),
    ("reader", "/news privacy"),
    ("reader", "/news help watch"),
    ("editor", "/news story split {story} articles:1"),
    ("editor", "/news story merge {story} into:{other}"),
    ("editor", "/news watch remove sample"),
)
"""Each command once, as somebody who may use it."""
KEEP = {"Remove", "Cancel", "Discard", "Undo"}
"""Buttons that undo what later steps need."""


@pytest.mark.parametrize("way", WAYS)
async def test_every_command_button_shortcut_and_form_answers(tmp_path: Path, way: str) -> None:
    """Asked in every way there is, as people do, and no answer breaks a rule."""
    async with SlackTwin.running() as twin:
        channel = twin.channel("deportations")
        async with program(twin, tmp_path, way):
            await watch(twin, channel)
            found = await until(lambda: len(cards(twin, channel)) > 1 and cards(twin, channel))
            card, codes = found[0], {"story": story(found[0]), "other": story(found[1])}
            editor = twin.user("editor", channel=channel)
            for label in labels(card.blocks):
                await good(await editor.click(card, label, within=30), label)
            await shortcuts(editor, card)
            await words(editor, card)
            await forms(editor, codes["story"])
            await home(twin.user("admin", channel=channel))
            await list_of_feeds(twin.user("admin", channel=channel))
            used = {"watch add", "feed import"}
            for who, line in STEPS:
                asker = twin.user(who, channel=channel)
                answer = await good(await asker.slash(line.format(**codes), within=30), line)
                used.add(verb_of(line))
                await buttons(asker, answer)
            assert used == VERBS
            await second_thoughts(editor)
        await twin.ways.deliveries.settled()
        nothing_twice(twin)


def told(answer: Answer) -> list[Message]:
    """Return what was said in answer; alerts come by themselves meanwhile, and have a key."""
    return [one for one in answer.messages if not one.metadata and WORKING not in one.text]


def finished(answer: Answer) -> bool:
    """Say whether all is there that will come; a slow answer is preceded by a word of patience."""
    shown = answer.view or answer.home
    if shown is not None:
        return WORKING not in str(shown.body)
    return bool(told(answer) or answer.replaced or answer.deleted)


async def good(answer: Answer, asked: str) -> Answer:
    """Return an answer that is one."""
    assert answer.failed is None, (asked, answer.failed)
    await answer.until(finished, within=60)
    assert "went wrong" not in answer.text, (asked, answer.text)
    return answer


def verb_of(line: str) -> str:
    """Return the verb that a line calls."""
    said = line.removeprefix("/news ").removeprefix("/")
    return max((verb for verb in VERBS if f"{said} ".startswith(f"{verb} ")), key=len)


async def buttons(asker: Person, answer: Answer) -> None:
    """Press every button of an answer, but those that undo what the next steps need."""
    message = next(iter(told(answer)), None)
    for label in labels(message.blocks) if message is not None else ():
        assert message is not None
        if label.split(" (")[0] in KEEP and "sample" in answer.text:
            continue
        pressed = await good(await asker.click(message, label, within=30), label)
        if pressed.view is not None:
            await asker.close(everything=True)
        if pressed.replaced or pressed.deleted:
            return  # the others are gone with it


async def shortcuts(editor: Person, card: Message) -> None:
    """Choose each entry of a message's menu, and the one that opens the form of all commands."""
    for name in ("Summarise story", "Why this alert?", "Not relevant", "Add link to story"):
        answer = await good(await editor.shortcut(card, name, within=30), name)
        if name == "Not relevant":
            await good(await editor.click(told(answer)[0], "Undo", within=30), "Undo")
        if answer.view is not None:
            await editor.close(everything=True)
    opened = await good(await editor.shortcut(None, "Ask Newsthread", within=30), "Ask Newsthread")
    assert opened.modal is not None
    await editor.close(everything=True)


async def words(editor: Person, card: Message) -> None:
    """Speak to the bot: in a thread, where no slash command is, and in direct messages."""
    answer = await good(await editor.mention("summary", thread=card, within=30), "mention")
    assert all(one.only_for == editor.id for one in told(answer))
    await good(await editor.ask("help", within=30), "direct message")


async def forms(editor: Person, code: str) -> None:
    """Fill in forms: one chosen from all, with what its menus offer and its backtest."""
    asked = await good(await editor.slash("/news", within=30), "/news")
    chosen = await good(await editor.select(asked, "choose", "summary", within=30), "choose")
    offered = await editor.options(chosen, "param/target", code[:1])
    assert any(one["value"].startswith(code) for one in offered)
    await good(await editor.submit(chosen, {"Target": offered[0]["value"]}, within=30), "summary")
    await editor.close(everything=True)
    asked = await editor.slash("/news", within=30)
    form = await good(await editor.select(asked, "choose", "watch add", within=30), "watch add")
    editor.fill(form, {"Query": "cecot AND (", "Name": "second"})
    wrong = await editor.submit(view_of(editor), within=30)
    assert list(wrong.errors) == ["param/query"]
    editor.fill(view_of(editor), {"Query": "cecot"})
    await good(await editor.click(view_of(editor), "Try the query", within=30), "Try the query")
    await good(await editor.submit(view_of(editor), within=30), "watch add")
    await good(await editor.click(view_of(editor), "Cancel", within=30), "Cancel")
    if editor.view is not None:
        await editor.close(everything=True)


def view_of(person: Person) -> Any:
    """Return the form that is open."""
    assert person.view is not None
    return person.view


async def home(admin: Person) -> None:
    """Open the App Home and each of its buttons."""
    opened = await good(await admin.open_home(within=30), "App Home")
    assert opened.home is not None
    assert "sample" in opened.text
    for label in ("Add a watch", "Add a feed", "All commands"):
        await good(await admin.click(opened.home, label, within=30), label)
        await admin.close(everything=True)


async def second_thoughts(editor: Person) -> None:
    """Remove a watch, and have it back."""
    sure = await good(await editor.slash("/news watch remove sample", within=30), "remove")
    gone = await good(await editor.click(told(sure)[0], "Remove", within=30), "Remove")
    assert gone.replaced
    back = await good(await editor.click(gone, "Undo (60 s)", within=30), "Undo")
    assert "is back" in back.text


async def list_of_feeds(admin: Person) -> None:
    """Drop a list of feeds into the conversation with the bot."""
    before = len(admin.im.messages)
    admin.upload("feeds.opml", OPML)
    await until(lambda: len(admin.im.messages) >= before + 2)
    await until(lambda: "Feeds imported" in str([m.text for m in admin.im.messages.values()]))


async def test_a_workspace_adds_the_bot_and_has_its_first_card(tmp_path: Path) -> None:
    """By the page that the bot serves; its token is kept, and stands nowhere as it is."""
    async with SlackTwin.running() as twin:
        twin.workspace()  # another one, which the bot knows nothing of
        workspace = twin.workspace("Desk", installed=False)
        channel = twin.channel("deportations", workspace, member=False)
        admin = twin.user("admin", workspace, channel=channel)
        async with program(twin, tmp_path, "http", names=INSTALLED) as port:
            twin.consent.redirects = (f"http://127.0.0.1:{port}/slack/oauth_redirect",)
            landed = await admin.install(f"http://127.0.0.1:{port}/slack/install")
            assert landed.status == 200
            admin.invite_bot()
            asked = await good(await admin.slash(f"/news watch add {QUERY} name:sample"), "add")
            await good(await admin.click(told(asked)[0], "Activate"), "Activate")
            await until(lambda: cards(twin, channel))
        async with program(twin, tmp_path, "http", names=INSTALLED):  # it is still known
            await good(await admin.slash("/news watch list"), "watch list")
        nothing_twice(twin)


async def test_what_is_not_slacks_stays_outside(tmp_path: Path) -> None:
    """The page keeps its door, and Slack's path takes only what Slack signed."""
    async with SlackTwin.running() as twin:
        twin.channel("deportations")
        async with program(twin, tmp_path, "http") as port:
            forged = twin.http.signed(b"{}", "application/json", secret="guessed")  # noqa: S106
            assert (await twin.http.post(forged)).status == 401
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            assert b" 421 " in await reader.readline()
            writer.close()
