"""The commands for backups in docs/operations.md: what they make can be opened, and is whole."""

import asyncio
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.adapters.store.database import SqlStore
from tests.contract.rows import alert
from tests.fakes import postgresql
from tests.fakes.store import shared_database

pytestmark = pytest.mark.slow


async def kept(url: str) -> bool:
    """Say whether a database can be used and has what was put into the other."""
    store = await SqlStore.open(url)
    try:
        await store.check()
        async with store.transaction() as tx:
            await tx.outbox.add([alert("later")])
            return await tx.outbox.get("kept") is not None
    finally:
        await store.close()


async def test_a_copy_that_sqlite_makes_while_the_bot_writes_is_whole(tmp_path: Path) -> None:
    """The file alone would not be: what is new stands beside it."""
    async with shared_database("sqlite", tmp_path) as url:
        store = await SqlStore.open(url)
        async with store.transaction() as tx:
            await tx.outbox.add([alert("kept")])
        copy = tmp_path / "backup.db"
        with closing(sqlite3.connect(tmp_path / "newsthread.db")) as connection:
            connection.execute(f"VACUUM INTO '{copy}'")
        await store.close()
    assert await kept(f"sqlite+aiosqlite:///{copy}")


async def test_a_dump_of_postgresql_is_restored_into_an_empty_database(tmp_path: Path) -> None:
    """Search and jobs included; the restored one is migrated and written to like any other."""
    programs = postgresql.programs()
    async with shared_database("postgresql", tmp_path) as url:
        if programs is None or not (programs / "pg_dump").exists():
            pytest.skip("there is no pg_dump on this machine")
        store = await SqlStore.open(url)
        async with store.transaction() as tx:
            await tx.outbox.add([alert("kept")])
        await store.close()
        empty = postgresql.empty_database()
        dump = tmp_path / "newsthread.dump"
        plain = [
            make_url(one).set(drivername="postgresql").render_as_string(hide_password=False)
            for one in (url, empty)
        ]
        for command in (
            ("pg_dump", "--format=custom", f"--file={dump}", plain[0]),
            ("pg_restore", "--no-owner", f"--dbname={plain[1]}", str(dump)),
        ):
            done = await asyncio.to_thread(
                subprocess.run,
                [str(programs / command[0]), *command[1:]],
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, "")
    assert await kept(empty)
