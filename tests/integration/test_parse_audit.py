"""The real child, with an ear inside: to read a document, it opens, dials and starts nothing."""

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.adapters.feeds.parse import ParseError, Parsers
from tests.fakes.feed_server import rss
from tests.integration.test_parse import ATOM, ATTACKS, JSON, RDF, SITEMAP

EAR = """
import os, sys
heard = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
library = os.path.dirname(os.__file__)  # a new encoding is a module of it
kinds = ("open", "socket.", "subprocess.", "os.", "ctypes.", "urllib.", "shutil.", "sqlite3.")
def hear(event, args):
    about = str(args[0]) if args else ""
    if event.startswith(kinds) and not about.startswith(library):
        os.write(heard, (event + " " + about + chr(10)).encode())
sys.addaudithook(hear)
"""
PLAIN = {
    "RSS": rss("One", "Two"),
    "Atom": ATOM.encode(),
    "RDF": RDF.encode(),
    "JSON": JSON.encode(),
    "sitemap": SITEMAP.encode(),
    "page": b"<!doctype html><link rel=alternate type=application/rss+xml href=/feed>",
    "Latin": b'<?xml version="1.0" encoding="iso-8859-15"?><rss><channel/></rss>',
}


class Child:
    """A pool of one child, and what it was heard to do."""

    def __init__(self, parsers: Parsers, log: Path) -> None:
        """Listen to `log`."""
        self.parsers = parsers
        self._log = log

    def heard(self) -> list[str]:
        """Return what was heard since this was asked last."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        os.truncate(self._log, 0)
        return lines

    async def read(self, body: bytes) -> None:
        """Have the child read a document, whatever comes of it."""
        with suppress(ParseError):
            await self.parsers.read(body, base="https://news.example/feed", charset="", headers="")


@pytest.fixture
async def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Child]:
    """Return a child that Python gives our ear as it starts, and that has read one document."""
    log = tmp_path / "heard"
    (tmp_path / "sitecustomize.py").write_text(EAR.format(log=str(log)), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    parsers = Parsers(count=1, seconds=20, memory=768 << 20)
    child = Child(parsers, log)
    for body in (PLAIN["RSS"], rss("<b>Odd</b>")):  # by both readers of XML
        await child.read(body)  # whatever is imported late is imported now
    yield child
    await parsers.close()


async def test_the_ear_hears_the_child_open_files(child: Child) -> None:
    """It opens its own modules as it starts: so the silence below means something."""
    assert any(line.startswith("open") and "worker" in line for line in child.heard())


@pytest.mark.parametrize(
    "documents",
    [list(PLAIN.values()), [one.encode() for one in ATTACKS.values()]],
    ids=["plain documents", "attacks"],
)
async def test_reading_touches_nothing(child: Child, documents: list[bytes]) -> None:
    """No file, no network, no process, for any kind of document and any attack."""
    child.heard()
    for body in documents:
        await child.read(body)
    assert child.heard() == []
