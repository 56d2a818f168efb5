"""A local farm of feeds to poll: each on its own loopback address, with and without validators.

`python -m benchmarks.farm --feeds 1000` prints `{"with": PORT, "without": PORT}` and serves until
it is ended. Feed n is `http://ADDRESS/feed.xml` on either port, ADDRESS as `address(n)` gives it.
`GET /generation/K` on any address puts K times one to three new items (see `new_items`) on top of
each feed; `/still.xml` on the same address is the feed as it was at first, whatever K.

`--faulty 10` has so many feeds in a hundred fail, each in its own way (see `FAULTS`), and `--log
FILE` notes each request: the second, the feed's number, the status.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TextIO

ITEMS = 30
FAULTS = ("error", "hangs", "breaks off", "asks to wait", "no HTTP", "a web page", "drips")
"""What faulty feeds do, in turn: 500, no answer, half a body, 429, and so on."""
WAIT_ASKED = 600  # seconds, in the Retry-After of those that ask to wait
_DRIP = 5.0  # seconds between two bytes
_TEXT = (
    "court minister police storm border election budget school hospital harbour river market"
    " strike treaty mayor bridge drought vaccine airline festival museum prison appeal protest"
)
_WORDS = _TEXT.split()
_STOCK = [random.Random(0).choice(_WORDS) for _ in range(20_000)]  # noqa: S311 - words for a benchmark


def address(n: int) -> str:
    """Return the loopback address of feed `n`, from 0 to 65,000."""
    return f"127.{10 + n // 64_000}.{n // 250 % 256}.{n % 250 + 1}"


def new_items(n: int) -> int:
    """Return how many items a generation adds to feed `n`: one to three."""
    return 1 + n % 3


def fault(n: int, faulty: int) -> str:
    """Return what is wrong with feed `n` where `faulty` in a hundred are; "" if nothing is."""
    number = n * faulty // 100
    return FAULTS[number % len(FAULTS)] if (n + 1) * faulty // 100 > number else ""


def _text(seed: int, words: int) -> str:
    begin = random.Random(seed).randrange(len(_STOCK) - words)  # noqa: S311 - the same each time
    return " ".join(_STOCK[begin : begin + words])


def _items(n: int, first: int) -> Iterator[str]:
    for item in range(ITEMS + first - 1, first - 1, -1):
        seed = n * 1_000 + item
        day, minute = divmod(item, 1_440)
        yield (
            f"<item><title>{_text(seed, 9).capitalize()}</title>"
            f"<link>https://site{n}.example/news/{seed}</link>"
            f"<guid isPermaLink='false'>{n}-{item}</guid>"
            f"<pubDate>{1 + day:02} Mar 2026 {minute // 60:02}:{minute % 60:02}:00 GMT</pubDate>"
            f"<category>{_text(seed + 1, 1)}</category><description>&lt;p&gt;"
            f"{_text(seed + 2, 60 + n % 100)}.&lt;/p&gt;</description></item>"
        )


def document(n: int, generation: int = 0) -> bytes:
    """Return feed `n`: 30 items and 20 to 45 kB, the newest first, the same each time."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>Site {n}</title><link>https://site{n}.example/</link><language>en</language>"
        f"{''.join(_items(n, generation * new_items(n)))}</channel></rss>"
    )
    return text.encode()


@dataclass(slots=True)
class Farm:
    """Serves the feeds; documents are made once, outside of what is measured."""

    feeds: int
    faulty: int = 0  # feeds in a hundred
    log: TextIO | None = None
    generation: int = 0
    _made: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def number(self, host: str) -> int:
        """Return which feed lives at an address."""
        _, high, middle, low = (int(part) for part in host.split("."))
        return (high - 10) * 64_000 + middle * 250 + low - 1

    def make(self, generation: int) -> None:
        """Serve this generation from now on; the first stays, too."""
        self.generation = generation
        self._made = {key: body for key, body in self._made.items() if not key[1]}
        for n in range(self.feeds):
            self.body(n, generation)

    def body(self, n: int, generation: int) -> bytes:
        """Return the document of feed `n` as it is in a generation."""
        key = (n, generation)
        if key not in self._made:
            self._made[key] = document(*key)
        return self._made[key]

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, validators: bool
    ) -> None:
        """Answer the requests of one connection."""
        n = self.number(writer.get_extra_info("sockname")[0])
        wrong = fault(n, self.faulty)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                answer = self._answer(n, head, validators=validators)
                if self.log is not None:
                    self.log.write(f"{time.time():.3f} {n} {wrong or answer[9:12].decode()}\n")
                if wrong:
                    await _misbehave(wrong, writer, answer)
                    return
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, n: int, head: bytes, *, validators: bool) -> bytes:
        path = head.split(b" ", 2)[1]
        if path.startswith(b"/generation/"):
            self.make(int(path.rpartition(b"/")[2]))
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        generation = 0 if path == b"/still.xml" else self.generation
        body = self.body(n, generation)
        if not validators:
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        etag = blake2b(b"%d/%d" % (n, generation), digest_size=8).hexdigest().encode()
        when = b"Sun, 01 Mar 2026 00:%02d:%02d GMT" % divmod(generation % 3_600, 60)
        said = b'ETag: "%s"\r\nLast-Modified: %s\r\n' % (etag, when)
        if b'"%s"' % etag in head or (b"If-None-Match" not in head and when in head):
            return b"HTTP/1.1 304 Not Modified\r\n%s\r\n" % said
        return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (said, len(body)) + body


async def _misbehave(wrong: str, writer: asyncio.StreamWriter, answer: bytes) -> None:
    """Answer as a faulty server does."""
    page = b"<!DOCTYPE html><html><title>Welcome</title></html>"
    told = {
        "error": b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        "breaks off": answer[: len(answer) // 2],
        "asks to wait": b"HTTP/1.1 429 Slow\r\nRetry-After: %d\r\nContent-Length: 0\r\n\r\n"
        % WAIT_ASKED,
        "no HTTP": b"220 mail.example ESMTP\r\n",
        "a web page": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page),
    }
    writer.write(told.get(wrong, b""))
    await writer.drain()
    if wrong == "hangs":
        await asyncio.sleep(3_600)
    for byte in answer if wrong == "drips" else b"":
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(_DRIP)


async def run(feeds: int, faulty: int = 0, log: TextIO | None = None) -> None:
    """Serve until cancelled."""
    farm = Farm(feeds, faulty, log)
    farm.make(0)
    hosts = [address(n) for n in range(feeds)]
    ports = {}
    for name, validators in (("with", True), ("without", False)):

        async def accept(
            reader: asyncio.StreamReader,
            writer: asyncio.StreamWriter,
            validators: bool = validators,  # noqa: FBT001 - bound here, never passed
        ) -> None:
            await farm.serve(reader, writer, validators=validators)

        first = await asyncio.start_server(accept, hosts[0], 0)
        ports[name] = first.sockets[0].getsockname()[1]
        if feeds > 1:
            await asyncio.start_server(accept, hosts[1:], ports[name])
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Run the farm from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--faulty", type=int, default=0, help="feeds in a hundred that fail")
    parser.add_argument("--log", type=Path, help="where each request is noted")
    asked = parser.parse_args()
    log = asked.log.open("w", buffering=1) if asked.log else None
    try:
        with log or nullcontext():
            asyncio.run(run(asked.feeds, asked.faulty, log))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
