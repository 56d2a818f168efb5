"""Threads and forum posts on the twin, by the rules of the real Discord."""

from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from tests.twins.discord import DiscordTwin
from tests.twins.discord.limits import Limits
from tests.twins.discord.permissions import Can
from tests.twins.discord.pointing import SwiftClient, pointed_at
from tests.twins.discord.state import REQUIRE_TAG, Channel


@pytest.fixture
async def twin() -> AsyncIterator[DiscordTwin]:
    async with DiscordTwin.running(limits=Limits(enabled=False)) as running:
        running.channel("deportations")
        with pointed_at(running):
            yield running


@pytest.fixture
async def client(twin: DiscordTwin) -> AsyncIterator[discord.Client]:
    async with SwiftClient(intents=discord.Intents(guilds=True)) as made:
        await made.login(twin.token)
        yield made


async def refused(sending: Any) -> tuple[int, int]:
    """Return the status and code of a refusal."""
    with pytest.raises(discord.HTTPException) as caught:
        await sending
    return caught.value.status, caught.value.code


async def started(twin: DiscordTwin, client: discord.Client) -> tuple[discord.Message, Channel]:
    """Return a card and the thread under it."""
    channel = twin.channel("deportations")
    card = await client.get_partial_messageable(channel.id).send("card")
    await thread(client, card)
    made = twin.thread_of(card.id)
    assert made is not None
    return card, made


def thread(client: discord.Client, card: discord.Message, name: str = "story") -> Any:
    """Ask for a thread under a message."""
    return client.http.start_thread_with_message(
        card.channel.id, card.id, name=name, auto_archive_duration=1440
    )


async def post(client: discord.Client, forum: Channel, **about: Any) -> Any:
    """Make a forum post."""
    tags = about.pop("applied_tags", [])
    body = {"name": "story", "message": {"content": "card"}, "applied_tags": tags} | about
    route = discord.http.Route("POST", "/channels/{channel_id}/threads", channel_id=forum.id)
    return await client.http.request(route, json=body)


async def test_a_thread_has_its_message_s_id_and_there_is_one(
    twin: DiscordTwin, client: discord.Client
) -> None:
    card, made = await started(twin, client)
    assert made.id == card.id
    assert await refused(thread(client, card)) == (400, 160004)
    assert len(twin.journal.of("thread")) == 1


async def test_a_message_s_thread_comes_with_the_message(
    twin: DiscordTwin, client: discord.Client
) -> None:
    card, _ = await started(twin, client)
    raw = await client.http.get_message(card.channel.id, card.id)
    assert raw["thread"]["id"] == str(card.id)


async def test_a_thread_s_history_begins_with_a_notice_that_nobody_said(
    twin: DiscordTwin, client: discord.Client
) -> None:
    card, made = await started(twin, client)
    await client.get_partial_messageable(made.id).send("more")
    more, notice = await client.http.logs_from(made.id, 50)
    assert (more["content"], more["type"]) == ("more", 0)
    assert (notice["content"], notice["type"]) == ("", 21)
    pointed = notice["referenced_message"]
    assert pointed is not None
    assert pointed["id"] == str(card.id)
    assert [m["content"] for m in twin.messages()] == ["card", "more"]


@pytest.mark.parametrize("name", ["", "x" * 101, "🙂" * 51])
async def test_a_thread_s_name_is_1_to_100_utf_16_units(
    twin: DiscordTwin, client: discord.Client, name: str
) -> None:
    card = await client.get_partial_messageable(twin.channel().id).send("card")
    assert await refused(thread(client, card, name)) == (400, 50035)


async def test_posting_un_archives_a_thread(twin: DiscordTwin, client: discord.Client) -> None:
    _, made = await started(twin, client)
    twin.change_thread(made, archived=True)
    await client.get_partial_messageable(made.id).send("more")
    assert not made.archived


async def test_a_thread_is_archived_when_nothing_is_said(
    twin: DiscordTwin, client: discord.Client
) -> None:
    _, made = await started(twin, client)
    twin.advance(1439 * 60)
    assert not made.archived
    twin.advance(2 * 60)
    assert made.archived


async def test_a_locked_thread_is_closed_to_who_does_not_manage_threads(
    twin: DiscordTwin, client: discord.Client
) -> None:
    _, made = await started(twin, client)
    there = client.get_partial_messageable(made.id)
    twin.set_bot(twin.channel("deportations"), deny=Can.MANAGE_THREADS)
    twin.change_thread(made, locked=True)
    assert await refused(there.send("more")) == (403, 160005)
    twin.change_thread(made, archived=True)
    assert await refused(there.send("more")) == (400, 50083)
    twin.set_bot(twin.channel("deportations"))
    await there.send("more")
    assert not made.archived


async def test_what_is_in_an_archived_thread_cannot_be_edited(
    twin: DiscordTwin, client: discord.Client
) -> None:
    _, made = await started(twin, client)
    said = await client.get_partial_messageable(made.id).send("more")
    twin.change_thread(made, archived=True)
    assert await refused(said.edit(content="other")) == (400, 50083)
    assert await refused(client.http.edit_channel(made.id, name="x")) == (400, 50083)
    await client.http.edit_channel(made.id, archived=False, name="x")
    await said.edit(content="other")
    assert made.name == "x"


async def test_a_guild_has_only_so_many_active_threads(
    twin: DiscordTwin, client: discord.Client
) -> None:
    twin.limits.active_threads = 1
    _, made = await started(twin, client)
    card = await client.get_partial_messageable(twin.channel().id).send("second")
    assert await refused(thread(client, card)) == (400, 160006)
    await client.http.edit_channel(made.id, archived=True)
    await thread(client, card)
    reopening = client.get_partial_messageable(made.id).send("more")
    assert await refused(reopening) == (400, 160006)


async def test_threads_are_listed_active_and_archived(
    twin: DiscordTwin, client: discord.Client
) -> None:
    _, one = await started(twin, client)
    _, two = await started(twin, client)
    twin.change_thread(one, archived=True)
    active = await client.http.get_active_threads(one.guild_id)
    archived = await client.http.get_public_archived_threads(one.parent_id)
    assert [t["id"] for t in active["threads"]] == [str(two.id)]
    assert [t["id"] for t in archived["threads"]] == [str(one.id)]
    assert not archived["has_more"]


async def test_writing_in_threads_is_its_own_permission(
    twin: DiscordTwin, client: discord.Client
) -> None:
    _, made = await started(twin, client)
    twin.set_bot(twin.channel("deportations"), deny=Can.SEND_MESSAGES_IN_THREADS)
    assert await refused(client.get_partial_messageable(made.id).send("a")) == (403, 50013)
    twin.set_bot(twin.channel("deportations"), deny=Can.CREATE_PUBLIC_THREADS)
    card = await client.get_partial_messageable(twin.channel().id).send("card")
    assert await refused(thread(client, card)) == (403, 50013)


async def test_a_forum_post_is_a_thread_that_begins_with_its_message(
    twin: DiscordTwin, client: discord.Client
) -> None:
    forum = twin.forum(tags=("developing", "es"))
    made = await post(client, forum, applied_tags=[str(forum.tags[1].id)])
    assert made["id"] == made["message"]["id"]
    assert made["applied_tags"] == [str(forum.tags[1].id)]
    assert twin.journal.of("thread")[0]["tags"] == ["es"]
    assert twin.messages(via="forum", channel=made["id"])


async def test_a_forum_takes_posts_not_messages(twin: DiscordTwin, client: discord.Client) -> None:
    forum = twin.forum()
    assert await refused(client.get_partial_messageable(forum.id).send("a")) == (400, 50008)


async def test_a_post_has_at_most_5_tags_that_exist_and_one_where_it_must(
    twin: DiscordTwin, client: discord.Client
) -> None:
    forum = twin.forum(tags=tuple("abcdef"))
    six = [str(t.id) for t in forum.tags]
    assert await refused(post(client, forum, applied_tags=six)) == (400, 50035)
    assert await refused(post(client, forum, applied_tags=["123"])) == (400, 10087)
    forum.flags = REQUIRE_TAG
    assert await refused(post(client, forum)) == (400, 40067)
    assert not twin.world.active_threads(forum.guild_id)


async def test_tags_are_made_with_manage_channels_20_at_most_and_once(
    twin: DiscordTwin, client: discord.Client
) -> None:
    forum = twin.forum(tags=("es",))
    old = {"id": str(forum.tags[0].id), "name": "es"}
    changing = client.http.edit_channel(forum.id, available_tags=[old, {"name": "closed"}])
    assert await refused(changing) == (403, 50013)
    twin.set_bot(forum, allow=Can.MANAGE_CHANNELS)
    await client.http.edit_channel(forum.id, available_tags=[old, {"name": "closed"}])
    assert [t.name for t in forum.tags] == ["es", "closed"]
    assert forum.tags[0].id == int(old["id"])
    many = [{"name": str(n)} for n in range(21)]
    for bad in (many, [{"name": "x" * 21}], [{"name": "a"}, {"name": "a"}]):
        changing = client.http.edit_channel(forum.id, available_tags=bad)
        assert await refused(changing) == (400, 50035)


async def test_a_deleted_channel_takes_its_threads_along(
    twin: DiscordTwin, client: discord.Client
) -> None:
    _, made = await started(twin, client)
    twin.delete_channel(twin.channel("deportations"))
    assert await refused(client.get_partial_messageable(made.id).send("a")) == (404, 10003)
