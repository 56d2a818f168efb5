"""The stories; see `bot.ports.store.Stories`."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, distinct, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.articles import article_of, chunks
from bot.adapters.store.codec import micros
from bot.adapters.store.tables import articles, hits, members, stories, threads
from bot.domain.articles import ArticleId
from bot.domain.messages import Posted
from bot.domain.records import FiledArticle, StoryRow
from bot.domain.stories import Member, Story, StoryId
from bot.domain.watches import Channel, Scope, WatchId

_MERGES = 20  # links of a chain of merges that are followed


class SqlStories:
    """The stories."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def taken(self, codes: Sequence[str]) -> frozenset[str]:
        """See `bot.ports.store.Stories.taken`."""
        found: set[str] = set()
        for part in chunks(codes):
            rows = await self._db.execute(select(stories.c.id).where(stories.c.id.in_(part)))
            found |= {row.id for row in rows}
        return frozenset(found)

    async def add(self, story: Story) -> None:
        """See `bot.ports.store.Stories.add`."""
        await self._db.execute(
            stories.insert().values(
                id=story.id, follows=story.follows, merged_into=None, last_at=micros(story.last_at)
            )
        )
        await self._db.execute(
            members.insert(), [_member_columns(story.id, member) for member in story.members]
        )

    async def join(self, story: StoryId, member: Member, now: datetime) -> None:
        """See `bot.ports.store.Stories.join`."""
        await self._db.execute(members.insert().values(**_member_columns(story, member)))
        await self._touch(story, now)

    async def get(self, story: StoryId) -> Story | None:
        """See `bot.ports.store.Stories.get`."""
        row = await self._row(story)
        if row is None:
            return None
        rows = await self._db.execute(
            select(members, articles)
            .join(articles, articles.c.id == members.c.article)
            .where(members.c.story == row.id)
            .order_by(members.c.article)
        )
        found = tuple(
            Member(
                article=article_of(one),
                reprint_of=one.reprint_of,
                tied_by=tuple(json.loads(one.tied_by)),
            )
            for one in rows
        )
        if not found:
            return None
        return Story(id=StoryId(row.id), members=found, follows=row.follows)

    async def of(self, wanted: Sequence[ArticleId]) -> Mapping[ArticleId, StoryId]:
        """See `bot.ports.store.Stories.of`."""
        found: dict[ArticleId, StoryId] = {}
        for part in chunks(wanted):
            rows = await self._db.execute(
                select(members.c.article, members.c.story).where(members.c.article.in_(part))
            )
            found |= {ArticleId(row.article): StoryId(row.story) for row in rows}
        return found

    async def filed_since(self, start: datetime) -> tuple[FiledArticle, ...]:
        """See `bot.ports.store.Stories.filed_since`."""
        rows = await self._db.execute(
            select(members.c.story, members.c.reprint_of, articles)
            .join(articles, articles.c.id == members.c.article)
            .where(articles.c.first_seen > micros(start))
            .order_by(articles.c.first_seen, articles.c.id)
        )
        return tuple(
            FiledArticle(
                article=article_of(row), story=StoryId(row.story), reprint_of=row.reprint_of
            )
            for row in rows
        )

    async def in_thread(self, card: Posted) -> StoryId | None:
        """See `bot.ports.store.Stories.in_thread`."""
        row = (
            await self._db.execute(
                select(threads.c.story).where(
                    threads.c.channel == str(card.channel), threads.c.posted_id == card.id
                )
            )
        ).first()
        return None if row is None else StoryId(row.story)

    async def of_watch(self, watch: WatchId, start: datetime, limit: int) -> tuple[StoryRow, ...]:
        """See `bot.ports.store.Stories.of_watch`."""
        wanted = (
            select(distinct(members.c.story))
            .join(hits, hits.c.article == members.c.article)
            .join(articles, articles.c.id == members.c.article)
            .where(hits.c.watch == watch, articles.c.first_seen > micros(start))
        )
        return await self._ranked(wanted, limit)

    async def in_channel(
        self, channel: Channel, start: datetime, limit: int
    ) -> tuple[StoryRow, ...]:
        """See `bot.ports.store.Stories.in_channel`."""
        wanted = (
            select(threads.c.story)
            .join(stories, stories.c.id == threads.c.story)
            .where(threads.c.channel == str(channel), stories.c.last_at > micros(start))
        )
        return await self._ranked(wanted, limit)

    async def visible_in(self, scope: Scope, story: StoryId) -> bool:
        """See `bot.ports.store.Stories.visible_in`."""
        row = await self._row(story)
        if row is None:
            return False
        rows = await self._db.execute(
            select(threads.c.channel).where(threads.c.story.in_((row.id, story)))
        )
        return any(Channel.parse(one.channel).scope == scope for one in rows)

    async def move(self, moved: Sequence[ArticleId], to: StoryId, now: datetime) -> None:
        """See `bot.ports.store.Stories.move`."""
        left = set((await self.of(moved)).values()) - {to}
        for part in chunks(moved):
            await self._db.execute(
                update(members).where(members.c.article.in_(part)).values(story=to)
            )
        if await self._row(to) is None:
            await self._db.execute(
                stories.insert().values(id=to, follows=None, merged_into=None, last_at=micros(now))
            )
        for story in sorted(left):
            count = await self._db.scalar(
                select(func.count()).select_from(members).where(members.c.story == story)
            )
            if not count:
                await self._db.execute(
                    update(stories).where(stories.c.id == story).values(merged_into=to)
                )
        await self._touch(to, now)

    async def _row(self, story: str) -> Row[*tuple[object, ...]] | None:
        """Return the story's row, or that of the story it was merged into."""
        for _ in range(_MERGES):
            row = (await self._db.execute(select(stories).where(stories.c.id == story))).first()
            if row is None or row.merged_into is None:
                return row
            story = row.merged_into
        return None

    async def _touch(self, story: StoryId, now: datetime) -> None:
        await self._db.execute(
            update(stories)
            .where(stories.c.id == story, stories.c.last_at < micros(now))
            .values(last_at=micros(now))
        )

    async def _ranked(self, wanted: Select[tuple[str]], limit: int) -> tuple[StoryRow, ...]:
        ids = (await self._db.execute(wanted.limit(_RANKED))).scalars().all()
        found = [story for id_ in ids if (story := await self.get(StoryId(id_))) is not None]
        found.sort(key=lambda story: (-story.independent, -micros(story.last_at), story.id))
        return tuple(_story_row(story) for story in found[:limit])


_RANKED = 200  # stories that are compared for a list


def _member_columns(story: StoryId, member: Member) -> dict[str, object]:
    return {
        "article": member.article.id,
        "story": story,
        "reprint_of": member.reprint_of,
        "tied_by": json.dumps(member.tied_by, ensure_ascii=False),
    }


def _story_row(story: Story) -> StoryRow:
    return StoryRow(
        id=story.id,
        headline=story.headline,
        url=story.lead.url,
        articles=len(story.members),
        outlets=len(story.outlets),
        independent=story.independent,
        first_at=story.first_at,
        last_at=story.last_at,
    )
