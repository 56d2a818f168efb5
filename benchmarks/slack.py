"""How much of what Slack's limits allow is used: `python -m benchmarks.slack [--fast]`.

Alerts that are due in many channels are sent by the real worker, from a database on disk, to the
twin in a process of its own, which takes about one message a second in a channel. What counts is
the share of the allowed rate, and that no limit was broken; both hold on any machine that can keep
up, and with `--speed 0.2` on one that cannot: then the twin's clock, and so its limits, runs five
times as slow. `--alerts 10000` is the whole of it, 50 seconds at full speed.
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
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.discord import filled, left, utc_now
from bot.adapters.chat.slack.client import GAP, SlackChat
from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.tokens import OneToken
from bot.adapters.chat.slack.web import Web
from bot.adapters.chat.slack.wire import Wire
from bot.adapters.store.database import SqlStore
from bot.adapters.store.migrate import migrate
from bot.domain.watches import Channel, Scope
from bot.logs import configure_logs
from bot.pipeline.deliver import Deliverer
from tests.twins.slack.journal import read_journal
from tests.twins.slack.twin import SlackTwin

LOOK = 0.01
"""Seconds between two looks at how late the event loop is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A twin in a process of its own."""

    base: str
    token: str
    channels: tuple[Channel, ...]


async def serve(channels: int, journal: Path, speed: float) -> None:
    """Be the twin's process: print where it is, and serve until killed."""
    async with SlackTwin.running(journal=journal, speed=speed) as twin:
        team = twin.workspace().id
        ids = [twin.channel(f"c{n}").id for n in range(channels)]
        about = {"base": twin.api_base, "token": twin.bot_token, "team": team, "ids": ids}
        print(json.dumps(about), flush=True)
        await asyncio.Event().wait()


@asynccontextmanager
async def served(channels: int, journal: Path, speed: float) -> AsyncIterator[Server]:
    """Run a twin while the block runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.slack", "--serve", str(journal)),
        *("--channels", str(channels), "--speed", str(speed)),
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    try:
        assert process.stdout is not None
        about = json.loads(await process.stdout.readline())
        scope = Scope("slack", about["team"])
        yield Server(
            base=about["base"],
            token=about["token"],
            channels=tuple(Channel(scope, id_) for id_ in about["ids"]),
        )
    finally:
        process.kill()
        await process.wait()


async def drained(store: SqlStore, server: Server, speed: float) -> tuple[float, list[float]]:
    """Send all that is due; return the seconds it took, and how late the loop was, sorted."""
    wire = Wire(server.base)
    web = Web(OneToken(server.token, wire), wire)
    worker = Deliverer(store, SlackChat(web, SlackPlaces(web), GAP / speed), utc_now, "bench")
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
    await wire.close()
    return took, sorted(late)


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
    posted = [entry["key"] for entry in entries if entry["kind"] == "message"]
    broken = kinds.count("rate limited") + kinds.count("violation")
    least = max(math.ceil(alerts / channels) - 1, 1) * GAP.total_seconds() / speed
    requests = kinds.count("request")
    print(f"{alerts:,} alerts over {channels} channels: {took:.1f} s, {alerts / took:.1f} a second")
    print(f"share of what the limits allow ({least:.1f} s): {least / took:.1%}")
    print(f"requests: {requests:,}; limits broken: {broken}")
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
