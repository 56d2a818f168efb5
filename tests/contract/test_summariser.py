"""What every summariser promises: it never fails, and each sentence has its sources."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.summary.endpoint import Endpoint
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.adapters.summary.model import ModelSummariser
from bot.domain.models import Model
from bot.domain.summaries import BUDGETS, Length
from bot.ports.world import Summariser
from tests.fakes.clock import FakeClock
from tests.fakes.store import fresh_store
from tests.twins.model import model_twin
from tests.unit.summary_articles import FERRY, article

LENGTHS: tuple[Length, ...] = ("card", "short", "normal", "long")


@pytest.fixture(params=["extractive", "right", "numbers", "500"])
async def summariser(request: pytest.FixtureRequest) -> AsyncIterator[Summariser]:
    """Return each summariser; the model's is right, inventive, or broken."""
    if request.param == "extractive":
        yield ExtractiveSummariser()
        return
    store = await fresh_store()
    async with model_twin() as twin:
        twin.mode = request.param
        model = Model(
            url=twin.url, name="llama3", tokens_a_day=1_000_000, timeout=timedelta(seconds=20)
        )
        async with Endpoint(model, "") as endpoint:
            made = ModelSummariser(model, endpoint, store, FakeClock())
            yield made
            await made.stop()
    await store.close()


async def test_each_sentence_cites_articles_of_the_story(summariser: Summariser) -> None:
    """At every length there are sentences, within their budget, and a label."""
    ids = {one.id for one in FERRY}
    for length in LENGTHS:
        done = await summariser.summarise(FERRY, length, (), "en")
        assert 0 < len(done.sentences) <= BUDGETS[length].sentences
        assert all(one.text and one.cites and ids.issuperset(one.cites) for one in done.sentences)
        assert done.by in ("extractive", "model llama3")
        assert not done.pending or length == "card"


async def test_without_a_model_and_without_text_there_is_an_answer(summariser: Summariser) -> None:
    """A channel that has no model gets the articles' own sentences; nothing comes of nothing."""
    plain = await summariser.summarise(FERRY, "card", model=False)
    assert (plain.by, plain.pending) == ("extractive", False)
    assert (await summariser.summarise((article(1),), "normal")).sentences == ()
