"""A feed server on the loopback that behaves as it is told, byte for byte, well or badly.

Each path has a script: a function that gets the exchange and writes whatever it likes. The journal
says what was asked, for the tests that are about manners.
"""

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(slots=True)
class Exchange:
    """One request, and the way to answer it."""

    path: str  # with the query
    headers: Mapping[str, str]  # names in lower case
    nth: int  # how often this path was asked before
    writer: asyncio.StreamWriter
    at: float  # on the loop's clock

    async def send(
        self,
        body: bytes = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        length: int | None = None,
    ) -> None:
        """Send a whole response; `length` is what Content-Length claims, else the truth."""
        said = {"Content-Length": str(len(body) if length is None else length)}
        await self.head(status, {**said, **(headers or {})})
        await self.raw(body)

    async def head(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Send a status line and headers."""
        lines = [f"HTTP/1.1 {status} Scripted", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        await self.raw("\r\n".join(lines).encode() + b"\r\n\r\n")

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Break off with an RST at once, once what is written is out."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Exchange], Awaitable[None]]


@dataclass(slots=True)
class FeedServer:
    """Serves scripts; an async context manager."""

    scripts: dict[str, Script] = field(default_factory=dict)
    journal: list[Exchange] = field(default_factory=list)
    address: str = "127.0.0.1"
    port: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.address, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, path: str) -> str:
        return f"http://{self.address}:{self.port}{path}"

    def asked(self, path: str) -> list[Exchange]:
        return [one for one in self.journal if one.path == path]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
            exchange = Exchange(
                path=path,
                headers={name.lower(): value for name, value in headers.items()},
                nth=len(self.asked(path)),
                writer=writer,
                at=asyncio.get_running_loop().time(),
            )
            self.journal.append(exchange)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            try:
                await self.scripts.get(path, not_found)(exchange)
            finally:
                self.in_flight -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def not_found(exchange: Exchange) -> None:
    await exchange.send(b"not here", 404, {"Content-Type": "text/plain"})


def serves(
    body: bytes,
    kind: str = "application/rss+xml",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **more: str,
) -> Script:
    """Script: the same response each time; in the names of `more` headers `_` stands for `-`."""
    said = {"Content-Type": kind, **(headers or {})}
    said |= {name.replace("_", "-"): text for name, text in more.items()}

    async def script(exchange: Exchange) -> None:
        await exchange.send(body, status, {name: text for name, text in said.items() if text})

    return script


def redirects(target: str, status: int) -> Script:
    """Script: a redirect."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(b"", status, {"Location": target})

    return script


def validated(body: bytes, etag: str, modified: str = "") -> Script:
    """Script: 304 to whoever echoes a validator byte for byte, else the document."""

    async def script(exchange: Exchange) -> None:
        said = {"ETag": etag} if etag else {}
        said |= {"Last-Modified": modified} if modified else {}
        same = (
            exchange.headers.get("if-none-match") == etag
            if etag
            else exchange.headers.get("if-modified-since") == modified
        )
        if same:
            await exchange.send(b"", 304, said)
        else:
            await exchange.send(body, 200, said)

    return script


def in_turn(*scripts: Script) -> Script:
    """Script: one after the other; the last one for good."""

    async def script(exchange: Exchange) -> None:
        await scripts[min(exchange.nth, len(scripts) - 1)](exchange)

    return script


def slowly(
    pieces: Iterable[bytes], pause: float, headers: Mapping[str, str] | None = None
) -> Script:
    """Script: the head, then piece after piece with a pause before each."""

    async def script(exchange: Exchange) -> None:
        await exchange.head(200, headers)
        for piece in pieces:
            await asyncio.sleep(pause)
            await exchange.raw(piece)

    return script


def rss(*titles: str, extra: str = "", channel: str = "") -> bytes:
    """An RSS 2.0 document with an item a title, each with its own guid and link."""
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example/{n}</link>"
        f"<guid isPermaLink='false'>id-{n}</guid>{extra}</item>"
        for n, title in enumerate(titles)
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>Example</title><link>https://news.example/</link>{channel}{items}</channel></rss>"
    )
    return text.encode()


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def deflated(body: bytes, *, raw: bool) -> bytes:
    deflater = zlib.compressobj(wbits=-15 if raw else 15)
    return deflater.compress(body) + deflater.flush()


def chunked(*pieces: bytes, last: bool = True) -> bytes:
    """A body in chunked coding; without its last chunk if `last` is false."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return body + (b"0\r\n\r\n" if last else b"")
