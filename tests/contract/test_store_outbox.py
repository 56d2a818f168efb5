"""What every store promises of alerts on their way: the promise of delivery stands on these."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain.messages import Alert, AlertState, Part, Posted, say
from bot.domain.stories import StoryId
from tests.contract.rows import GUILD, GUILD_SCOPE, LOCAL, NEWS, NOON, SPORT, alert, at, reply, sent


async def claim(
    store: SqlStore, owner: str = "w", now: datetime = NOON, limit: int = 9
) -> tuple[Alert, ...]:
    """Claim for a minute what is due in the sandbox."""
    async with store.transaction() as tx:
        return await tx.outbox.claim(
            "sandbox", owner, now, at(1 + (now - NOON).seconds / 60), limit
        )


async def settle(store: SqlStore, one: Alert, owner: str = "w") -> bool:
    """Settle an alert."""
    async with store.transaction() as tx:
        return await tx.outbox.settle(one, owner)


async def add(store: SqlStore, *alerts: Alert) -> None:
    """Store alerts."""
    async with store.transaction() as tx:
        await tx.outbox.add(alerts)


async def get(store: SqlStore, key: str) -> Alert:
    """Return an alert that is there."""
    async with store.reading() as tx:
        found = await tx.outbox.get(key)
    assert found is not None
    return found


def keys(alerts: tuple[Alert, ...]) -> list[str]:
    """Return the alerts' keys."""
    return [one.key for one in alerts]


async def test_an_alert_comes_back_as_it_was_stored(store: SqlStore) -> None:
    """Every retry sends the same bytes."""
    full = alert("k", story=StoryId("K7Q2"), channel=GUILD, reason="é", due_at=at(3))
    await add(store, full)
    assert await get(store, "k") == full
    async with store.reading() as tx:
        assert await tx.outbox.get("other") is None


async def test_a_stored_key_is_left_as_it_is(store: SqlStore) -> None:
    """A step that runs twice posts once."""
    await add(store, alert("k"))
    await add(store, alert("k", message=say("other words")), alert("l"), alert("l"))
    assert (await get(store, "k")).message == say("k")
    assert (await get(store, "l")).message == say("l")


async def test_a_claim_counts_an_attempt_and_notes_the_first(store: SqlStore) -> None:
    """The attempt is half of the fence; the first try says how far back to look."""
    await add(store, alert("k"))
    (first,) = await claim(store)
    assert await settle(store, replace(first, due_at=at(5), reason="refused"))
    (second,) = await claim(store, now=at(5))
    assert (first.attempt, first.first_try) == (1, NOON)
    assert (second.attempt, second.first_try, second.reason) == (2, NOON, "refused")


async def test_a_channel_has_one_alert_in_flight(store: SqlStore) -> None:
    """Order in a channel is kept by never having two under way; channels do not wait for others."""
    await add(store, alert("a"), alert("b"), alert("s", channel=SPORT), alert("g", channel=GUILD))
    assert keys(await claim(store)) == ["a", "s"]
    assert keys(await claim(store, "other")) == []


async def test_a_claim_takes_the_oldest_up_to_its_limit(store: SqlStore) -> None:
    """In the order of creation, over all channels."""
    await add(store, alert("a"), alert("b", channel=SPORT))
    assert keys(await claim(store, limit=1)) == ["a"]
    assert keys(await claim(store, limit=1)) == ["b"]


async def test_what_is_to_be_tried_again_holds_up_its_channel(store: SqlStore) -> None:
    """A card that was refused for a moment is not overtaken by the next story."""
    await add(store, alert("a"), alert("b"))
    (first,) = await claim(store)
    await settle(store, replace(first, due_at=at(5)))
    assert keys(await claim(store, now=at(4))) == []
    assert keys(await claim(store, now=at(5))) == ["a"]


async def test_what_waits_for_the_morning_holds_up_no_other_story(store: SqlStore) -> None:
    """An urgent card goes out in quiet hours, whatever is held there."""
    await add(store, alert("held", due_at=at(600)), alert("urgent"))
    assert keys(await claim(store)) == ["urgent"]


async def test_a_reply_waits_for_its_card(store: SqlStore) -> None:
    """A reply without a card would stand alone in the channel; another card may pass it."""
    await add(store, alert("c", due_at=at(600)), reply("r", "c"), alert("other"))
    assert keys(await claim(store)) == ["other"]


async def test_a_reply_goes_once_its_card_is_sent(store: SqlStore) -> None:
    """The card's place on the platform is there to reply to."""
    posted = await sent(store, alert("c"))
    await add(store, reply("r", "c"))
    assert keys(await claim(store)) == ["r"]
    assert (await get(store, "c")).posted == posted


async def test_replies_of_a_thread_keep_their_order(store: SqlStore) -> None:
    """A reply that is due later is not overtaken by the next one of its thread."""
    await sent(store, alert("c"))
    await add(store, reply("r1", "c", due_at=at(5)), reply("r2", "c"), alert("other"))
    assert keys(await claim(store)) == ["other"]
    async with store.transaction() as tx:
        other = await tx.outbox.get("other")
        assert other is not None
        await tx.outbox.settle(replace(other, state=AlertState.SENT), "w")
    assert keys(await claim(store, now=at(5))) == ["r1"]


async def test_what_waits_for_a_failed_card_is_given_up(store: SqlStore) -> None:
    """It could never be posted, and it is told instead of waiting for ever."""
    await add(store, alert("c"), reply("r", "c"), reply("orphan", "never"))
    (card,) = await claim(store)
    await settle(store, replace(card, state=AlertState.FAILED))
    assert keys(await claim(store)) == []
    assert (await get(store, "r")).state is AlertState.FAILED
    assert (await get(store, "orphan")).reason == "its card could not be posted"


async def test_fail_after_gives_up_only_what_still_waits(store: SqlStore) -> None:
    """What was sent stays sent."""
    await sent(store, alert("c"))
    await sent(store, reply("r1", "c"), "m2")
    await add(store, reply("r2", "c"), reply("r3", "c"), alert("other"))
    async with store.transaction() as tx:
        assert await tx.outbox.fail_after("c", "gone") == 2
    states = [(await get(store, key)).state for key in ("r1", "r2", "r3", "other")]
    assert states == [AlertState.SENT, AlertState.FAILED, AlertState.FAILED, AlertState.DUE]


async def test_a_lease_that_ran_out_makes_the_alert_unknown(store: SqlStore) -> None:
    """Its sender may have sent it: look before sending again."""
    await add(store, alert("k"), alert("next"))
    await claim(store, "dead")
    (again,) = await claim(store, "alive", now=at(1))
    assert (again.key, again.state, again.attempt) == ("k", AlertState.UNKNOWN, 2)


async def test_a_stale_sender_settles_nothing(store: SqlStore) -> None:
    """The fence: neither another owner's claim nor a later attempt of one's own is touched."""
    await add(store, alert("k"))
    (stale,) = await claim(store, "w")
    await claim(store, "w", now=at(1))
    done = replace(stale, state=AlertState.SENT, posted=Posted(NEWS, "m"))
    assert not await settle(store, done, "w")
    assert not await settle(store, replace(done, attempt=2), "other")
    assert (await get(store, "k")).state is AlertState.UNKNOWN
    assert await settle(store, replace(done, attempt=2), "w")
    assert (await get(store, "k")).posted == Posted(NEWS, "m")


async def test_a_settled_alert_can_not_be_settled_again(store: SqlStore) -> None:
    """Its lease is over."""
    await add(store, alert("k"))
    (claimed,) = await claim(store)
    assert await settle(store, replace(claimed, state=AlertState.SENT))
    assert not await settle(store, claimed)
    assert keys(await claim(store, now=at(60))) == []


async def test_a_paused_channel_gives_nothing_until_then(store: SqlStore) -> None:
    """A 429 is for all workers, and the later time wins."""
    await add(store, alert("k"), alert("s", channel=SPORT))
    async with store.transaction() as tx:
        await tx.outbox.pause(NEWS, at(10))
        await tx.outbox.pause(NEWS, at(5))
    assert keys(await claim(store, now=at(9))) == ["s"]
    assert "k" in keys(await claim(store, now=at(10)))


@pytest.mark.parametrize("keyed_later", [True, False])
async def test_a_newer_edit_takes_the_place_of_one_that_waits(
    store: SqlStore,
    keyed_later: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Only what is visible now is worth an edit."""
    await sent(store, alert("c"))
    old = alert("e1", Part.EDIT, card="c", message=say("old"), due_at=at(keyed_later))
    await add(store, old)
    await add(store, alert("e2", Part.EDIT, card="c", message=say("new")))
    (claimed,) = await claim(store, now=at(1))
    assert (claimed.key, claimed.message) == ("e2", say("new"))
    await settle(store, replace(claimed, state=AlertState.SENT))
    assert keys(await claim(store, now=at(1))) == []


async def test_an_edit_in_flight_is_followed_by_the_next(store: SqlStore) -> None:
    """What is being sent is not changed under the sender's hands."""
    await sent(store, alert("c"))
    await add(store, alert("e1", Part.EDIT, card="c"))
    (first,) = await claim(store)
    await add(store, alert("e2", Part.EDIT, card="c"))
    await add(store, alert("e2", Part.EDIT, card="c", message=say("a step that ran twice")))
    await settle(store, replace(first, state=AlertState.SENT))
    (second,) = await claim(store)
    assert (first.key, second.key, second.message) == ("e1", "e2", say("e2"))


async def test_an_edit_that_is_tried_again_holds_up_no_news(store: SqlStore) -> None:
    """A platform that will not edit must not stop the channel."""
    await sent(store, alert("c"))
    await add(store, alert("e", Part.EDIT, card="c"), alert("news"))
    (edit,) = await claim(store)
    await settle(store, replace(edit, due_at=at(30)))
    assert keys(await claim(store)) == ["news"]


async def test_a_failed_alert_can_be_retried_and_is_looked_for_first(store: SqlStore) -> None:
    """The platform may have taken it after all."""
    await add(store, alert("k", state=AlertState.FAILED), alert("due"))
    async with store.transaction() as tx:
        assert await tx.outbox.retry("k", at(60))
        assert not await tx.outbox.retry("k", at(60))
        assert not await tx.outbox.retry("due", at(60))
    retried = await get(store, "k")
    assert (retried.state, retried.due_at) == (AlertState.UNKNOWN, at(60))


async def test_a_scope_sees_its_own_failures_newest_first(store: SqlStore) -> None:
    """The retry button never shows another workspace's news."""
    failed = AlertState.FAILED
    await add(
        store,
        alert("a", state=failed),
        alert("b", state=failed),
        alert("c", state=failed),
        alert("g", state=failed, channel=GUILD),
        alert("due"),
    )
    async with store.reading() as tx:
        assert keys(await tx.outbox.failed(LOCAL, 2)) == ["c", "b"]
        assert keys(await tx.outbox.failed(GUILD_SCOPE, 9)) == ["g"]
