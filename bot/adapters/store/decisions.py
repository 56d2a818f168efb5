"""What became of articles that matched; see `bot.ports.store.Decisions`."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import dump, load
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import decisions
from bot.domain.articles import ArticleId
from bot.domain.records import Decision
from bot.domain.stories import StoryId
from bot.domain.watches import Channel, Scope


class SqlDecisions:
    """What became of articles that matched."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def record(self, new: Sequence[Decision]) -> None:
        """See `bot.ports.store.Decisions.record`."""
        for decision in new:
            await self._db.execute(
                update(decisions)
                .where(
                    decisions.c.article == decision.article,
                    decisions.c.channel == str(decision.channel),
                    decisions.c.latest.is_(True),
                )
                .values(latest=False)
            )
        if new:
            await self._db.execute(
                decisions.insert(),
                [
                    {
                        "id": self._ids.next(),
                        "article": decision.article,
                        "channel": str(decision.channel),
                        "story": decision.story,
                        "fate": decision.fate.value,
                        "latest": True,
                        "decision": dump(Decision, decision),
                    }
                    for decision in new
                ],
            )

    async def of(self, article: ArticleId, scope: Scope | None = None) -> tuple[Decision, ...]:
        """See `bot.ports.store.Decisions.of`."""
        rows = await self._db.execute(
            select(decisions.c.decision)
            .where(decisions.c.article == article)
            .order_by(decisions.c.id)
        )
        trail = (load(Decision, row.decision) for row in rows)
        return tuple(one for one in trail if scope is None or one.channel.scope == scope)

    async def latest(self, channel: Channel, story: StoryId) -> Mapping[ArticleId, Decision]:
        """See `bot.ports.store.Decisions.latest`."""
        rows = await self._db.execute(
            select(decisions.c.decision)
            .where(
                decisions.c.channel == str(channel),
                decisions.c.story == story,
                decisions.c.latest.is_(True),
            )
            .order_by(decisions.c.id)
        )
        found = (load(Decision, row.decision) for row in rows)
        return {decision.article: decision for decision in found}
