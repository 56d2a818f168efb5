"""The program on PostgreSQL: alone, two at once, and with a server that goes away under it."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.demo.server import wire_app
from bot.adapters.demo.wire import Wire
from tests.e2e.cli import bot, environment, rows
from tests.e2e.test_cli_trouble import CARDS, CONFIG, cards, is_up, until
from tests.e2e.test_demo import free_port
from tests.fakes import postgresql
from tests.fakes.serving import serving

pytestmark = pytest.mark.slow

AWAY = "is away: is the server running?"


@pytest.fixture
async def news(tmp_path: Path) -> AsyncIterator[Path]:
    """Return a folder with a configuration, whose feed is served."""
    now = datetime.now(UTC)  # the wire stands still: each test finds the same news
    app = wire_app(Wire.load(), now - timedelta(minutes=10), 1, lambda: now)
    async with serving(app) as base:
        config = CONFIG.format(base=base)
        (tmp_path / "newsthread.toml").write_text(config, encoding="utf-8")
        yield tmp_path


async def test_once_makes_the_schema_and_posts_each_card_once(news: Path) -> None:
    """The address is the only setting; a second run finds nothing due."""
    env = {"DATABASE_URL": postgresql.empty_database()}
    first = await asyncio.to_thread(bot, news, "once", "--json", env=env)
    assert (first.returncode, first.stderr) == (0, "")
    again = await asyncio.to_thread(bot, news, "once", "--json", env=env)
    assert (again.returncode, again.stdout) == (0, "")
    checked = await asyncio.to_thread(bot, news, "check", "--json", env=env)
    found = [row for row in rows(checked.stdout) if row["part"] == "database"]
    assert [row["state"] for row in found] == ["ok", "note"]
    assert "NEWSTHREAD_KEY" in found[1]["said"] + found[1]["remedy"]
    titles = cards(news)
    assert len(titles) == len(set(titles)) == CARDS


async def test_two_programs_at_once_poll_a_feed_once(news: Path) -> None:
    """Both begin with an empty database: one makes the schema, and one has the feed."""
    env = {"DATABASE_URL": postgresql.empty_database()}
    both = await asyncio.gather(
        *(asyncio.to_thread(bot, news, "once", "--json", env=env) for _ in range(2))
    )
    assert [(done.returncode, done.stderr) for done in both] == [(0, "")] * 2
    polls = [row for done in both for row in rows(done.stdout) if row["type"] == "poll"]
    assert [row["outcome"] for row in polls] == ["ok"]


def end_leases(url: str) -> None:
    """Let all leases have run out, as they do by themselves after minutes."""
    for table in ("feeds", "threads", "alerts"):
        ran_out = f"UPDATE {table} SET lease_until = 1 WHERE lease_until > 0"  # noqa: S608
        postgresql.execute(url, ran_out)


async def test_run_goes_on_when_its_server_is_back(news: Path) -> None:
    """It says what is the matter, without a traceback; the same process then does what was due."""
    cluster = postgresql.own_cluster()
    await asyncio.to_thread(cluster.start)
    url = cluster.url.render_as_string(hide_password=False)
    port, lines = free_port(), list[dict[str, Any]]()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        env=environment(news, PORT=str(port), DATABASE_URL=url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )

    async def listen() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            lines.append(json.loads(line))

    listening = asyncio.create_task(listen())
    try:
        await until(lambda: is_up(f"http://127.0.0.1:{port}"))
        await asyncio.to_thread(cluster.stop)
        await until(lambda: sum(AWAY in line.get("reason", "") for line in list(lines)) > 3)
        refused = await asyncio.to_thread(bot, news, "migrate", env={"DATABASE_URL": url})
        assert (refused.returncode, AWAY in refused.stderr) == (3, True)
        assert "Traceback" not in refused.stderr
        await asyncio.to_thread(cluster.start)
        end_leases(url)
        await until(lambda: len(cards(news)) == CARDS, 150)
    finally:
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 20)
        await listening
        await asyncio.to_thread(cluster.stop)
    assert code == 0
    assert {line["event"] for line in lines} <= {"step_failed", "poll_failed"}
    assert [line for line in lines if "exception" in line] == []
    assert len(set(cards(news))) == CARDS
