"""What one process needs for many Discord servers: `python -m benchmarks.guilds [--fast]`.

The real program is run against the twin with a hundred servers of twenty watches each. A feed
brings news for every watch, each server is told of it, and somebody in each asks for help and
begins to type a story's name; then the program's peak memory and CPU time are read.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from tests.twins.discord.state import Channel
from tests.twins.discord.twin import DiscordTwin

NAMES = (
    *("harbour", "bridge", "glacier", "orchard", "lighthouse", "quarry", "railway", "vineyard"),
    *("theatre", "museum", "stadium", "hospital", "reservoir", "monastery", "refinery"),
    *("observatory", "airfield", "cathedral", "shipyard", "brewery"),
)
"""What the watches watch; a server's have one each."""
AT_MOST = 300
"""MiB that one process may need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What the program needed."""

    peak: float  # MiB, of resident memory
    cpu: float  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the servers saw."""

    told: float  # seconds until the last was told
    offered: tuple[float, ...]  # seconds until completions were there, sorted


def feed(watches: int) -> str:
    """Return a feed with two articles for each watch."""
    now = datetime.now(UTC)
    verbs = ("closes after a storm", "opens again for visitors")
    items = [
        f"<item><title>{name.title()} {verb} in Varmo, says mayor {number}</title>"
        f"<link>http://news.example/{name}/{number}</link><guid>{name}{number}</guid>"
        f"<pubDate>{format_datetime(now - timedelta(minutes=number))}</pubDate>"
        f"<description>The {name} {verb}. Engineers inspected the {name} at dawn.</description>"
        "</item>"
        for number, name in enumerate(NAMES[:watches])
        for verb in verbs
    ]
    return f'<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'


@asynccontextmanager
async def serving(body: str) -> AsyncIterator[str]:
    """Serve a feed on loopback; return its address."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/feed.xml", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/feed.xml"
    finally:
        await runner.cleanup()


def configuration(url: str, places: list[Channel], watches: int) -> str:
    """Return a configuration with so many watches for each channel."""
    lines = [f'[[feeds]]\nurl = {json.dumps(url)}\nname = "News"\nevery = "5m"']
    lines += [
        f'[[watches]]\nname = "{name}-{number}"\nquery = "{name} AND (varmo OR varmö)"\n'
        f'channels = ["discord:{place.guild_id}/{place.id}"]\nbackfill = 3'
        for number, place in enumerate(places)
        for name in NAMES[:watches]
    ]
    return "\n".join(lines)


def used(process: int) -> Used:
    """Read what a process has needed so far. Source: Linux, proc(5)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return Used(peak=peak, cpu=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


async def measured(guilds: int, watches: int, folder: Path) -> tuple[Used, Seen]:
    """Run the program until every server has been told and answered; return what it needed."""
    async with DiscordTwin.running() as twin, serving(feed(watches)) as url:
        places = [twin.channel("news", twin.guild(f"Guild {n}")) for n in range(guilds)]
        config = folder / "newsthread.toml"
        config.write_text(configuration(url, places, watches), encoding="utf-8")
        environ = {
            **os.environ,
            **twin.environment(),
            "NEWSTHREAD_CONFIG": str(config),
            "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'bench.db'}",
            "NEWSTHREAD_SANDBOX": str(folder / "sandbox.db"),
            "NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/8",
            "PORT": "0",
            "LOG_LEVEL": "error",
        }
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"), env=environ
        )
        began = time.perf_counter()
        try:
            while untold := [place for place in places if not place.messages]:
                if program.returncode is not None or time.perf_counter() - began > 600:
                    raise SystemExit(f"{len(untold)} servers were told of nothing")
                await asyncio.sleep(0.5)
            took = time.perf_counter() - began
            offered = []
            for number in range(guilds):
                guild = twin.guild(f"Guild {number}")
                person = twin.user(f"reader {number}", guild)
                answer = await person.slash("/help", channel=places[number])
                if answer.failed:
                    raise SystemExit(f"no answer in {guild.name}")
                asked = time.perf_counter()
                if not await person.autocomplete("/summary", channel=places[number], target="h"):
                    raise SystemExit(f"nothing to complete in {guild.name}")
                offered.append(time.perf_counter() - asked)
            return used(program.pid), Seen(told=took, offered=tuple(sorted(offered)))
        finally:
            if program.returncode is None:
                program.terminate()
            await program.wait()


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guilds", type=int, default=100)
    parser.add_argument("--watches", type=int, default=20, help="of each, at most 20")
    parser.add_argument("--fast", action="store_true", help="3 servers of 3 watches")
    asked = parser.parse_args()
    guilds, watches = (3, 3) if asked.fast else (asked.guilds, min(asked.watches, len(NAMES)))
    with TemporaryDirectory() as folder:
        needed, seen = asyncio.run(measured(guilds, watches, Path(folder)))
    print(f"{guilds} servers × {watches} watches: all told after {seen.told:.0f} s")
    print(f"peak memory {needed.peak:.0f} MiB (at most {AT_MOST}), CPU {needed.cpu:.1f} s")
    middle, late = (seen.offered[int(len(seen.offered) * share)] * 1000 for share in (0.5, 0.95))
    print(f"completions: p50 {middle:.0f} ms, p95 {late:.0f} ms from key to list")
    return int(needed.peak > AT_MOST)


if __name__ == "__main__":
    raise SystemExit(main())
