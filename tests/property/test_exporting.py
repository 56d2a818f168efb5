"""What is set up, written as a configuration file and read back: nothing changes on the way."""

import asyncio
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.config import Config, read_config
from bot.config_tables import ChannelTable, FeedTable, WatchTable
from bot.domain.articles import Feed, FeedId
from bot.domain.urls import feed_address
from bot.domain.watches import Channel, ChannelSettings, Mode, QuietHours, Scope, Watch, WatchId
from bot.exporting import Kept, to_toml
from bot.pipeline.sync import synchronise
from tests.fakes.store import fresh_store

AT = datetime(2026, 3, 1, tzinfo=UTC)
CHANNELS = [Channel.parse(text) for text in ("sandbox:a", "discord:1/2", "slack:T1/C2")]
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
NAMES = st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,10}){0,2}", fullmatch=True)
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
FEEDS = st.lists(
    st.builds(
        Feed,
        id=st.just(FeedId(0)),
        url=st.from_regex(
            r"https://[a-z]{1,9}\.example/[a-z]{0,9}\?[a-z=&]{0,9}", fullmatch=True
        ).map(feed_address),
        name=WORDS,
        every=st.integers(5 * 60, 24 * 3600).map(lambda seconds: timedelta(seconds=seconds)),
        workspace=st.sampled_from(["", "discord/1", "sandbox/local"]),
        lang=st.sampled_from(["", "en", "es"]),
        configured=st.sampled_from([True]),
    ),
    max_size=5,
    unique_by=lambda feed: (feed.url, feed.workspace),
)
WATCHES = st.lists(
    st.builds(
        Watch,
        id=st.integers(0, 9).map(WatchId),
        scope=st.sampled_from([None, Scope("discord", "1"), Scope("slack", "T1")]),
        name=NAMES,
        query=st.sampled_from(
            ["cecot", 'a "b c" -d', "pack:cecot", '(x OR y) title:"é\\"', r"/\bCECOT-?\d+\b/i"]
        ).filter(lambda query: '\\"' not in query),
        channels=st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True).map(tuple),
        mode=st.sampled_from(Mode),
        ping=st.sampled_from(["", "@desk", "<@&1>"]),
        min_outlets=st.integers(1, 10),
        lang=st.sampled_from([(), ("en",), ("en", "es")]),
        urgent=st.booleans(),
        paused=st.booleans(),
        backfill=st.integers(0, 10),
        created_at=st.just(AT),
    ),
    max_size=5,
    unique_by=lambda watch: (watch.scope, watch.name),
)
SETTINGS = st.lists(
    st.builds(
        ChannelSettings,
        channel=st.sampled_from(CHANNELS),
        tz=st.sampled_from(["UTC", "Europe/Madrid"]),
        lang=st.sampled_from(["en", "es"]),
        quiet=st.one_of(
            st.none(),
            st.tuples(TIMES, TIMES).filter(lambda two: two[0] != two[1]).map(
                lambda two: QuietHours(*two)
            ),
        ),
        digest=st.lists(TIMES, max_size=3, unique=True).map(tuple),
        digest_days=st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple),
        admin=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda one: one.channel,
)  # fmt: skip


def kept(
    feeds: list[Feed] = [],  # noqa: B006 - nobody changes it
    watches: list[Watch] = [],  # noqa: B006
    channels: list[ChannelSettings] = [],  # noqa: B006
) -> Kept:
    return Kept(
        feeds=feeds,
        watches=watches,
        channels=channels,
        every=timedelta(minutes=90),
        backfill=2,
        pages=True,
    )


def told(one: Watch) -> Watch:
    """Return what the file tells of a watch, but for its name."""
    return replace(one, id=WatchId(0), scope=None, name="", created_at=AT)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export") / "newsthread.toml"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(feeds=FEEDS, watches=WATCHES, channels=SETTINGS, data=st.data())
def test_what_is_written_reads_back_the_same(
    file: Path,
    feeds: list[Feed],
    watches: list[Watch],
    channels: list[ChannelSettings],
    data: st.DataObject,
) -> None:
    """Whatever people called their feeds and watches."""
    names = [feed.name for feed in feeds]
    limits = st.lists(st.sampled_from(names), max_size=2).map(tuple) if names else st.just(())
    watches = [replace(watch, feeds=data.draw(limits)) for watch in watches]
    file.write_text(to_toml(kept(feeds, watches, channels)), encoding="utf-8")
    read = read_config(file)
    assert sorted(read.feeds, key=repr) == sorted(feeds, key=repr)
    assert (read.every, read.backfill, read.pages) == (timedelta(minutes=90), 2, True)
    plain = [c for c in channels if c != ChannelSettings(channel=c.channel)]
    assert sorted(read.channels, key=repr) == sorted(plain, key=repr)
    assert len({watch.name for watch in read.watches}) == len(watches)
    assert sorted(map(told, read.watches), key=repr) == sorted(map(told, watches), key=repr)
    assert {watch.name for watch in watches} <= {watch.name for watch in read.watches}


def test_the_same_is_written_as_the_same_bytes() -> None:
    """So that a version control shows what has changed."""
    feeds = [
        Feed(id=FeedId(n), url=f"https://{n}.example/", name=name, every=timedelta(hours=1))
        for n, name in enumerate("bca")
    ]
    text = to_toml(kept(feeds))
    assert text == to_toml(kept(feeds[::-1]))
    assert re.findall(r'name = "(.)"', text) == ["a", "b", "c"]


def watch(name: str, *feeds: str, scope: Scope | None = None) -> Watch:
    return Watch(
        id=WatchId(0),
        scope=scope,
        name=name,
        query="x",
        channels=(CHANNELS[0],),
        feeds=feeds,
        created_at=AT,
    )


def test_two_workspaces_watches_of_one_name_get_two(file: Path) -> None:
    """Also where the name is as long as it may be."""
    name = "a" * 40
    watches = [watch(name), watch(name, scope=Scope("discord", "1"))]
    file.write_text(to_toml(kept([], watches)), encoding="utf-8")
    assert [one.name for one in read_config(file).watches] == [name, "a" * 38 + "-2"]


def test_a_watch_of_feeds_that_are_gone_is_paused_and_that_is_said(file: Path) -> None:
    """Without the limit it would find everything; with it the file would be refused."""
    feeds = [Feed(id=FeedId(0), url="https://a.example/", name="A", every=timedelta(hours=1))]
    text = to_toml(kept(feeds, [watch("one", "Gone"), watch("two", "a", "Gone")]))
    file.write_text(text, encoding="utf-8")
    one, two = read_config(file).watches
    assert (one.paused, one.feeds) == (True, ())
    assert (two.paused, two.feeds) == (False, ("a",))
    assert "# The watch one was limited to feeds that are gone: ['Gone']. It had no other" in text


def test_a_line_break_in_a_name_stays_out_of_the_comment(file: Path) -> None:
    """Or a feed's name could write configuration."""
    text = to_toml(kept([], [watch("one", "x\n[[watches]]")]))
    file.write_text(text, encoding="utf-8")
    assert len(read_config(file).watches) == 1


@pytest.mark.parametrize(
    ("kind", "table", "of_the_database"),
    [
        (Feed, FeedTable, {"id", "configured"}),
        (Watch, WatchTable, {"id", "scope", "version", "created_at"}),
        (ChannelSettings, ChannelTable, {"digest_next", "digest_last", "configured"}),
    ],
)
def test_each_setting_has_its_key_in_the_file(
    kind: type[Any], table: type[BaseModel], of_the_database: set[str]
) -> None:
    """A field without one would be lost on the way: give it a key, and write it."""
    set_up = {"id" if one.name == "channel" else one.name for one in fields(kind)}
    assert set_up - of_the_database - {"id"} == set(table.model_fields) - {"id"}


async def through_a_database(config: Config) -> Kept:
    """Take a configuration over into an empty database, and return what it keeps."""
    store = await fresh_store()
    try:
        async with store.transaction() as tx:
            await synchronise(
                tx, config.feeds, config.watches, config.channels, lambda _every, _url: AT, AT
            )
        async with store.reading() as tx:
            return Kept(
                feeds=[line.feed for line in await tx.feeds.list()],
                watches=await tx.watches.list(),
                channels=await tx.channels.list(),
                every=config.every,
                backfill=config.backfill,
                pages=config.pages,
            )
    finally:
        await store.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(feeds=FEEDS, watches=WATCHES, channels=SETTINGS)
def test_a_configuration_comes_back_out_of_the_database(
    file: Path, feeds: list[Feed], watches: list[Watch], channels: list[ChannelSettings]
) -> None:
    """File, database, export: the same feeds, watches and channels, and then the same bytes."""
    file.write_text(to_toml(kept(feeds, watches, channels)), encoding="utf-8")
    config = read_config(file)
    text = to_toml(asyncio.run(through_a_database(config)))
    file.write_text(text, encoding="utf-8")
    again = read_config(file)
    assert sorted(again.feeds, key=repr) == sorted(config.feeds, key=repr)
    assert sorted(again.watches, key=repr) == sorted(config.watches, key=repr)
    assert sorted(again.channels, key=repr) == sorted(config.channels, key=repr)
    assert to_toml(asyncio.run(through_a_database(again))) == text
