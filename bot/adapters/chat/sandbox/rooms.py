"""The sandbox's own memory: channels, messages, who has read what, in a SQLite file of its own.

It stands for what a platform's servers keep, so the bot's database knows nothing of it. Every
change takes the next number of one sequence (`rev`): a page that has seen up to one asks for what
is newer, so that nothing is lost between two connections. What is allowed is decided elsewhere.
"""

import asyncio
import json
import secrets
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import aiosqlite

from bot.adapters.chat.sandbox.codec import decoded, encoded, moment
from bot.adapters.chat.sandbox.records import BOT, MissingError, Post, Room
from bot.domain.errors import StoreError
from bot.domain.messages import Message

SAME_KEY_FOR = timedelta(minutes=2)
"""How long a repeated key returns the earlier message, as with Discord's `enforce_nonce`."""

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS secret (value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sequence (rev INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS channel (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,      -- never used twice
    channel TEXT NOT NULL REFERENCES channel,
    thread INTEGER REFERENCES message,         -- the top-level message it replies to
    author TEXT NOT NULL,
    viewer TEXT NOT NULL DEFAULT '',           -- the only one who sees it; '' for everyone
    under INTEGER REFERENCES message,          -- what a private answer stands under
    key TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL,                          -- ISO 8601, UTC
    edited_at TEXT,
    body TEXT NOT NULL,                        -- the message as JSON
    prefill TEXT NOT NULL DEFAULT '',
    gone INTEGER NOT NULL DEFAULT 0,
    rev INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS message_place ON message (channel, thread, id);
CREATE INDEX IF NOT EXISTS message_thread ON message (thread, id) WHERE thread IS NOT NULL;
CREATE INDEX IF NOT EXISTS message_key ON message (channel, key) WHERE key <> '';
CREATE INDEX IF NOT EXISTS message_rev ON message (rev);
CREATE INDEX IF NOT EXISTS message_under ON message (under) WHERE under IS NOT NULL;
CREATE INDEX IF NOT EXISTS message_touched ON message (coalesce(edited_at, at));
CREATE TABLE IF NOT EXISTS seen (
    person TEXT NOT NULL,
    channel TEXT NOT NULL REFERENCES channel,
    message INTEGER NOT NULL,                  -- everything up to it
    PRIMARY KEY (person, channel)
) WITHOUT ROWID;
"""
_POST = """
SELECT m.*,
    (SELECT count(*) FROM message r WHERE r.thread = m.id AND r.viewer = '') AS replies,
    (SELECT max(r.at) FROM message r WHERE r.thread = m.id AND r.viewer = '') AS last_reply
FROM message m
"""


class Rooms:
    """The channels and their messages."""

    def __init__(self, database: aiosqlite.Connection, same_key_for: timedelta) -> None:
        """Use `Rooms.at` instead: it prepares the database."""
        self._database = database
        self._same_key_for = same_key_for
        self._writing = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def at(
        cls, path: Path | None, same_key_for: timedelta = SAME_KEY_FOR
    ) -> AsyncIterator[Self]:
        """Open a database, making it if there is none.

        Args:
            path: The file; None keeps all in memory.
            same_key_for: How long a repeated key returns the earlier message.

        Raises:
            StoreError: It is read-only, corrupt, or from a newer version.
        """
        where = ":memory:" if path is None else str(path)
        try:
            sqlite3.connect(where).close()  # aiosqlite leaves a thread behind where this fails
            async with aiosqlite.connect(where, isolation_level=None, timeout=10) as database:
                database.row_factory = sqlite3.Row
                await _prepare(database, where)
                yield cls(database, same_key_for)
        except sqlite3.DatabaseError as error:
            remedy = (
                "Is it writable, and has its disk room left? "
                "If it is damaged, move it away to begin a new one."
            )
            raise StoreError(f"The sandbox's database {where}: {error}. {remedy}") from error

    async def secret(self) -> str:
        """Return what the page's tokens are signed with; it lasts as long as the file."""
        return str((await self._one("SELECT value FROM secret"))[0])

    async def rev(self) -> int:
        """Return the number of the latest change."""
        return int((await self._one("SELECT rev FROM sequence"))[0])

    async def open(self, channel: str) -> bool:
        """Make a channel; False if it is there already."""
        async with self._writing:
            made = await self._database.execute(
                "INSERT OR IGNORE INTO channel (id) VALUES (?)", (channel,)
            )
            return made.rowcount > 0

    async def rooms(self, person: str = "") -> tuple[Room, ...]:
        """Return the channels by name, with how many messages `person` has not seen."""
        rows = await self._database.execute_fetchall(
            """
            SELECT c.id,
                (SELECT count(*) FROM message m WHERE m.channel = c.id AND m.thread IS NULL
                    AND m.viewer = '') AS messages,
                (SELECT count(*) FROM message m WHERE m.channel = c.id AND m.thread IS NULL
                    AND m.viewer = '' AND m.author <> ?1 AND m.id > coalesce((SELECT s.message
                    FROM seen s WHERE s.person = ?1 AND s.channel = c.id), 0)) AS unread,
                (SELECT coalesce(max(m.rev), 0) FROM message m WHERE m.channel = c.id) AS rev
            FROM channel c ORDER BY c.id
            """,
            (person,),
        )
        return tuple(Room(**dict(row)) for row in rows)

    async def get(self, message: int, person: str | None = "") -> Post:
        """Return a message that `person` sees; None sees all.

        Raises:
            MissingError: There is no such message.
        """
        row = await self._row(_POST + "WHERE m.id = ? AND NOT m.gone", (message,))
        if row is None or (person is not None and row["viewer"] not in ("", person)):
            raise MissingError(f"There is no message {message}.", "It may have been dismissed.")
        return _post(row)

    async def read(
        self,
        channel: str,
        *,
        thread: int | None = None,
        person: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> tuple[Post, ...]:
        """Return the newest `limit` messages that `person` sees, oldest first.

        Args:
            channel: Where.
            thread: The replies to this message; None: the top level.
            person: Who reads; "" sees what is public.
            before: Only what is older than this message.
            limit: How many at most.

        Raises:
            MissingError: There is no such channel or thread.
        """
        await self._check(channel, thread)
        rows = await self._database.execute_fetchall(
            f"""SELECT * FROM ({_POST}
                WHERE m.channel = ?1 AND m.thread IS ?2 AND m.viewer IN ('', ?3) AND NOT m.gone
                    AND m.id < ?4 ORDER BY m.id DESC LIMIT ?5) ORDER BY id""",  # noqa: S608 -- no value is put into the text
            (channel, thread, person, before or 1 << 62, limit),
        )
        return tuple(_post(row) for row in rows)

    async def changes(self, after: int, person: str, limit: int = 100) -> tuple[Post, ...]:
        """Return what changed after a number, for `person`, in order; `gone` ones included.

        About `limit` messages: those that changed together are never told apart.
        """
        rows = await self._database.execute_fetchall(
            f"""{_POST} WHERE m.rev > ?1 AND m.viewer IN ('', ?2) AND m.rev <= coalesce((
                SELECT rev FROM message WHERE rev > ?1 AND viewer IN ('', ?2)
                ORDER BY rev LIMIT 1 OFFSET ?3 - 1), 1 << 62) ORDER BY m.rev, m.id""",  # noqa: S608 -- as above
            (after, person, limit),
        )
        return tuple(_post(row) for row in rows)

    async def find(self, channel: str, key: str, since: datetime, thread: int | None) -> int | None:
        """Return the first message with `key` that was posted after `since` (UTC).

        Raises:
            MissingError: There is no such channel or thread.
        """
        await self._check(channel, thread)
        row = await self._row(
            "SELECT id FROM message WHERE channel = ? AND key = ? AND thread IS ? AND at >= ?"
            " ORDER BY id",
            (channel, key, thread, since.isoformat()),
        )
        return None if row is None else int(row["id"])

    async def add(
        self,
        message: Message,
        channel: str,
        at: datetime,
        *,
        author: str = BOT,
        thread: int | None = None,
        viewer: str = "",
        under: int | None = None,
        key: str = "",
        prefill: str = "",
    ) -> tuple[int, bool]:
        """Store a message; for a `key` that the channel took lately, do not.

        Returns:
            The message's id, and whether it is new.

        Raises:
            MissingError: There is no such channel or thread.
        """
        await self._check(channel, thread)
        async with self._transaction() as rev:
            since = (at - self._same_key_for).isoformat()
            if key and (
                row := await self._row(
                    "SELECT id FROM message WHERE channel = ? AND key = ? AND at > ? ORDER BY id",
                    (channel, key, since),
                )
            ):
                return int(row["id"]), False
            made = await self._database.execute(
                "INSERT INTO message (channel, thread, author, viewer, under, key, at, body,"
                " prefill, rev) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(channel, thread, author, viewer, under, key),
                    *(at.isoformat(), _body(message), prefill, rev),
                ),
            )
            if thread is not None and not viewer:
                await self._database.execute(
                    "UPDATE message SET rev = ? WHERE id = ?", (rev, thread)
                )
            return int(made.lastrowid or 0), True

    async def change(self, post: int, message: Message, at: datetime, prefill: str = "") -> None:
        """Put another message in a post's place; the same one changes nothing."""
        async with self._transaction() as rev:
            await self._database.execute(
                "UPDATE message SET body = ?1, prefill = ?2, edited_at = ?3, rev = ?4"
                " WHERE id = ?5 AND (body <> ?1 OR prefill <> ?2)",
                (_body(message), prefill, at.isoformat(), rev, post),
            )

    async def dismiss(self, post: int, person: str) -> None:
        """Take a private message, and what stands under it, from its viewer's sight."""
        async with self._transaction() as rev:
            await self._database.execute(
                "UPDATE message SET gone = 1, rev = ?1 WHERE viewer = ?2 AND ?3 IN (id, under)",
                (rev, person, post),
            )

    async def saw(self, person: str, channel: str, message: int) -> None:
        """Note that a person has seen a channel up to a message."""
        async with self._writing:
            await self._database.execute(
                "INSERT INTO seen (person, channel, message) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET message = max(message, excluded.message)",
                (person, channel, message),
            )

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` messages that nothing has happened to since `before` (UTC).

        What a younger reply or private answer hangs on stays.

        Returns:
            How many were deleted.
        """
        async with self._transaction():
            gone = await self._database.execute(
                "DELETE FROM message WHERE id IN (SELECT m.id FROM message m"
                " WHERE coalesce(m.edited_at, m.at) < ?"
                " AND NOT EXISTS (SELECT 1 FROM message r WHERE r.thread = m.id)"
                " AND NOT EXISTS (SELECT 1 FROM message r WHERE r.under = m.id)"
                " ORDER BY coalesce(m.edited_at, m.at) LIMIT ?)",
                (before.isoformat(), limit),
            )
            return gone.rowcount

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[int]:
        """Begin a change and give its number; a cancelled or failed one leaves nothing behind."""
        async with self._writing:
            try:  # BEGIN as well: cancelled while it runs, it has begun all the same
                await self._database.execute("BEGIN IMMEDIATE")
                row = await self._one("UPDATE sequence SET rev = rev + 1 RETURNING rev")
                yield int(row[0])
            except BaseException:
                await asyncio.shield(self._database.rollback())
                raise
            await asyncio.shield(self._database.commit())

    async def _check(self, channel: str, thread: int | None) -> None:
        if await self._row("SELECT 1 FROM channel WHERE id = ?", (channel,)) is None:
            raise MissingError(
                f"There is no channel “{channel[:80]}”.",
                "Ask /api/channels which there are.",
                channel=True,
            )
        if thread is not None:
            query = (
                "SELECT 1 FROM message WHERE id = ? AND channel = ? AND thread IS NULL"
                " AND viewer = ''"
            )
            if await self._row(query, (thread, channel)) is None:
                raise MissingError(
                    f"There is no thread {thread} in “{channel[:80]}”.",
                    "A thread is the id of a message in the channel.",
                )

    async def _row(self, sql: str, values: tuple[object, ...]) -> sqlite3.Row | None:
        return next(iter(await self._database.execute_fetchall(sql, values)), None)

    async def _one(self, sql: str) -> sqlite3.Row:
        return next(iter(await self._database.execute_fetchall(sql)))


async def _prepare(database: aiosqlite.Connection, where: str) -> None:
    await database.execute("PRAGMA journal_mode = WAL")
    await database.execute("PRAGMA foreign_keys = ON")
    rows = list(await database.execute_fetchall("PRAGMA user_version"))
    if rows[0][0] > _VERSION:
        raise StoreError(
            f"The sandbox's database {where} is from a newer version of Newsthread."
            " Update Newsthread, or move the file away to begin a new one."
        )
    await database.executescript(_SCHEMA)
    await database.execute(
        "INSERT INTO sequence SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM sequence)"
    )
    await database.execute(
        "INSERT INTO secret SELECT ? WHERE NOT EXISTS (SELECT 1 FROM secret)",
        (secrets.token_urlsafe(32),),
    )
    await database.execute(f"PRAGMA user_version = {_VERSION}")


def _body(message: Message) -> str:
    return json.dumps(encoded(message), ensure_ascii=False)


def _post(row: sqlite3.Row) -> Post:
    values: Mapping[str, object] = dict(row)
    return Post(
        id=row["id"],
        channel=row["channel"],
        thread=row["thread"],
        author=row["author"],
        viewer=row["viewer"],
        under=row["under"],
        key=row["key"],
        at=moment(row["at"]),
        edited_at=moment(row["edited_at"]) if row["edited_at"] else None,
        message=decoded(json.loads(str(values["body"]))),
        prefill=row["prefill"],
        gone=bool(row["gone"]),
        rev=row["rev"],
        replies=row["replies"],
        last_reply=moment(row["last_reply"]) if row["last_reply"] else None,
    )
