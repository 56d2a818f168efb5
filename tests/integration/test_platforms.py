"""Which platforms a process has, by its environment and its roles."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain.errors import ConfigError
from bot.domain.watches import Channel
from bot.environment import read_environment
from bot.platforms import open_platforms
from bot.roles import ALL, Role
from tests.fakes.clock import FakeClock
from tests.fakes.dispatcher import FakeDispatcher
from tests.fakes.store import memory_store

KEY = "0f" * 32
DISCORD = {"DISCORD_TOKEN": "MTAw.a.b", "DISCORD_PUBLIC_KEY": KEY}


@pytest.fixture
async def store() -> AsyncIterator[SqlStore]:
    made = await memory_store()
    yield made
    await made.close()


async def nobody(_: Channel) -> None:
    """Is greeted."""


@pytest.mark.parametrize(
    ("roles", "key", "listening", "answered"),
    [
        (ALL, KEY, ["listen"], True),
        (ALL, "", ["listen"], False),
        ({Role.CHAT}, KEY, ["listen"], True),
        ({Role.WEB}, KEY, ["register"], True),
        ({Role.WEB}, "", [], False),
        ({Role.DELIVER}, KEY, [], False),
    ],
)
async def test_discord_is_listened_to_in_the_ways_that_a_process_has(
    store: SqlStore, roles: frozenset[Role], key: str, listening: list[str], *, answered: bool
) -> None:
    """Where only requests come, the commands have to be registered all the same."""
    environment = read_environment(DISCORD | {"DISCORD_PUBLIC_KEY": key})
    async with AsyncExitStack() as stack:
        platforms = await open_platforms(environment, store, frozenset(roles), stack)
        listeners = platforms.attend(FakeDispatcher(), nobody, FakeClock())
        assert [getattr(one, "__name__", "") for one in listeners.values()] == listening
        page = object()
        served: object = platforms.beside(page)  # type: ignore[arg-type] # it is only passed on
        assert (served is not page) is answered


@pytest.mark.parametrize("key", ["0f" * 31, "x" * 64, f"{KEY}0"])
async def test_a_public_key_that_is_none_stops_the_start(store: SqlStore, key: str) -> None:
    environment = read_environment(DISCORD | {"DISCORD_PUBLIC_KEY": key})
    async with AsyncExitStack() as stack:
        with pytest.raises(ConfigError, match="DISCORD_PUBLIC_KEY"):
            await open_platforms(environment, store, ALL, stack)
