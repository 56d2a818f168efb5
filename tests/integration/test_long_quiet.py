"""A feed that says for years that nothing has changed, and then changes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.pipeline.prune import KEEP_ARTICLES, KEEP_KEYS, prune
from tests.integration.pipeline_world import CHANNEL, World, entry, world

URL = "https://a.example/feed"
OLD = tuple(entry("a", f"n{n}", f"Note {n} on the CECOT prison") for n in range(4))


async def _years_later(one: World) -> None:
    """Let every bound of keeping pass, twice; prune as the program does."""
    for span in (KEEP_ARTICLES, KEEP_KEYS, KEEP_KEYS, KEEP_ARTICLES):
        one.clock.now += span + timedelta(days=1)
        await one.pass_("10m")
        await prune(one.store, one.clock())


@pytest.mark.parametrize("silence", ["unchanged", "failing"])
async def test_what_stayed_in_a_feed_is_not_told_again_however_long_it_was_quiet(
    silence: str,
) -> None:
    """One item is edited, one has a new id, one is new: only that one is told."""
    async with world("a") as one:
        one.source.entries[URL] = OLD
        await one.pass_("0s")  # seeds them: no story of theirs is posted, so the articles go
        getattr(one.source, silence).add(URL)
        await _years_later(one)
        async with one.store.reading() as tx:
            assert await tx.articles.find(OLD[0].link) is None
        getattr(one.source, silence).clear()
        one.source.entries[URL] = (
            entry("a", "new", "A new note on the CECOT prison"),
            replace(OLD[0], title="Note 0 on the CECOT prison, corrected"),
            replace(OLD[1], id="another"),
            *OLD[2:],
        )
        await one.pass_("2d")
        await one.pass_("10m")
        titles = [str(card.message.title) for card in one.chat.in_channel(CHANNEL)]
    assert titles == ["A new note on the CECOT prison"]


async def test_what_left_a_feed_that_goes_on_is_forgotten_in_time() -> None:
    """Keys are not kept for ever: of a feed that lives, old ones go."""
    async with world("a") as one:
        one.source.entries[URL] = OLD
        await one.pass_("0s")
        one.source.entries[URL] = OLD[1:]
        await one.pass_("10m")
        one.clock.now += KEEP_KEYS
        await one.pass_("2d")
        await prune(one.store, one.clock())
        async with one.store.reading() as tx:
            (line,) = await tx.feeds.list()
        one.source.entries[URL] = OLD
        polls = len(one.source.polls)
        await one.pass_("2d")
        async with one.store.reading() as tx:
            again = await tx.articles.find(OLD[0].link)
            kept = await tx.articles.find(OLD[1].link)
    assert len(one.source.polls) > polls
    assert again is not None
    assert again.first_seen > line.state.due_at - timedelta(days=3)
    assert kept is None
