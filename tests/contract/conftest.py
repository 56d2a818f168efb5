"""The stores that the contract is run on: one parameter a database."""

from collections.abc import AsyncIterator

import pytest

from bot.adapters.store.database import SqlStore
from tests.fakes.clock import FakeClock
from tests.fakes.store import DATABASES, fresh_store


@pytest.fixture
def clock() -> FakeClock:
    """Return the store's clock, which the test moves."""
    return FakeClock()


@pytest.fixture(params=DATABASES)
async def store(request: pytest.FixtureRequest, clock: FakeClock) -> AsyncIterator[SqlStore]:
    """Return an empty store."""
    opened = await fresh_store(request.param, clock)
    yield opened
    await opened.close()
