"""How much of what Discord's limits allow is used: `python -m benchmarks.discord [--fast]`.

Alerts that are due in many channels are sent by the real worker, from a database on disk, to the
twin in a process of its own, which enforces 50 requests a second in all and 5 messages per 5
seconds in a channel. What counts is the share of the allowed rate, and that no limit was broken;
both hold on any machine that can keep up, and with `--speed 0.2` on one that cannot: then the
twin's clock, and so its limits, runs five times as slow. `--alerts 10000` is the whole of it, 200
seconds at full speed.
"""

import argparse
import asyncio
import json
import math
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.adapters.chat.discord.client import DiscordChat
from bot.adapters.chat.discord.rest import AT_ONCE, WINDOW, Rest
from bot.adapters.store.database import SqlStore
from bot.adapters.store.migrate import migrate
from bot.domain.messages import Alert, Button, Fact, Message, Paragraph, Part, alert_key, text
from bot.domain.watches import Channel, Scope
from bot.logs import configure_logs
from bot.pipeline.deliver import Deliverer
from tests.twins.discord.journal import read_journal
from tests.twins.discord.twin import DiscordTwin

IN_A_CHANNEL = (5, 5.0)  # messages, seconds
LOOK = 0.01
"""Seconds between two looks at how late the event loop is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A twin in a process of its own."""

    base: str
    token: str
    channels: tuple[Channel, ...]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


async def serve(channels: int, journal: Path, speed: float) -> None:
    """Be the twin's process: print where it is, and serve until killed."""
    async with DiscordTwin.running(journal=journal, speed=speed) as twin:
        guild = twin.guild()
        ids = [str(twin.channel(f"c{n}").id) for n in range(channels)]
        about = {"base": twin.api_base, "token": twin.token, "guild": str(guild.id), "ids": ids}
        print(json.dumps(about), flush=True)
        await asyncio.Event().wait()


@asynccontextmanager
async def served(channels: int, journal: Path, speed: float) -> AsyncIterator[Server]:
    """Run a twin while the block runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.discord", "--serve", str(journal)),
        *("--channels", str(channels), "--speed", str(speed)),
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    try:
        assert process.stdout is not None
        about = json.loads(await process.stdout.readline())
        scope = Scope("discord", about["guild"])
        yield Server(
            base=about["base"],
            token=about["token"],
            channels=tuple(Channel(scope, id_) for id_ in about["ids"]),
        )
    finally:
        process.kill()
        await process.wait()


def card(number: int) -> Message:
    """Return a card of the usual size."""
    return Message(
        title=f"Judge orders update on CECOT transfers, take {number}",
        url="https://outlet.example/a",
        lead=text("DEVELOPING · 7 outlets, 4 independent · en, es"),
        blocks=(
            Paragraph(text("Court asked for a status report by Friday. " * 4)),
            Fact("Sources", text("[1] Outlet A · [2] Docket · [3] Outlet C")),
            Fact("Matched", text("CECOT (title), deportación (text)")),
        ),
        footer=text("extractive · watch cecot · story K7Q2"),
        buttons=tuple(Button(name, f"{name}:target=K7Q2") for name in ("summary", "why")),
        notice=f"Judge orders update, take {number} — Outlet A, Outlet B",
        topic="Judge orders update on CECOT transfers",
    )


async def filled(store: SqlStore, channels: tuple[Channel, ...], alerts: int) -> None:
    """Have so many alerts due, spread over the channels."""
    now = utc_now()
    due = [
        Alert(
            key=alert_key(channels[number % len(channels)], "bench", str(number)),
            channel=channels[number % len(channels)],
            part=Part.CARD,
            message=card(number),
            due_at=now,
            created_at=now,
        )
        for number in range(alerts)
    ]
    async with store.transaction() as tx:
        await tx.outbox.add(due)


async def drained(store: SqlStore, server: Server, speed: float) -> tuple[float, list[float]]:
    """Send all that is due; return the seconds it took, and how late the loop was, sorted."""
    rest = Rest(server.token, server.base, window=WINDOW / speed)
    worker = Deliverer(store, DiscordChat(rest), utc_now, "bench")
    late: list[float] = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(LOOK)
            late.append(loop.time() - began - LOOK)

    watching = asyncio.create_task(watch())
    began = time.perf_counter()
    while await left(store):
        await worker.work()
        await asyncio.sleep(0.02)
    took = time.perf_counter() - began
    watching.cancel()
    await rest.close()
    return took, sorted(late)


async def left(store: SqlStore) -> int:
    """Return how many alerts are still to be sent."""
    async with store.reading() as tx:
        totals = await tx.housekeeping.totals()
    return totals.alerts_due + totals.alerts_unknown


def allowed(alerts: int, channels: int) -> float:
    """Return the seconds that the limits demand, whoever sends: windows begin with a burst."""
    most, seconds = IN_A_CHANNEL
    in_a_channel = (math.ceil(alerts / channels / most) - 1) * seconds
    return max(alerts / AT_ONCE - 1, in_a_channel, 1.0)


async def run(alerts: int, channels: int, speed: float) -> bool:
    """Measure and print; return whether no limit was broken and each alert came once."""
    with TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        await migrate(url)
        store = await SqlStore.open(url)
        async with served(channels, journal, speed) as server:
            await filled(store, server.channels, alerts)
            took, late = await drained(store, server, speed)
        await store.close()
        entries = read_journal(journal)
    kinds = [entry["kind"] for entry in entries]
    posted = [entry["content"] for entry in entries if entry["kind"] == "message"]
    broken = kinds.count("rate limited") + kinds.count("violation")
    least = allowed(alerts, channels) / speed
    print(f"{alerts:,} alerts over {channels} channels: {took:.1f} s, {alerts / took:.1f} a second")
    print(f"share of what the limits allow ({least:.1f} s): {least / took:.1%}")
    requests = kinds.count("request")
    used = (requests / AT_ONCE - 1) / speed / took
    print(f"requests: {requests:,}, {used:.1%} of the allowed rate; limits broken: {broken}")
    print(f"posted: {len(posted):,}, different ones: {len(set(posted)):,}")
    p99 = late[int(len(late) * 0.99)] * 1000
    print(f"event loop late: p50 {late[len(late) // 2] * 1000:.1f} ms, p99 {p99:.1f} ms")
    return broken == 0 and len(posted) == len(set(posted)) == alerts


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=2_000)
    parser.add_argument("--channels", type=int, default=200)
    parser.add_argument("--speed", type=float, default=1.0, help="of the twin's clock; 1")
    parser.add_argument("--fast", action="store_true", help="100 alerts over 20 channels")
    parser.add_argument("--serve", type=Path, metavar="JOURNAL", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    configure_logs("error")
    if asked.serve is not None:
        asyncio.run(serve(asked.channels, asked.serve, asked.speed))
        return 0
    alerts, channels = (100, 20) if asked.fast else (asked.alerts, asked.channels)
    return 0 if asyncio.run(run(alerts, channels, asked.speed)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
