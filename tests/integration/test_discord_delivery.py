"""What a Discord channel shows: cards, threads, replies, edits, and what people do to them."""

from collections.abc import AsyncIterator

import pytest

from bot.adapters.chat.discord.client import NO_THREAD
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    RefusedError,
    ThreadLockedError,
)
from bot.domain.messages import Posted, say
from tests.integration.discord_delivery import Desk, card, desk, reply
from tests.twins.discord.permissions import Can
from tests.twins.discord.state import SUPPRESS_NOTIFICATIONS


@pytest.fixture
async def world() -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made


async def test_a_card_costs_one_look_at_the_channel_and_one_post(world: Desk) -> None:
    """And the next one only the post: what kind of channel it is does not change."""
    await world.card()
    await world.card(key="card2")
    path = f"/channels/{world.news.id}"
    assert world.asked == [
        "GET /users/@me",
        f"GET {path}",
        f"POST {path}/messages",
        f"POST {path}/messages",
    ]
    assert world.twin.journal.violations == []


async def test_a_card_links_to_itself_and_has_no_thread_before_its_first_reply(
    world: Desk,
) -> None:
    """An empty thread tells nobody anything, and counts to the server's thousand."""
    posted = await world.card()
    assert posted.url == (
        f"https://discord.com/channels/{world.news.guild_id}/{world.news.id}/{posted.id}"
    )
    assert world.twin.thread_of(int(posted.id)) is None


async def test_the_first_reply_opens_the_thread_named_after_the_story(world: Desk) -> None:
    posted = await world.card()
    answered = await world.chat.post(reply("one"), world.channel(), posted, "r1")
    await world.chat.post(reply("two"), world.channel(), posted, "r2")
    thread = world.thread(posted)
    assert thread.name == "Judge orders update on CECOT transfers · K7Q2"
    assert world.said(thread) == ["one", "two"]
    assert answered.url.endswith(f"/{thread.id}/{answered.id}")
    assert len(world.said(world.news)) == 1


async def test_a_thread_that_a_person_opened_is_used(world: Desk) -> None:
    """Its id is the card's too, so it is the same thread."""
    posted = await world.card()
    await world.rest.request(
        "POST",
        f"/channels/{world.news.id}/messages/{posted.id}/threads",
        json={"name": "by hand"},
    )
    await world.chat.post(reply("one"), world.channel(), posted, "r1")
    assert world.said(world.thread(posted)) == ["one"]


async def test_an_edit_changes_the_card_in_place(world: Desk) -> None:
    posted = await world.card()
    await world.chat.edit(posted, card("Judge repeats the order"))
    message = world.news.messages[int(posted.id)]
    assert "Judge repeats the order" in message.content
    assert len(world.news.messages) == 1


@pytest.mark.parametrize("named", ["id", "mention", "name", "name with @"])
async def test_exactly_the_role_of_the_watch_is_pinged(world: Desk, named: str) -> None:
    role = world.twin.role("deport-desk", mentionable=True)
    world.twin.role("everyone-else", mentionable=True)
    ping = {
        "id": str(role.id),
        "mention": f"<@&{role.id}>",
        "name": "deport-desk",
        "name with @": "@Deport-Desk",
    }[named]
    headline = f"@everyone <@&{role.id}1> reads this"
    await world.card(headline=headline, ping=ping)
    assert world.twin.messages()[0]["pings"] == {
        "everyone": False,
        "users": [],
        "roles": [role.id],
    }


async def test_a_role_that_is_not_there_pings_nobody_and_the_card_is_posted(world: Desk) -> None:
    await world.card(ping="no-such-role")
    assert world.twin.messages()[0]["pings"]["roles"] == []


@pytest.mark.parametrize("written", ["<@&{}>", "@everyone"])
async def test_the_role_of_all_members_is_never_pinged(world: Desk, written: str) -> None:
    """It has the server's own id, and may be named in a configuration file."""
    everyone = world.channel().scope.workspace
    await world.card(ping=written.format(everyone))
    taken = world.twin.messages()[0]
    assert taken["pings"] == {"everyone": False, "roles": [], "users": []}


async def test_in_quiet_hours_a_card_comes_without_a_sound_and_without_a_ping(
    world: Desk,
) -> None:
    role = world.twin.role("deport-desk", mentionable=True)
    quiet = card(ping=f"<@&{role.id}>").quietly()
    await world.chat.post(quiet, world.channel(), None, "k")
    taken = world.twin.messages()[0]
    assert taken["flags"] & SUPPRESS_NOTIFICATIONS
    assert taken["pings"]["roles"] == []


async def test_posting_opens_an_archived_thread_again(world: Desk) -> None:
    posted = await world.card()
    await world.chat.post(reply("one"), world.channel(), posted, "r1")
    world.twin.change_thread(world.thread(posted), archived=True)
    await world.chat.post(reply("two"), world.channel(), posted, "r2")
    assert not world.thread(posted).archived
    assert world.said(world.thread(posted)) == ["one", "two"]


@pytest.mark.parametrize("archived", [False, True])
async def test_nothing_is_posted_in_a_locked_thread_though_the_bot_could(
    world: Desk, *, archived: bool
) -> None:
    """The bot has Manage Threads, so Discord lets it; whoever locked the thread does not."""
    posted = await world.card()
    await world.chat.post(reply("one"), world.channel(), posted, "r1")
    world.twin.change_thread(world.thread(posted), locked=True, archived=archived)
    with pytest.raises(ThreadLockedError):
        await world.chat.post(reply("two"), world.channel(), posted, "r2")
    assert world.said(world.thread(posted)) == ["one"]


async def test_a_deleted_thread_is_not_opened_again(world: Desk) -> None:
    """Somebody does not want the story followed there."""
    posted = await world.card()
    await world.chat.post(reply("one"), world.channel(), posted, "r1")
    world.twin.delete_channel(world.thread(posted))
    with pytest.raises(CardGoneError):
        await world.chat.post(reply("two"), world.channel(), posted, "r2")


async def test_a_deleted_card_takes_no_reply_and_no_edit(world: Desk) -> None:
    posted = await world.card()
    world.twin.delete_message(world.news.messages[int(posted.id)])
    with pytest.raises(CardGoneError):
        await world.chat.post(reply(), world.channel(), posted, "r1")
    with pytest.raises(CardGoneError):
        await world.chat.edit(posted, card())


async def test_a_deleted_channel_is_gone_for_cards_replies_and_edits(world: Desk) -> None:
    posted = await world.card()
    world.twin.delete_channel(world.news)
    with pytest.raises(ChannelGoneError):
        await world.card(key="another")
    with pytest.raises(ChannelGoneError):
        await world.chat.post(reply(), world.channel(), posted, "r1")
    with pytest.raises(ChannelGoneError):
        await world.chat.edit(posted, card())


async def test_a_channel_of_another_server_is_refused(world: Desk) -> None:
    """A watch of one server must not post into another where the bot is, too."""
    other = world.twin.guild("Elsewhere")
    theirs = world.twin.channel("news", other)
    mine = world.channel()
    with pytest.raises(ChannelGoneError, match="not in this server"):
        await world.chat.post(card(), type(mine)(mine.scope, str(theirs.id)), None, "k")
    assert world.twin.messages() == []


@pytest.mark.parametrize(
    ("lost", "name"),
    [
        (Can.VIEW_CHANNEL, "View Channel"),
        (Can.SEND_MESSAGES, "Send Messages"),
        (Can.EMBED_LINKS, "Embed Links"),
    ],
)
async def test_a_lost_permission_is_named(world: Desk, lost: Can, name: str) -> None:
    """Discord says only that one is missing, not which."""
    world.twin.set_bot(world.news, deny=lost)
    with pytest.raises(ForbiddenError, match=name):
        await world.card()
    world.twin.set_bot(world.news)
    await world.card()


async def test_a_thread_that_may_not_be_opened_names_the_permission(world: Desk) -> None:
    posted = await world.card()
    world.twin.set_bot(world.news, deny=Can.CREATE_PUBLIC_THREADS)
    with pytest.raises(ForbiddenError, match="Create Public Threads"):
        await world.chat.post(reply(), world.channel(), posted, "r1")


async def test_a_server_that_removed_the_bot_is_gone(world: Desk) -> None:
    await world.card()
    world.twin.remove_bot(world.twin.guild())
    with pytest.raises(ChannelGoneError):
        await world.card(key="another")


async def test_at_the_limit_the_coldest_of_our_threads_is_put_away(world: Desk) -> None:
    """The one in which nothing was said for longest; nobody else's."""
    world.twin.limits.active_threads = 2
    cards = [await world.card(key=f"c{n}", headline=f"Story {n}") for n in range(3)]
    for at, posted in enumerate(cards[:2]):
        await world.chat.post(reply(f"r{at}"), world.channel(), posted, f"r{at}")
    await world.chat.post(reply("again"), world.channel(), cards[0], "r9")
    await world.chat.post(reply("third"), world.channel(), cards[2], "r3")
    assert [world.thread(posted).archived for posted in cards] == [False, True, False]
    assert world.said(world.thread(cards[2])) == ["third"]


async def test_an_archived_thread_is_opened_again_at_the_limit_too(world: Desk) -> None:
    cards = [await world.card(key=f"c{n}", headline=f"Story {n}") for n in range(2)]
    for at, posted in enumerate(cards):
        await world.chat.post(reply(f"r{at}"), world.channel(), posted, f"r{at}")
    world.twin.change_thread(world.thread(cards[0]), archived=True)
    world.twin.limits.active_threads = 1
    await world.chat.post(reply("again"), world.channel(), cards[0], "r9")
    assert [world.thread(posted).archived for posted in cards] == [False, True]


async def test_without_room_the_reply_stands_below_the_card_and_says_why(world: Desk) -> None:
    world.twin.limits.active_threads = 0
    posted = await world.card()
    below = await world.chat.post(reply("more"), world.channel(), posted, "r1")
    message = world.news.messages[int(below.id)]
    assert message.reference is not None
    assert str(message.reference["message_id"]) == posted.id
    assert NO_THREAD in message.embeds[0]["description"].replace("\\", "")
    found = await world.chat.find(reply("more"), world.channel(), posted, "r1", world.start)
    assert found is not None
    assert found.id == below.id


async def test_what_was_posted_and_deleted_at_once_is_not_posted_again(world: Desk) -> None:
    """Discord answers Unknown Message for such a nonce; the channel and its story are there."""
    world.twin.faults.add(
        "status", method="POST", path="*/messages", status=404, code=10008, message="Unknown"
    )
    with pytest.raises(RefusedError):
        await world.card()


async def test_without_the_history_nobody_claims_that_an_alert_is_not_there(world: Desk) -> None:
    """Discord shows an empty list to who may not read it: it would be posted twice."""
    await world.card()
    world.twin.set_bot(world.news, deny=Can.READ_MESSAGE_HISTORY)
    with pytest.raises(ForbiddenError, match="Read Message History"):
        await world.chat.find(card(), world.channel(), None, "card", world.start)


async def test_a_message_is_found_among_hundreds(world: Desk) -> None:
    posted = await world.card()
    person = world.twin.user("reader", channel=world.news)
    for at in range(250):
        person.say(f"message {at}")
    later = await world.card(key="late", headline="Another")
    found = [
        await world.chat.find(card(title), world.channel(), None, key, world.start)
        for title, key in (
            ("Judge orders update on CECOT transfers", "card"),
            ("Another", "late"),
            ("None of these", "none"),
        )
    ]
    assert [one and one.id for one in found] == [posted.id, later.id, None]


async def test_a_message_is_known_by_its_words_where_discord_forgets_the_nonce(
    world: Desk,
) -> None:
    """Discord's documentation does not promise to show a nonce again."""
    posted = await world.card()
    world.news.messages[int(posted.id)].nonce = None
    found = await world.chat.find(card(), world.channel(), None, "card", world.start)
    other = await world.chat.find(card("Other"), world.channel(), None, "other", world.start)
    assert (found and found.id, other) == (posted.id, None)


async def test_what_people_say_in_the_same_words_is_not_ours(world: Desk) -> None:
    person = world.twin.user("reader", channel=world.news)
    person.say("ok")
    assert await world.chat.find(say("ok"), world.channel(), None, "k", world.start) is None


async def test_a_wait_between_steps_of_one_alert_is_told_before_anything_is_posted(
    world: Desk,
) -> None:
    posted = await world.card()
    world.twin.faults.add("status", method="POST", path="*/threads", status=502)
    with pytest.raises(DeliveryError) as caught:
        await world.chat.post(reply(), world.channel(), posted, "r1")
    assert "no thread" in caught.value.reason
    assert len(world.twin.messages()) == 1


async def test_a_card_in_a_thread_has_its_replies_below_it(world: Desk) -> None:
    """A watch may point at a thread; there are no threads in threads."""
    outer = await world.card()
    await world.chat.post(reply(), world.channel(), outer, "r0")
    place = world.channel(world.thread(outer))
    inner = await world.chat.post(card("Inner"), place, None, "inner")
    below = await world.chat.post(reply("more"), place, Posted(place, inner.id), "r1")
    message = world.thread(outer).messages[int(below.id)]
    assert message.reference is not None
    assert str(message.reference["message_id"]) == inner.id


@pytest.mark.parametrize("rang", [True, False])
@pytest.mark.parametrize("place", ["news", "forum"])
async def test_a_card_is_found_whether_it_rang_or_not(
    world: Desk, place: str, *, rang: bool
) -> None:
    """It may have been sent in quiet hours; the words of a ping are among a message's words."""
    channel = getattr(world, place)
    role = world.twin.role("deport-desk", mentionable=True)
    mine = card(ping=f"<@&{role.id}>")
    posted = await world.chat.post(
        mine if rang else mine.quietly(), world.channel(channel), None, "card"
    )
    for place_ in (world.news, world.forum):
        for message in place_.messages.values():
            message.nonce = None  # as Discord shows it later
    found = await world.chat.find(mine, world.channel(channel), None, "card", world.start)
    assert found is not None
    assert found.id == posted.id
