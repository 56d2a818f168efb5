"""What a Slack channel shows: cards, threads, replies, edits, and what people do to them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.chat.slack.client import SlackChat
from bot.adapters.chat.slack.history import PAGE
from bot.adapters.chat.slack.render import EVENT_TYPE
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    ForbiddenError,
    RateLimitError,
)
from bot.domain.messages import Posted, say
from bot.domain.watches import Channel, Scope
from tests.integration.slack_delivery import Desk, card, desk, reply
from tests.twins.slack.limits import Limits
from tests.twins.slack.posting import Draft, delete, post
from tests.twins.slack.state import BOT_SCOPES


@pytest.fixture
async def world() -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made
        assert made.twin.journal.violations == []


def remove(world: Desk, posted: Posted) -> None:
    """Delete a message, as a person does."""
    home = world.twin.workspace()
    message = world.news.messages[posted.id]
    delete(world.twin.core, home, world.news, message, "person")


async def test_a_card_costs_one_request(world: Desk) -> None:
    """But for the first one: whose token it is, and what the bot is called there."""
    await world.card()
    await world.card(key="card2")
    assert world.asked == ["auth.test", "auth.test", "chat.postMessage", "chat.postMessage"]


async def test_a_card_links_to_itself_and_carries_its_key(world: Desk) -> None:
    posted = await world.card()
    number = posted.id.replace(".", "")
    assert posted.url == f"https://newsroom.slack.com/archives/{world.news.id}/p{number}"
    (taken,) = world.twin.messages()
    assert taken["metadata"]["event_type"] == EVENT_TYPE
    assert taken["metadata"]["event_payload"]["key"] == "card"
    assert (taken["unfurl_links"], taken["unfurl_media"]) == ("false", "false")


async def test_a_reply_stands_in_the_thread_and_never_in_the_channel(world: Desk) -> None:
    posted = await world.card()
    answered = await world.chat.post(reply("one"), world.channel(), posted, "r1")
    assert world.said(thread=posted.id) == ["one"]
    assert len(world.said()) == 1
    assert answered.url.endswith(f"?thread_ts={posted.id}&cid={world.news.id}")
    assert not any(message["broadcast"] for message in world.twin.messages())


async def test_an_edit_changes_the_card_in_place_and_leaves_it_its_key(world: Desk) -> None:
    posted = await world.card()
    await world.chat.edit(posted, card("Judge repeats the order"))
    (text,) = world.said()
    assert "Judge repeats the order" in text
    found = await world.chat.find(card(), world.channel(), None, "card", world.start)
    assert found is not None
    assert found == posted


@pytest.mark.parametrize("named", ["id", "mention", "handle", "handle with @"])
async def test_exactly_the_group_of_the_watch_is_pinged(world: Desk, named: str) -> None:
    group = world.twin.usergroup("deport-desk")
    world.twin.usergroup("everyone-else")
    ping = {
        "id": group.id,
        "mention": f"<!subteam^{group.id}>",
        "handle": "deport-desk",
        "handle with @": "@Deport-Desk",
    }[named]
    await world.card(headline=f"<!channel> <!subteam^{group.id}1> reads this", ping=ping)
    await world.card(key="again", ping=ping)
    for taken in world.twin.messages():
        assert taken["text"].count("<!") == 1
        assert f"<!subteam^{group.id}>" in taken["text"]
    assert world.asked.count("usergroups.list") == named.startswith("handle")


async def test_a_group_that_is_not_there_pings_nobody_and_the_card_is_posted(world: Desk) -> None:
    await world.card(ping="@no-such-group")
    assert "<!" not in world.said()[0]


async def test_a_card_is_posted_though_its_group_may_not_be_looked_up(world: Desk) -> None:
    world.twin.token_of(world.twin.workspace()).scopes = BOT_SCOPES - {"usergroups:read"}
    await world.card(ping="@deport-desk")
    assert len(world.said()) == 1


async def test_nobody_is_pinged_by_what_is_to_be_silent(world: Desk) -> None:
    group = world.twin.usergroup("deport-desk")
    await world.card(ping=group.id, silent=True)
    assert "<!" not in world.said()[0]


@pytest.mark.parametrize("replies", [0, 1])
async def test_a_deleted_card_takes_no_reply_and_no_edit(world: Desk, replies: int) -> None:
    """Slack would post a reply to the channel; what has replies leaves a tombstone."""
    posted = await world.card()
    for number in range(replies):
        await world.chat.post(reply(f"r{number}"), world.channel(), posted, f"r{number}")
    remove(world, posted)
    with pytest.raises(CardGoneError):
        await world.chat.post(reply("late"), world.channel(), posted, "late")
    with pytest.raises(CardGoneError):
        await world.chat.edit(posted, card())
    assert "late" not in [message["text"] for message in world.twin.messages()]


@pytest.mark.parametrize("taken_back", [True, False])
async def test_a_reply_to_a_card_that_is_deleted_meanwhile_is_taken_back(
    world: Desk, *, taken_back: bool
) -> None:
    """Slack posts it to the channel and says nothing; its answer names no thread."""
    posted = await world.card()
    world.twin.faults.add("delay", "chat.postMessage", seconds=0.2)
    if not taken_back:
        world.twin.faults.add("error", "chat.delete", error="cant_delete_message")
    asyncio.get_running_loop().call_later(0.1, remove, world, posted)
    with pytest.raises(CardGoneError, match="while its reply was sent"):
        await world.chat.post(reply("late"), world.channel(), posted, "late")
    assert world.said() == ([] if taken_back else ["late"])


@pytest.mark.parametrize("how", ["deleted", "archived", "private and left"])
async def test_a_channel_that_is_gone_is_gone_for_cards_replies_and_edits(
    world: Desk, how: str
) -> None:
    posted = await world.card()
    home = world.twin.workspace()
    if how == "deleted":
        del home.channels[world.news.id]
    elif how == "archived":
        world.news.archived = True
    else:
        world.news.private = True
        world.news.members.discard(home.bot.id)
    with pytest.raises(ChannelGoneError):
        await world.card(key="another")
    with pytest.raises(ChannelGoneError):
        await world.chat.post(reply(), world.channel(), posted, "r1")
    with pytest.raises(ChannelGoneError):
        await world.chat.edit(posted, card())


async def test_a_bot_that_was_removed_says_how_to_bring_it_back(world: Desk) -> None:
    """And what is due waits for that: whoever removed it may have slipped."""
    posted = await world.card()
    bot = world.twin.workspace().bot.id
    world.news.members.discard(bot)
    for deed in (
        world.card(key="another"),
        world.chat.post(reply(), world.channel(), posted, "r1"),
        world.chat.edit(posted, card()),
        world.chat.find(card(), world.channel(), None, "card", world.start),
    ):
        with pytest.raises(ForbiddenError, match="/invite"):
            await deed
    world.news.members.add(bot)
    await world.card(key="another")


async def test_a_channel_of_another_workspace_is_refused(world: Desk) -> None:
    """A watch of one workspace must not post into another where the app is, too."""
    other = world.twin.workspace("Elsewhere")
    theirs = world.twin.channel("news", other)
    mine = world.channel()
    with pytest.raises(ChannelGoneError):
        await world.chat.post(card(), Channel(mine.scope, theirs.id), None, "k")
    with pytest.raises(ForbiddenError, match="not installed"):
        await world.chat.post(card(), world.channel(theirs), None, "k")
    assert world.twin.messages() == []


async def test_a_token_that_was_revoked_says_so_and_is_not_shown_again(world: Desk) -> None:
    await world.card()
    world.twin.token_of(world.twin.workspace()).revoked = True
    for key in ("one", "two"):
        with pytest.raises(ForbiddenError, match="install the app there again"):
            await world.card(key=key)
    assert world.asked.count("chat.postMessage") == 2


async def test_a_message_is_found_among_many(world: Desk) -> None:
    posted = await world.card()
    answered = await world.chat.post(reply("one"), world.channel(), posted, "r1")
    home = world.twin.workspace()
    person = world.twin.member("reader")
    for at in range(50):
        post(world.twin.core, home, world.news, Draft(user=person, text=f"message {at}"))
        below = Draft(user=person, text=f"answer {at}", thread_ts=posted.id)
        post(world.twin.core, home, world.news, below)
    later = await world.card(key="late")
    found = [
        await world.chat.find(card(), world.channel(), None, key, world.start)
        for key in ("card", "late", "none")
    ]
    assert found == [posted, later, None]
    assert await world.chat.find(reply(), world.channel(), posted, "r1", world.start) == answered
    assert await world.chat.find(reply(), world.channel(), posted, "r2", world.start) is None


async def test_what_another_app_posts_with_our_key_is_not_ours(world: Desk) -> None:
    home = world.twin.workspace()
    about = {"event_type": EVENT_TYPE, "event_payload": {"key": "card"}}
    person = world.twin.member("reader")
    post(world.twin.core, home, world.news, Draft(user=person, text="x", metadata=about))
    assert await world.chat.find(say("x"), world.channel(), None, "card", world.start) is None


async def test_without_its_scope_nobody_claims_that_an_alert_is_not_there(world: Desk) -> None:
    token = world.twin.token_of(world.twin.workspace())
    token.scopes = BOT_SCOPES - {"channels:history"}
    with pytest.raises(ForbiddenError, match=r"nobody can look .* channels:history"):
        await world.chat.find(card(), world.channel(), None, "card", world.start)


async def test_within_the_small_limits_a_look_takes_its_minutes_and_is_never_given_up() -> None:
    """One call a minute, 15 messages: the alert is held until all was seen."""
    async with desk(Limits(history_small=True, message=(1_000, 0.001))) as world:
        posted = await world.card()
        home, person = world.twin.workspace(), world.twin.member("reader")
        for at in range(2 * PAGE):
            post(world.twin.core, home, world.news, Draft(user=person, text=f"message {at}"))
        for looked in (PAGE, 2 * PAGE):
            with pytest.raises(RateLimitError) as caught:
                await world.chat.find(card(), world.channel(), None, "card", world.start)
            assert f"not among the {looked} messages" in caught.value.reason
            assert 0 < caught.value.wait.total_seconds() <= 60
            world.twin.advance(60)
            world.slack.web._shut.clear()  # noqa: SLF001 -- the minute has passed for us as well
        found = await world.chat.find(card(), world.channel(), None, "card", world.start)
        assert found == posted


async def test_messages_to_a_channel_are_a_second_apart(world: Desk) -> None:
    assert SlackChat(world.slack.web, world.slack.places).gap == timedelta(seconds=1)


async def test_a_channel_that_slack_does_not_know_is_asked_for_once(world: Desk) -> None:
    nowhere = Channel(Scope("slack", world.news.team), "C0NOWHERE00")
    with pytest.raises(ChannelGoneError):
        await world.chat.post(card(), nowhere, None, "k")
    assert world.asked.count("chat.postMessage") == 1
