"""Channels that are composed together: one that fails holds up no other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.articles import Article
from bot.domain.summaries import Length, Summary
from bot.domain.watches import Channel, ChannelSettings
from bot.pipeline.compose import LEASE, Composer
from tests.integration.pipeline_world import CHANNEL, World, entry, feed, world

OTHER = Channel.parse("sandbox:prisons")
THIRD = Channel.parse("sandbox:courts")
TITLE = "Judge orders an update on transfers to the CECOT prison in Tecoluca"


@dataclass(slots=True)
class FailingFor:
    """Summarises, but not for channels of one language."""

    lang: str
    inner: ExtractiveSummariser = field(default_factory=ExtractiveSummariser)

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
        if lang == self.lang:
            raise RuntimeError("no summary for you")
        return await self.inner.summarise(articles, length, shown, lang, model=model)


async def matched(w: World) -> None:
    """Have a story to tell in each channel; one of them reads Spanish."""
    async with w.store.transaction() as tx:
        await tx.channels.save(ChannelSettings(channel=OTHER, lang="es"))
    await w.collector.once()
    w.source.entries[feed("courier").url] = (entry("courier", "a", TITLE),)
    w.clock.pass_("6m")
    await w.collector.once()


async def test_a_channel_that_fails_holds_up_no_other_and_is_tried_again() -> None:
    """It shares a transaction with the others only while all goes well."""
    async with world("courier", channels=(CHANNEL, OTHER, THIRD)) as w:
        await matched(w)
        failing = Composer(w.store, FailingFor("es"), w.clock, "w1")
        with pytest.raises(RuntimeError, match="no summary"):
            await failing.tick()
        await w.deliverer.tick()
        assert [len(w.chat.in_channel(one)) for one in (CHANNEL, OTHER, THIRD)] == [1, 0, 1]
        w.clock.now += LEASE + timedelta(seconds=1)
        assert await w.composer.tick() == 1
        await w.deliverer.tick()
        assert [len(w.chat.in_channel(one)) for one in (CHANNEL, OTHER, THIRD)] == [1, 1, 1]


async def test_a_channel_alone_that_fails_is_told_of() -> None:
    """The tick fails, which the log and `/healthz` say."""
    async with world("courier", channels=(OTHER,)) as w:
        await matched(w)
        with pytest.raises(RuntimeError, match="no summary"):
            await Composer(w.store, FailingFor("es"), w.clock, "w1").tick()
