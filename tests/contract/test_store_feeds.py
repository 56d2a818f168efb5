"""What every store promises of feeds."""

from dataclasses import replace
from datetime import timedelta

from bot.adapters.store.database import SqlStore
from bot.domain.articles import FeedId
from bot.domain.polls import Validators
from bot.domain.records import FeedState
from bot.domain.watches import Scope
from tests.contract.rows import GUILD_SCOPE, LOCAL, NOON, at, feed


async def test_the_longest_due_feed_is_claimed_first(store: SqlStore) -> None:
    """A backlog is worked off in order, so that no feed starves."""
    async with store.transaction() as tx:
        await tx.feeds.add(feed("late"), at(-1))
        early = await tx.feeds.add(feed("early"), at(-2))
        await tx.feeds.add(feed("later"), at(5))
        claimed = await tx.feeds.claim("w", NOON, at(3), 1)
    assert [due.feed for due in claimed] == [early]
    assert claimed[0].owner == "w"


async def test_a_claimed_feed_is_given_to_nobody_else_until_its_lease_ends(
    store: SqlStore,
) -> None:
    """Two workers never poll one feed, and a dead worker's feed comes back."""
    async with store.transaction() as tx:
        await tx.feeds.add(feed(), NOON)
        await tx.feeds.claim("first", NOON, at(3), 9)
        meanwhile = await tx.feeds.claim("second", at(2), at(5), 9)
        after = await tx.feeds.claim("second", at(3), at(6), 9)
    assert meanwhile == ()
    assert [due.owner for due in after] == ["second"]


async def test_settling_saves_the_state_and_ends_the_lease(store: SqlStore) -> None:
    """What the poll learned is there at the next poll, byte for byte."""
    state = FeedState(
        due_at=at(10),
        validators=Validators(etag='W/"é\x00"', last_modified="Mon", body_hash="ab"),
        seeded_at=NOON,
        failures=2,
        failing_since=at(-3),
        outcome="error",
        reason="no answer",
    )
    async with store.transaction() as tx:
        known = await tx.feeds.add(feed(), NOON)
        await tx.feeds.claim("w", NOON, at(3), 9)
        assert await tx.feeds.settle(known.id, "w", state)
    async with store.transaction() as tx:
        (due,) = await tx.feeds.claim("w", at(10), at(13), 9)
    assert due.state == state


async def test_a_worker_whose_lease_went_to_another_saves_nothing(store: SqlStore) -> None:
    """The fence: what a stale worker found is found again by the one who has the feed now."""
    async with store.transaction() as tx:
        known = await tx.feeds.add(feed(), NOON)
        await tx.feeds.claim("slow", NOON, at(1), 9)
        await tx.feeds.claim("quick", at(2), at(5), 9)
        settled = await tx.feeds.settle(known.id, "slow", FeedState(due_at=at(60)))
        line = await tx.feeds.get(known.id)
    assert not settled
    assert line is not None
    assert line.state.due_at == NOON


async def test_a_known_address_gives_the_feed_that_has_it(store: SqlStore) -> None:
    """Adding a feed twice polls it once, and keeps its settings."""
    async with store.transaction() as tx:
        first = await tx.feeds.add(feed("a", name="First"), NOON)
        again = await tx.feeds.add(feed("a", name="Second"), at(9))
        private = await tx.feeds.add(feed("a", workspace="discord/1"), NOON)
    assert again == first
    assert private.id != first.id


async def test_a_stopped_feed_is_not_polled_until_someone_asks(store: SqlStore) -> None:
    """410 Gone stops the polls; a person may try again."""
    async with store.transaction() as tx:
        known = await tx.feeds.add(feed(), NOON)
        await tx.feeds.claim("w", NOON, at(1), 9)
        await tx.feeds.settle(known.id, "w", FeedState(due_at=NOON, stopped=True))
        stopped = await tx.feeds.claim("w", at(60), at(61), 9)
        await tx.feeds.make_due(known.id, at(60))
        asked = await tx.feeds.claim("w", at(60), at(61), 9)
    assert stopped == ()
    assert [due.feed for due in asked] == [known]


async def test_a_feed_can_be_changed_and_removed(store: SqlStore) -> None:
    """A move to an address that another feed has already keeps the old one: both go on."""
    async with store.transaction() as tx:
        one = await tx.feeds.add(feed("one"), NOON)
        two = await tx.feeds.add(feed("two"), NOON)
        await tx.feeds.change(replace(one, name="New", every=timedelta(hours=1), lang="es"))
        await tx.feeds.change(replace(two, url=one.url, name="Clash"))
        lines = await tx.feeds.list()
        await tx.feeds.remove(one.id)
        gone = await tx.feeds.get(one.id)
    assert [(line.feed.name, line.feed.url) for line in lines] == [
        ("Clash", two.url),
        ("New", one.url),
    ]
    assert lines[1].feed.every == timedelta(hours=1)
    assert lines[1].feed.lang == "es"
    assert gone is None


async def test_a_scope_sees_the_common_feeds_and_its_own(store: SqlStore) -> None:
    """What is set up in one workspace is never seen from another."""
    async with store.transaction() as tx:
        await tx.feeds.add(feed("common"), NOON)
        await tx.feeds.add(feed("theirs", workspace="discord/1"), NOON)
        here = await tx.feeds.list(LOCAL)
        there = await tx.feeds.list(GUILD_SCOPE)
        elsewhere = await tx.feeds.list(Scope("discord", "11"))
    assert [line.feed.name for line in here] == ["common"]
    assert [line.feed.name for line in there] == ["common", "theirs"]
    assert [line.feed.name for line in elsewhere] == ["common"]


async def test_an_unknown_feed_is_none(store: SqlStore) -> None:
    """A command may hold an id of a feed that was removed meanwhile."""
    async with store.reading() as tx:
        assert await tx.feeds.get(FeedId(5)) is None


async def test_the_names_of_feeds_are_those_that_a_scope_sees(store: SqlStore) -> None:
    """For completion, without all that is known of each."""
    async with store.transaction() as tx:
        for name, workspace in (("b", ""), ("a", "sandbox/local"), ("c", "discord/1")):
            await tx.feeds.add(feed(name, workspace=workspace), NOON)
        assert await tx.feeds.names(LOCAL) == ("a", "b")


async def test_feeds_that_brought_nothing_are_settled_at_once_each_for_its_owner(
    store: SqlStore,
) -> None:
    """The fence holds for each of them: one whose lease went to another is left as it is."""
    async with store.transaction() as tx:
        ours = await tx.feeds.add(feed("ours"), NOON)
        theirs = await tx.feeds.add(feed("theirs"), NOON)
        await tx.feeds.claim("w", NOON, at(3), 9)
        polled = [
            (ours.id, "w", FeedState(due_at=at(60), outcome="not_modified")),
            (theirs.id, "slow", FeedState(due_at=at(60))),
            (FeedId(404), "w", FeedState(due_at=at(60))),
        ]
        assert await tx.feeds.settle_all(polled) == {ours.id}
        assert await tx.feeds.settle_all(polled) == frozenset()
    async with store.transaction() as tx:
        again = await tx.feeds.claim("next", at(61), at(64), 9)
    assert [(due.feed, due.state.outcome) for due in again] == [
        (theirs, ""),
        (ours, "not_modified"),
    ]
