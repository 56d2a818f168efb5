"""How statements differ between SQLite and PostgreSQL; how connections do is `database`'s.

Everything else in the nouns is SQL that both take as it is.
"""

from sqlalchemy import ColumnElement, Table, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Insert = sqlite.Insert | postgresql.Insert
"""An INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update`: both spell it alike."""


def insert(connection: AsyncConnection, table: Table) -> Insert:
    """Return an INSERT that may say what to do on a conflict."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def greater(
    connection: AsyncConnection, one: ColumnElement[int], other: ColumnElement[int]
) -> ColumnElement[int]:
    """Return the greater of two values of a row."""
    if connection.dialect.name == "postgresql":
        return func.greatest(one, other)
    return func.max(one, other)
