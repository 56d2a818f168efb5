"""What every store promises of alerts on their way: the promise of delivery stands on these."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain.messages import Alert, AlertState, Part, Posted, say
from bot.domain.records import CARD_DELETED, Access, Standing
from bot.domain.stories import StoryId
from bot.domain.watches import Channel
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


async def sweep(store: SqlStore, now: datetime = NOON) -> dict[str, tuple[AlertState, str]]:
    """Sweep the sandbox; return what was given up, with its state and reason."""
    async with store.transaction() as tx:
        swept = await tx.outbox.sweep("sandbox", now, now - timedelta(hours=24))
        for one in swept:
            assert await tx.outbox.get(one.key) == one
    return {one.key: (one.state, one.reason) for one in swept}


async def stands(store: SqlStore, access: Access, channel: Channel = NEWS) -> None:
    """Note a channel's standing."""
    standing = Standing(channel=channel, access=access, reason="no such channel", since=NOON)
    async with store.transaction() as tx:
        await tx.channels.stands(standing)


async def test_what_waits_for_a_failed_card_is_given_up(store: SqlStore) -> None:
    """It could never be posted, and it is told instead of waiting for ever."""
    late = reply("late", "c", due_at=at(600))
    await add(store, alert("c"), reply("r", "c"), late, reply("orphan", "never"))
    await add(store, alert("g", channel=GUILD, card="never"))
    (card,) = await claim(store)
    assert set(await sweep(store)) == {"orphan"}
    await settle(store, replace(card, state=AlertState.FAILED))
    given_up = (AlertState.FAILED, "its card could not be posted")
    assert await sweep(store) == {"r": given_up, "late": given_up}
    assert await sweep(store) == {}
    assert keys(await claim(store, now=at(600))) == []


async def test_what_waits_for_a_deleted_card_is_dropped(store: SqlStore) -> None:
    """Somebody deleted it in the channel: no request more, and it is no failure of ours."""
    await sent(store, alert("c"))
    await sent(store, reply("r1", "c"), "m2")
    await add(store, reply("r2", "c"), alert("e", Part.EDIT, card="c"), alert("other"))
    async with store.transaction() as tx:
        await tx.outbox.drop("c", AlertState.DROPPED, CARD_DELETED)
        await tx.outbox.drop("other", AlertState.DROPPED, "it was never sent")
    dropped = (AlertState.DROPPED, CARD_DELETED)
    assert await sweep(store) == {"r2": dropped, "e": dropped}
    assert keys(await claim(store)) == ["other"]
    assert (await get(store, "r1")).state is AlertState.SENT


async def test_what_waits_for_a_locked_card_waits_for_a_new_one(store: SqlStore) -> None:
    """The reply holds up nothing meanwhile, and then follows the new card; an edit is moot."""
    await sent(store, alert("old"))
    await add(store, reply("r", "old"))
    (tried,) = await claim(store)
    await settle(store, tried)
    async with store.transaction() as tx:
        await tx.outbox.drop("old", AlertState.LOCKED, "the thread is locked")
    await add(store, alert("e", Part.EDIT, card="old"), reply("r2", "old"))
    assert await sweep(store) == {}
    await sent(store, alert("new"), "m9")
    async with store.transaction() as tx:
        await tx.outbox.rehang("old", "new")
    (first,) = await claim(store)
    assert (first.key, first.card, first.attempt) == ("r", "new", 2)
    assert (await get(store, "r2")).card == "new"
    assert (await get(store, "e")).state is AlertState.DROPPED


async def test_what_waits_for_a_channel_that_is_gone_is_given_up(store: SqlStore) -> None:
    """Nothing more is sent there, for a day; then one alert looks whether it is back."""
    await add(store, alert("a"), alert("b"), alert("s", channel=SPORT), alert("g", channel=GUILD))
    (in_flight, other) = await claim(store)
    await stands(store, Access.GONE)
    await stands(store, Access.GONE, GUILD)
    assert await sweep(store) == {"b": (AlertState.FAILED, "no such channel")}
    await settle(store, in_flight)
    assert await sweep(store, at(24 * 60)) == {}
    assert set(await sweep(store, at(23 * 60))) == {in_flight.key}
    assert (other.key, (await get(store, "g")).state) == ("s", AlertState.DUE)


async def test_what_waits_too_long_for_a_forbidden_channel_is_given_up(store: SqlStore) -> None:
    """All of it dies after a day, and not one a pause."""
    await add(store, alert("old"), alert("older", created_at=at(-1)), alert("new"))
    await stands(store, Access.FORBIDDEN)
    assert set(await sweep(store, at(24 * 60))) == {"older"}
    await stands(store, Access.OPEN)
    assert await sweep(store, at(72 * 60)) == {}


async def test_a_channels_standing_is_kept_until_it_is_open_again(store: SqlStore) -> None:
    """It decides whether anything is sent there, whichever worker asks."""
    full = Standing(
        channel=GUILD,
        access=Access.FORBIDDEN,
        reason="Missing Permissions",
        since=NOON,
        part=Part.REPLY,
        refusals=3,
    )
    async with store.transaction() as tx:
        assert await tx.channels.standing(GUILD) == Standing(channel=GUILD)
        await tx.channels.stands(replace(full, refusals=2))
        await tx.channels.stands(full)
        assert await tx.channels.standing(GUILD) == full
        assert await tx.channels.standing(NEWS) == Standing(channel=NEWS)
        assert await tx.channels.troubled(GUILD_SCOPE) == (full,)
        assert await tx.channels.troubled(LOCAL) == ()
        await tx.channels.stands(Standing(channel=GUILD))
        assert await tx.channels.standing(GUILD) == Standing(channel=GUILD)


async def test_a_retry_by_hand_opens_a_channel_that_is_gone(store: SqlStore) -> None:
    """Whoever presses Retry has seen to it."""
    await add(store, alert("k"), alert("s", channel=SPORT))
    await stands(store, Access.GONE)
    await stands(store, Access.GONE, SPORT)
    assert set(await sweep(store)) == {"k", "s"}
    async with store.transaction() as tx:
        assert await tx.outbox.retry("k", NOON)
    assert await sweep(store) == {}
    assert keys(await claim(store)) == ["k"]


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


async def test_a_pause_of_replies_lets_cards_go_on(store: SqlStore) -> None:
    """The right to post in threads is another than that to post in the channel."""
    await sent(store, alert("c"))
    await add(store, reply("r", "c"), alert("k"), alert("e", Part.EDIT, card="c"))
    async with store.transaction() as tx:
        await tx.outbox.pause(NEWS, at(10), only=Part.REPLY)
        await tx.outbox.pause(NEWS, at(5), only=Part.REPLY)
    before = []
    for _ in range(3):
        for one in await claim(store, now=at(9)):
            before.append(one.key)
            await settle(store, replace(one, state=AlertState.SENT))
    assert sorted(before) == ["e", "k"]
    assert keys(await claim(store, now=at(10))) == ["r"]


async def test_a_pause_of_edits_lets_all_else_go_on(store: SqlStore) -> None:
    """Platforms count edits apart: a card must not wait for them."""
    await sent(store, alert("c"))
    await add(store, alert("e", Part.EDIT, card="c"), alert("k"))
    async with store.transaction() as tx:
        await tx.outbox.pause(NEWS, at(10), only=Part.EDIT)
    assert keys(await claim(store, now=at(9))) == ["k"]
    assert "e" in keys(await claim(store, now=at(10)))


async def test_a_reply_that_is_to_be_tried_again_holds_up_only_its_own_thread(
    store: SqlStore,
) -> None:
    """A story whose thread is in trouble must not silence the channel."""
    await sent(store, alert("c"))
    await add(store, reply("r1", "c"))
    (tried,) = await claim(store)
    await settle(store, replace(tried, due_at=at(30)))
    await add(store, reply("r2", "c"), alert("k"))
    assert keys(await claim(store, now=at(1))) == ["k"]


async def test_a_paused_platform_gives_nothing_from_any_channel(store: SqlStore) -> None:
    """A global limit is for all workers of that platform, and for no other."""
    await add(store, alert("k"), alert("s", channel=SPORT))
    async with store.transaction() as tx:
        await tx.outbox.pause("sandbox", at(10))
        await tx.outbox.pause("sandbox", at(5))
        await tx.outbox.pause("discord", at(99))
    assert keys(await claim(store, now=at(9))) == []
    assert keys(await claim(store, now=at(10))) == ["k", "s"]


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


async def test_a_scope_sees_what_failed_or_is_held_of_its_own(store: SqlStore) -> None:
    """The retry button never shows another workspace's news."""
    failed, unsure = AlertState.FAILED, AlertState.UNKNOWN
    await add(
        store,
        alert("a", state=failed),
        alert("b", state=failed),
        alert("c", state=failed),
        alert("g", state=failed, channel=GUILD),
        alert("due"),
        *(alert(key, state=unsure) for key in ("u", "v", "w")),
        alert("h", state=unsure, channel=GUILD),
    )
    async with store.reading() as tx:
        assert keys(await tx.outbox.failed(LOCAL, 2)) == ["c", "b"]
        assert keys(await tx.outbox.failed(GUILD_SCOPE, 9)) == ["g"]
        assert keys(await tx.outbox.unsure(LOCAL, 2)) == ["u", "v"]
        assert keys(await tx.outbox.unsure(GUILD_SCOPE, 9)) == ["h"]
