"""A local farm of feeds to poll: each on its own loopback address, with and without validators.

`python -m benchmarks.farm --feeds 1000` prints `{"with": PORT, "without": PORT}` and serves until
it is ended. Feed n is `http://ADDRESS/feed.xml` on either port, ADDRESS as `address(n)` gives it.
`GET /generation/K` on any address sets how many new items each feed has on top of its first 30.
"""

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

ITEMS = 30
_TEXT = (
    "court minister police storm border election budget school hospital harbour river market"
    " strike treaty mayor bridge drought vaccine airline festival museum prison appeal protest"
)
_WORDS = _TEXT.split()


def address(n: int) -> str:
    """Return the loopback address of feed `n`, from 0 to 65,000."""
    return f"127.{10 + n // 64_000}.{n // 250 % 256}.{n % 250 + 1}"


def _text(seed: int, words: int) -> str:
    chooser = random.Random(seed)  # noqa: S311 - words for a benchmark, the same each time
    return " ".join(chooser.choice(_WORDS) for _ in range(words))


def _items(n: int, generation: int) -> Iterator[str]:
    for item in range(ITEMS + generation - 1, generation - 1, -1):
        seed = n * 1_000 + item
        day, minute = divmod(item, 1_440)
        yield (
            f"<item><title>{_text(seed, 9).capitalize()}</title>"
            f"<link>https://site{n}.example/news/{seed}</link>"
            f"<guid isPermaLink='false'>{n}-{item}</guid>"
            f"<pubDate>{1 + day:02} Mar 2026 {minute // 60:02}:{minute % 60:02}:00 GMT</pubDate>"
            f"<category>{_text(seed + 1, 1)}</category><description>&lt;p&gt;"
            f"{_text(seed + 2, 90 + n % 100)}.&lt;/p&gt;</description></item>"
        )


def document(n: int, generation: int = 0) -> bytes:
    """Return feed `n`: 30 items and 20 to 45 kB, the newest first, the same each time."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>Site {n}</title><link>https://site{n}.example/</link>"
        f"{''.join(_items(n, generation))}</channel></rss>"
    )
    return text.encode()


@dataclass(slots=True)
class Farm:
    """Serves the feeds; documents are made once, outside of what is measured."""

    feeds: int
    generation: int = 0
    _made: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def number(self, host: str) -> int:
        """Return which feed lives at an address."""
        _, high, middle, low = (int(part) for part in host.split("."))
        return (high - 10) * 64_000 + middle * 250 + low - 1

    def body(self, n: int) -> bytes:
        """Return the document of feed `n` as it is now."""
        key = (n, self.generation)
        if key not in self._made:
            self._made[key] = document(*key)
        return self._made[key]

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, validators: bool
    ) -> None:
        """Answer the requests of one connection."""
        n = self.number(writer.get_extra_info("sockname")[0])
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(self._answer(n, head, validators=validators))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, n: int, head: bytes, *, validators: bool) -> bytes:
        path = head.split(b" ", 2)[1]
        if path.startswith(b"/generation/"):
            self.generation = int(path.rpartition(b"/")[2])
            for other in range(self.feeds):
                self.body(other)
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        body = self.body(n)
        if not validators:
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        etag = blake2b(b"%d/%d" % (n, self.generation), digest_size=8).hexdigest().encode()
        said = b'ETag: "%s"\r\nLast-Modified: Sun, 01 Mar 2026 00:00:00 GMT\r\n' % etag
        if b'"%s"' % etag in head:
            return b"HTTP/1.1 304 Not Modified\r\n%s\r\n" % said
        return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (said, len(body)) + body


async def run(feeds: int) -> None:
    """Serve until cancelled."""
    farm = Farm(feeds)
    for n in range(feeds):
        farm.body(n)
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
    try:
        asyncio.run(run(parser.parse_args().feeds))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
