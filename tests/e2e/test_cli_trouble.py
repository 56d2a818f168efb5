"""A disk that fills up in the middle of the work, and starts after an interrupt.

Files may not grow beyond a size (RLIMIT_FSIZE): SQLite's writes fail where they would, and work
again as soon as the limit is gone.
"""

import asyncio
import json
import random
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.adapters.demo.server import wire_app
from bot.adapters.demo.wire import Wire
from tests.e2e.cli import bot, environment, rows
from tests.e2e.test_demo import free_port
from tests.fakes.serving import serving

pytestmark = pytest.mark.slow
SOAK = pytest.mark.soak

CONFIG = """
[[feeds]]
url = "{base}/feeds/sample-wire"
name = "Sample Wire"
[[watches]]
name = "cecot"
query = "pack:cecot"
channels = ["sandbox:deportations"]
backfill = 3
"""
CARDS = 2
"""Stories of this feed that the watch matches, ten minutes into the sample wire."""
SAY = "/api/channels/deportations/messages"
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}
"""What coverage saw could not be written down either."""
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A folder with a configuration, whose feed is served."""
    now = datetime.now(UTC)  # the wire stands still: each test finds the same news
    app = wire_app(Wire.load(), now - timedelta(minutes=10), 1, lambda: now)
    async with serving(app) as base:
        text = CONFIG.format(base=base)
        (tmp_path / "newsthread.toml").write_text(text, encoding="utf-8")
        yield tmp_path


def whole(folder: Path) -> None:
    """Check that both databases are whole, where they are."""
    for file in folder.glob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def end_leases(folder: Path) -> None:
    """Let all leases have run out, as they do by themselves after minutes."""
    with closing(sqlite3.connect(folder / "newsthread.db")) as connection, connection:
        for table in ("feeds", "threads", "alerts"):
            ran_out = f"UPDATE {table} SET lease_until = 1 WHERE lease_until > 0"  # noqa: S608
            connection.execute(ran_out)


def cards(folder: Path) -> list[str]:
    """Return the titles in the channel."""
    with closing(sqlite3.connect(folder / "sandbox.db")) as connection:
        found = connection.execute("SELECT body FROM message WHERE thread IS NULL").fetchall()
    return [json.loads(text)["title"] for (text,) in found]


def articles(folder: Path) -> int:
    """Return how many articles are stored."""
    with closing(sqlite3.connect(folder / "newsthread.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])


def sent(rows: list[dict[str, Any]]) -> list[str]:
    return [row["title"] for row in rows if row["type"] == "alert" and row["state"] == "sent"]


def limit(process: int, size: int) -> None:
    """Let no file that a process writes grow beyond so many bytes."""
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


async def until(what: Callable[[], object], seconds: float = 60) -> None:
    """Wait until `what` is so."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(what):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("kilobytes", [60, *(pytest.param(n, marks=SOAK) for n in (29, 150, 320))])
async def test_once_says_that_the_disk_is_full_and_does_it_all_when_there_is_room(
    folder: Path, kilobytes: int
) -> None:
    """Exit code 3; then each card stands there once.

    It fails while opening one database or the other, while storing a poll, while composing.
    """
    assert (await asyncio.to_thread(bot, folder, "migrate")).returncode == 0
    full = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", LIMITED, str(kilobytes * 1024), "once", "--json"],
        env=environment(folder, **UNMEASURED),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert full.returncode == 3, full.stderr
    assert "Traceback" not in full.stderr
    assert str(folder) in full.stderr
    assert "disk" in full.stderr
    whole(folder)
    end_leases(folder)
    again = await asyncio.to_thread(bot, folder, "once", "--json")
    assert again.returncode == 0, again.stderr
    whole(folder)
    titles = cards(folder)
    assert len(titles) == len(set(titles)) == CARDS
    assert full.stdout == ""
    assert sorted(sent(rows(again.stdout))) == sorted(titles)


async def test_run_goes_on_when_its_full_disk_has_room_again(folder: Path) -> None:
    """It says what fails, on the page too, without a traceback; the same process then works."""
    base, lines = f"http://127.0.0.1:{(port := free_port())}", list[dict[str, Any]]()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        env=environment(folder, PORT=str(port), **UNMEASURED),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,  # a file would be limited as well
    )

    async def listen() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            lines.append(json.loads(line))

    listening = asyncio.create_task(listen())
    try:
        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            await until(lambda: is_up(base))
            limit(process.pid, 5_000)
            refused = await client.post(SAY, json={"text": "good morning"})
            assert refused.status_code == 503
            assert "disk" in refused.json()["error"]["remedy"]
            await until(lambda: any("room left" in line["reason"] for line in list(lines)))
            limit(process.pid, resource.RLIM_INFINITY)
            end_leases(folder)
            said = await client.post(SAY, json={"text": "good evening"})
            assert said.status_code == 200
            await until(lambda: articles(folder))
    finally:
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 20)
        await listening
    assert code == 0
    assert {line["event"] for line in lines} <= {"sandbox_not_stored", "step_failed", "poll_failed"}
    assert [line for line in lines if "exception" in line] == []
    whole(folder)


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=SOAK) for n in range(1, 9))])
async def test_once_does_it_all_at_a_second_start_after_an_interrupt(
    folder: Path, seed: int
) -> None:
    """Wherever the first was interrupted: each card stands there, once."""
    after = random.Random(seed).uniform(0.3, 4.0)  # noqa: S311 - no secret
    process = subprocess.Popen(  # noqa: ASYNC220 - it is not waited for
        [sys.executable, "-m", "bot", "once"],
        env=environment(folder, **UNMEASURED),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    await asyncio.sleep(after)
    process.send_signal(signal.SIGINT)
    _, errors = await asyncio.to_thread(process.communicate, timeout=20)
    assert (process.returncode in (0, 130), errors) == (True, ""), f"after {after:.2f} s"
    assert (await asyncio.to_thread(bot, folder, "migrate")).returncode == 0
    end_leases(folder)
    again = await asyncio.to_thread(bot, folder, "once")
    assert (again.returncode, again.stderr) == (0, "")
    assert len(cards(folder)) == len(set(cards(folder))) == CARDS
    whole(folder)
