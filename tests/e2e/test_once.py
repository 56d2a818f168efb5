"""`python -m bot once`: poll what is due, post, exit; a row a poll and a row an alert."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.demo.server import wire_app
from bot.adapters.demo.wire import Wire
from tests.fakes.serving import serving

pytestmark = pytest.mark.slow


def once(folder: Path, base: str) -> list[dict[str, str]]:
    config = folder / "newsthread.toml"
    config.write_text(
        f"""
[[feeds]]
url = "{base}/feeds/sample-wire"
name = "Sample Wire"
[[watches]]
name = "cecot"
query = "pack:cecot"
channels = ["sandbox:deportations"]
backfill = 2
""",
        encoding="utf-8",
    )
    environ = {
        **os.environ,
        "NEWSTHREAD_CONFIG": str(config),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'deep' / 'newsthread.db'}",
        "NEWSTHREAD_SANDBOX": str(folder / "sandbox.db"),
        "NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/8",
        "LOG_LEVEL": "error",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot", "once", "--json"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_once_tells_each_poll_and_each_alert_and_tells_nothing_twice(tmp_path: Path) -> None:
    """The folder of the database is made; a second run finds nothing due."""
    started = datetime.now(UTC) - timedelta(minutes=4)
    app = wire_app(Wire.load(), started, 1, lambda: datetime.now(UTC))
    async with serving(app) as base:
        first = await asyncio.to_thread(once, tmp_path, base)
        second = await asyncio.to_thread(once, tmp_path, base)
    assert [row["outcome"] for row in first if row["type"] == "poll"] == ["ok"]
    cards = [row for row in first if row["type"] == "alert"]
    assert cards
    assert {row["state"] for row in cards} == {"sent"}
    assert second == []
