"""What a database's errors mean to an operator, and how to mend them."""

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.errors import StoreError


def translated(error: BaseException, engine: AsyncEngine) -> StoreError:
    """Return what a database error means to an operator, and how to mend it."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    server = engine.dialect.name == "postgresql"
    where = _on_server(engine.url) if server else engine.url.database or "in memory"
    folded = said.casefold()
    for mark, remedy in _POSTGRESQL if server else _SQLITE:
        if mark in folded:
            return StoreError(f"The database {where} {remedy} (It says: {said}.)")
    return StoreError(f"The database {where} failed: {said}.")


def _on_server(url: URL) -> str:
    """Return a database's name and its server, without its password."""
    host = url.host or str(url.query.get("host", "the local socket"))
    return f"{url.database} on {host}" + (f":{url.port}" if url.port else "")


# The first mark that an error's text contains says what to do.
_SQLITE = (
    ("readonly", "is read-only: give the bot's user write access to the file and its folder."),
    ("unable to open", "cannot be opened: does its folder exist, and may the bot write there?"),
    ("disk is full", "has no room left on its disk: free some; what was stored is safe."),
    ("not a database", "is not a SQLite database: move the file away, or restore a backup."),
    ("malformed", "is damaged: restore a backup, or try `sqlite3 FILE .recover`."),
    ("no such table", "has no tables yet: run `python -m bot migrate`."),
    ("no such column", "is of another version: run `python -m bot migrate`."),
    ("locked", "is locked by another program for too long: stop it, then start again."),
    ("disk i/o", "cannot be read or written: has its disk room left, and is it whole?"),
)
_AWAY = "is away: is the server running? What was stored is safe, and work goes on with it."
_LOGIN = "refuses the login: check user and password in DATABASE_URL, and the server's pg_hba.conf."
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html and libpq's own words.
_POSTGRESQL = (
    ("password authentication failed", _LOGIN),
    ("no password supplied", _LOGIN),
    ("no pg_hba.conf entry", _LOGIN),
    ("peer authentication failed", _LOGIN),
    ("role ", "knows no such user, or gives it no right: see CREATE ROLE and GRANT."),
    ("permission denied", "gives the bot's user no right: GRANT it all on the schema."),
    ("read-only transaction", "is read-only: DATABASE_URL must name the primary, not a replica."),
    ("too many clients", "has no connection left: raise max_connections, or run fewer processes."),
    ("connection slots are reserved", "has no connection left: raise max_connections."),
    ("no space left", "has no room left on its disk: free some; what was stored is safe."),
    ("lock timeout", "is held by another process for too long: see pg_stat_activity."),
    ("deadlock", "was wanted by two at once, and the other went first: it is tried again."),
    ("does not exist", "is not as it should be: make it, or run `python -m bot migrate`."),
    ("idle-in-transaction timeout", "ended a transaction that stood still: it is tried again."),
    ("connection refused", _AWAY),
    ("could not connect", _AWAY),
    ("connection failed", _AWAY),
    ("failed to resolve", "is on a server whose name is not known: check it in DATABASE_URL."),
    ("connection timeout", _AWAY),
    ("connection is closed", _AWAY),
    ("the connection is lost", _AWAY),
    ("server closed the connection", _AWAY),
    ("terminating connection", _AWAY),
    ("shutting down", _AWAY),
    ("starting up", _AWAY),
    ("consuming input failed", _AWAY),
    ("could not receive data", _AWAY),
)
