"""Collecting where something is slow, late, lost, or two things at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import StoreError
from bot.domain.polls import PollRequest, PollResult, Validators
from bot.pipeline.collect import AT_ONCE, Collector
from bot.pipeline.sorter import Sorter
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.fakes.source import FakeSource
from tests.integration.pipeline_world import World, entry, feed, world

JUDGE = "Judge orders an update on transfers to the CECOT prison"


class SlowSource(FakeSource):
    """A source whose answers wait until they are let go."""

    def __init__(self) -> None:
        """Hold every answer back."""
        super().__init__()
        self.let_go = asyncio.Event()
        self.asked = asyncio.Semaphore(0)

    async def poll(self, request: PollRequest) -> PollResult:
        """Answer once it is let go."""
        result = await super().poll(request)
        self.asked.release()
        await self.let_go.wait()
        return result

    async def until_asked(self, times: int) -> None:
        """Wait until so many more polls have come."""
        async with asyncio.timeout(20):
            for _ in range(times):
                await self.asked.acquire()


def collector(w: World, source: FakeSource, owner: str = "w2") -> Collector:
    """Return another worker of the same store."""
    sorter = Sorter(shipped_packs(), new_window, shipped_detector())
    return Collector(w.store, source, sorter, w.clock, lambda: 0.5, owner)


class LastOneSource(FakeSource):
    """A source whose first answer comes when all others have."""

    def __init__(self, feeds: int) -> None:
        """Expect so many feeds."""
        super().__init__()
        self._left = feeds - 1
        self._others = asyncio.Event()

    async def poll(self, request: PollRequest) -> PollResult:
        """Answer, the first time after all others."""
        first = not self.polls
        result = await super().poll(request)
        if first:
            async with asyncio.timeout(20):
                await self._others.wait()
        self._left -= not first
        if not self._left:
            self._others.set()
        return result


async def test_a_slow_feed_holds_up_none_of_those_that_are_polled_once() -> None:
    """Whoever is done makes room for the next."""
    names = [f"f{n}" for n in range(2 * AT_ONCE)]
    async with world(*names) as w:
        polls = await collector(w, LastOneSource(len(names))).once()
        assert [poll.feed.name for poll in polls] == sorted(names)


async def test_a_tick_does_not_wait_for_slow_feeds_and_never_polls_too_many_at_once() -> None:
    """What is left over is claimed by whoever has room."""
    names = [f"f{n}" for n in range(AT_ONCE + 2)]
    async with world(*names) as w:
        slow = SlowSource()
        worker = collector(w, slow)
        await worker.tick()
        await slow.until_asked(AT_ONCE)
        await worker.tick()  # there is no room for more
        assert len(slow.polls) == AT_ONCE
        assert len(await w.collector.once()) == 2
        await worker.stop()


async def test_once_keeps_what_polls_came_to_and_no_item() -> None:
    """Those of some thousand feeds would take more memory than all the rest."""
    async with world("courier") as w:
        w.source.entries[feed("courier").url] = (entry("courier", "a", "Ferry sinks off Crete"),)
        (poll,) = await w.collector.once()
        assert poll.new == 1
        assert (poll.result.entries, poll.result.validators) == ((), Validators())


async def test_a_poll_that_a_tick_began_is_settled_when_its_answer_comes() -> None:
    """Nobody waits for it, and nothing of it is lost."""
    async with world("courier") as w:
        slow = SlowSource()
        worker = collector(w, slow)
        await worker.tick()
        await slow.until_asked(1)
        slow.let_go.set()
        async with asyncio.timeout(20):
            while await due_or_leased(w):  # noqa: ASYNC110 - the store has no event for it
                await asyncio.sleep(0.01)
        await worker.stop()


async def due_or_leased(w: World) -> bool:
    """Say whether the feed was not polled yet."""
    async with w.store.reading() as tx:
        return any(line.state.polled_at is None for line in await tx.feeds.list())


async def test_a_poll_that_was_stopped_is_made_again_when_its_lease_has_run_out() -> None:
    """Stopping loses nothing, and waits for nobody."""
    async with world("courier") as w:
        slow = SlowSource()
        worker = collector(w, slow)
        await worker.tick()
        await slow.until_asked(1)
        await worker.stop()
        assert await w.collector.once() == []
        w.clock.pass_("4m")
        assert [poll.feed.name for poll in await w.collector.once()] == ["courier"]


async def test_a_poll_that_comes_back_after_its_lease_changes_nothing() -> None:
    """Another worker has polled the feed meanwhile."""
    async with world("courier") as w:
        slow = SlowSource()
        slow.entries[feed("courier").url] = (entry("courier", "stale", JUDGE),)
        late = asyncio.create_task(collector(w, slow).once())
        await slow.until_asked(1)
        w.clock.pass_("4m")
        assert len(await w.collector.once()) == 1
        slow.let_go.set()
        assert await late == []
        async with w.store.reading() as tx:
            assert await tx.articles.find("https://courier.example/stale") is None


async def test_of_polls_that_are_settled_together_only_those_with_their_leases_are_stored() -> None:
    """Another worker has polled one of the feeds meanwhile; the other's news is not lost."""
    async with world("courier", "digest") as w:
        slow = SlowSource()
        for name in ("courier", "digest"):
            slow.entries[feed(name).url] = (entry(name, "one", JUDGE), entry(name, "two", JUDGE))
        late = collector(w, slow)
        polls = asyncio.create_task(late.once())
        await slow.until_asked(2)
        async with w.store.transaction() as tx:
            (line,) = [one for one in await tx.feeds.list() if one.feed.name == "courier"]
            later = w.clock() + timedelta(minutes=4)
            await tx.feeds.take([line.feed.id], "", "another", later, later + timedelta(minutes=3))
        slow.let_go.set()
        (poll,) = await polls
        assert (poll.feed.name, poll.new, poll.stories) == ("digest", 2, 1)
        async with w.store.reading() as tx:
            assert await tx.articles.find("https://digest.example/two") is not None
            assert await tx.articles.find("https://courier.example/one") is None


async def test_two_items_with_one_address_are_two_articles_that_lead_to_one_page() -> None:
    """Warnings that all link the weather service's page, say: none may be lost, none told twice."""
    async with world("courier") as w:
        await w.pass_("1s")
        first, second = entry("courier", "live", JUDGE), entry("courier", "live", "Judge speaks")
        both = (first, replace(second, id="live-2"))
        w.source.entries[feed("courier").url] = both
        await w.pass_("6m")
        w.source.entries[feed("courier").url] = both[::-1]
        await w.pass_("6m")
        async with w.store.reading() as tx:
            found = await tx.articles.since(w.clock() - timedelta(days=1), 10)
        assert len({article.url for article in found}) == 2
        assert {article.url.partition("#")[0] for article in found} == {first.link}


async def test_an_article_is_edited_by_the_feed_that_brought_it_alone() -> None:
    """Another feed may list it under a headline of its own."""
    async with world("courier", "digest") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE),)
        await w.pass_("6m")
        for headline in (JUDGE, f"{JUDGE}, says the Courier"):
            listed = replace(entry("courier", "a", headline), id="courier-a")
            w.source.entries[feed("digest").url] = (listed,)
            await w.pass_("6m")
        async with w.store.reading() as tx:
            (found,) = await tx.articles.since(w.clock() - timedelta(days=1), 10)
        assert (found.title, found.version) == (JUDGE, 1)


async def test_what_a_poll_could_not_commit_is_sorted_afresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a story that was never stored would be followed."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE),)

        async def broken(*_: object) -> list[object]:
            raise OSError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr("bot.pipeline.collect._notices", broken)
            w.clock.pass_("6m")
            with pytest.raises(OSError, match="full"):
                await w.collector.once()
        await w.pass_("4m")
        assert [kept.message.title for kept in w.chat.kept.values()] == [JUDGE]


@pytest.mark.parametrize("error", [StoreError("no room left"), ValueError("a fault of ours")])
async def test_a_poll_that_fails_while_nobody_waits_is_logged_and_made_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """An operator's fault in its own words, without a traceback; one of ours with it."""

    async def broken(*_: object) -> list[object]:
        raise error

    async with world("courier") as w:
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE),)
        worker = collector(w, w.source)
        with capture_logs() as logs, monkeypatch.context() as patch:
            patch.setattr("bot.pipeline.collect._notices", broken)
            await worker.tick()
            async with asyncio.timeout(20):
                while not logs:  # noqa: ASYNC110 - the log has no event for it
                    await asyncio.sleep(0.01)
        await worker.stop()
        (line,) = logs
        assert (line["event"], line["feed"]) == ("poll_failed", feed("courier").name)
        told = {"reason": str(error)} if isinstance(error, StoreError) else {"exc_info": True}
        assert told.items() <= line.items()
        w.clock.pass_("4m")
        assert len(await w.collector.once()) == 1


class BrokenSource(SlowSource):
    """A source that breaks once it was asked twice, and otherwise never answers."""

    async def poll(self, request: PollRequest) -> PollResult:
        """Break, or hold the answer back."""
        if len(self.polls) == 1:
            raise RuntimeError("out of order")
        return await super().poll(request)


async def test_what_fails_ends_the_other_polls_that_are_made_once() -> None:
    """It is told at once, and nothing goes on behind it; their feeds are due again later."""
    async with world("courier", "tribune") as w:
        before = asyncio.all_tasks()
        with pytest.raises(RuntimeError, match="out of order"):
            await collector(w, BrokenSource()).once()
        assert asyncio.all_tasks() == before


async def test_a_language_that_an_item_names_is_not_detected_beside_one_that_names_none() -> None:
    """Of one document, each item is taken by itself."""
    spanish = "La jueza ordena un informe sobre los traslados a la prisión de Tecoluca"
    async with world("courier") as w:
        async with w.store.transaction() as tx:
            (line,) = await tx.feeds.list()
            await tx.feeds.change(replace(line.feed, lang=""))
        w.source.entries[line.feed.url] = (
            replace(entry("courier", "a", JUDGE), lang="pt"),
            entry("courier", "b", spanish),
        )
        await w.collector.once()
        async with w.store.reading() as tx:
            found = await tx.articles.since(w.clock() - timedelta(days=1), 9)
        assert {one.title: one.lang for one in found} == {JUDGE: "pt", spanish: "es"}
