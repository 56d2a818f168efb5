"""The roles as processes: each alone starts and stops, and all of them together lose nothing."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.adapters.demo.server import wire_app
from bot.adapters.demo.wire import Wire
from bot.adapters.store.engine import sqlite_warning
from bot.roles import Role
from tests.e2e.cli import bot, environment
from tests.e2e.test_cli_trouble import CARDS, CONFIG, cards, until
from tests.e2e.test_demo import free_port
from tests.fakes.serving import serving
from tests.fakes.store import DATABASES, shared_database

pytestmark = pytest.mark.slow

STOPS_WITHIN = 10
"""Seconds; what is promised, not how fast it is."""


@pytest.fixture(params=DATABASES)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a database that several processes may use."""
    if request.param == "sqlite" and sqlite_warning():
        pytest.skip("this SQLite is not to be written by two processes")
    async with shared_database(request.param, tmp_path) as made:
        yield made


@asynccontextmanager
async def process(folder: Path, roles: str, **more: str) -> AsyncIterator[str]:
    """Run these roles until the block ends, then stop them; give where they say how they are."""
    port = free_port()
    ports = {"PORT": str(free_port()), "NEWSTHREAD_HEALTH_PORT": str(port)}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--role", roles),
        env=environment(folder, **ports, **more),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert running.stderr is not None
    reading = asyncio.create_task(running.stderr.read())
    try:
        await up(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
        running.terminate()
        code = await asyncio.wait_for(running.wait(), STOPS_WITHIN)
        assert (code, (await reading).decode()) == (0, "")
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
        print(roles, (await reading).decode()[-3_000:])  # noqa: T201 -- shown where it fails


async def up(url: str) -> None:
    """Wait until a process says that it is well."""
    last = "nothing"
    try:
        async with asyncio.timeout(90), httpx.AsyncClient(verify=False) as client:  # noqa: S501
            while last != "200":
                await asyncio.sleep(0.3)
                try:
                    answer = await client.get(url)
                    last = "200" if answer.status_code == 200 else answer.text
                except httpx.TransportError as error:
                    last = repr(error)
    except TimeoutError:
        pytest.fail(f"{url} said last: {last}")


async def said(url: str) -> httpx.Response:
    async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 - there is no TLS
        return await client.get(url)


@pytest.mark.parametrize("role", Role)
async def test_each_role_alone_starts_says_how_it_is_and_stops(tmp_path: Path, role: Role) -> None:
    """In the time that is promised, without a word on stderr."""
    async with process(tmp_path, role) as at:
        health, metrics = await said(f"{at}/healthz"), await said(f"{at}/metrics")
    assert health.json()["roles"] == [role]
    assert f'newsthread_role{{role="{role}",' in metrics.text


async def test_an_unknown_role_is_refused_with_the_list(tmp_path: Path) -> None:
    done = await asyncio.to_thread(bot, tmp_path, "run", "--role", "collect,poll")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "--role: 'poll' is no role.\nChoose from: collect, compose, deliver, chat, web\n"
    )


async def test_a_second_process_on_a_sqlite_that_it_may_damage_is_refused(tmp_path: Path) -> None:
    """It is said what to do; the first goes on."""
    if not sqlite_warning():
        pytest.skip("this SQLite takes several processes")
    async with process(tmp_path, "collect"):
        done = await asyncio.to_thread(bot, tmp_path, "run", "--role", "compose")
    assert done.returncode == 3
    assert "Another process of Newsthread works on" in done.stderr


async def test_two_of_each_role_lose_nothing_and_tell_nothing_twice(
    url: str, tmp_path: Path
) -> None:
    """Six processes on one database, all begun at once."""
    now = datetime.now(UTC)  # the wire stands still
    wire = wire_app(Wire.load(), now - timedelta(minutes=10), 1, lambda: now)
    async with serving(wire) as base:
        config = CONFIG.format(base=base)
        await asyncio.to_thread((tmp_path / "newsthread.toml").write_text, config, "utf-8")
        async with AsyncExitStack() as stack:
            kinds = ("collect", "compose", "web") * 2
            started = (process(tmp_path, kind, DATABASE_URL=url) for kind in kinds)
            ways = await asyncio.gather(*map(stack.enter_async_context, started))
            await until(lambda: len(cards(tmp_path)) >= CARDS, 90)
            await asyncio.sleep(2)  # for what would be one too many
            health = [(await said(f"{at}/healthz")).json() for at in ways]
            metrics = (await said(f"{ways[1]}/metrics")).text
    assert max(Counter(cards(tmp_path)).values()) == 1
    assert len(cards(tmp_path)) == CARDS
    assert {one["state"] for one in health} == {"ok"}
    assert 'newsthread_queue_alerts{state="due"} 0.0' in metrics
