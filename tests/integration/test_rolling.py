"""A restart of one process after the other: two versions at once, and a migration between them.

The older version is this program; the newer one is this program with one migration more. What the
migrations must not do for that is held against each of them.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.adapters.store import migrate as migrations
from bot.adapters.store.codec import dump, load
from bot.adapters.store.database import SqlStore, migrate
from bot.adapters.store.tables import SCHEMA
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.errors import StoreError
from bot.domain.records import FeedState
from bot.domain.watches import Watch, WatchId
from bot.pipeline.collect import Collector
from bot.pipeline.compose import Composer
from bot.pipeline.deliver import Deliverer
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from tests.fakes import postgresql
from tests.fakes.clock import FakeClock
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.fakes.source import FakeSource
from tests.integration.pipeline_world import CHANNEL, entry, feed
from tests.integration.still_chat import StillChat

NEXT = "next"
MIGRATION = f'''
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{NEXT}", "{SCHEMA}", None, None


def upgrade() -> None:
    op.create_table("moods", sa.Column("story", sa.Text(), primary_key=True))
    for table in ("articles", "feeds", "alerts", "stories", "threads"):
        op.add_column(table, sa.Column("mood", sa.Text(), nullable=True))
    op.add_column("alerts", sa.Column("weight", sa.Integer(), server_default="1", nullable=False))
'''
"""What the newer version needs: in every table that the older one reads and writes all the time."""
HEADLINES = (
    "Judge orders an update on transfers to the CECOT prison",
    "Families march to CECOT with photographs of the missing",
    "Bus crash near CECOT leaves four guards injured",
    "Report counts the inmates of CECOT by country",
    "Kitchen workers at CECOT go on strike over wages",
    "Lawyers publish letters from a cell block of CECOT",
    "Senator is turned away at the gates of CECOT",
    "Drought cuts the water of CECOT to two hours a day",
    "Film about CECOT wins a prize at the festival",
    "Minister promises a second wing for CECOT by spring",
)


@contextmanager
def newer_version(folder: Path) -> Iterator[None]:
    """Be the newer version until the block ends."""
    folder.mkdir(exist_ok=True)
    (folder / "next.py").write_text(MIGRATION)

    def config() -> Config:
        ours = Path(migrations.__file__).with_name("migrations")
        made = Config()
        made.set_main_option("script_location", str(ours))
        made.set_main_option("version_locations", f"{ours / 'versions'} {folder}")
        made.set_main_option("path_separator", "space")
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "SCHEMA", NEXT)
        patch.setattr(migrations, "_config", config)
        yield


class Process:
    """One process, of either version."""

    def __init__(self, store: SqlStore, world: "World", name: str) -> None:
        clock = world.clock
        sorter = Sorter(shipped_packs(), new_window, shipped_detector())
        self.collector = Collector(store, world.source, sorter, clock, lambda: 0.5, name)
        self.composer = Composer(store, ExtractiveSummariser(), clock, name)
        self.deliverer = Deliverer(store, world.chat, clock, name)

    async def tick(self) -> None:
        """Do what is due, as the ticks of a process do."""
        await self.collector.once()
        while await self.composer.tick() or await self.deliverer.tick():
            pass


class World:
    """The feed, the channel and the time that all processes share."""

    def __init__(self) -> None:
        self.clock, self.source, self.chat = FakeClock(), FakeSource(), StillChat()
        self._to_come = list(HEADLINES)
        self.said: list[str] = []

    async def configure(self, store: SqlStore) -> None:
        """Have one feed and one watch; the feed has been read once."""
        watch = Watch(
            id=WatchId(0),
            scope=None,
            name="cecot",
            query="cecot",
            channels=(CHANNEL,),
            created_at=self.clock(),
        )
        async with store.transaction() as tx:
            due = self.clock()
            await synchronise(tx, [feed("courier")], [watch], [], lambda *_: due, due)
        self.source.entries[feed("courier").url] = (entry("courier", "first", "Mild weather"),)

    def happens(self) -> None:
        """Let one more thing happen, and the feed tell of it."""
        self.clock.pass_("6m")
        self.said.append(self._to_come.pop(0))
        told = [entry("courier", title.replace(" ", "-"), title) for title in self.said]
        self.source.entries[feed("courier").url] = tuple(told)

    def told(self) -> Counter[str]:
        """Return how often each thing was told to the channel."""
        return Counter(kept.message.title for kept in self.chat.kept.values())


async def rounds(world: World, count: int, *processes: Process) -> None:
    """Let so many things happen, and all processes do what is due, at once."""
    for _ in range(count):
        world.happens()
        await asyncio.gather(*(process.tick() for process in processes))


async def test_two_versions_at_once_lose_nothing_and_tell_nothing_twice(tmp_path: Path) -> None:
    """The older one works while the newer one migrates and starts, and beside it after that."""
    url = await postgresql.new_database()
    world = World()
    older = await SqlStore.open(url, world.clock)
    await world.configure(older)
    old = Process(older, world, "old")
    await old.tick()  # what the feed had before is not told
    await rounds(world, 3, old)  # its statements are prepared by then, for the tables as they were
    world.happens()
    with newer_version(tmp_path / "versions"):
        done, _ = await asyncio.gather(migrate(url), old.tick())
        assert (done.before, done.after) == (SCHEMA, NEXT)
        newer = await SqlStore.open(url, world.clock)
    new = Process(newer, world, "new")
    await rounds(world, 3, old, new)
    await rounds(world, 1, old)
    await older.close()
    await rounds(world, 1, new)
    await newer.close()
    assert world.told() == Counter(world.said)
    assert len(world.said) == 9


async def test_a_transaction_under_way_is_waited_for_by_the_migration(tmp_path: Path) -> None:
    """What the older version has begun, it ends; the newer one changes nothing under its feet."""
    url = await postgresql.new_database()
    older = await SqlStore.open(url)
    with newer_version(tmp_path / "versions"):
        async with older.transaction() as tx:
            await tx.feeds.add(feed("courier"), FakeClock()())
            migrating = asyncio.create_task(migrate(url))
            await asyncio.sleep(0.3)
            assert not migrating.done()
            await tx.feeds.add(feed("herald"), FakeClock()())
        await migrating
    async with older.reading() as tx:
        assert [line.feed.name for line in await tx.feeds.list()] == ["courier", "herald"]
    await older.close()


async def test_a_poll_that_has_its_feed_and_wants_its_turn_is_given_way(tmp_path: Path) -> None:
    """The migration would have the turn and want the feeds: the server would end one of them."""
    url = await postgresql.new_database()
    older = await SqlStore.open(url)
    with newer_version(tmp_path / "versions"):
        async with older.transaction() as tx:
            await tx.feeds.add(feed("courier"), FakeClock()())
            migrating = asyncio.create_task(migrate(url))
            await asyncio.sleep(0.3)  # it is under way
            await tx.watches.revision()
            await tx.channels.standing(CHANNEL)
            await asyncio.sleep(0.5)
            assert not migrating.done()
        async with asyncio.timeout(10):
            assert (await migrating).changed
    async with older.reading() as tx:
        assert [line.feed.name for line in await tx.feeds.list()] == ["courier"]
    await older.close()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_an_older_version_does_not_start_on_what_a_newer_one_has_migrated(
    database: str, tmp_path: Path
) -> None:
    """Nor does it migrate back: it says what to do."""
    file = tmp_path / "a.db"
    url = f"sqlite+aiosqlite:///{file}" if database == "sqlite" else postgresql.empty_database()
    with newer_version(tmp_path / "versions"):
        await migrate(url)
    for start in (lambda: SqlStore.open(url), lambda: migrate(url)):
        with pytest.raises(StoreError) as refused:
            await start()
        assert str(refused.value) == (
            f"The database was written by a newer version (schema next, this one knows up to"
            f" {SCHEMA}): install that version again, or restore a backup from before it."
        )


def test_what_a_newer_version_adds_to_a_stored_value_is_left_aside() -> None:
    """A value that the older one writes again loses it, so it must have a default there."""
    stored = dump(FeedState, FeedState(due_at=FakeClock()()))
    assert load(FeedState, stored[:-1] + ',"mood":"fine"}') == load(FeedState, stored)


def narrowed(before: sa.MetaData, after: sa.MetaData) -> list[str]:
    """Return what the version before a migration would stumble over after it."""
    found = []
    for name, old in before.tables.items():
        new = after.tables.get(name)
        if new is None:
            found.append(f"{name} is gone")
            continue
        for column in old.columns:
            changed = new.columns.get(column.name)
            if changed is None:
                found.append(f"{name}.{column.name} is gone")
            elif str(changed.type) != str(column.type):
                found.append(f"{name}.{column.name} is of another type")
            elif column.nullable and not changed.nullable:
                found.append(f"{name}.{column.name} must be given now")
        found += [
            f"{name}.{column.name} is new and must be given"
            for column in new.columns
            if column.name not in old.columns
            and not column.nullable
            and column.server_default is None
        ]
        found += [
            f"{name}: {index.name} is unique now"
            for index in new.indexes
            if index.unique
            and index.name not in {one.name for one in old.indexes if one.unique}
            and {column.name for column in index.columns} <= set(old.columns.keys())
        ]
    return found


def test_each_migration_leaves_what_the_version_before_it_uses(tmp_path: Path) -> None:
    """Expand now, contract one release later: only so can two versions work at once."""
    config = Config()
    config.set_main_option(
        "script_location", str(Path(migrations.__file__).with_name("migrations"))
    )
    chain = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert chain[-1] == SCHEMA
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    before: sa.MetaData | None = None
    for revision in chain:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        after = sa.MetaData()
        after.reflect(engine)
        assert before is None or narrowed(before, after) == [], revision
        before = after
    engine.dispose()


def test_what_narrows_a_schema_is_found() -> None:
    """The check above bites."""
    before, after = sa.MetaData(), sa.MetaData()
    sa.Table("gone", before, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "kept",
        before,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("renamed", sa.Text),
        sa.Column("number", sa.Text),
        sa.Column("given", sa.Text),
        sa.Column("one", sa.Text),
    )
    sa.Table(
        "kept",
        after,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("other", sa.Text),
        sa.Column("number", sa.Integer),
        sa.Column("given", sa.Text, nullable=False),
        sa.Column("one", sa.Text),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("fine", sa.Text, nullable=False, server_default=""),
        sa.Index("ones", "one", unique=True),
        sa.Index("others", "other", unique=True),
    )
    assert narrowed(before, after) == [
        "gone is gone",
        "kept.renamed is gone",
        "kept.number is of another type",
        "kept.given must be given now",
        "kept.wanted is new and must be given",
        "kept: ones is unique now",
    ]
