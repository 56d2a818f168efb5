"""Two delivery workers, killed again and again, against a faulty platform: 0 lost, 0 twice."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain.messages import Alert, Part, alert_key, say
from bot.domain.watches import Channel
from tests.fakes.store import DATABASES, shared_database

CHANNELS = 12
ALERTS = 20  # a channel
KILLS = 200
FAULTS = ("429", "500", "503", "500-after", "drop-before", "drop-after", "rst", "cut", "html")

pytestmark = pytest.mark.slow


@contextmanager
def faulty_server(folder: Path, share: float) -> Iterator[str]:
    """Run the sandbox's platform with faults; give its address."""
    command = [sys.executable, "-m", "tests.fakes.sandbox_server", "--same-key-for", "0"]
    command += ["--journal", str(folder / "journal"), "--database", str(folder / "sandbox.db")]
    command += [part for fault in FAULTS for part in ("--fault", f"{fault}={share}")]
    command += [part for n in range(CHANNELS) for part in ("--channel", f"c{n}")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


async def filled(url: str) -> set[str]:
    """Put alerts that are due into a database; return their keys."""
    store = await SqlStore.open(url)
    now = datetime.now(UTC)
    channels = [Channel.parse(f"sandbox:c{n}") for n in range(CHANNELS)]
    alerts = [
        Alert(
            key=alert_key(channel, "story", f"card/{number}"),
            channel=channel,
            part=Part.NOTICE,
            message=say(f"Alert {number}"),
            due_at=now,
            created_at=now,
        )
        for number in range(ALERTS)
        for channel in channels
    ]
    async with store.transaction() as tx:
        await tx.outbox.add(alerts)
    await store.close()
    return {alert.key for alert in alerts}


@pytest.fixture(params=DATABASES)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a database with the schema in place."""
    async with shared_database(request.param, tmp_path) as made:
        yield made


def kill(url: str, address: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "tests.e2e.killed", url, address, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)  # noqa: S603
    assert done.stdout == "0 workers were still busy\n", done.stderr[-2_000:]


def posted(folder: Path) -> Counter[str]:
    """Return how often each key was really taken, as the platform's journal has it."""
    lines = (folder / "journal").read_text(encoding="utf-8").splitlines()
    return Counter(json.loads(line)["key"] for line in lines)


def kills(url: str) -> int:
    """Return how many kills there are: in `make check`, the usual database has most of them."""
    return KILLS if url.startswith("sqlite") else KILLS // 4


@pytest.mark.parametrize("many", [False, pytest.param(True, marks=pytest.mark.soak)])
async def test_nothing_is_lost_and_nothing_twice_under_kills(
    url: str,
    tmp_path: Path,
    many: bool,  # noqa: FBT001 - a table's column
) -> None:
    """The promise of delivery: two workers killed, and faults in a third of all requests."""
    keys = await filled(url)
    with faulty_server(tmp_path, 0.04) as address:
        kill(url, address, str(KILLS if many else kills(url)), "1")
    taken = posted(tmp_path)
    assert taken.keys() == keys
    assert [key for key, times in taken.items() if times > 1] == []


async def test_a_naive_sender_fails_the_same_test(tmp_path: Path) -> None:
    """So it is known that the test above can bite."""
    async with shared_database("sqlite", tmp_path) as url:
        await filled(url)
    with faulty_server(tmp_path, 0.04) as address:
        kill(url, address, "30", "1", "--naive")
    assert any(times > 1 for times in posted(tmp_path).values())
