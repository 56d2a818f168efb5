"""The ticks of the running program: one that fails is told, and comes again."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.app import opened, utc_now
from bot.config import read_config
from bot.domain.errors import StoreError
from bot.environment import read_environment
from bot.pulse import Pulses
from bot.ticking import ticking
from tests.e2e.cli import environment


@pytest.mark.parametrize("error", [StoreError("The disk is full: free some."), KeyError("x")])
async def test_a_step_that_fails_is_logged_and_tried_again(
    tmp_path: Path, error: Exception
) -> None:
    """What an operator can mend is told in words; where in our code only of our bugs."""
    again = asyncio.Event()
    calls = 0

    async def fail() -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            again.set()
        raise error

    environ = read_environment(environment(tmp_path))
    config = read_config(environ.config)
    with capture_logs() as logs:
        async with (
            opened(config, environ) as app,
            ticking(app, Pulses(utc_now), failing=(fail, timedelta(milliseconds=20))),
        ):
            await asyncio.wait_for(again.wait(), 20)
    trace = not isinstance(error, StoreError)
    told = [log for log in logs if log.get("step") == "failing"]
    assert {log["event"] for log in told} == {"step_failed"}
    assert all(bool(log.get("exc_info")) == trace for log in told)
    assert trace or told[0]["reason"] == "The disk is full: free some."


async def test_a_step_that_is_under_way_at_the_end_is_waited_for_and_no_trouble(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one that takes longer than anybody waits: the scheduler ends without a traceback."""
    monkeypatch.setattr("bot.ticking.IN_FLIGHT", 0.2)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await asyncio.sleep(0.1)
        ended.set()

    async def endless() -> None:
        await asyncio.Event().wait()

    environ = read_environment(environment(tmp_path))
    async with (
        opened(read_config(environ.config), environ) as app,
        ticking(
            app,
            Pulses(utc_now),
            slow=(slow, timedelta(milliseconds=20)),
            endless=(endless, timedelta(milliseconds=20)),
        ),
    ):
        await asyncio.wait_for(begun.wait(), 20)
        ended.clear()
    assert ended.is_set()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
