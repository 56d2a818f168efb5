"""The `Places` port: one suite for every platform, and for the fake."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.adapters.chat.sandbox.places import RoomPlaces
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.domain.watches import Channel, Scope
from bot.ports.world import Places
from tests.fakes.places import FakePlaces
from tests.integration.slack_delivery import desk

NEWS = Channel.parse("sandbox:news")


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform with one channel, which is called news."""

    places: Places
    news: Channel


@pytest.fixture(params=["sandbox", "slack", "fake"])
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[Platform]:
    """A platform with one channel."""
    match request.param:
        case "fake":
            yield Platform(FakePlaces({NEWS.scope: {"news": "news"}}), NEWS)
        case "sandbox":
            async with Rooms.at(None) as rooms:
                await rooms.open("news")
                yield Platform(RoomPlaces(rooms), NEWS)
        case _:
            async with desk() as world:
                world.news.name = "news"
                yield Platform(world.slack.places, world.channel())


async def test_a_channel_that_is_there_is_named_and_can_be_posted_to(platform: Platform) -> None:
    """What is offered is what works."""
    news = platform.news
    assert dict(await platform.places.names(news.scope)) == {news.id: "news"}
    assert await platform.places.check(news) == ""


async def test_of_a_channel_that_is_not_there_it_is_said_why(platform: Platform) -> None:
    """A watch that posts nowhere loses its alerts."""
    said = await platform.places.check(Channel(platform.news.scope, "nwes"))
    assert "no channel" in said


async def test_no_channel_of_another_workspace_is_named(platform: Platform) -> None:
    """What one workspace has is not seen from another."""
    other = Scope(platform.news.scope.platform, "elsewhere")
    assert dict(await platform.places.names(other)) == {}
    assert await platform.places.check(Channel(other, platform.news.id)) != ""
