"""The stories; see `bot.ports.following.Stories`."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, and_, func, literal_column, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import counters, search, tables
from bot.adapters.store.articles import article_of, chunks
from bot.adapters.store.codec import micros
from bot.adapters.store.dialects import insert, on_postgresql
from bot.adapters.store.ids import first_id
from bot.adapters.store.tables import (
    articles,
    decisions,
    hits,
    members,
    stories,
    threads,
    wanted_pages,
)
from bot.domain.articles import ArticleId
from bot.domain.messages import Posted
from bot.domain.pages import Reading
from bot.domain.records import FiledArticle, StoryRow
from bot.domain.stories import Member, Story, StoryId
from bot.domain.watches import Channel, Scope, WatchId

_MOVES = "moves"
_MERGES = 20  # links of a chain of merges that are followed
_LONGEST_WAIT = timedelta(seconds=70)  # of a writer for its turn
_APART = timedelta(seconds=1)  # how far the clocks of two machines may be
_RANKED = 200  # the newest stories that are compared for a list


class SqlStories:
    """The stories."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def taken(self, codes: Sequence[str]) -> frozenset[str]:
        """See `bot.ports.following.Stories.taken`."""
        found: set[str] = set()
        for part in chunks(codes):
            rows = await self._db.execute(select(stories.c.id).where(stories.c.id.in_(part)))
            found |= {row.id for row in rows}
        return frozenset(found)

    async def add(self, story: Story) -> None:
        """See `bot.ports.following.Stories.add`."""
        await self._db.execute(
            stories.insert().values(
                id=story.id, follows=story.follows, merged_into=None, last_at=micros(story.last_at)
            )
        )
        await self._add_members(story.id, story.members)

    async def join(self, story: StoryId, member: Member, now: datetime) -> None:
        """See `bot.ports.following.Stories.join`."""
        await self._add_members(story, (member,))
        await self._touch(story, now)

    async def get(self, story: StoryId) -> Story | None:
        """See `bot.ports.following.Stories.get`."""
        row = await self._row(story)
        if row is None:
            return None
        found = await self._whole([row])
        return found[0] if found else None

    async def of(self, articles: Sequence[ArticleId]) -> Mapping[ArticleId, StoryId]:
        """See `bot.ports.following.Stories.of`."""
        found: dict[ArticleId, StoryId] = {}
        for part in chunks(articles):
            rows = await self._db.execute(
                select(members.c.article, members.c.story).where(members.c.article.in_(part))
            )
            found |= {ArticleId(row.article): StoryId(row.story) for row in rows}
        return found

    async def filed_since(self, start: datetime) -> tuple[FiledArticle, ...]:
        """See `bot.ports.following.Stories.filed_since`."""
        seen = articles.c.first_seen > micros(start)
        if on_postgresql(self._db):  # there, another's time may be from before its turn
            waited = and_(
                articles.c.first_seen > micros(start - _LONGEST_WAIT),
                articles.c.id >= first_id(start - _APART),
            )
            seen = or_(seen, waited)
        filed = select(members.c.story, members.c.reprint_of, articles).join(
            articles, articles.c.id == members.c.article
        )
        later = filed.join(wanted_pages, wanted_pages.c.article == articles.c.id).where(
            wanted_pages.c.at > micros(start), wanted_pages.c.state == Reading.READ.value
        )
        rows = await self._db.execute(union_all(filed.where(seen), later))
        by_id = {row.id: row for row in rows}
        return tuple(
            FiledArticle(
                article=article_of(row), story=StoryId(row.story), reprint_of=row.reprint_of
            )
            for row in sorted(by_id.values(), key=lambda row: (row.first_seen, row.id))
        )

    async def in_thread(self, card: Posted) -> StoryId | None:
        """See `bot.ports.following.Stories.in_thread`."""
        row = (
            await self._db.execute(
                select(threads.c.story).where(
                    threads.c.channel == str(card.channel), threads.c.posted_id == card.id
                )
            )
        ).first()
        return None if row is None else StoryId(row.story)

    async def of_watch(self, watch: WatchId, start: datetime, limit: int) -> tuple[StoryRow, ...]:
        """See `bot.ports.following.Stories.of_watch`."""
        wanted = (
            select(members.c.story)
            .join(hits, hits.c.article == members.c.article)
            .join(articles, articles.c.id == members.c.article)
            .where(
                hits.c.watch == watch,
                hits.c.at > micros(start),  # no match is before its article, and this is indexed
                articles.c.first_seen > micros(start),
            )
            .group_by(members.c.story)
            .order_by(func.max(articles.c.first_seen).desc(), members.c.story)
        )
        return await self._ranked(wanted, limit)

    async def in_channel(
        self, channel: Channel, start: datetime, limit: int
    ) -> tuple[StoryRow, ...]:
        """See `bot.ports.following.Stories.in_channel`."""
        wanted = (
            select(threads.c.story)
            .join(stories, stories.c.id == threads.c.story)
            .where(threads.c.channel == str(channel), stories.c.last_at > micros(start))
            .order_by(stories.c.last_at.desc(), stories.c.id)
        )
        return await self._ranked(wanted, limit)

    async def titles(
        self, channel: Channel, start: datetime, words: str, limit: int
    ) -> Mapping[StoryId, str]:
        """See `bot.ports.following.Stories.titles`."""
        here = (
            select(threads.c.story)
            .join(stories, stories.c.id == threads.c.story)
            .where(threads.c.channel == str(channel), stories.c.last_at > micros(start))
        )
        if words:  # by the index of words: the newest articles that have them, then their stories
            found = search.matching(self._db, words)
            newest = found.order_by(literal_column("rowid").desc()).limit(_RANKED)
            told = select(members.c.story).where(members.c.article.in_(newest.subquery().select()))
            here = here.where(threads.c.story.in_(told))
        ids = list(
            (await self._db.execute(here.order_by(stories.c.last_at.desc()).limit(limit))).scalars()
        )
        if not ids:
            return {}
        rows = await self._db.execute(
            select(decisions.c.story, articles.c.title, articles.c.url)
            .join(articles, articles.c.id == decisions.c.article)
            .where(
                decisions.c.channel == str(channel),  # of the articles that concern it only
                decisions.c.story.in_(ids),
                decisions.c.latest.is_(True),
            )
            .order_by(decisions.c.article.desc())
        )
        titles = {row.story: row.title or row.url or "" for row in rows}  # the first article's
        return {StoryId(id_): titles[id_] for id_ in ids if id_ in titles}

    async def visible_in(self, scope: Scope, story: StoryId) -> bool:
        """See `bot.ports.following.Stories.visible_in`."""
        row = await self._row(story)
        if row is None:
            return False
        rows = await self._db.execute(
            select(threads.c.channel).where(threads.c.story.in_((row.id, story)))
        )
        return any(Channel.parse(one.channel).scope == scope for one in rows)

    async def moves(self) -> int:
        """See `bot.ports.following.Stories.moves`."""
        return await counters.read(self._db, _MOVES)

    async def move(self, articles: Sequence[ArticleId], to: StoryId, now: datetime) -> None:
        """See `bot.ports.following.Stories.move`."""
        left = set((await self.of(articles)).values()) - {to}
        for table in (members, decisions):
            for part in chunks(articles):
                await self._db.execute(
                    update(table).where(table.c.article.in_(part)).values(story=to)
                )
        new = insert(self._db, stories).values(id=to, merged_into=None, last_at=micros(now))
        await self._db.execute(  # one that was merged away is a story of its own again
            new.on_conflict_do_update(index_elements=["id"], set_={"merged_into": None})
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
        await counters.grow(self._db, _MOVES)

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

    async def _add_members(self, story: StoryId, new: Sequence[Member]) -> None:
        await self._db.execute(
            insert(self._db, members).on_conflict_do_nothing(index_elements=["article"]),
            [
                {
                    "article": member.article.id,
                    "story": story,
                    "reprint_of": member.reprint_of,
                    "tied_by": json.dumps(member.tied_by),
                }
                for member in new
            ],
        )

    async def _whole(self, rows: Sequence[Row[*tuple[object, ...]]]) -> list[Story]:
        """Return the stories of these rows with their members; those without any are left out."""
        found: defaultdict[str, list[Member]] = defaultdict(list)
        for part in chunks([row.id for row in rows]):
            query = (
                select(members, tables.articles, tables.pages.c.text.label("page"))
                .join(tables.articles, tables.articles.c.id == members.c.article)
                .outerjoin(tables.pages, tables.pages.c.article == members.c.article)
                .where(members.c.story.in_(part))
                .order_by(members.c.article)
            )
            for row in await self._db.execute(query):
                member = Member(
                    article=replace(article_of(row), page=row.page or ""),
                    reprint_of=row.reprint_of,
                    tied_by=tuple(json.loads(row.tied_by)),
                )
                found[row.story].append(member)
        return [
            Story(id=StoryId(row.id), members=tuple(found[row.id]), follows=row.follows)
            for row in rows
            if row.id in found
        ]

    async def _ranked(self, wanted: Select[str], limit: int) -> tuple[StoryRow, ...]:
        ids = list((await self._db.execute(wanted.limit(_RANKED))).scalars())
        rows = [row for id_ in ids if (row := await self._row(id_)) is not None]
        found = await self._whole(list({row.id: row for row in rows}.values()))
        found.sort(key=lambda story: (-story.independent, -micros(story.last_at), story.id))
        return tuple(_story_row(story) for story in found[:limit])


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
