"""Bringing a database to the schema of this version: one chain of migrations, all or nothing."""

import asyncio
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Text, column, inspect, select, table, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.adapters.store.dialects import TURN, lock, on_postgresql
from bot.adapters.store.engine import BUSY_MS, file_of, make_engine
from bot.adapters.store.search import CREATE
from bot.adapters.store.tables import SCHEMA, metadata
from bot.adapters.store.troubles import translated
from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where something is to be migrated: it takes a fifth of a second, and at most
# starts the database has the newest schema already.

_VERSION = table("alembic_version", column("version_num", Text))
"""Alembic's table of the revision that a database has; it has one row, as our chain has one end."""
COPYING = table("copying", column("source", Text))
"""The table of a database on PostgreSQL that another is being copied into."""
_IN_USE = ("55P03", "40P01")
"""What the server says where a lock was not to be had in time, or two waited for each other.
Source: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What `migrate` did."""

    before: str | None  # the revision it found; None for an empty database
    after: str  # the revision that the database has now

    @property
    def changed(self) -> bool:
        """Whether anything was to be done."""
        return self.before != self.after


async def migrate(url: str) -> Migrated:
    """Bring a database to the schema of this version; an empty or missing file is made.

    All of it is one write transaction: a second one that is started meanwhile, by whatever machine,
    waits and then finds nothing to do, and one that is killed leaves the database as it was.

    Raises:
        StoreError: It cannot be used, or a newer version has written it.
    """
    file = file_of(url)
    if file is not None and not file.parent.is_dir():
        raise StoreError(
            f"The folder {file.parent} of the database does not exist: make it, or change "
            "DATABASE_URL."
        )
    engine = make_engine(url)
    try:
        await _connected(engine)
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade)
    except (SQLAlchemyError, OSError) as error:
        raise translated(error, engine) from error
    finally:
        await engine.dispose()


async def _connected(engine: AsyncEngine) -> None:
    """Connect once, and again while others make the same file.

    The first connection sets up the journal of a new file, for which SQLite does not wait.
    Source: https://sqlite.org/c3ref/busy_handler.html ("not guaranteed to be invoked").
    """
    clock = asyncio.get_running_loop().time
    until = clock() + BUSY_MS / 1000
    while True:
        try:
            async with engine.connect():
                return
        except OperationalError as error:
            if "locked" not in str(error.orig) or clock() > until:
                raise
        await asyncio.sleep(0.02)


async def create_all(engine: AsyncEngine) -> None:
    """Make the present schema in an empty database in memory, without the migrations' history."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.exec_driver_sql(CREATE)


def check_revision(connection: Connection) -> None:
    """Check that a database has the schema of this version.

    Raises:
        StoreError: It is empty, older or newer, or half a copy.
    """
    found = _revision(connection)
    if found == SCHEMA:
        if on_postgresql(connection) and inspect(connection).has_table(COPYING.name):
            raise StoreError(
                "The database is a copy that is not whole yet: run `python -m bot migrate --from …`"
                " again, as before."
            )
        return
    if found is None:
        raise StoreError("The database has no tables yet: run `python -m bot migrate`.")
    _refuse_newer(found)
    raise StoreError("The database is of an older version: run `python -m bot migrate`.")


def _upgrade(connection: Connection) -> Migrated:
    if on_postgresql(connection):
        _wait_for_all(connection)
    before = _revision(connection)
    if before != SCHEMA:
        if before is not None:
            _refuse_newer(before)
        _to_newest(connection)
        if on_postgresql(connection):
            _sort_by_code_point(connection)
    return Migrated(before, SCHEMA)


def _revision(connection: Connection) -> str | None:
    """Return the revision that a database has; None for one without any."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.scalar(select(_VERSION.c.version_num))
    return found


def _to_newest(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA)


def _wait_for_all(connection: Connection) -> None:
    """Have the turn to write, and the tables too where they are to change, on PostgreSQL.

    A poll holds its feeds before it asks for its turn, and who reads takes one table after the
    other. Whoever waits for us while we wait for him would be ended by the server, which looks for
    such knots after a second. So we give way long before: he has his turn, and we try again. Where
    there is no end of them we wait longer each time, and in the end he is who tries again.
    """
    for wait_ms in (100 << tries for tries in itertools.count()):
        try:
            with connection.begin_nested():
                connection.execute(text("SET LOCAL lock_timeout = 0"))  # however long one migrates
                connection.execute(lock(TURN))
                found = _revision(connection)
                if found not in (None, SCHEMA):
                    _refuse_newer(found)
                    _lock_tables(connection, wait_ms)
                return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _IN_USE:
                raise
        connection.execute(text("SELECT pg_sleep(0.2)"))


def _lock_tables(connection: Connection, wait_ms: int) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = {wait_ms}"))
    for name in sorted(metadata.tables.keys() & set(inspect(connection).get_table_names())):
        connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))


def _sort_by_code_point(connection: Connection) -> None:
    """Have PostgreSQL sort text as SQLite and we do, whatever language its database is in.

    It also spares the indexes from what an upgrade of the system's collations does to them.
    """
    of_a_language = text(
        "SELECT format('ALTER TABLE %I ', relname) || string_agg("
        " format('ALTER %I TYPE text COLLATE \"C\"', attname), ', ')"
        " FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
        " AND atttypid = 'text'::regtype AND attcollation <> '\"C\"'::regcollation"
        " GROUP BY relname ORDER BY relname"
    )
    for statement in connection.scalars(of_a_language).all():
        connection.execute(text(statement))


def _refuse_newer(revision: str) -> None:
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    try:
        ScriptDirectory.from_config(_config()).get_revision(revision)
    except CommandError as error:
        raise StoreError(
            f"The database was written by a newer version (schema {revision}, this one knows up "
            f"to {SCHEMA}): install that version again, or restore a backup from before it."
        ) from error


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config
