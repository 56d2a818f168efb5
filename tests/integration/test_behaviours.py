"""Every behaviour of the tables in `behaviours`: how each poll ends, and what a channel is told."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.behaviours import documents, hostile, http, identity, injection, sequences
from tests.integration.behaviours.world import Behaviour, Hall, hall

pytestmark = pytest.mark.slow

TABLES = (hostile, documents, identity, injection, http, sequences)
ALL = [one for table in TABLES for one in table.BEHAVIOURS]
SHORT = [
    pytest.param(one, marks=pytest.mark.soak if number % 2 else (), id=one.name)
    for number, one in enumerate(ALL)
]
"""Every second one, of each table; `make soak` plays the others."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def the_hall() -> AsyncIterator[Hall]:
    async with hall() as opened:
        yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("behaviour", SHORT)
async def test_a_server_may_behave_as_it_likes(the_hall: Hall, behaviour: Behaviour) -> None:
    """No exception, no article lost or told twice, none told of that is not in the feed."""
    await the_hall.play(behaviour)


def test_there_are_enough_behaviours_and_each_has_its_name() -> None:
    """A name is the only handle of a row."""
    names = [one.name for one in ALL]
    assert len(set(names)) == len(names) >= 400
