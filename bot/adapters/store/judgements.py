"""What editors said is not relevant; see `bot.ports.following.Judgements`."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.articles import chunks
from bot.adapters.store.codec import dump, load
from bot.adapters.store.dialects import insert
from bot.adapters.store.tables import judgements, members
from bot.domain.articles import ArticleId
from bot.domain.records import Judgement
from bot.domain.stories import StoryId
from bot.domain.watches import Channel, Scope


class SqlJudgements:
    """What editors said is not relevant."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def add(self, made: Sequence[Judgement]) -> None:
        """See `bot.ports.following.Judgements.add`."""
        if not made:
            return
        new = insert(self._db, judgements)
        await self._db.execute(
            new.on_conflict_do_nothing(index_elements=["article", "channel"]),
            [
                {
                    "article": one.article,
                    "channel": str(one.channel),
                    "judgement": dump(Judgement, one),
                }
                for one in made
            ],
        )

    async def remove(self, channel: Channel, articles: Sequence[ArticleId]) -> None:
        """See `bot.ports.following.Judgements.remove`."""
        for part in chunks(articles):
            await self._db.execute(
                delete(judgements).where(
                    judgements.c.channel == str(channel), judgements.c.article.in_(part)
                )
            )

    async def of(self, scope: Scope, articles: Sequence[ArticleId]) -> tuple[Judgement, ...]:
        """See `bot.ports.following.Judgements.of`."""
        found: list[Judgement] = []
        for part in chunks(articles):
            rows = await self._db.execute(
                select(judgements.c.judgement)
                .where(judgements.c.article.in_(part))
                .order_by(judgements.c.article, judgements.c.channel)
            )
            found += [load(Judgement, row.judgement) for row in rows]
        return tuple(one for one in found if one.channel.scope == scope)

    async def stories(self, scope: Scope, stories: Sequence[StoryId]) -> frozenset[StoryId]:
        """See `bot.ports.following.Judgements.stories`."""
        found: set[StoryId] = set()
        for part in chunks(stories):
            rows = await self._db.execute(
                select(members.c.story, judgements.c.channel)
                .join(judgements, judgements.c.article == members.c.article)
                .where(members.c.story.in_(part))
            )
            found |= {
                StoryId(row.story) for row in rows if Channel.parse(row.channel).scope == scope
            }
        return frozenset(found)
