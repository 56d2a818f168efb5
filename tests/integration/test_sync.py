"""What the configuration file changes in a database where people have set up things too."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain.articles import Feed, FeedId
from bot.domain.errors import ConfigError
from bot.domain.watches import Channel, ChannelSettings, QuietHours, Scope, Watch, WatchId
from bot.pipeline.sync import refuse_unreadable, synchronise
from bot.shipped import SHIPPED, read_packs
from tests.fakes.clock import FakeClock
from tests.fakes.store import fresh_store

CHANNEL = Channel.parse("discord:1/2")
NIGHT, EVENING = QuietHours.parse("22:00-07:00"), QuietHours.parse("18:00-07:00")
CLOCK = FakeClock()
WATCH = Watch(
    id=WatchId(0),
    scope=None,
    name="cecot",
    query="cecot",
    channels=(CHANNEL,),
    created_at=CLOCK(),
)


@pytest.fixture
async def store() -> AsyncIterator[SqlStore]:
    opened = await fresh_store(clock=CLOCK)
    yield opened
    await opened.close()


def feed(name: str, workspace: str = "") -> Feed:
    url = f"https://{name}.example/feed"
    every = timedelta(minutes=10)
    return Feed(id=FeedId(0), url=url, name=name, every=every, workspace=workspace)


async def sync(
    store: SqlStore,
    feeds: Sequence[Feed] = (),
    watches: Sequence[Watch] = (),
    channels: Sequence[ChannelSettings] = (),
) -> None:
    async with store.transaction() as tx:
        await synchronise(tx, feeds, watches, channels, lambda _every, _url: CLOCK(), CLOCK())


async def feeds_of(store: SqlStore) -> dict[str, bool]:
    async with store.reading() as tx:
        return {line.feed.name: line.feed.configured for line in await tx.feeds.list()}


async def watches_of(store: SqlStore) -> tuple[Watch, ...]:
    async with store.reading() as tx:
        return await tx.watches.list()


async def settings_of(store: SqlStore) -> ChannelSettings:
    async with store.reading() as tx:
        return await tx.channels.get(CHANNEL)


async def chat_sets(store: SqlStore, **changes: object) -> None:
    async with store.transaction() as tx:
        known = await tx.channels.get(CHANNEL)
        await tx.channels.save(replace(known, **changes))  # type: ignore[arg-type] # real fields


async def test_a_feed_that_leaves_the_file_goes_and_an_imported_one_stays(
    store: SqlStore,
) -> None:
    """The file is the truth for what it names, not for what others brought."""
    async with store.transaction() as tx:
        await tx.feeds.add(feed("imported"), CLOCK())
        await tx.feeds.add(feed("chat", "discord/1"), CLOCK())
    await sync(store, [feed("file"), feed("gone")])
    await sync(store, [feed("file")])
    assert await feeds_of(store) == {"chat": False, "file": True, "imported": False}


async def test_a_feed_that_the_file_begins_to_name_becomes_the_files(store: SqlStore) -> None:
    """With its id, so that what it carried counts as seen; from then on the file removes it."""
    async with store.transaction() as tx:
        imported = await tx.feeds.add(feed("imported"), CLOCK())
    await sync(store, [replace(feed("imported"), name="Named")])
    async with store.reading() as tx:
        (line,) = await tx.feeds.list()
    assert line.feed == replace(imported, name="Named", configured=True)
    await sync(store, [])
    assert await feeds_of(store) == {}


async def test_a_private_feed_with_another_password_is_the_same_feed(store: SqlStore) -> None:
    """Its first poll would be silent, and lose what came between; others of its form stay apart."""

    def private(word: str, name: str = "paid") -> Feed:
        return replace(feed(name), url=f"https://ana:{word}@paid.example/feed")

    await sync(store, [private("old"), private("same", "other")])
    async with store.reading() as tx:
        before = {line.feed.name: line.feed.id for line in await tx.feeds.list()}
    await sync(store, [private("new"), private("same", "other"), private("more", "third")])
    async with store.reading() as tx:
        after = {line.feed.name: line.feed for line in await tx.feeds.list()}
    assert after["paid"].url == private("new").url
    assert after["paid"].id == before["paid"]
    assert after["other"].id == before["other"]
    assert set(after) == {"paid", "other", "third"}


async def test_one_address_may_be_a_feed_of_two_workspaces(store: SqlStore) -> None:
    """A list of the file leaves the feed alone that another workspace added for itself."""
    async with store.transaction() as tx:
        await tx.feeds.add(feed("same", "discord/1"), CLOCK())
    await sync(store, [feed("same", "discord/2")])
    await sync(store, [])
    async with store.reading() as tx:
        assert [line.feed.workspace for line in await tx.feeds.list()] == ["discord/1"]


async def test_the_same_watch_of_chat_becomes_the_files(store: SqlStore) -> None:
    """After an export into the file there are not two that find everything twice."""
    of_chat = replace(WATCH, scope=Scope("discord", "1"))
    async with store.transaction() as tx:
        made = await tx.watches.add(of_chat)
    await sync(store, watches=[WATCH])
    await sync(store, watches=[WATCH])
    (now,) = await watches_of(store)
    assert (now.id, now.scope) == (made.id, None)


async def test_another_watch_of_that_name_stays_chats(store: SqlStore) -> None:
    """Each workspace has its own names."""
    of_chat = replace(WATCH, scope=Scope("discord", "1"), query="prison")
    async with store.transaction() as tx:
        await tx.watches.add(of_chat)
    await sync(store, watches=[WATCH])
    assert sorted(watch.query for watch in await watches_of(store)) == ["cecot", "prison"]


async def test_a_watch_that_the_file_pauses_is_paused(store: SqlStore) -> None:
    """When it is new, and when it is known."""
    await sync(store, watches=[WATCH])
    await sync(store, watches=[replace(WATCH, paused=True)])
    (now,) = await watches_of(store)
    assert now.paused


async def test_what_chat_changed_of_a_channel_stays_until_its_table_changes(
    store: SqlStore,
) -> None:
    """A restart does not undo people's settings; an edit of the file is meant."""
    plain = ChannelSettings(channel=CHANNEL)
    await sync(store, channels=[replace(plain, quiet=NIGHT)])
    await chat_sets(store, quiet=None, tz="Europe/Madrid")
    await sync(store, channels=[replace(plain, quiet=NIGHT)])
    assert (await settings_of(store)).tz == "Europe/Madrid"
    await sync(store, channels=[replace(plain, quiet=EVENING)])
    after = await settings_of(store)
    assert (after.quiet, after.tz) == (EVENING, "UTC")


async def test_what_chat_set_up_first_is_not_overwritten(store: SqlStore) -> None:
    """Neither by a file that comes later, nor by the first start of this version."""
    await chat_sets(store, lang="es")
    for _ in range(2):
        await sync(store, channels=[ChannelSettings(channel=CHANNEL, lang="de")])
    assert (await settings_of(store)).lang == "es"


@pytest.mark.parametrize(("by_chat", "left"), [("de", "en"), ("es", "es")])
async def test_a_table_that_leaves_the_file_takes_its_settings_along(
    store: SqlStore, by_chat: str, left: str
) -> None:
    """But not those that people changed since."""
    await sync(store, channels=[ChannelSettings(channel=CHANNEL, lang="de")])
    await chat_sets(store, lang=by_chat)
    await sync(store)
    assert (await settings_of(store)).lang == left


async def test_a_digest_of_the_file_knows_when_it_is_due(store: SqlStore) -> None:
    """Or the first would never be sent."""
    await sync(store, channels=[ChannelSettings(channel=CHANNEL, digest=(time(8),))])
    due = (await settings_of(store)).digest_next
    assert due is not None
    await sync(store, channels=[ChannelSettings(channel=CHANNEL, digest=(time(8),))])
    assert (await settings_of(store)).digest_next == due


async def test_a_watch_of_chat_whose_pack_is_gone_is_named(store: SqlStore) -> None:
    """Matching it would fail with every poll."""
    async with store.transaction() as tx:
        await tx.watches.add(replace(WATCH, scope=Scope("discord", "1"), query="pack:cecot"))
    async with store.reading() as tx:
        await refuse_unreadable(tx, read_packs(SHIPPED / "packs"))
        with pytest.raises(ConfigError, match=r"'cecot', set up in chat: .*Bring back the pack"):
            await refuse_unreadable(tx, {})
