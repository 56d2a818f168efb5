"""A cluster for a test: processes of Newsthread on PostgreSQL, and all that can happen to them.

What the processes are is `nursery`'s. Here is where they run (on this host, or each in a network
namespace of its own), what lies between them and their database, and the feeds that they poll.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from tests.fakes.feed_server import Exchange, FeedServer

BRIDGE, NET = "ntbr0", "10.77.0"


class Cable:
    """Carries TCP to a port of this host, until it is cut."""

    def __init__(self, port: int) -> None:
        """Lead to `port` on 127.0.0.1."""
        self._to = port
        self._whole = asyncio.Event()
        self._whole.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    @asynccontextmanager
    async def laid(self, host: str) -> AsyncIterator["Cable"]:
        """Listen on an address of this host, at `port`, until the block ends."""
        server = await asyncio.start_server(self._carry, host, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.tear()

    def cut(self) -> None:
        """Carry nothing any more, and say so to nobody."""
        self._whole.clear()

    def mend(self) -> None:
        """Carry again what was sent meanwhile."""
        self._whole.set()

    def tear(self) -> None:
        """Break all connections off."""
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, on = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            back.transport.abort()
            return
        ends = {back, on}
        self._ends |= ends
        await asyncio.gather(self._pump(near, on), self._pump(far, back))
        self._ends -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(65_536):
                await self._whole.wait()
                writer.write(part)
                await writer.drain()
        writer.close()


class Host(Protocol):
    """Where a process runs, and its way to the rest."""

    namespace: str

    async def cut(self) -> None:
        """Cut it off from the network."""

    async def mend(self) -> None:
        """Connect it again."""


@dataclass(slots=True)
class Here:
    """This host: only the way to the database can be cut."""

    cable: Cable
    namespace: str = ""

    async def cut(self) -> None:
        """Cut the cable."""
        self.cable.cut()

    async def mend(self) -> None:
        """Mend the cable; half of the time what was connected is not any more."""
        self.cable.mend()
        if random.random() < 0.5:  # noqa: S311 - which way is chance
            self.cable.tear()


@dataclass(slots=True)
class Namespace:
    """A host of its own: all of its network can be cut."""

    namespace: str

    async def cut(self) -> None:
        """Pull the plug."""
        await ip(f"link set {self.namespace}h down")

    async def mend(self) -> None:
        """Plug it in."""
        await ip(f"link set {self.namespace}h up")


async def ip(*commands: str, check: bool = True) -> None:
    """Change this host's network; `check`: what cannot be done is an error."""
    for command in commands:
        await asyncio.to_thread(
            subprocess.run,
            ["ip", *command.split()],
            check=check,
            capture_output=True,
        )


@asynccontextmanager
async def bridge() -> AsyncIterator[str]:
    """Give the address at which hosts in namespaces of their own reach this one."""
    left = (f"netns del newsthread{number}" for number in range(9))
    await ip(f"link del {BRIDGE}", *left, check=False)  # of a run that was killed
    await ip(f"link add {BRIDGE} type bridge", f"addr add {NET}.1/24 dev {BRIDGE}")
    try:
        await ip(f"link set {BRIDGE} up")
        yield f"{NET}.1"
    finally:
        await ip(f"link del {BRIDGE}")


@asynccontextmanager
async def host_of_its_own(number: int) -> AsyncIterator[Namespace]:
    """Give a host in a namespace of its own, on the bridge."""
    name = f"newsthread{number}"
    await ip(f"netns add {name}")
    try:
        await ip(
            f"link add {name}h type veth peer name eth0 netns {name}",
            f"link set {name}h master {BRIDGE} up",
            f"-n {name} addr add {NET}.{number + 10}/24 dev eth0",
            f"-n {name} link set eth0 up",
            f"-n {name} link set lo up",
        )
        yield Namespace(name)
    finally:
        await ip(f"netns del {name}")


@dataclass(slots=True)
class Farm:
    """Feeds whose servers fail now and then; see `Exchange`."""

    feeds: int
    chance: random.Random
    faults: float = 0.05
    items: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.items = [[_item(n, f"Nothing new at outlet {n}", "old")] for n in range(self.feeds)]

    def publish(self, event: int, words: str) -> int:
        """Publish an event in one to three feeds; return in how many."""
        outlets = self.chance.sample(range(self.feeds), self.chance.choice((1, 2, 3)))
        for outlet in outlets:
            self.items[outlet].insert(0, _item(outlet, words, str(event)))
        return len(outlets)

    async def serve(self, stack: AsyncExitStack, host: str) -> tuple[str, ...]:
        """Serve the feeds on an address of this host; return theirs."""
        server = await stack.enter_async_context(FeedServer(address=host))
        paths = [f"/{n}/feed.xml" for n in range(self.feeds)]
        server.scripts |= dict.fromkeys(paths, self._answer)
        return tuple(map(server.url, paths))

    async def _answer(self, exchange: Exchange) -> None:
        if self.chance.random() < self.faults:
            if self.chance.random() < 0.5:
                exchange.reset()
            else:
                await exchange.send(b"later", 503)
            return
        items = "".join(self.items[int(exchange.path.split("/")[1])])
        body = f"<rss version='2.0'><channel><title>Outlet</title>{items}</channel></rss>".encode()
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        if exchange.headers.get("if-none-match") == tag:
            await exchange.send(b"", 304, {"ETag": tag})
        else:
            await exchange.send(body, 200, {"ETag": tag, "Content-Type": "application/rss+xml"})


def _item(outlet: int, words: str, event: str) -> str:
    return (
        f"<item><title>{words}</title><guid>{outlet}-{event}</guid>"
        f"<link>https://outlet{outlet}.example/{event}</link>"
        f"<description>{words.lower()}, it was said.</description></item>"
    )


@dataclass(slots=True)
class Worker:
    """A process that is kept going."""

    roles: str
    host: Host
    environ: Mapping[str, str]
    pid: int = 0


class Nursery:
    """Starts the processes; see `tests.e2e.nursery`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Use `running`."""
        self._process = process
        self._asking = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def running(cls, log: str) -> AsyncIterator["Nursery"]:
        """Run it until the block ends, and with it all that it has started."""
        with open(log, "wb") as said:  # noqa: ASYNC230, PTH123 - once
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.e2e.nursery"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=said,
            )
        try:
            yield cls(process)
        finally:
            process.kill()
            await process.wait()

    async def start(self, worker: Worker) -> None:
        """Start a process."""
        order = {
            "roles": worker.roles,
            "environ": dict(worker.environ),
            "namespace": worker.host.namespace,
        }
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        async with self._asking:
            stdin.write(json.dumps(order).encode() + b"\n")
            worker.pid = int(await stdout.readline())

    async def kill(self, worker: Worker) -> None:
        """Kill a process, whatever it is doing, and start it again."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
        await self.start(worker)


async def stand_still(worker: Worker, seconds: float) -> None:
    """Stop a process in whatever it is doing; let it go on later, if it is there still."""
    pid = worker.pid
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        if pid == worker.pid:  # else it was killed meanwhile
            os.kill(pid, signal.SIGCONT)


async def cut_off(worker: Worker, seconds: float) -> None:
    """Cut a process off from the rest, for a while."""
    await worker.host.cut()
    await asyncio.sleep(seconds)
    await worker.host.mend()
