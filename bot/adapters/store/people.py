"""What each person has seen and begun; see `bot.ports.store.People` and `Drafts`."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import micros, moment_or_none, scope_text
from bot.adapters.store.dialects import insert
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import drafts, people
from bot.domain.watches import Scope

DRAFT_LIVES = timedelta(days=1)


class SqlPeople:
    """What each person has seen, for `catchup`."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def seen(self, scope: Scope, person: str) -> datetime | None:
        """See `bot.ports.store.People.seen`."""
        return moment_or_none(
            await self._db.scalar(
                select(people.c.seen_at).where(
                    people.c.scope == scope_text(scope), people.c.person == person
                )
            )
        )

    async def saw(self, scope: Scope, person: str, at: datetime) -> None:
        """See `bot.ports.store.People.saw`."""
        await self._db.execute(
            insert(self._db, people)
            .values(scope=scope_text(scope), person=person, seen_at=micros(at))
            .on_conflict_do_update(index_elements=["scope", "person"], set_={"seen_at": micros(at)})
        )


class SqlDrafts:
    """What a person has begun and not confirmed yet."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def keep(self, scope: Scope, words: Mapping[str, str], now: datetime) -> str:
        """See `bot.ports.store.Drafts.keep`."""
        await self._db.execute(delete(drafts).where(drafts.c.at < micros(now - DRAFT_LIVES)))
        code = secrets.token_hex(4)
        await self._db.execute(
            drafts.insert().values(
                scope=scope_text(scope), code=code, words=json.dumps(dict(words)), at=micros(now)
            )
        )
        return code

    async def take(self, scope: Scope, code: str) -> Mapping[str, str] | None:
        """See `bot.ports.store.Drafts.take`."""
        row = (
            await self._db.execute(
                delete(drafts)
                .where(
                    drafts.c.scope == scope_text(scope),
                    drafts.c.code == code,
                    drafts.c.at >= micros(self._ids.now() - DRAFT_LIVES),
                )
                .returning(drafts.c.words)
            )
        ).first()
        return None if row is None else dict(json.loads(row.words))
