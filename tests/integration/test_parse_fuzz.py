"""Damaged documents by the thousand, through the child that reads them: nothing gets out.

`make check` reads 300; `make soak` 50,000.
"""

import asyncio
import random
import resource
import sys
import time

import pytest

from bot.adapters.feeds.parse import ParseError, Parsers
from tests.integration.feed_documents import Maker, damaged

MIB = 1 << 20
SECONDS = 10


async def read_damaged(first: int, count: int) -> tuple[int, float]:
    """Read damaged documents, half of them with items that were seen.

    Returns:
        How many could be read, and how long the slowest took, in seconds.
    """
    pool = Parsers(count=2, seconds=SECONDS, memory=768 * MIB)
    numbers = iter(range(first, first + count))
    good, slowest = 0, 0.0

    async def reader() -> None:
        nonlocal good, slowest
        for number in numbers:
            chance = random.Random(number)  # noqa: S311 - test data
            body = Maker(number).document()
            seen: list[str] = []
            if number % 2:
                whole = await pool.read(body, base="https://a.example/", charset="", headers="")
                seen = [item for item in whole.items if item]
            began = time.monotonic()
            try:
                document = await pool.read(
                    damaged(body, chance),
                    base="https://a.example/",
                    charset=chance.choice(("", "utf-8", "utf-16", "latin-1", "gb18030")),
                    headers="",
                    seen=seen,
                )
            except ParseError as error:
                assert str(error), number  # noqa: PT017 - a refusal has its reason
            else:
                good += document.is_feed
                assert set(document.standing) <= set(seen), number
            slowest = max(slowest, time.monotonic() - began)

    try:
        await asyncio.gather(reader(), reader())
    finally:
        await pool.close()
    return good, slowest


async def test_a_damaged_document_is_read_or_refused_with_a_reason() -> None:
    """Most can still be read: damage is seldom all over a document."""
    good, _ = await read_damaged(0, 300)
    assert good > 100


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="memory is told in another way there")
async def test_fifty_thousand_damaged_documents_leave_no_trace() -> None:
    """No exception but a refusal, no child beyond its time, no growth of the parent."""
    await read_damaged(0, 2_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    good, slowest = await read_damaged(2_000, 50_000)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert good > 15_000
    assert slowest < SECONDS + 2
    assert grown < 16 * 1024, f"the parent grew by {grown} KiB"
