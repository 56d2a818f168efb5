"""A feed that has moved for good stays the feed that the configuration names."""

from collections.abc import AsyncIterator

import pytest

from tests.property.feed_life import PATHS, Reader, nursery


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    """A reader that follows its feed to another address, and was told so three times."""
    async with nursery() as shared:
        reader = await shared.reader()
        await reader.poll()
        reader.outlet.at = reader.outlet.at.replace(PATHS[0], PATHS[1])
        for _ in range(3):
            await reader.poll()
        yield reader
        await reader.store.close()


async def test_it_is_polled_where_it_moved_to(reader: Reader) -> None:
    poll = await reader.poll()
    assert poll is not None
    assert poll.result.url.endswith(PATHS[1])
    assert poll.feed.url == reader.url


async def test_a_restart_makes_no_new_feed_of_it(reader: Reader) -> None:
    """Its first poll would be silent, and lose what came between."""
    await reader.start()
    reader.outlet.new()
    await reader.poll()
    assert list(reader.told()) == [reader.outlet.items[0].word]
