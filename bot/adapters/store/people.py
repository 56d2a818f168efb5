"""What people have seen, begun and asked, and who may edit.

See `bot.ports.keeping.People`, `Drafts`, `Editors` and `Heard`.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import micros, moment_or_none, scope_text
from bot.adapters.store.dialects import insert
from bot.adapters.store.ids import Ids
from bot.adapters.store.sealing import Sealer
from bot.adapters.store.tables import drafts, editors, heard, people
from bot.domain.private import is_private
from bot.domain.watches import Scope

DRAFT_LIVES = timedelta(days=1)
HEARD_LIVES = timedelta(hours=1)
"""How long a platform may take to deliver a call once more: Slack gives up after an hour."""


class SqlPeople:
    """What each person has seen, for `catchup`."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def seen(self, scope: Scope, person: str) -> datetime | None:
        """See `bot.ports.keeping.People.seen`."""
        return moment_or_none(
            await self._db.scalar(
                select(people.c.seen_at).where(
                    people.c.scope == scope_text(scope), people.c.person == person
                )
            )
        )

    async def saw(self, scope: Scope, person: str, at: datetime) -> None:
        """See `bot.ports.keeping.People.saw`."""
        await self._db.execute(
            insert(self._db, people)
            .values(scope=scope_text(scope), person=person, seen_at=micros(at))
            .on_conflict_do_update(index_elements=["scope", "person"], set_={"seen_at": micros(at)})
        )


class SqlDrafts:
    """What a person has begun and not confirmed yet; sealed where it has a private address."""

    def __init__(self, connection: AsyncConnection, ids: Ids, sealer: Sealer) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids
        self._sealer = sealer

    async def keep(self, scope: Scope, words: Mapping[str, str], now: datetime) -> str:
        """See `bot.ports.keeping.Drafts.keep`."""
        await self._db.execute(delete(drafts).where(drafts.c.at < micros(now - DRAFT_LIVES)))
        code = secrets.token_hex(4)
        private = any(is_private(word) for word in words.values())
        kept = self._sealer.text(json.dumps(dict(words)), private=private)
        await self._db.execute(
            drafts.insert().values(scope=scope_text(scope), code=code, words=kept, at=micros(now))
        )
        return code

    async def get(self, scope: Scope, code: str) -> Mapping[str, str] | None:
        """See `bot.ports.keeping.Drafts.get`."""
        row = (await self._db.execute(select(drafts.c.words).where(*self._is(scope, code)))).first()
        return None if row is None else self._words(row.words)

    async def take(self, scope: Scope, code: str) -> Mapping[str, str] | None:
        """See `bot.ports.keeping.Drafts.take`."""
        row = (
            await self._db.execute(
                delete(drafts).where(*self._is(scope, code)).returning(drafts.c.words)
            )
        ).first()
        return None if row is None else self._words(row.words)

    def _words(self, stored: str) -> Mapping[str, str] | None:
        plain = self._sealer.plain(stored)
        return None if plain is None else dict(json.loads(plain))

    def _is(self, scope: Scope, code: str) -> tuple[ColumnElement[bool], ...]:
        return (
            drafts.c.scope == scope_text(scope),
            drafts.c.code == code,
            drafts.c.at >= micros(self._ids.now() - DRAFT_LIVES),
        )


class SqlEditors:
    """Who may edit, where a platform has no right for it."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def list(self, scope: Scope) -> frozenset[str]:
        """See `bot.ports.keeping.Editors.list`."""
        rows = await self._db.execute(
            select(editors.c.person).where(editors.c.scope == scope_text(scope))
        )
        return frozenset(row.person for row in rows)

    async def add(self, scope: Scope, person: str) -> None:
        """See `bot.ports.keeping.Editors.add`."""
        await self._db.execute(
            insert(self._db, editors)
            .values(scope=scope_text(scope), person=person)
            .on_conflict_do_nothing(index_elements=["scope", "person"])
        )

    async def remove(self, scope: Scope, person: str) -> bool:
        """See `bot.ports.keeping.Editors.remove`."""
        gone = await self._db.execute(
            delete(editors).where(editors.c.scope == scope_text(scope), editors.c.person == person)
        )
        return gone.rowcount > 0


class SqlHeard:
    """Which calls have been heard."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def first(self, platform: str, call: str) -> bool:
        """See `bot.ports.keeping.Heard.first`."""
        now = self._ids.now()
        await self._db.execute(delete(heard).where(heard.c.at < micros(now - HEARD_LIVES)))
        added = await self._db.execute(
            insert(self._db, heard)
            .values(id=f"{platform} {call}", at=micros(now))
            .on_conflict_do_nothing(index_elements=["id"])
            .returning(heard.c.id)
        )
        return added.first() is not None
