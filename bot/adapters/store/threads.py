"""Stories in channels; see `bot.ports.posting.Threads`."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import dump, load, micros, micros_or_none, moment_or_none
from bot.adapters.store.dialects import insert
from bot.adapters.store.tables import decisions, stories, threads
from bot.domain.messages import Posted
from bot.domain.records import ClaimedThread, Fate, Thread
from bot.domain.stories import StoryId
from bot.domain.watches import Channel


class SqlThreads:
    """Stories in channels. The column `compose_at` is the truth, not the one in the JSON."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def open(
        self, channel: Channel, story: StoryId, opened_at: datetime, compose_at: datetime | None
    ) -> None:
        """See `bot.ports.posting.Threads.open`."""
        thread = Thread(channel=channel, story=story, compose_at=compose_at, opened_at=opened_at)
        added = insert(self._db, threads).values(
            channel=str(channel),
            story=story,
            compose_at=micros_or_none(compose_at),
            closed=False,
            thread=dump(Thread, thread),
        )
        there, new = threads.c.compose_at, added.excluded.compose_at
        earlier = case((there.is_(None), new), (new < there, new), else_=there)
        await self._db.execute(
            added.on_conflict_do_update(
                index_elements=["channel", "story"], set_={"compose_at": earlier}
            )
        )

    async def claim(
        self, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[ClaimedThread, ...]:
        """See `bot.ports.posting.Threads.claim`."""
        at = micros(now)
        await self._db.execute(  # what a dead worker had claimed is due again
            update(threads)
            .where(threads.c.lease_until > 0, threads.c.lease_until <= at)
            .values(owner="", lease_until=0, compose_at=at)
        )
        busy = select(threads.c.channel).where(threads.c.lease_until > at)
        due = (
            select(threads.c.channel, threads.c.story)
            .where(threads.c.compose_at <= at, threads.c.channel.not_in(busy))
            .order_by(threads.c.compose_at, threads.c.channel, threads.c.story)
            .limit(limit)
        )
        first = (await self._db.execute(due)).all()
        order = {row.channel: place for place, row in enumerate(reversed(first))}
        whole = and_(threads.c.channel.in_(order), threads.c.compose_at <= at)
        found = await self._where(whole)
        await self._db.execute(
            update(threads)
            .where(whole)
            # What `open` sets from here on is a new reason to compose.
            .values(owner=owner, lease_until=micros(lease_until), compose_at=None)
        )
        oldest_channel_first = sorted(found, key=lambda thread: -order[str(thread.channel)])
        return tuple(ClaimedThread(thread=thread, owner=owner) for thread in oldest_channel_first)

    async def settle(self, thread: Thread, owner: str) -> bool:
        """See `bot.ports.posting.Threads.settle`."""
        ours = and_(*_is(thread.channel, thread.story), threads.c.owner == owner)
        row = (await self._db.execute(select(threads.c.compose_at).where(ours))).first()
        if row is None:
            return False
        meanwhile = moment_or_none(row.compose_at)
        times = [at for at in (meanwhile, thread.compose_at) if at is not None]
        await self._save(replace(thread, compose_at=min(times, default=None)), ours)
        return True

    async def get(self, channel: Channel, story: StoryId) -> Thread | None:
        """See `bot.ports.posting.Threads.get`."""
        found = await self._where(*_is(channel, story))
        return found[0] if found else None

    async def of_story(self, story: StoryId) -> tuple[Thread, ...]:
        """See `bot.ports.posting.Threads.of_story`."""
        return await self._where(threads.c.story == story)

    async def of_card(self, card: Posted) -> Thread | None:
        """See `bot.ports.posting.Threads.of_card`."""
        found = await self._where(
            threads.c.channel == str(card.channel), threads.c.posted_id == card.id
        )
        return found[0] if found else None

    async def carded(self, channel: Channel, key: str, posted: Posted) -> None:
        """See `bot.ports.posting.Threads.carded`."""
        own = and_(threads.c.channel == str(channel), threads.c.card == key)
        listed = and_(
            threads.c.channel == str(channel),
            threads.c.listed_in == key,
            threads.c.card.is_(None),
        )
        # What is said under a listing may be about any of its stories, so it leads to none.
        for wanted, posted_id in ((own, posted.id), (listed, None)):
            for thread in await self._where(wanted):
                await self._db.execute(
                    update(threads)
                    .where(*_is(channel, thread.story))
                    .values(
                        posted_id=posted_id, thread=dump(Thread, replace(thread, posted=posted))
                    )
                )

    async def wake(self, channel: Channel, card: str, compose_at: datetime) -> None:
        """See `bot.ports.posting.Threads.wake`."""
        await self._db.execute(
            update(threads)
            .where(
                threads.c.channel == str(channel),
                threads.c.card == card,
                or_(threads.c.compose_at.is_(None), threads.c.compose_at > micros(compose_at)),
            )
            .values(compose_at=micros(compose_at))
        )

    async def held(self, channel: Channel) -> tuple[Thread, ...]:
        """See `bot.ports.posting.Threads.held`."""
        wanted = select(decisions.c.story).where(
            decisions.c.channel == str(channel),
            decisions.c.latest.is_(True),
            decisions.c.fate == Fate.HELD.value,
        )
        return await self._where(threads.c.channel == str(channel), threads.c.story.in_(wanted))

    async def to_close(self, before: datetime, limit: int) -> tuple[Thread, ...]:
        """See `bot.ports.posting.Threads.to_close`."""
        rows = await self._db.execute(
            _selected()
            .join(stories, stories.c.id == threads.c.story)
            .where(
                threads.c.closed.is_(False),
                threads.c.card.is_not(None),
                stories.c.last_at < micros(before),
            )
            .order_by(stories.c.last_at, threads.c.channel, threads.c.story)
            .limit(limit)
        )
        return tuple(_thread(row) for row in rows)

    async def retarget(self, old: StoryId, new: StoryId) -> None:
        """See `bot.ports.posting.Threads.retarget`."""
        there = {thread.channel for thread in await self.of_story(new)}
        for thread in await self.of_story(old):
            if thread.channel in there:
                continue
            moved = replace(thread, story=new)
            await self._db.execute(
                update(threads)
                .where(*_is(thread.channel, old))
                .values(story=new, thread=dump(Thread, moved))
            )

    async def _where(self, *wanted: ColumnElement[bool]) -> tuple[Thread, ...]:
        rows = await self._db.execute(_selected().where(*wanted))
        found = [_thread(row) for row in rows]
        return tuple(
            sorted(found, key=lambda thread: (thread.opened_at, thread.channel, thread.story))
        )

    async def _save(self, thread: Thread, row: ColumnElement[bool]) -> None:
        # `carded` may have come meanwhile: where the card stands is never taken back.
        (known,) = await self._where(*_is(thread.channel, thread.story))
        if known.posted is not None and _key(known) == _key(thread):
            thread = replace(thread, posted=known.posted)
        await self._db.execute(
            update(threads)
            .where(row)
            .values(
                owner="",
                lease_until=0,
                compose_at=micros_or_none(thread.compose_at),
                card=thread.card,
                listed_in=thread.listed_in,
                posted_id=thread.posted.id if thread.posted and thread.card else None,
                closed=thread.closed_at is not None,
                thread=dump(Thread, thread),
            )
        )


def _is(channel: Channel, story: StoryId) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return threads.c.channel == str(channel), threads.c.story == story


def _selected() -> Select[str, int | None]:
    return select(threads.c.thread, threads.c.compose_at)


def _thread(row: Row[str, int | None]) -> Thread:
    text, compose_at = row
    return replace(load(Thread, text), compose_at=moment_or_none(compose_at))


def _key(thread: Thread) -> str | None:
    """Return the key of the message that the thread hangs on."""
    return thread.card or thread.listed_in
