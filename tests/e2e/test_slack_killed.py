"""Two delivery workers, killed again and again, before a faulty Slack: 0 lost, 0 twice."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.store.database import SqlStore
from bot.adapters.store.migrate import migrate
from bot.domain.messages import Alert, Message, Part, alert_key
from bot.domain.watches import Channel, Scope
from tests.twins.slack.limits import Limits
from tests.twins.slack.twin import SlackTwin

CHANNELS = 10
SHARE = 0.02  # of all requests, for each of the faults
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("rate limit", {"retry_after": 1}),
    ("error", {"error": "internal_error"}),
    ("error", {"error": "fatal_error", "taken": True}),
    ("status", {"status": 503}),
    ("status", {"status": 502, "taken": True}),
    ("drop", {}),
    ("drop", {"taken": True}),
    ("reset", {"taken": True}),
    ("html", {"status": 200, "taken": True}),
)

pytestmark = pytest.mark.slow


@asynccontextmanager
async def faulty_twin(folder: Path) -> AsyncIterator[SlackTwin]:
    """Run a Slack with faults in a sixth of all requests; it takes a message as often as it comes.

    Whoever does not look posts twice.
    """
    limits = Limits(enabled=False)
    async with SlackTwin.running(journal=folder / "journal", limits=limits) as twin:
        for n in range(CHANNELS):
            twin.channel(f"c{n}")
        for seed, (kind, about) in enumerate(FAULTS):
            twin.faults.add(kind, rate=SHARE, seed=seed, times=None, **about)
        yield twin


def alerts(twin: SlackTwin, each: int) -> list[Alert]:
    """Return what is to be sent: in each channel cards, and replies in the thread of the first."""
    scope = Scope("slack", twin.workspace().id)
    made = []
    for number in range(each):
        for at in range(CHANNELS):
            channel = Channel(scope, twin.channel(f"c{at}").id)
            part = Part.REPLY if number > each // 2 else Part.CARD
            now = datetime.now(UTC)
            name = f"Alert {at} of {number}."
            made.append(
                Alert(
                    key=alert_key(channel, "story", f"{part}/{number}"),
                    channel=channel,
                    part=part,
                    message=Message(title=name, notice=name, topic=name),
                    card=alert_key(channel, "story", "card/0") if part is Part.REPLY else None,
                    due_at=now,
                    created_at=now,
                )
            )
    return made


async def killed(
    folder: Path, twin: SlackTwin, due: list[Alert], kills: int, *more: str
) -> Counter[str]:
    """Send all alerts with workers that are killed; return how often each was really taken."""
    database = f"sqlite+aiosqlite:///{folder / 'newsthread.db'}"
    await migrate(database)
    store = await SqlStore.open(database)
    async with store.transaction() as tx:
        await tx.outbox.add(due)
    await store.close()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.e2e.slack_killed", database, twin.api_base, twin.bot_token),
        *(str(kills), "1", *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert out == b"0 workers were still busy\n", errors[-2_000:].decode()
    return Counter(twin.journal.keys())


@pytest.mark.parametrize(
    ("kills", "each"), [(60, 6), pytest.param(200, 14, marks=pytest.mark.soak)]
)
async def test_nothing_is_lost_and_nothing_twice_under_kills(
    tmp_path: Path, kills: int, each: int
) -> None:
    """The promise of delivery: kills of two workers, faults in a sixth of all requests."""
    async with faulty_twin(tmp_path) as twin:
        due = alerts(twin, each)
        taken = await killed(tmp_path, twin, due, kills)
        assert taken.keys() == {alert.key for alert in due}
        assert [key for key, times in taken.items() if times > 1] == []
        assert twin.journal.violations == []


@pytest.mark.parametrize("how", ["--naive", "--retrying"])
async def test_who_does_not_look_or_lets_slack_sdk_ask_again_fails_the_same_test(
    tmp_path: Path, how: str
) -> None:
    """So it is known that the test above can bite."""
    async with faulty_twin(tmp_path) as twin:  # and so often that chance spares nobody
        twin.faults.add("drop", "chat.postMessage", rate=0.2, times=None, taken=True)
        taken = await killed(tmp_path, twin, alerts(twin, 8), 10, how)
        assert any(times > 1 for times in taken.values())
