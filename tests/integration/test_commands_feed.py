"""Feeds: added, checked, listed, removed and brought back."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.articles import Feed
from bot.domain.calls import Role
from bot.domain.polls import FoundFeed, Hints, Outcome, PollRequest, PollResult
from tests.integration.desk_world import COURT, FIRE, JUDGE, Office, office
from tests.integration.pipeline_world import CHANNEL, entry

URL = "https://three.example/feed"


class Scripted:
    """A feed source that gives one result, whatever is asked."""

    def __init__(self, **changes: object) -> None:
        self.changes = changes

    async def poll(self, request: PollRequest) -> PollResult:
        result = PollResult(url=request.url, final_url=request.url, status=200, outcome=Outcome.OK)
        return replace(result, **self.changes)  # type: ignore[arg-type] # a test names real fields


def scripted(place: Office, **changes: object) -> None:
    """Have the commands' polls give a result; the pipeline's polls stay as they are."""
    place.desk = replace(place.desk, source=Scripted(**changes))
    place.dispatcher = type(place.dispatcher)(place.desk)


async def feeds(place: Office) -> dict[str, Feed]:
    """Return the feeds that are seen here, by name."""
    async with place.world.store.reading() as tx:
        return {line.feed.name: line.feed for line in await tx.feeds.list(CHANNEL.scope)}


async def test_a_feed_is_polled_and_stored_for_this_workspace_and_nothing_is_posted() -> None:
    """Adding a feed must not flood: what is there counts as seen."""
    async with office() as place:
        place.world.source.entries[URL] = (entry("three", "judge", JUDGE, COURT),)
        words = await place.type_(f'/feed add {URL} name:"Third  News" every:30m')
        await place.world.pass_("1s")
        stored = (await feeds(place))["Third News"]
        posted = len(place.world.chat.in_channel(CHANNEL))
    assert "Seeded 1 item: they count as seen, and none is posted." in words
    assert f"• {JUDGE}" in words
    assert place.labels() == ["Post none", "Post the last 1", "Post the last 3"]
    assert (stored.url, stored.workspace) == (URL, "sandbox/local")
    assert stored.every == timedelta(minutes=30)
    assert posted == 0


async def test_the_last_stories_of_a_new_feed_are_posted_if_asked_and_only_once() -> None:
    """A new feed need not begin with silence."""
    async with office() as place:
        place.world.source.entries[URL] = (
            entry("three", "weather", "Rain in the north", "Rain"),
            entry("three", "families", f"Families ask: {JUDGE}", COURT),
            entry("three", "judge", JUDGE, COURT),
            entry("three", "fire", FIRE, FIRE),
        )
        await place.type_(f"/feed add {URL}")
        one = place.button("Post the last 1")
        early = await place.act(one)
        await place.world.pass_("1s")
        said = await place.act(one)
        await place.world.pass_("1s")
        first = len(place.world.chat.in_channel(CHANNEL))
        await place.act(one.replace("n=1", "n=3"))
        again = await place.act(one)
        await place.world.pass_("1s")
        posts = place.world.chat.in_channel(CHANNEL)
    assert "is being read for the first time" in early
    assert said == "1 story of “three.example” will be posted."
    assert first == 1
    assert again.startswith("Nothing of “three.example” that was there at first matches")
    assert len(posts) == 2


async def test_nothing_old_is_posted_if_that_is_the_wish() -> None:
    """Zero is an answer too."""
    async with office() as place:
        await place.type_(f"/feed add {URL}")
        words = await place.press("Post none")
    assert words == "Nothing old is posted; what is new will be."


async def test_the_feeds_of_a_web_page_are_offered() -> None:
    """People know a site's address, not its feed's."""
    async with office() as place:
        found = (
            FoundFeed(url=URL, title="Third News"),
            FoundFeed(url=f"https://three.example/{'x' * 90}"),
        )
        scripted(place, outcome=Outcome.ERROR, reason="That is a web page.", feeds=found)
        words = await place.type_("/feed add three.example")
        offered = place.last.message.buttons
        stored = await feeds(place)
    assert "That is a web page." in words
    assert f"• Third News · {URL}" in words
    assert [(one.label, one.action) for one in offered] == [
        ("Add Third News", "feed add:url=https%3A%2F%2Fthree.example%2Ffeed")
    ]
    assert set(stored) == {"one", "two"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not an address!", "is no web address"),
        ("https://one.example/feed/", "That feed is here already, as “one”."),
        (f"{URL} every:1m", "every: from 5m to 1d"),
        (f"{URL} every:soon", "every:"),
        (f"{URL} name:one", "There is a feed “one” already"),
    ],
)
async def test_a_feed_that_cannot_be_added_is_refused_with_a_remedy(line: str, words: str) -> None:
    """Nothing is stored."""
    async with office() as place:
        said = await place.type_(f"/feed add {line}")
        stored = await feeds(place)
    assert words in said
    assert set(stored) == {"one", "two"}


async def test_a_feed_that_does_not_answer_is_not_added() -> None:
    """It would only fail later, and somebody else would be told."""
    async with office() as place:
        place.world.source.failing.add(URL)
        words = await place.type_(f"/feed add {URL}")
        stored = await feeds(place)
    assert "The server failed (500)." in words
    assert "/feed check tells everything" in words
    assert set(stored) == {"one", "two"}


async def test_a_feed_that_has_moved_is_stored_where_it_is_now() -> None:
    """Its title becomes its name; one that is taken gets a number."""
    async with office() as place:
        scripted(place, outcome=Outcome.MOVED, moved_to="https://four.example/f", title="one")
        await place.type_(f"/feed add {URL}")
        again = await place.type_(f"/feed add {URL}")
        stored = await feeds(place)
    assert stored["one (2)"].url == "https://four.example/f"
    assert again == "That feed is here already, as “one (2)”."


async def test_a_damaged_feed_is_added_and_said_to_be_damaged() -> None:
    """Many feeds are; most of them can be read."""
    async with office() as place:
        scripted(place, outcome=Outcome.OK_LOOSE, reason="It ends too early.")
        words = await place.type_(f"/feed add {URL}")
    assert "It is damaged, and read as far as it goes." in words


async def test_a_check_tells_everything_that_was_seen() -> None:
    """Before and after adding: what the server says, in its own figures."""
    async with office() as place:
        scripted(
            place,
            outcome=Outcome.MOVED,
            final_url="https://four.example/f?token=abc",
            title="Fourth News",
            lang="es",
            entries=(entry("three", "judge", JUDGE), entry("three", "x", "")),
            hints=Hints(ttl=timedelta(hours=1)),
            took=timedelta(seconds=1.25),
            size=12_345,
        )
        words = await place.type_(f"/feed check {URL}")
        add = place.button("Add it")
    assert f"{URL}: It works, and has moved for good." in words
    for said in (
        "Answer HTTP 200, moved",
        "Redirected → https://four.example/f?token=***",
        "Feed Fourth News",
        "Language es",
        "Asks for ttl 1h",
        "Items 2, 1 without a title",
        "Next poll in 1h: the feed says so",
        "Took 1.2 s, 12,345 bytes",
        f"• {JUDGE}",
    ):
        assert said in words
    assert add == "feed add:url=https%3A%2F%2Fthree.example%2Ffeed"


async def test_a_check_of_what_is_no_feed_says_why() -> None:
    """And offers what the page links."""
    async with office() as place:
        scripted(
            place,
            status=None,
            outcome=Outcome.REFUSED,
            reason="That address is private.",
            feeds=(FoundFeed(url=URL),),
        )
        words = await place.type_("/feed check 10.0.0.1")
        labels = place.labels()
    assert "Answer no answer, refused" in words
    assert "Reason That address is private." in words
    assert labels == ["Add three.example"]


async def test_feeds_are_listed_with_their_state() -> None:
    """Which fail, which are not polled yet, which are stopped."""
    async with office("one", "two", "three", "four") as place:
        place.world.source.failing.add("https://two.example/feed")
        await place.world.pass_("10m")
        async with place.world.store.transaction() as tx:
            lines = {line.feed.name: line for line in await tx.feeds.list()}
            due = await tx.feeds.claim(
                "t", place.world.clock.pass_("1d"), place.world.clock.pass_("1d"), 9
            )
            for one in due:
                if one.feed.name == "three":
                    await tx.feeds.settle(one.feed.id, "t", replace(one.state, stopped=True))
                if one.feed.name == "four":
                    await tx.feeds.settle(one.feed.id, "t", replace(one.state, polled_at=None))
        await place.type_("/feed add https://five.example/feed")
        words = await place.type_("/feed list")
    assert lines
    assert "Feeds: 5, 2 failing" in words
    assert "one · one.example · every 5m · from the configuration\nok, polled Mon 02 Mar" in words
    assert "failing, 1 time in a row: The server failed (500)." in words
    assert "stopped: it is gone (410)" in words
    assert "not polled yet" in words
    assert "five.example · five.example · every 15m\nnot polled yet" in words


async def test_no_answer_about_a_private_feed_holds_its_secret() -> None:
    """Neither its words nor what is behind its links and buttons: platforms keep both."""
    private = "https://ana:canary@paid.example/feed"
    async with office() as place:
        scripted(place, title=private)
        told = []
        for line in (f"check {private}", f"add {private}", "list", f"remove {private}"):
            await place.type_(f"/feed {line}")
            told.append(place.last)
        added = await feeds(place)
    assert [one for one in told if "canary" in str(one)] == []
    assert "https://***@paid.example/feed" in added
    assert added["https://***@paid.example/feed"].url == private


async def test_many_feeds_are_paged() -> None:
    """Five a page."""
    async with office(*"abcdefg") as place:
        first = await place.type_("/feed list")
        second = await place.press("Next")
    assert first.endswith("1–5 of 7; page:2 goes on")
    assert second.endswith("6–7 of 7")


async def test_without_feeds_the_list_says_how_to_begin() -> None:
    """An empty configuration."""
    async with office() as place:
        async with place.world.store.transaction() as tx:
            for line in await tx.feeds.list():
                await tx.feeds.remove(line.feed.id)
        words = await place.type_("/feed list")
    assert "Add one: /feed add example.org" in words


async def test_removing_a_feed_asks_first_and_can_be_undone_for_a_minute() -> None:
    """Brought back it is seeded again: nothing is posted twice."""
    async with office() as place:
        await place.type_(f"/feed add {URL}")
        asked = await place.type_("/feed remove three.example/feed")
        kept = await place.press("Keep")
        await place.type_("/feed remove three.example")
        await place.press("Remove")
        gone = set(await feeds(place))
        place.world.clock.pass_("60s")
        back = await place.press("Undo")
        again = await place.press("Undo") if place.labels() else "no button"
        there = set(await feeds(place))
    assert asked.startswith("Remove the feed “three.example”?")
    assert kept == "The feed “three.example” is kept."
    assert gone == {"one", "two"}
    assert back == "The feed “three.example” is back."
    assert again == "no button"
    assert there == {"one", "two", "three.example"}


async def test_after_a_minute_a_feed_s_removal_stands() -> None:
    """It can be added again at any time."""
    async with office() as place:
        await place.type_(f"/feed add {URL}")
        await place.type_("/feed remove three.example")
        remove = place.button("Remove")
        await place.act(remove)
        undo = place.button("Undo")
        twice = await place.act(remove)
        place.world.clock.pass_("61s")
        words = await place.act(undo)
    assert twice.startswith("That feed is not here any more.")
    assert words.startswith("Too late to undo")


async def test_a_draft_of_another_kind_brings_no_feed_back() -> None:
    """Codes are short; what one stands for is checked."""
    async with office() as place:
        await place.type_("/watch add prison")
        draft = place.button("Activate").partition("draft=")[2]
        words = await place.call("feed restore", draft=draft)
    assert words.startswith("Too late to undo")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/feed remove one", "is set up in config/newsthread.toml"),
        ("/feed remove on", "There is no feed “on” here. Did you mean “one”?"),
    ],
)
async def test_a_feed_that_cannot_be_removed_stays(line: str, words: str) -> None:
    """What the configuration sets up is removed there."""
    async with office() as place:
        said = await place.type_(line)
        stored = await feeds(place)
    assert words in said
    assert set(stored) == {"one", "two"}


async def test_a_failing_feed_is_asked_again_at_once_by_a_button_of_health() -> None:
    """The server is mended, and nobody wants to wait for the back-off."""
    async with office() as place:
        place.world.source.failing.add("https://two.example/feed")
        await place.world.pass_("10m")
        words = await place.type_("/health")
        said = await place.press("Retry two")
        place.world.source.failing.clear()
        await place.world.pass_("1s")
        mended = await place.type_("/health")
    assert "Something fails" in words
    assert "two · failing, 1 time in a row" in words
    assert "500" not in words
    assert "is asked again now" in said
    assert "All is well" in mended


async def test_health_tells_admins_the_detail() -> None:
    """Reasons and addresses may hold what not everybody is to see."""
    async with office() as place:
        place.world.source.failing.add("https://two.example/feed")
        await place.world.pass_("10m")
        place.role = Role.ADMIN
        words = await place.type_("/health")
        place.role = Role.READER
        await place.type_("/health")
        labels = place.labels()
    assert "The server failed (500)." in words
    assert re.search(r"Followed 0 stories, 1 watch", words)
    assert labels == []


async def test_a_feed_that_was_imported_for_everyone_is_not_removed_from_one_workspace() -> None:
    """The others read it too; the words tell the way."""
    async with office() as place:
        async with place.world.store.transaction() as tx:
            one = next(line.feed for line in await tx.feeds.list() if line.feed.name == "one")
            await tx.feeds.change(replace(one, configured=False))
        words = await place.type_("/feed remove one")
        listed = await feeds(place)
    assert "python -m bot feeds remove" in words
    assert "one" in listed
