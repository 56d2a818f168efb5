"""`feed import` and `feed export`: many feeds at once."""

import asyncio
import csv
import io
from dataclasses import replace

import pytest

from bot.commands import feed_lists
from bot.domain.articles import Feed, FeedId
from bot.domain.calls import Role, Upload
from bot.domain.messages import Tone
from bot.domain.polls import Outcome, PollRequest, PollResult
from bot.domain.schedule import MIN_EVERY
from tests.fakes.source import FakeSource
from tests.integration.desk_world import Office, office


def opml(*outlines: str) -> str:
    """Return a list with these outlines."""
    inside = "".join(f"<outline {one}/>" for one in outlines)
    return f"<opml version='2.0'><body>{inside}</body></opml>"


async def names(place: Office) -> set[str]:
    """Return the names of all feeds."""
    async with place.world.store.reading() as tx:
        return {line.feed.name for line in await tx.feeds.list()}


def table(place: Office) -> list[list[str]]:
    """Return the rows of the file of the last answer."""
    (file,) = place.last.message.files
    return [*csv.reader(io.StringIO(file.data.decode()))][1:]


class Answering(FakeSource):
    """A source whose feeds end as they are told to."""

    def __init__(self) -> None:
        """Have every feed answer well."""
        super().__init__()
        self.ends: dict[str, PollResult] = {}
        self.silent: set[str] = set()

    async def poll(self, request: PollRequest) -> PollResult:
        """See `bot.ports.world.FeedSource.poll`."""
        if request.url in self.silent:
            await asyncio.Event().wait()
        return self.ends.get(request.url) or await super().poll(request)


def ended(url: str, outcome: Outcome, reason: str = "", **more: str) -> PollResult:
    """Return the result of a poll."""
    return PollResult(
        url=url, final_url=url, status=200, outcome=outcome, reason=reason,
        moved_to=more.get("moved_to", ""), title=more.get("title", ""),
    )  # fmt: skip


def answering(place: Office) -> Answering:
    """Put a source in the desk's place that ends polls as it is told to."""
    source = Answering()
    place.desk = replace(place.desk, source=source)
    place.dispatcher = type(place.dispatcher)(place.desk)
    place.role = Role.ADMIN
    return source


async def test_each_feed_of_a_list_has_its_row_and_what_works_is_added() -> None:
    """A hundred feeds are moved in a minute, and what is wrong with which is known."""
    async with office() as place:
        source = answering(place)
        source.ends = {
            "https://gone.example/feed": ended(
                "https://gone.example/feed", Outcome.ERROR, "There is nothing (404)."
            ),
            "https://moved.example/feed": ended(
                "https://moved.example/feed", Outcome.MOVED, moved_to="https://new.example/feed"
            ),
            "https://old.example/feed": ended(
                "https://old.example/feed", Outcome.MOVED, moved_to="https://one.example/feed/"
            ),
            "https://busy.example/feed": ended(
                "https://busy.example/feed", Outcome.DEFERRED, "The server asks us to wait (429)."
            ),
            "https://bare.example/feed": ended("https://bare.example/feed", Outcome.GONE),
        }
        words = await place.type_(
            "/feed import "
            + opml(
                'text="One again" xmlUrl="http://one.example/feed/"',
                'text="New" xmlUrl="https://three.example/feed"',
                'text="Two" xmlUrl="https://four.example/feed"',
                'text="Gone" xmlUrl="https://gone.example/feed"',
                'text="=Moved" xmlUrl="https://moved.example/feed"',
                'xmlUrl="https://old.example/feed"',
                'xmlUrl="https://busy.example/feed"',
                'xmlUrl="https://bare.example/feed"',
                'text="Wrong" xmlUrl="ftp://x.example/feed"',
            )
        )
        there = await names(place)
    assert "9 feeds: 3 not added, 1 added, not seen yet, 3 added, 2 here already" in words
    assert "What is there now counts as seen; nothing old is posted." in words
    assert there == {"one", "two", "New", "Two", "=Moved", "busy.example"}
    assert table(place) == [
        ["not added", "", "ftp://x.example/feed", "That is no web address."],
        ["not added", "Gone", "https://gone.example/feed", "There is nothing (404)."],
        ["not added", "", "https://bare.example/feed", "gone"],
        [
            "added, not seen yet", "busy.example", "https://busy.example/feed",
            "The server asks us to wait (429).",
        ],
        ["added", "New", "https://three.example/feed", ""],
        ["added", "Two", "https://four.example/feed", ""],
        ["added", "'=Moved", "https://new.example/feed", ""],
        ["here already", "one", "http://one.example/feed/", ""],
        ["here already", "one", "https://old.example/feed", ""],
    ]  # fmt: skip


async def test_a_feed_that_does_not_answer_in_time_is_added_and_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One slow server must not cost the list."""
    monkeypatch.setattr(feed_lists, "ASKED_FOR", 0.05)
    async with office() as place:
        source = answering(place)
        source.silent.add("https://slow.example/feed")
        words = await place.type_("/feed import " + opml('xmlUrl="https://slow.example/feed"'))
        there = await names(place)
    assert "added, not seen yet · slow.example" in words
    assert "It did not answer in time." in words
    assert "slow.example" in there


async def test_a_list_comes_as_a_file_or_from_an_address() -> None:
    """As the platform can."""
    async with office() as place:
        answering(place)
        body = opml('text="Three" xmlUrl="https://three.example/feed"').encode()
        call = replace(place.made("feed import"), files={"file": Upload(name="x", data=body)})
        filed = (await place.dispatcher.answer(call)).message
        again = (await place.dispatcher.answer(call)).message
        missing = await place.type_("/feed import lists.example/feeds.opml")
        nothing = await place.type_("/feed import")
    assert filed.title == "1 feed: 1 added"
    assert (again.title, again.tone) == ("1 feed: 1 here already", Tone.GOOD)
    assert missing == (
        "https://lists.example/feeds.opml cannot be fetched: There is nothing at"
        " https://lists.example/feeds.opml."
    )
    assert nothing.startswith("Which list? Give an OPML file, its address, or its text")


async def test_what_is_fetched_is_read() -> None:
    """The usual way in the sandbox: a link."""
    async with office() as place:
        answering(place)

        async def fetch(url: str) -> bytes:
            return opml(f'text="{url}" xmlUrl="https://three.example/feed"').encode()

        place.desk = replace(place.desk, lists=type(place.desk.lists)(fetch))  # type: ignore[call-arg] # the real one's
        place.dispatcher = type(place.dispatcher)(place.desk)
        words = await place.type_('/feed import "https://lists.example/feeds.opml"')
    assert words.startswith("1 feed: 1 added\n• added · https://lists.example/feeds.opml · https")


@pytest.mark.parametrize(
    ("outlines", "words"),
    [
        ([], "No feed is listed there"),
        (['xmlUrl="nothing at all"'], "1 feed: 1 not added"),
        ([f'xmlUrl="https://{n}.example/f"' for n in range(4)], "That list has 4 feeds; I take 3"),
    ],
)
async def test_a_list_of_nothing_or_of_too_much_is_refused(
    outlines: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do."""
    monkeypatch.setattr(feed_lists, "MOST", 3)
    async with office() as place:
        answering(place)
        said = await place.type_(f"/feed import {opml(*outlines) if outlines else '<outline'}")
    assert words in said


async def test_a_long_list_is_told_by_its_first_rows_and_whole_in_the_file() -> None:
    """An answer has its limits; nothing is left out in silence."""
    async with office() as place:
        answering(place)
        body = opml(*(f'xmlUrl="https://f{n}.example/feed"' for n in range(30))).encode()
        call = replace(place.made("feed import"), files={"file": Upload(name="x", data=body)})
        place.answers.append(await place.dispatcher.answer(call))
        words = place.last.message.as_text()
    assert words.count("•") == 20
    assert "and 10 more, in the file" in words
    assert len(table(place)) == 30


async def test_what_is_exported_can_be_imported_and_holds_no_secret() -> None:
    """Feeds can be taken along; who may read the list need not know what a feed is read with."""
    async with office() as place:
        place.role = Role.ADMIN
        plain = await place.type_("/feed export")
        secret = Feed(
            id=FeedId(0), url="https://ana:pw@paid.example/feed", name="Paid & good",
            every=MIN_EVERY, workspace="sandbox/local",
        )  # fmt: skip
        async with place.world.store.transaction() as tx:
            await tx.feeds.add(secret, place.world.clock())
        words = await place.type_("/feed export")
        (file,) = place.last.message.files
        listed, broken = await place.desk.lists.read(file.data)
    assert (
        words == "3 feeds in feeds.opml. In 1 of them *** stands for a user, a password or a token."
    )
    assert plain == "2 feeds in feeds.opml."
    assert (file.name, file.mime) == ("feeds.opml", "text/x-opml")
    assert [one.title for one in listed] == ["Paid & good", "one", "two"]
    assert b"pw" not in file.data
    assert broken == ()


async def test_where_nothing_is_read_nothing_is_exported() -> None:
    """It is said instead of an empty file."""
    async with office() as place:
        place.role = Role.ADMIN
        async with place.world.store.transaction() as tx:
            for line in await tx.feeds.list():
                await tx.feeds.remove(line.feed.id)
        words = await place.type_("/feed export")
    assert words.startswith("There are no feeds yet.")
