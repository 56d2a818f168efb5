"""Every verb of the store, as SQLite plans it: none reads a table that grows from end to end."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event

from bot.adapters.store.database import SqlStore
from bot.adapters.store.transaction import SqlTransaction
from bot.domain.articles import FeedId
from bot.domain.messages import AlertState, Part, Posted
from bot.domain.pages import Reading, WantedPage
from bot.domain.records import Access, Edit, Fate, FeedState, Judgement, Standing, Thread
from bot.domain.stories import Member, StoryId
from bot.domain.watches import ChannelSettings, Mute, MuteId, MuteKind, WatchId
from tests.contract.rows import LOCAL, NEWS, NOON, alert, article, at, decision, feed, hit, watch
from tests.fakes.store import memory_store

# What people set up is read whole: it is bounded by what they do. `/health` counts everything, by
# reading an index.
SMALL = {"feeds", "watches", "channels", "mutes", "pauses", "standings"}
S1 = StoryId("AAAA")


@pytest.fixture
async def asked() -> AsyncIterator[tuple[SqlStore, dict[str, Any]]]:
    """Return a store, and the statements that it was given with their parameters."""
    store = await memory_store()
    statements: dict[str, Any] = {}

    def note(_c: object, _u: object, sql: str, parameters: Any, _x: object, many: bool) -> None:  # noqa: FBT001 - the event's form
        if sql.startswith(("SELECT", "UPDATE", "DELETE")):
            statements[sql] = parameters[0] if many else parameters

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    yield store, statements
    await store.close()


async def test_no_verb_reads_a_growing_table_from_end_to_end(
    asked: tuple[SqlStore, dict[str, Any]],
) -> None:
    """What takes a millisecond on the first day takes one a year later."""
    store, statements = asked
    async with store.transaction() as tx:
        await _ask_everything(tx)
        plans = {}
        for sql, parameters in list(statements.items()):
            rows = await tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
            plans[sql] = [str(row.detail) for row in rows]
    scans = [
        (sql, step)
        for sql, steps in plans.items()
        for step in steps
        if step.startswith("SCAN")
        and "VIRTUAL TABLE" not in step  # full text has an index of its own
        and not step.split()[1].startswith("anon_")  # a subquery, which has its own steps
        and step.split()[1] not in SMALL
        and "count(*)" not in sql
    ]
    assert scans == []
    assert len(plans) > 70


async def _ask_everything(tx: SqlTransaction) -> None:
    await tx.feeds.add(feed(), NOON)
    await tx.feeds.claim("w", NOON, at(1), 9)
    await tx.feeds.settle(FeedId(1), "w", FeedState(due_at=NOON))
    await tx.feeds.change(feed())
    await tx.feeds.make_due(FeedId(1), NOON)
    await tx.feeds.get(FeedId(1))
    await tx.feeds.list(LOCAL)
    await tx.feeds.remove(FeedId(1))
    (one,) = await tx.articles.add([article("one")])
    await tx.articles.remember(FeedId(1), {"k": one.id}, at(-99_999))
    await tx.articles.known(FeedId(1), ["k"])
    await tx.articles.find(one.url)
    edit = Edit(
        article=one.id,
        version=2,
        old_title="",
        new_title="",
        old_summary="",
        new_summary="",
        at=NOON,
    )
    await tx.articles.edit(one, edit)
    await tx.articles.edits([one.id], NOON)
    await tx.articles.get([one.id])
    await tx.articles.since(NOON, 9)
    await tx.articles.search("one", NOON, 9, 0, [FeedId(1)])
    await tx.articles.search("", NOON, 9, 0)
    await tx.articles.counts_by_day([one.id])
    await tx.hits.add([hit(one.id)])
    await tx.hits.of([one.id])
    await tx.hits.of([one.id], [WatchId(7)])
    await tx.hits.articles(WatchId(7), at(-1), 9)
    await tx.stories.taken([S1])
    await tx.stories.join(S1, Member(article=one), NOON)
    await tx.stories.get(S1)
    await tx.stories.of([one.id])
    await tx.stories.filed_since(at(-1))
    await tx.stories.in_thread(Posted(NEWS, "m"))
    await tx.stories.of_watch(WatchId(7), at(-1), 9)
    await tx.stories.in_channel(NEWS, at(-1), 9)
    await tx.stories.titles(NEWS, at(-1), "", 9)
    await tx.stories.titles(NEWS, at(-1), "one", 9)
    await tx.stories.move([one.id], S1, NOON)
    await tx.stories.visible_in(LOCAL, S1)
    kept = await tx.watches.add(watch(backfill=1))
    await tx.watches.find(LOCAL, kept.name)
    await tx.watches.get(kept.id)
    await tx.watches.save(kept)
    await tx.watches.backfills()
    await tx.watches.backfilled(kept.id)
    await tx.watches.revision()
    await tx.threads.open(NEWS, S1, NOON, NOON)
    await tx.threads.claim("w", NOON, at(1), 9)
    thread = Thread(channel=NEWS, story=S1, compose_at=NOON, opened_at=NOON, card="c")
    await tx.threads.settle(thread, "w")
    await tx.threads.of_story(S1)
    await tx.threads.of_card(Posted(NEWS, "m"))
    await tx.threads.carded(NEWS, "c", Posted(NEWS, "m"))
    await tx.threads.wake(NEWS, "c", NOON)
    await tx.threads.held(NEWS)
    await tx.threads.to_close(NOON, 9)
    await tx.threads.retarget(S1, StoryId("BBBB"))
    await tx.decisions.record([decision(one.id, S1, Fate.HELD)])
    await tx.decisions.of(one.id)
    await tx.decisions.latest(NEWS, S1)
    await tx.judgements.add([Judgement(article=one.id, channel=NEWS, by="Ana", at=NOON)])
    await tx.judgements.of(LOCAL, [one.id])
    await tx.judgements.stories(LOCAL, [S1])
    await tx.judgements.remove(NEWS, [one.id])
    await tx.pages.claim(at(-60), NOON, 8)
    await tx.pages.keep(one.id, "text")
    await tx.pages.put(one.id, "text", NOON)
    await tx.pages.text(one.id)
    await tx.wanted.want(
        [WantedPage(article=one.id, feed=FeedId(1), state=Reading.WAITING, at=NOON)]
    )
    await tx.wanted.count(at(-60))
    for page in await tx.wanted.claim("w1", NOON, at(3), 8):
        await tx.wanted.settle(page, "", NOON)
    await tx.wanted.of(one.id)
    await tx.wanted.tally(at(-60))
    await tx.outbox.add([alert("c"), alert("e", Part.EDIT, card="c")])
    (claimed,) = await tx.outbox.claim("sandbox", "w", NOON, at(1), 9)
    await tx.outbox.settle(claimed, "w")
    await tx.outbox.get("c")
    await tx.outbox.pings(NEWS, NOON)
    await tx.spending.take("2026-03-02", 1, 9)
    await tx.spending.correct("2026-03-02", 1)
    await tx.spending.of("2026-03-02")
    await tx.outbox.retry("c", NOON)
    await tx.outbox.failed(LOCAL, 9)
    await tx.outbox.unsure(LOCAL, 9)
    await tx.outbox.drop("c", AlertState.DROPPED, "gone")
    await tx.outbox.rehang("c", "d")
    await tx.channels.stands(Standing(channel=NEWS, access=Access.GONE, since=NOON))
    await tx.channels.standing(NEWS)
    await tx.channels.troubled(LOCAL)
    await tx.outbox.sweep("sandbox", NOON, NOON)
    await tx.decisions.carried_by(["c"])
    await tx.channels.save(ChannelSettings(channel=NEWS))
    await tx.channels.get(NEWS)
    await tx.channels.admin(LOCAL)
    await tx.channels.digests_due(NOON)
    await tx.mutes.add(
        Mute(
            id=MuteId(0),
            scope=LOCAL,
            kind=MuteKind.WORD,
            value="x",
            until=None,
            by="Ann",
            created_at=NOON,
        )
    )
    await tx.mutes.active(LOCAL, NOON)
    await tx.mutes.ended(NOON, 9)
    await tx.people.seen(LOCAL, "ann")
    code = await tx.drafts.keep(LOCAL, {}, NOON)
    await tx.drafts.get(LOCAL, code)
    await tx.drafts.take(LOCAL, code)
    await tx.editors.add(LOCAL, "U1")
    await tx.editors.list(LOCAL)
    await tx.editors.remove(LOCAL, "U1")
    await tx.heard.first("slack", "E1")
    await tx.housekeeping.totals()
    await tx.housekeeping.totals(LOCAL)
    await tx.outbox.pause(NEWS, NOON, only=Part.REPLY)
    await tx.housekeeping.prune(at(1), at(1), 9)
