"""`irrelevant` and `story add`: what editors know better than the watches and the filing."""

import csv
import io
import json

import pytest

from bot.domain.articles import Feed, FeedId
from bot.domain.schedule import MIN_EVERY
from tests.integration.desk_world import (
    COURT,
    ELSEWHERE,
    FIRE,
    JUDGE,
    Office,
    office,
    with_a_story,
)
from tests.integration.pipeline_world import CHANNEL

LATER = "The judge was told of the CECOT transfers on Friday, and 30 men were named in court."


def posts(place: Office) -> list[str]:
    """Return the notices of all that was posted."""
    return [one.message.notice for one in place.world.chat.kept.values()]


# -- irrelevant


async def test_what_is_not_relevant_is_muted_in_that_channel_and_counted() -> None:
    """One press says it; nothing more of the story comes, and the watch is judged by it."""
    async with office() as place:
        code = await with_a_story(place)
        await place.publish(("one", "fire", FIRE, FIRE))
        before = len(place.world.chat.kept)
        words = await place.type_(f"/irrelevant {code}")
        await place.publish(("two", "later", f"Court: {JUDGE}", LATER))
        after = len(place.world.chat.kept)
        why = await place.type_("/why https://two.example/later")
        marked = await place.type_("/why https://one.example/judge")
        listed = await place.type_("/watch list")
        tried = await place.type_("/watch test cecot")
    assert words.startswith(f"Story {code} “{JUDGE}” is marked as not relevant.")
    assert "is muted in #deportations for good; other channels are told of it as before." in words
    assert after == before
    assert "MUTED" in why
    assert "Marked not relevant in #deportations by Ana Mon 02 Mar" in marked
    assert "1 of 2 stories marked not relevant" in listed
    assert "Editors 2 of 4 articles marked not relevant" in tried


async def test_it_can_be_taken_back() -> None:
    """A slip is undone by one press, label and mute together."""
    async with office() as place:
        code = await with_a_story(place)
        await place.type_(f"/irrelevant {code}")
        words = await place.press("Undo")
        await place.publish(("two", "later", f"Court: {JUDGE}", LATER))
        why = await place.type_("/why https://two.example/later")
        listed = await place.type_("/watch list")
        muted = await place.type_("/unmute")
    assert words == (
        f"Taken back: 2 articles of story {code} unmarked. It is told in #deportations again."
    )
    assert "MERGED" in why
    assert "not relevant" not in listed
    assert muted == "Nothing is muted here."


async def test_in_its_thread_it_is_that_story_and_twice_does_no_harm() -> None:
    """As every command; a second press keeps the first label and one mute."""
    async with office() as place:
        code = await with_a_story(place)
        place.thread = await place.card(code)
        await place.type_("/irrelevant")
        await place.type_("/irrelevant")
        muted = await place.type_("/unmute target:nothing")
        place.thread = None
        listed = await place.type_("/unmute")
        notice = place.last.message.notice
    assert "is not muted here" in muted
    assert listed.startswith("Muted: 1\n")
    assert notice == "1 mute"
    assert f"story {code} “{JUDGE}” in #deportations until it is unmuted, by Ana" in listed


async def test_one_article_can_be_marked_alone_and_unmarked_alone() -> None:
    """The story is muted all the same; the label says which text was wrong."""
    async with office() as place:
        code = await with_a_story(place)
        words = await place.type_("/irrelevant https://one.example/judge?utm_source=x")
        await place.type_(f"/export {code}")
        rows = [json.loads(line) for line in place.last.message.files[0].data.splitlines()]
        await place.type_(f"/export {code} format:csv")
        table = io.StringIO(place.last.message.files[0].data.decode())
        await place.type_("/irrelevant https://one.example/judge")
        undone = await place.press("Undo")
    assert words.startswith(f"“{JUDGE}” is marked as not relevant. Story {code} is muted")
    assert [len(row["not_relevant"]) for row in rows] == [1, 0]
    assert rows[0]["not_relevant"][0]["channel"] == "deportations"
    assert [row["not_relevant"] != "[]" for row in csv.DictReader(table)] == [True, False]
    assert undone.startswith(f"Taken back: 1 article of story {code} unmarked.")


async def test_a_mute_of_the_whole_workspace_stands_beside_it() -> None:
    """The one ends after a day, the other does not."""
    async with office() as place:
        code = await with_a_story(place)
        await place.type_(f"/mute {code}")
        await place.type_(f"/irrelevant {code}")
        await place.type_(f"/mute {code}")
        both = await place.type_("/unmute")
        await place.type_(f"/irrelevant {code}")
        undo = place.button("Undo")
        place.channel = type(CHANNEL)(CHANNEL.scope, "other")
        await place.act(undo)
        left = await place.type_("/unmute")
    assert both.startswith("Muted: 2\n")
    assert left == both


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("", "What is not relevant? Give a story's code, or say it in its thread."),
        ("ZZZZ", "“ZZZZ” is neither a story's code nor the address of an article that was told"),
        ("https://one.example/none", "nor the address of an article that was told here"),
        ("https://one.example/plain", "nor the address of an article that was told here"),
    ],
)
async def test_only_what_was_told_here_can_be_marked(target: str, words: str) -> None:
    """What nobody was told cannot have been wrong."""
    async with office() as place:
        await place.publish(("one", "plain", "Rain in the north", "It rains."))
        said = await place.call("irrelevant", target=target)
    assert words in said


async def test_it_is_said_in_a_channel_where_the_story_is_told() -> None:
    """It is muted in one channel: which one has to be clear."""
    async with office() as place:
        code = await with_a_story(place)
        place.channel = type(CHANNEL)(CHANNEL.scope, "other")
        words = await place.type_(f"/irrelevant {code}")
    assert words == f"Story {code} is not told in #other: say it in #deportations."


async def test_what_is_gone_cannot_be_taken_back() -> None:
    """A button may be pressed long after."""
    async with office() as place:
        words = await place.call("irrelevant undo", story="ZZZZ", mute="1")
    assert words == "That story is not here any more."


# -- story add


async def test_an_article_that_no_watch_found_is_added_and_told_in_the_thread() -> None:
    """A person sees what belongs together; the thread goes on with it."""
    async with office() as place:
        await place.publish(("one", "judge", JUDGE, COURT))
        await place.publish(("two", "plain", "Lawyers speak", "Lawyers spoke of 12 clients."))
        code = await place.code()
        words = await place.type_(f"/story add https://two.example/plain id:{code}")
        await place.world.pass_("10m")
        why = await place.type_("/why https://two.example/plain")
        again = await place.type_(f"/story add https://two.example/plain id:{code}")
        sources = await place.type_(f"/story sources {code}")
    assert words == f"“Lawyers speak” is now in story {code}; its thread is told of it."
    assert f"Filed under story {code} “{JUDGE}”, tied by an editor." in why
    assert f"put into story {code} by Ana" in why
    assert "MERGED" in why
    assert again == f"That article is in story {code} already, as [2]."
    assert "[2] Lawyers speak" in sources


async def test_an_article_of_another_story_is_moved_and_both_threads_are_told() -> None:
    """Who follows the old thread must know where it went."""
    async with office() as place:
        code = await with_a_story(place)
        await place.publish(("one", "fire", FIRE, FIRE))
        fire = await place.code("fire")
        place.thread = await place.card(fire)
        words = await place.type_("/story add https://two.example/families")
        await place.world.pass_("10m")
        shown = await place.type_(f"/story sources {code}")
        told = [one for one in posts(place) if "went into story" in one]
    assert f"is now in story {fire}" in words
    assert "families" not in shown.casefold()
    assert told == [f"MOVED “Families ask: {JUDGE}” went into story {fire}."]


async def test_a_storys_only_article_is_merged_not_moved() -> None:
    """An empty thread would stand there for ever."""
    async with office() as place:
        code = await with_a_story(place)
        await place.publish(("one", "fire", FIRE, FIRE))
        fire = await place.code("fire")
        words = await place.type_(f"/story add https://one.example/fire id:{code}")
    assert words == f"It is the only article of story {fire}: /story merge {fire} into:{code}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("hello", "“hello” is no web address."),
        ("https://three.example/x", "with /feed add three.example, and say it again when"),
    ],
)
async def test_an_address_that_is_not_known_is_answered_with_what_to_do(
    url: str, words: str
) -> None:
    """Pages are not fetched at anybody's word; feeds are."""
    async with office() as place:
        code = await with_a_story(place)
        said = await place.call("story add", url=url, id=code)
    assert words in said


async def test_an_article_of_another_workspaces_feed_is_not_known() -> None:
    """In the same words as one that never was."""
    async with office() as place:
        code = await with_a_story(place)
        hush = Feed(
            id=FeedId(0), url="https://hush.example/feed", name="hush", every=MIN_EVERY,
            workspace="sandbox/elsewhere",
        )  # fmt: skip
        async with place.world.store.transaction() as tx:
            await tx.feeds.add(hush, place.world.clock())
        await place.world.pass_("10m")
        await place.publish(("hush", "secret", "A secret thing", "Nobody knows."))
        said = await place.call("story add", url="https://hush.example/secret", id=code)
        place.channel = ELSEWHERE
        theirs = await place.call("story add", url="https://hush.example/secret", id=code)
    assert said.startswith("No feed here has brought that address.")
    assert "There is no story" in theirs
