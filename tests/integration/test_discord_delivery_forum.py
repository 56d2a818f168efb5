"""A story as a post of a Discord forum: tags, edits, and the look that takes a nonce's place."""

from collections.abc import AsyncIterator

import pytest

from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    NotSentError,
    ThreadLockedError,
)
from tests.integration.discord_delivery import Desk, card, desk, reply
from tests.twins.discord.limits import Limits
from tests.twins.discord.permissions import Can


@pytest.fixture
async def world() -> AsyncIterator[Desk]:
    async with desk() as made:
        made.twin.set_bot(made.forum, allow=Can.MANAGE_CHANNELS)
        yield made


def tags(world: Desk, post: str) -> set[str]:
    thread = world.twin.world.channels[int(post)]
    return {tag.name for tag in world.forum.tags if tag.id in thread.applied}


async def test_a_story_is_a_post_named_after_it_with_its_tags_made(world: Desk) -> None:
    posted = await world.card(world.forum, langs=("en", "es"))
    thread = world.thread(posted)
    assert thread.name == "Judge orders update on CECOT transfers · K7Q2"
    assert tags(world, posted.id) == {"developing", "en", "es"}
    assert posted.url.endswith(f"/{thread.id}/{thread.id}")
    assert world.twin.journal.violations == []


async def test_tags_that_are_there_are_used_whatever_their_case(world: Desk) -> None:
    kept = world.twin.forum("tagged", tags=("Developing", "EN", "Local"))
    world.twin.set_bot(kept, allow=Can.MANAGE_CHANNELS)
    await world.card(kept)
    assert [tag.name for tag in kept.tags] == ["Developing", "EN", "Local"]


async def test_without_the_right_to_make_tags_the_story_is_posted_without(world: Desk) -> None:
    """And the right is not asked for again with each story."""
    world.twin.set_bot(world.forum)
    await world.card(world.forum)
    await world.card(world.forum, headline="Another")
    assert len(world.forum.tags) == 0
    assert len(world.twin.messages()) == 2
    refused = world.twin.journal.of("request", method="PATCH", status=403)
    assert len(refused) == 1


async def test_the_right_to_make_tags_is_noticed_when_it_is_given(
    world: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some minutes later: here, at once."""
    monkeypatch.setattr("bot.adapters.chat.discord.forum.FRESH_FOR", 0.0)
    world.twin.set_bot(world.forum)
    await world.card(world.forum)
    world.twin.set_bot(world.forum, allow=Can.MANAGE_CHANNELS)
    posted = await world.card(world.forum, headline="Another", key="another")
    assert "developing" in tags(world, posted.id)


async def test_a_full_list_of_tags_takes_no_more(world: Desk) -> None:
    full = world.twin.forum("full", tags=tuple(f"tag {n}" for n in range(19)))
    world.twin.set_bot(full, allow=Can.MANAGE_CHANNELS)
    posted = await world.card(full, langs=("en", "es"))
    assert len(full.tags) == 20
    thread = world.twin.world.channels[int(posted.id)]
    assert [tag.name for tag in full.tags if tag.id in thread.applied] == ["developing"]


async def test_a_reply_stands_in_the_post(world: Desk) -> None:
    posted = await world.card(world.forum)
    await world.chat.post(reply("one"), world.channel(world.forum), posted, "r1")
    assert world.said(world.thread(posted))[1:] == ["one"]


async def test_an_edit_changes_the_post_and_its_state_and_keeps_what_people_tagged(
    world: Desk,
) -> None:
    posted = await world.card(world.forum)
    local = world.twin.forum("stories")
    thread = world.thread(posted)
    await world.rest.request(
        "PATCH",
        f"/channels/{local.id}",
        json={
            "available_tags": [
                *({"id": str(tag.id), "name": tag.name} for tag in local.tags),
                {"name": "local"},
            ]
        },
    )
    thread.applied.append(next(tag.id for tag in local.tags if tag.name == "local"))
    await world.chat.edit(posted, card("Closed story", state="closed"))
    assert "Closed story" in world.said(thread)[0]
    assert tags(world, posted.id) == {"closed", "en", "local"}


async def test_tags_that_are_right_are_left_alone(world: Desk) -> None:
    """Changes of a thread are limited to few in ten minutes."""
    posted = await world.card(world.forum)
    before = len(world.twin.journal.of("thread change"))
    await world.chat.edit(posted, card("Another headline"))
    assert len(world.twin.journal.of("thread change")) == before


async def test_tags_that_cannot_change_do_not_hold_up_the_edit() -> None:
    async with desk(Limits(channel=(1, 600.0))) as world:
        world.twin.set_bot(world.forum, allow=Can.MANAGE_CHANNELS)
        posted = await world.card(world.forum)
        for at, state in enumerate(("closed", "developing", "closed")):
            await world.chat.edit(posted, card(f"Version {at}", state=state))
            assert f"Version {at}" in world.said(world.thread(posted))[0]


async def test_a_closing_edit_opens_an_archived_post_and_puts_it_back(world: Desk) -> None:
    """Nothing in an archived thread can be changed; a closed story must not come to the top."""
    posted = await world.card(world.forum)
    world.twin.change_thread(world.thread(posted), archived=True)
    await world.chat.edit(posted, card(state="closed"))
    assert tags(world, posted.id) == {"closed", "en"}
    assert world.thread(posted).archived


async def test_a_locked_and_archived_post_is_not_touched(world: Desk) -> None:
    posted = await world.card(world.forum)
    world.twin.change_thread(world.thread(posted), archived=True, locked=True)
    with pytest.raises(ThreadLockedError):
        await world.chat.edit(posted, card(state="closed"))
    with pytest.raises(ThreadLockedError):
        await world.chat.post(reply(), world.channel(world.forum), posted, "r1")


async def test_a_deleted_post_is_gone_and_the_forum_is_not(world: Desk) -> None:
    posted = await world.card(world.forum)
    world.twin.delete_channel(world.thread(posted))
    with pytest.raises(CardGoneError):
        await world.chat.edit(posted, card())
    with pytest.raises(CardGoneError):
        await world.chat.post(reply(), world.channel(world.forum), posted, "r1")


async def test_a_deleted_forum_is_gone_for_posts_replies_and_edits(world: Desk) -> None:
    posted = await world.card(world.forum)
    thread = world.thread(posted)
    place = world.channel(world.forum)
    world.twin.delete_channel(thread)
    world.twin.delete_channel(world.forum)
    with pytest.raises(ChannelGoneError):
        await world.chat.post(reply(), place, posted, "r1")
    with pytest.raises(ChannelGoneError):
        await world.chat.edit(posted, card())
    with pytest.raises(ChannelGoneError):
        await world.chat.post(card("Another"), place, None, "another")


async def test_a_post_whose_answer_was_lost_is_found_by_its_words(world: Desk) -> None:
    world.twin.faults.add(
        "drop", method="POST", path=f"/channels/{world.forum.id}/threads", taken=True
    )
    with pytest.raises(DeliveryError) as caught:
        await world.card(world.forum)
    assert type(caught.value) is DeliveryError
    assert len(world.twin.messages()) == 1
    place = world.channel(world.forum)
    found = await world.chat.find(card(), place, None, "card", world.start)
    other = await world.chat.find(card("Other"), place, None, "other", world.start)
    assert (found and found.id, other) == (world.twin.messages()[0]["channel"], None)


async def test_a_post_is_found_archived_and_renamed_too(world: Desk) -> None:
    posted = await world.card(world.forum)
    thread = world.thread(posted)
    thread.name = "renamed by a moderator"
    world.twin.change_thread(thread, archived=True)
    found = await world.chat.find(card(), world.channel(world.forum), None, "card", world.start)
    assert found is not None
    assert found.id == posted.id


async def test_a_forum_post_makes_room_for_itself_and_waits_where_it_cannot(world: Desk) -> None:
    world.twin.limits.active_threads = 1
    first = await world.card(world.forum)
    second = await world.card(world.forum, headline="Second")
    assert [world.thread(one).archived for one in (first, second)] == [True, False]
    world.twin.limits.active_threads = 0
    world.twin.change_thread(world.thread(second), archived=True)
    with pytest.raises(NotSentError, match="limit of active threads"):
        await world.card(world.forum, headline="Third")


async def test_a_forum_that_wants_a_tag_gets_one_or_says_so(world: Desk) -> None:
    world.forum.flags = 1 << 4
    await world.card(world.forum)
    assert len(world.twin.messages()) == 1
