"""What became of articles that matched; see `bot.ports.posting.Decisions`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import tables
from bot.adapters.store.articles import chunks
from bot.adapters.store.codec import dump, load
from bot.adapters.store.ids import Ids
from bot.domain.articles import ArticleId
from bot.domain.records import Decision
from bot.domain.stories import StoryId
from bot.domain.watches import Channel, Scope

_table = tables.decisions


class SqlDecisions:
    """What became of articles. The column `story` is the truth: an article may move to another."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def record(self, decisions: Sequence[Decision]) -> None:
        """See `bot.ports.posting.Decisions.record`."""
        if not decisions:
            return
        last = {(one.article, one.channel): one for one in decisions}
        await self._db.execute(
            update(_table)
            .where(
                _table.c.article == bindparam("of"),
                _table.c.channel == bindparam("into"),
                _table.c.latest.is_(True),
            )
            .values(latest=False),
            [{"of": article, "into": str(channel)} for article, channel in last],
        )
        await self._db.execute(
            _table.insert(),
            [
                {
                    "id": self._ids.next(),
                    "article": one.article,
                    "channel": str(one.channel),
                    "story": one.story,
                    "fate": one.fate.value,
                    "latest": one is last[one.article, one.channel],
                    "decision": dump(Decision, one),
                    "alert": one.alert,
                }
                for one in decisions
            ],
        )

    async def of(self, article: ArticleId, scope: Scope | None = None) -> tuple[Decision, ...]:
        """See `bot.ports.posting.Decisions.of`."""
        rows = await self._db.execute(
            select(_table.c.decision, _table.c.story)
            .where(_table.c.article == article)
            .order_by(_table.c.id)
        )
        trail = [_decision(row) for row in rows]
        return tuple(one for one in trail if scope is None or one.channel.scope == scope)

    async def carried_by(self, alerts: Sequence[str]) -> tuple[Decision, ...]:
        """See `bot.ports.posting.Decisions.carried_by`."""
        found: list[Decision] = []
        for part in chunks(alerts):
            rows = await self._db.execute(
                select(_table.c.decision, _table.c.story)
                .where(_table.c.alert.in_(part), _table.c.latest.is_(True))
                .order_by(_table.c.id)
            )
            found += [_decision(row) for row in rows]
        return tuple(found)

    async def latest(self, channel: Channel, story: StoryId) -> Mapping[ArticleId, Decision]:
        """See `bot.ports.posting.Decisions.latest`."""
        rows = await self._db.execute(
            select(_table.c.decision, _table.c.story)
            .where(
                _table.c.channel == str(channel),
                _table.c.story == story,
                _table.c.latest.is_(True),
            )
            .order_by(_table.c.id)
        )
        return {one.article: one for one in map(_decision, rows)}


def _decision(row: Row[*tuple[object, ...]]) -> Decision:
    return replace(load(Decision, row.decision), story=StoryId(row.story))
