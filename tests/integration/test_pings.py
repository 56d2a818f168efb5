"""The cap of pings: a channel rings so often in an hour, and no more."""

from datetime import timedelta

import pytest

from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.watches import ChannelSettings
from bot.pipeline.compose import Composer
from tests.integration.pipeline_world import CHANNEL, World, entry, feed, world
from tests.integration.test_pipeline import SEVEN


async def publish(w: World, number: int) -> None:
    """Have one more story come in, and another process compose it each time."""
    w.composer = Composer(w.store, ExtractiveSummariser(), w.clock, f"w{number}")
    url = feed("courier").url
    item = entry("courier", str(number), f"{SEVEN[number]}, CECOT says")
    w.source.entries[url] = (item, *w.source.entries.get(url, ()))
    await w.pass_("6m")


@pytest.mark.parametrize(("cap", "rung"), [(1, 1), (0, 0), (None, 2)])
async def test_a_card_beyond_the_cap_goes_without_its_ping(cap: int | None, rung: int) -> None:
    """All cards are posted, whichever process composes them; no cap is none."""
    async with world("courier", ping="@desk") as w:
        async with w.store.transaction() as tx:
            await tx.channels.save(ChannelSettings(channel=CHANNEL, pings=cap))
        await w.pass_("1s")
        for number in range(2):
            await publish(w, number)
        pings = [one.message.ping for one in w.chat.in_channel(CHANNEL)]
        assert pings == ["@desk"] * rung + [""] * (2 - rung)
        w.clock.now += timedelta(minutes=55)
        await publish(w, 2)
        assert w.chat.in_channel(CHANNEL)[-1].message.ping == ("" if cap == 0 else "@desk")
