"""A slow model: the card goes out at once, and is edited when the better summary is there."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.articles import Article
from bot.domain.summaries import Length, Sentence, Summary, summarise
from bot.domain.watches import ChannelSettings
from bot.pipeline.compose import Composer
from tests.integration.pipeline_world import CHANNEL, World, entry, feed, world
from tests.integration.test_pipeline import JUDGE, LEAD

BETTER = "The government is to report by Friday on CECOT."


class SlowModel:
    """A summariser that has a better summary when a test says so; at first it only says it will."""

    def __init__(self) -> None:
        """Have nothing yet."""
        self.done = False
        self.asked: list[bool] = []

    async def summarise(
        self,
        articles: Sequence[Article],
        length: Length,
        shown: Sequence[str] = (),
        lang: str | None = None,
        *,
        model: bool = True,
    ) -> Summary:
        """See `bot.ports.world.Summariser.summarise`."""
        self.asked.append(model)
        plain = summarise(articles, length, shown, lang)
        if not model or not self.done:
            return replace(plain, pending=model)
        better = Sentence(text=BETTER, cites=(articles[0].id,))
        return replace(plain, sentences=(better,), by="model slow")


async def told(w: World, model: SlowModel) -> None:
    """Let a story come in that `model` summarises."""
    w.composer = Composer(w.store, model, w.clock, "w1")
    await w.pass_("1s")
    w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
    await w.pass_("6m")


async def test_a_card_goes_out_at_once_and_is_edited_when_the_model_has_written() -> None:
    """No alert waits for a model; we look again after the edit gap until it is done."""
    async with world("courier") as w:
        model = SlowModel()
        await told(w, model)
        (card,) = w.chat.in_channel(CHANNEL)
        assert (card.edits, "extractive" in card.message.as_text()) == (0, True)
        await w.pass_("30s")
        assert w.chat.in_channel(CHANNEL)[0].edits == 0
        model.done = True
        await w.pass_("30s")
        (card,) = w.chat.in_channel(CHANNEL)
        assert card.edits == 1
        assert BETTER in card.message.as_text()
        assert "model slow" in card.message.as_text()
        looked = len(model.asked)
        await w.pass_("10m")
        assert len(model.asked) == looked


async def test_where_a_channel_has_no_model_none_is_asked() -> None:
    """And nobody looks again for what is not being written."""
    async with world("courier") as w:
        async with w.store.transaction() as tx:
            await tx.channels.save(ChannelSettings(channel=CHANNEL, model=False))
        model = SlowModel()
        model.done = True
        await told(w, model)
        await w.pass_("30s")
        assert model.asked == [False]
        assert "extractive" in w.chat.in_channel(CHANNEL)[0].message.as_text()
