"""Two delivery workers, killed again and again, before a faulty Discord: 0 lost, 0 twice."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.store.database import SqlStore
from bot.adapters.store.migrate import migrate
from bot.domain.messages import Alert, Message, Part, alert_key
from bot.domain.watches import Channel, Scope
from tests.twins.discord.limits import Limits
from tests.twins.discord.twin import DiscordTwin

TEXTS = 8
FORUMS = 3
EACH = 14  # alerts a channel
KILLS = 200
SHARE = 0.02  # of all requests, for each of the faults
FAULTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("rate limit", {"retry_after": 0.05}),
    ("rate limit", {"retry_after": 0.05, "scope": "global"}),
    ("status", {"status": 500}),
    ("status", {"status": 503}),
    ("status", {"status": 502, "taken": True}),
    ("drop", {}),
    ("drop", {"taken": True}),
    ("reset", {"taken": True}),
    ("html", {"status": 200, "taken": True}),
)

pytestmark = pytest.mark.slow


@asynccontextmanager
async def faulty_twin(folder: Path) -> AsyncIterator[DiscordTwin]:
    """Run a Discord with faults in a sixth of all requests.

    Its clock runs a thousand times as fast, so a nonce is forgotten after an eighth of a second:
    whoever does not look posts twice.
    """
    limits = Limits(enabled=False)
    async with DiscordTwin.running(journal=folder / "journal", limits=limits, speed=1_000) as twin:
        for n in range(TEXTS):
            twin.channel(f"c{n}")
        for n in range(FORUMS):
            twin.forum(f"f{n}")
        for seed, (kind, about) in enumerate(FAULTS):
            twin.faults.add(kind, rate=SHARE, seed=seed, times=None, **about)
        yield twin


def alerts(twin: DiscordTwin) -> list[Alert]:
    """Return what is to be sent: cards, a thread with replies in each text channel, posts."""
    scope = Scope("discord", str(twin.guild().id))
    texts = [Channel(scope, str(twin.channel(f"c{n}").id)) for n in range(TEXTS)]
    forums = [Channel(scope, str(twin.forum(f"f{n}").id)) for n in range(FORUMS)]
    made = []
    for number in range(EACH):
        for at, channel in enumerate((*texts, *forums)):
            below = at < TEXTS and number > EACH // 2
            part = Part.REPLY if below else Part.CARD
            now = datetime.now(UTC)
            name = f"Alert {at} of {number}."
            made.append(
                Alert(
                    key=alert_key(channel, "story", f"{part}/{number}"),
                    channel=channel,
                    part=part,
                    message=Message(title=name, notice=name, topic=name),
                    card=alert_key(channel, "story", f"{Part.CARD}/0") if below else None,
                    due_at=now,
                    created_at=now,
                )
            )
    return made


async def killed(folder: Path, twin: DiscordTwin, kills: int, *more: str) -> Counter[str]:
    """Send all alerts with workers that are killed; return how often each was really taken."""
    database = f"sqlite+aiosqlite:///{folder / 'newsthread.db'}"
    await migrate(database)
    store = await SqlStore.open(database)
    async with store.transaction() as tx:
        await tx.outbox.add(alerts(twin))
    await store.close()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.e2e.discord_killed", database, twin.api_base, twin.token),
        *(str(kills), "1", *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert out == b"0 workers were still busy\n", errors[-2_000:].decode()
    return Counter(taken["content"] for taken in twin.messages())


async def test_nothing_is_lost_and_nothing_twice_under_kills(tmp_path: Path) -> None:
    """The promise of delivery: 200 kills of two workers, faults in a sixth of all requests."""
    async with faulty_twin(tmp_path) as twin:
        taken = await killed(tmp_path, twin, KILLS)
        assert taken.keys() == {alert.message.notice for alert in alerts(twin)}
        assert [name for name, times in taken.items() if times > 1] == []
        assert twin.journal.violations == []


async def test_a_naive_sender_fails_the_same_test(tmp_path: Path) -> None:
    """So it is known that the test above can bite."""
    async with faulty_twin(tmp_path) as twin:
        taken = await killed(tmp_path, twin, 30, "--naive")
        assert any(times > 1 for times in taken.values())
