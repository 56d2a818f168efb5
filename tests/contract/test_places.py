"""The `Places` port: one suite for every platform, and for the fake."""

from collections.abc import AsyncIterator

import pytest

from bot.adapters.chat.sandbox.places import RoomPlaces
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.domain.watches import Channel, Scope
from bot.ports.world import Places
from tests.fakes.places import FakePlaces

NEWS = Channel.parse("sandbox:news")


@pytest.fixture(params=["sandbox", "fake"])
async def places(request: pytest.FixtureRequest) -> AsyncIterator[Places]:
    """A platform with one channel."""
    if request.param == "fake":
        yield FakePlaces({NEWS.scope: {"news": "news"}})
        return
    async with Rooms.at(None) as rooms:
        await rooms.open("news")
        yield RoomPlaces(rooms)


async def test_a_channel_that_is_there_is_named_and_can_be_posted_to(places: Places) -> None:
    """What is offered is what works."""
    assert dict(await places.names(NEWS.scope)) == {"news": "news"}
    assert await places.check(NEWS) == ""


async def test_of_a_channel_that_is_not_there_it_is_said_why(places: Places) -> None:
    """A watch that posts nowhere loses its alerts."""
    assert "no channel" in await places.check(Channel(NEWS.scope, "nwes"))


async def test_no_channel_of_another_workspace_is_named(places: Places) -> None:
    """What one workspace has is not seen from another."""
    other = Scope("sandbox", "elsewhere")
    assert dict(await places.names(other)) == {}
    assert await places.check(Channel(other, "news")) != ""
