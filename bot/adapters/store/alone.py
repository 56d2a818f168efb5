"""Keeps a second process off a SQLite file where two that write may damage it."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from bot.adapters.store.engine import file_of, sqlite_warning
from bot.domain.errors import StoreError


@contextmanager
def alone(url: str, version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Iterator[None]:
    """Hold a database for this process until the block ends, if that has to be.

    The lock is on a file beside the database, which goes with the process however it ends; on the
    database itself, closing it would take SQLite's own locks away.

    Args:
        url: The database; a server and a database in memory need no such thing.
        version: Of SQLite.

    Raises:
        StoreError: Another process holds it, or nothing can be written beside it.
    """
    file = file_of(url)
    warning = sqlite_warning(version)
    if file is None or warning is None:
        yield
        return
    beside = file.with_name(f"{file.name}-running")
    try:
        held = beside.open("a")
    except OSError as error:
        raise StoreError(
            f"{beside} cannot be written ({error.strerror}): give the bot's user write access to"
            " the database and its folder."
        ) from error
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"Another process of Newsthread works on {file}. {warning} PostgreSQL takes any"
                " number of processes."
            ) from error
        yield
