"""What a running bot takes over when its configuration changes, and what it says only once."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.packs import Pack, Term
from bot.domain.watches import Channel, Watch, WatchId
from bot.pipeline.backfill import Backfiller
from bot.pipeline.collect import Collector
from bot.pipeline.greet import greet
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from tests.fakes.clock import FakeClock
from tests.fakes.shipped import new_window, shipped_detector
from tests.fakes.store import fresh_store
from tests.integration.desk_world import office
from tests.integration.pipeline_world import CHANNEL, entry, feed, world

CLOCK = FakeClock()
WATCH = Watch(
    id=WatchId(0), scope=None, name="one", query="cecot", channels=(CHANNEL,), created_at=CLOCK()
)


async def test_a_watch_that_the_file_changes_gets_a_version_and_one_that_it_drops_goes() -> None:
    """The version tells which query it was that matched an article."""
    store = await fresh_store(clock=CLOCK)
    found = []
    for watches in ([WATCH], [WATCH], [replace(WATCH, query="prison")], []):
        async with store.transaction() as tx:
            await synchronise(tx, [], watches, [], lambda _every, _url: CLOCK(), CLOCK())
        async with store.reading() as tx:
            found.append([(watch.query, watch.version) for watch in await tx.watches.list()])
    await store.close()
    assert found == [[("cecot", 1)], [("cecot", 1)], [("prison", 2)], []]


async def test_a_workspace_is_greeted_once_wherever_it_is_greeted() -> None:
    """Also when the bot is removed and comes back, and when another channel would be next."""
    store = await fresh_store(clock=CLOCK)
    for channel in ("discord:1/10", "discord:1/11", "discord:2/20"):
        await greet(store, Channel.parse(channel), CLOCK())
    async with store.transaction() as tx:
        due = await tx.outbox.claim("discord", "w1", CLOCK(), CLOCK.pass_("1m"), 9)
    await store.close()
    assert sorted(str(alert.channel) for alert in due) == ["discord:1/10", "discord:2/20"]


async def test_a_pack_that_changed_is_matched_by_from_the_next_poll_on() -> None:
    """Without a restart; what was matched before stays."""
    async with world("courier", query="pack:harvest") as w:
        sorter = Sorter({"harvest": pack("coffee")}, new_window, shipped_detector())
        w.collector = Collector(w.store, w.source, sorter, w.clock, lambda: 0.5, "w1")
        w.backfiller = Backfiller(w.store, sorter, w.clock, timedelta(0))
        await w.pass_("1s")
        coffee, maize = (
            entry("courier", "a", "Coffee is early"),
            entry("courier", "b", "Maize late"),
        )
        w.source.entries[feed("courier").url] = (coffee,)
        await w.pass_("6m")
        sorter.use({"harvest": pack("maize")})
        w.source.entries[feed("courier").url] = (maize, coffee)
        await w.pass_("6m")
        titles = [kept.message.title for kept in w.chat.in_channel(CHANNEL)]
    assert titles == ["Coffee is early", "Maize late"]


def pack(term: str) -> Pack:
    return Pack("harvest", "Harvest", (Term(term, "en"),))


async def test_a_new_desk_answers_the_next_call() -> None:
    """With the packs of a configuration that was changed meanwhile."""
    async with office("courier") as place:
        before = await place.type_("/watch test pack:harvest")
        place.dispatcher.use(replace(place.desk, packs={"harvest": pack("coffee")}))
        after = await place.type_("/watch test pack:harvest")
    assert "pack" in before
    assert before != after
