"""What every store promises of watches, channels, mutes, people, drafts, editors and calls."""

from dataclasses import replace
from datetime import time, timedelta

from bot.adapters.store.database import SqlStore
from bot.domain.watches import (
    ChannelSettings,
    Mode,
    Mute,
    MuteId,
    MuteKind,
    QuietHours,
    Scope,
    WatchId,
)
from tests.contract.rows import GUILD, GUILD_SCOPE, LOCAL, NEWS, NOON, SPORT, at, watch
from tests.fakes.clock import FakeClock


async def test_a_watch_comes_back_as_it_was_saved(store: SqlStore) -> None:
    """Nothing that people set up in chat is lost."""
    full = watch(
        query='cecot OR "ñ\u2028"',
        channels=(NEWS, GUILD),
        mode=Mode.FORUM,
        ping="<@&5>",
        min_outlets=2,
        lang=("en", "es"),
        feeds=("a",),
        urgent=True,
        paused=True,
        backfill=3,
    )
    async with store.transaction() as tx:
        kept = await tx.watches.add(full)
        edited = replace(kept, name="renamed", query="x", version=2)
        before = await tx.watches.get(kept.id)
        await tx.watches.save(edited)
    async with store.reading() as tx:
        assert before == kept == replace(full, id=kept.id)
        assert await tx.watches.get(kept.id) == edited
        assert await tx.watches.find(LOCAL, "renamed") == edited
        assert await tx.watches.find(LOCAL, "storms") is None
        assert await tx.watches.get(WatchId(1)) is None


async def test_every_change_of_a_watch_grows_the_revision(store: SqlStore) -> None:
    """Matchers in other processes are rebuilt when, and only when, it grows."""
    async with store.transaction() as tx:
        seen = [await tx.watches.revision()]
        kept = await tx.watches.add(watch(backfill=1))
        seen.append(await tx.watches.revision())
        await tx.watches.save(kept)
        seen.append(await tx.watches.revision())
        await tx.watches.remove(kept.id, NOON)
        seen.append(await tx.watches.revision())
        await tx.watches.restore(kept.id)
        seen.append(await tx.watches.revision())
        await tx.watches.backfilled(kept.id)
        await tx.watches.list()
        unchanged = await tx.watches.revision()
    assert seen == sorted(set(seen))
    assert unchanged == seen[-1]


async def test_a_removed_watch_is_gone_until_it_is_restored(store: SqlStore) -> None:
    """The Undo button needs it for a minute; its id is still known to what it matched."""
    async with store.transaction() as tx:
        kept = await tx.watches.add(watch(backfill=2))
        await tx.watches.remove(kept.id, NOON)
        gone = (await tx.watches.list(), await tx.watches.find(LOCAL, kept.name))
        backfills = await tx.watches.backfills()
        known = await tx.watches.get(kept.id)
        await tx.watches.restore(kept.id)
        back = await tx.watches.list(LOCAL)
    assert gone == ((), None)
    assert backfills == ()
    assert known == kept
    assert back == (kept,)


async def test_a_scope_sees_what_was_made_there_or_posts_there(store: SqlStore) -> None:
    """A name means one's own watch first, then the configuration's."""
    async with store.transaction() as tx:
        common = await tx.watches.add(watch("cecot", scope=None, channels=(NEWS, GUILD)))
        theirs = await tx.watches.add(watch("cecot", scope=GUILD_SCOPE, channels=(GUILD,)))
        await tx.watches.add(watch("alpha"))
        names = [one.name for one in await tx.watches.list(LOCAL)]
        everything = await tx.watches.list()
        found = [await tx.watches.find(scope, "cecot") for scope in (LOCAL, GUILD_SCOPE)]
        nowhere = await tx.watches.find(Scope("discord", "2"), "cecot")
    assert names == ["alpha", "cecot"]
    assert len(everything) == 3
    assert found == [common, theirs]
    assert nowhere is None


async def test_a_backfill_is_done_once(store: SqlStore) -> None:
    """A restart must not post yesterday's stories again, nor does an edit."""
    async with store.transaction() as tx:
        await tx.watches.add(watch("none"))
        kept = await tx.watches.add(watch("some", backfill=3))
        due = await tx.watches.backfills()
        await tx.watches.backfilled(kept.id)
        await tx.watches.save(kept)
        done = await tx.watches.backfills()
    assert due == (kept,)
    assert done == ()


async def test_a_channels_settings_come_back(store: SqlStore) -> None:
    """Defaults where nothing is set; the last saved otherwise."""
    full = ChannelSettings(
        channel=NEWS,
        tz="America/El_Salvador",
        lang="es",
        quiet=QuietHours(time(22), time(7, 30)),
        digest=(time(8), time(18, 15)),
        digest_days=(0, 4),
        admin=True,
        digest_next=at(60),
        digest_last=NOON,
    )
    async with store.transaction() as tx:
        fresh = await tx.channels.get(NEWS)
        await tx.channels.save(replace(full, lang="pt"))
        await tx.channels.save(full)
    async with store.reading() as tx:
        assert await tx.channels.get(NEWS) == full
        assert await tx.channels.get(SPORT) == ChannelSettings(channel=SPORT)
    assert fresh == ChannelSettings(channel=NEWS)


async def test_channels_with_settings_or_a_watch_are_listed(store: SqlStore) -> None:
    """Those are the channels that alerts can go to."""
    async with store.transaction() as tx:
        await tx.channels.save(ChannelSettings(channel=SPORT, lang="es"))
        await tx.watches.add(watch(channels=(NEWS, GUILD, SPORT)))
        everything = await tx.channels.list()
        local = await tx.channels.list(LOCAL)
    assert [one.channel for one in everything] == [GUILD, NEWS, SPORT]
    assert local == (ChannelSettings(channel=NEWS), ChannelSettings(channel=SPORT, lang="es"))


async def test_a_scope_has_its_own_admin_channel(store: SqlStore) -> None:
    """What goes wrong is told where it is somebody's business."""
    async with store.transaction() as tx:
        await tx.channels.save(ChannelSettings(channel=SPORT, admin=True))
        await tx.channels.save(ChannelSettings(channel=NEWS))
        found = [await tx.channels.admin(scope) for scope in (LOCAL, GUILD_SCOPE)]
    assert found == [SPORT, None]


async def test_digests_are_due_at_their_time(store: SqlStore) -> None:
    """Channels without one are never due."""
    soon = ChannelSettings(channel=NEWS, digest_next=at(5))
    async with store.transaction() as tx:
        await tx.channels.save(soon)
        await tx.channels.save(ChannelSettings(channel=SPORT))
        due = [await tx.channels.digests_due(at(minute)) for minute in (4, 5)]
    assert due == [(), (soon,)]


async def test_a_mute_holds_until_it_ends_or_is_removed(store: SqlStore) -> None:
    """Its end is announced once: until it is removed it is among those that ended."""
    made = Mute(
        id=MuteId(0),
        scope=LOCAL,
        kind=MuteKind.WORD,
        value="football",
        until=at(5),
        by="Ann",
        channel=NEWS,
        created_at=NOON,
    )
    async with store.transaction() as tx:
        short = await tx.mutes.add(made)
        ever = await tx.mutes.add(replace(made, until=None, kind=MuteKind.STORY))
        await tx.mutes.add(replace(made, scope=GUILD_SCOPE, until=at(1)))
        now, later = [await tx.mutes.active(LOCAL, at(minute)) for minute in (4, 5)]
        ended = await tx.mutes.ended(at(5), 9)
        first = await tx.mutes.ended(at(5), 1)
        await tx.mutes.remove(ever.id)
        nothing = await tx.mutes.active(LOCAL, at(5))
    assert short == replace(made, id=short.id)
    assert now == (short, ever)
    assert later == (ever,)
    assert [one.scope for one in ended] == [GUILD_SCOPE, LOCAL]
    assert ended[:1] == first
    assert nothing == ()


async def test_what_a_person_saw_is_kept_by_scope(store: SqlStore) -> None:
    """The same id may be another person elsewhere."""
    async with store.transaction() as tx:
        await tx.people.saw(LOCAL, "ann", NOON)
        await tx.people.saw(LOCAL, "ann", at(1))
        seen = [await tx.people.seen(scope, "ann") for scope in (LOCAL, GUILD_SCOPE)]
    assert seen == [at(1), None]


async def test_a_draft_is_taken_once_and_only_where_it_was_begun(store: SqlStore) -> None:
    """A button pressed twice activates one watch; a foreign code gives nothing."""
    words = {"query": 'a "b"', "name": "ñ"}
    async with store.transaction() as tx:
        code = await tx.drafts.keep(LOCAL, words, NOON)
        foreign = await tx.drafts.take(GUILD_SCOPE, code)
        first = await tx.drafts.take(LOCAL, code)
        second = await tx.drafts.take(LOCAL, code)
    assert len(code) == 8
    assert (foreign, first, second) == (None, words, None)


async def test_a_draft_lasts_a_day(store: SqlStore, clock: FakeClock) -> None:
    """What was begun yesterday is begun again."""
    async with store.transaction() as tx:
        code = await tx.drafts.keep(LOCAL, {"a": "b"}, clock())
    clock.now += timedelta(days=1, seconds=1)
    async with store.transaction() as tx:
        expired = await tx.drafts.take(LOCAL, code)
        await tx.drafts.keep(LOCAL, {}, clock())
        clock.now = NOON
        swept = await tx.drafts.take(LOCAL, code)
    assert (expired, swept) == (None, None)


async def test_a_draft_can_be_read_before_it_is_taken(store: SqlStore, clock: FakeClock) -> None:
    """A form that was closed unsent can be opened again; a foreign code gives nothing."""
    words = {"query": "a"}
    async with store.transaction() as tx:
        code = await tx.drafts.keep(LOCAL, words, NOON)
        foreign = await tx.drafts.get(GUILD_SCOPE, code)
        read = [await tx.drafts.get(LOCAL, code) for _ in range(2)]
        clock.now += timedelta(days=1, seconds=1)
        expired = await tx.drafts.get(LOCAL, code)
        clock.now = NOON
        taken = await tx.drafts.take(LOCAL, code)
        gone = await tx.drafts.get(LOCAL, code)
    assert (foreign, read, expired, taken, gone) == (None, [words, words], None, words, None)


async def test_editors_are_kept_by_scope(store: SqlStore) -> None:
    """Named twice does no harm; in another workspace the same id is another person."""
    async with store.transaction() as tx:
        for person in ("U2", "U1", "U1"):
            await tx.editors.add(LOCAL, person)
        both = await tx.editors.list(LOCAL)
        foreign = await tx.editors.list(GUILD_SCOPE)
        removed = [await tx.editors.remove(LOCAL, "U1") for _ in range(2)]
        elsewhere = await tx.editors.remove(GUILD_SCOPE, "U2")
        left = await tx.editors.list(LOCAL)
    assert [sorted(one) for one in (both, foreign, left)] == [["U1", "U2"], [], ["U2"]]
    assert (removed, elsewhere) == ([True, False], False)


async def test_a_call_is_heard_once_by_whoever_hears_it_first(
    store: SqlStore, clock: FakeClock
) -> None:
    """Another platform may give the same id; after an hour it is forgotten."""
    heard = []
    for platform, call in (("slack", "E1"), ("slack", "E1"), ("discord", "E1"), ("slack", "E2")):
        async with store.transaction() as tx:
            heard.append(await tx.heard.first(platform, call))
    clock.now += timedelta(hours=1, seconds=1)
    async with store.transaction() as tx:
        later = await tx.heard.first("slack", "E1")
    assert (heard, later) == ([True, False, True, True], True)
