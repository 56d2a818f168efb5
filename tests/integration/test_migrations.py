"""Migrations of databases with something in them: what each step makes of the rows it finds."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config

import bot.adapters.store.migrate as migrations
from bot.adapters.store.database import make_engine, migrate


async def test_decisions_get_the_key_of_the_alert_that_carries_them(tmp_path: Path) -> None:
    """So that an alert that was composed before the step still takes its decisions along."""
    file = tmp_path / "old.db"
    engine = make_engine(f"sqlite+aiosqlite:///{file}")
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0001")
    await engine.dispose()
    with closing(sqlite3.connect(file)) as connection:
        connection.executemany(
            "INSERT INTO decisions (id, article, channel, story, fate, latest, decision)"
            " VALUES (?, 1, 'sandbox:a', 'AAAA', 'posted', 1, ?)",
            [
                (number, json.dumps({"alert": f"key {number}" if number % 2 else None}))
                for number in range(2_001)
            ],
        )
        connection.commit()
    done = await migrate(f"sqlite+aiosqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT id, alert FROM decisions ORDER BY id").fetchall()
    assert done.before == "0001"
    assert rows == [(number, f"key {number}" if number % 2 else None) for number in range(2_001)]


async def test_feeds_without_a_workspace_become_the_configurations(tmp_path: Path) -> None:
    """Before the step there was no other way to them; the file must still be able to remove one."""
    file = tmp_path / "old.db"
    engine = make_engine(f"sqlite+aiosqlite:///{file}")
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0003")
    await engine.dispose()
    with closing(sqlite3.connect(file)) as connection:
        connection.executemany(
            "INSERT INTO feeds (id, url, workspace, name, every_us, lang, due_at, stopped,"
            " failures, state) VALUES (?, ?, ?, 'a', 1, '', 0, 0, 0, '{}')",
            [(1, "https://a.example/", ""), (2, "https://b.example/", "discord/1")],
        )
        connection.commit()
    await migrate(f"sqlite+aiosqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT id, configured FROM feeds ORDER BY id").fetchall()
    assert rows == [(1, 1), (2, 0)]


def _upgrade_to(connection: object, revision: str) -> None:
    config = Config()
    folder = Path(migrations.__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
