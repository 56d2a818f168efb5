"""The sandbox as a process of its own, with faults on demand and a journal that judges delivery.

`python -m tests.fakes.sandbox_server --journal FILE --fault 500=0.1 --fault drop-after=0.1` prints
the port it listens on. In front of the real platform stands a server of plain sockets, so that
connections can break as they do; each message that was really taken is one line of the journal.
"""

import argparse
import asyncio
import json
import random
import socket
import struct
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.server import SandboxServer
from tests.fakes.dispatcher import FakeDispatcher

FAULTS = (
    "429",  # not taken; Retry-After: 1
    "500",  # not taken, but who knows
    "503",
    "500-after",  # taken, and says 500
    "drop-before",  # the connection closes, nothing was taken
    "drop-after",  # taken, and the connection closes without an answer
    "rst",  # taken, and the connection is reset
    "cut",  # taken, and the answer breaks off
    "html",  # taken, and the answer is a web page
    "delay",  # taken, after half a second
)
TOKEN = "sandbox-token"  # noqa: S105 -- of a server that lives in a test


class FaultyFront:
    """Reads a request a connection and hands it to the platform, unless a fault says otherwise."""

    def __init__(
        self,
        platform: httpx.AsyncClient,
        journal: Path,
        faults: Mapping[str, float],
        seed: int,
    ) -> None:
        """Choose a fault for each request of the bot with the probabilities of `faults`."""
        self.platform = platform
        self.faults = dict(faults)  # may be changed while it runs
        self._journal = journal
        self._random = random.Random(seed)  # noqa: S311 -- to be repeatable is its point

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        fault = self._fault() if target.startswith("/bot/") else ""
        if fault in ("429", "500", "503"):
            extra = "retry-after: 1\r\n" if fault == "429" else ""
            writer.write(_answer(int(fault), b'{"error":{"what":"a fault"}}', extra))
        elif fault != "drop-before":
            if fault == "delay":
                await asyncio.sleep(0.5)
            await self._take(method, target, headers, body, fault, writer)
        await writer.drain()

    async def _take(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        fault: str,
        writer: asyncio.StreamWriter,
    ) -> None:
        answer = await self.platform.request(method, target, headers=dict(headers), content=body)
        if method == "POST" and answer.status_code == 201 and target.startswith("/bot/"):
            self._note(target, json.loads(body), answer.json()["id"])
        if fault == "500-after":
            writer.write(_answer(500, b"{}"))
        elif fault == "html":
            writer.write(_answer(200, b"<html>Welcome to the hotel network</html>"))
        elif fault == "cut":
            writer.write(_answer(200, answer.content)[:-3])
        elif fault == "rst":
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault != "drop-after":
            writer.write(_answer(answer.status_code, answer.content))

    def _note(self, target: str, values: Mapping[str, object], message: str) -> None:
        line = {
            "channel": target.split("/")[4],
            "thread": values.get("thread"),
            "key": values.get("key"),
            "id": message,
        }
        with self._journal.open("a") as journal:
            journal.write(json.dumps(line) + "\n")

    def _fault(self) -> str:
        drawn = self._random.random()
        for name, share in self.faults.items():
            drawn -= share
            if drawn < 0:
                return name
        return ""


def _answer(status: int, body: bytes, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return f"{head}{extra}content-length: {len(body)}\r\n\r\n".encode() + body


async def main(options: argparse.Namespace) -> None:
    """Serve until killed."""
    faults = {name: float(share) for name, _, share in (f.partition("=") for f in options.fault)}
    if unknown := set(faults) - set(FAULTS):
        sys.exit(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    window = timedelta(seconds=options.same_key_for)
    with tempfile.TemporaryDirectory() as folder:
        database = options.database or Path(folder) / "sandbox.db"
        async with Rooms.at(database, window) as rooms:
            for channel in options.channel:
                await rooms.open(channel)
            server = SandboxServer(
                rooms,
                FakeDispatcher(),
                lambda: datetime.now(UTC),
                token=TOKEN,
            )
            async with httpx.AsyncClient(
                transport=server.transport(), base_url="http://127.0.0.1"
            ) as platform:
                front = FaultyFront(platform, options.journal, faults, options.seed)
                listening = await asyncio.start_server(
                    front.serve, "127.0.0.1", options.port, limit=1 << 20
                )
                print(listening.sockets[0].getsockname()[1], flush=True)  # noqa: T201 -- its interface
                await listening.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--database", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE")
    parser.add_argument("--channel", action="append", default=[])
    parser.add_argument("--same-key-for", type=float, default=120, metavar="SECONDS")
    asyncio.run(main(parser.parse_args()))
