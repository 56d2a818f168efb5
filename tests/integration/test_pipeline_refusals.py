"""What follows where a platform will not let us post: nothing lost in silence, nothing hammered."""

import re
from dataclasses import replace
from datetime import timedelta

from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
    ThreadLockedError,
)
from bot.domain.messages import Alert, AlertState, Message, Part, say
from bot.domain.records import CARD_DELETED, Access, Decision, Fate
from bot.domain.watches import Channel, ChannelSettings, Mode
from bot.pipeline.deliver import Deliverer
from tests.integration.pipeline_world import ADMIN, CHANNEL, World, entry, feed, world

JUDGE = "Judge orders an update on transfers to the CECOT prison in Tecoluca"
JUDGE_2 = "Update on transfers to CECOT prison ordered by judge in Tecoluca"
LEAD = "A judge ordered the government to report by Friday on transfers to the CECOT prison."
OTHER = "Volcano near CECOT rumbles as ash falls on its slopes"
ELSEWHERE = Channel.parse("sandbox:elsewhere")


async def publish(w: World, outlet: str, slug: str, title: str, summary: str = "") -> None:
    """Have an outlet publish one more article."""
    url = feed(outlet).url
    w.source.entries[url] = (
        entry(outlet, slug, title, summary),
        *w.source.entries.get(url, ()),
    )


async def trail(w: World, url: str, channel: Channel = CHANNEL) -> tuple[Decision, ...]:
    """Return what was decided about an article in a channel."""
    async with w.store.reading() as tx:
        article = await tx.articles.find(url)
        assert article is not None
        return tuple(d for d in await tx.decisions.of(article.id) if d.channel == channel)


async def fate(w: World, url: str, channel: Channel = CHANNEL) -> tuple[Fate, str]:
    """Return what was decided about an article last, and why."""
    last = (await trail(w, url, channel))[-1]
    return last.fate, last.reason


async def failed(w: World) -> list[Alert]:
    """Return what was given up, as /health shows it."""
    async with w.store.reading() as tx:
        return list(await tx.outbox.failed(CHANNEL.scope, 20))


def told(w: World) -> list[str]:
    """Return what the admin channel was told."""
    return [kept.message.notice for kept in w.chat.in_channel(ADMIN)]


def asked(w: World, kind: str = "post", channel: Channel = CHANNEL) -> int:
    """Return how many requests of a kind a channel was given."""
    return w.chat.requests.count((channel, kind))


A, B, C = (
    f"https://{name}.example/{slug}"
    for name, slug in (("courier", "a"), ("tribune", "b"), ("courier", "c"))
)


async def test_a_limit_for_everything_pauses_every_channel_of_the_platform() -> None:
    """All workers of it, and one that is started meanwhile: the next request could bring a ban."""
    async with world("courier", channels=(CHANNEL, ELSEWHERE)) as w:
        await w.pass_("1s")
        limit = RateLimitError("c", timedelta(minutes=10), everywhere=True)
        w.chat.trouble[CHANNEL, "post"] = limit
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        del w.chat.trouble[CHANNEL, "post"]
        async with w.store.transaction() as tx:
            late = Alert(
                key="k" * 24,
                channel=ELSEWHERE,
                part=Part.NOTICE,
                message=limit_notice(),
                due_at=w.clock(),
                created_at=w.clock(),
            )
            await tx.outbox.add([late])
        w.clock.pass_("9m")
        restarted = Deliverer(w.store, w.chat, w.clock, "w2")
        assert await restarted.tick() == ()
        w.clock.pass_("1m")
        assert {alert.channel for alert in await restarted.tick()} == {CHANNEL, ELSEWHERE}
        assert len(w.chat.in_channel(CHANNEL)) == 1


def limit_notice() -> Message:
    """Return a message."""
    return say("late")


async def test_a_limit_for_one_channel_lets_the_others_go_on() -> None:
    """Each channel has a bucket of its own."""
    async with world("courier", channels=(CHANNEL, ELSEWHERE)) as w:
        await w.pass_("1s")
        w.chat.trouble[CHANNEL, "post"] = RateLimitError("c", timedelta(minutes=10))
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        assert len(w.chat.in_channel(ELSEWHERE)) == 1
        assert asked(w) == 1


async def test_a_lost_permission_is_told_once_and_its_return_once() -> None:
    """What is due waits meanwhile, and one request a pause asks whether it may."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.trouble[CHANNEL, "post"] = ForbiddenError("c", "“Send Messages” is missing.")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await publish(w, "courier", "c", OTHER)
        for _ in range(60):
            await w.pass_("1m")
        assert asked(w) == 8  # after 0, 1, 3, 7, 15, 30, 45 and 60 minutes
        assert [("“Send Messages” is missing" in said, "waits" in said) for said in told(w)] == [
            (True, True)
        ]
        del w.chat.trouble[CHANNEL, "post"]
        await w.pass_("15m")
        assert len(w.chat.in_channel(CHANNEL)) == 2
        assert told(w)[1:] == ["Newsthread can post in #deportations again."]


async def test_a_permission_that_never_returns_ends_all_that_waits_after_a_day() -> None:
    """With reasons, and not one alert a pause."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.trouble[CHANNEL, "post"] = ForbiddenError("c", "missing")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await publish(w, "courier", "c", OTHER)
        await w.pass_("6m")
        for _ in range(26):
            await w.pass_("1h")
        assert [alert.reason for alert in await failed(w)] == ["missing", "missing"]
        assert await fate(w, A) == (Fate.FAILED, "missing")
        assert await fate(w, C) == (Fate.FAILED, "missing")
        assert len(told(w)) == 1


async def test_a_right_that_is_missing_for_replies_alone_is_not_back_with_a_card() -> None:
    """Else the admin channel would be told for ever that it works, and does not."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        w.chat.trouble[CHANNEL, "reply"] = ForbiddenError("c", "no right to reply")
        await publish(w, "tribune", "b", JUDGE_2, LEAD + " Lawyers said so.")
        await w.pass_("6m")
        await w.pass_("3m")
        async with w.store.reading() as tx:
            assert (await tx.channels.standing(CHANNEL)).access is Access.FORBIDDEN
        await w.pass_("1h")
        assert len(told(w)) == 1


async def test_trouble_of_the_admin_channel_itself_is_for_the_log_alone() -> None:
    """It cannot be told where it happens."""
    async with world("courier") as w:
        w.source.failing.add(feed("courier").url)
        w.chat.trouble[ADMIN, "post"] = ForbiddenError("c", "missing")
        for _ in range(4):
            await w.pass_("3h")
        del w.chat.trouble[ADMIN, "post"]
        await w.pass_("15m")
        assert ["is failing" in said for said in told(w)] == [True]


async def test_a_deleted_channel_gives_up_all_that_waits_there_after_one_request() -> None:
    """Ten thousand refusals in ten minutes bring a ban: we stop at the first."""
    async with world("courier", "tribune", channels=(CHANNEL, ELSEWHERE)) as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        w.chat.trouble[CHANNEL, "post"] = ChannelGoneError("c", "Unknown Channel")
        w.chat.trouble[CHANNEL, "edit"] = w.chat.trouble[CHANNEL, "post"]
        w.chat.trouble[CHANNEL, "reply"] = w.chat.trouble[CHANNEL, "post"]
        before = len(w.chat.requests)
        await publish(w, "courier", "c", OTHER)
        await publish(w, "tribune", "b", JUDGE_2, LEAD + " Lawyers said so.")
        await w.pass_("6m")
        await w.pass_("3m")
        for number in range(6):
            await publish(w, "courier", f"n{number}", f"Report {number} on CECOT inmates is out")
            await w.pass_("30m")
        here = [request for request in w.chat.requests[before:] if request[0] == CHANNEL]
        assert len(here) == 1
        for url in (B, C):
            kind, why = await fate(w, url)
            assert kind is Fate.FAILED
            assert "Unknown Channel" in why
        assert (await fate(w, C, ELSEWHERE))[0] is Fate.POSTED
        assert ["Unknown Channel" in said for said in told(w)] == [True]


async def test_a_channel_that_is_gone_is_tried_once_a_day() -> None:
    """The bot may have been invited again; the admin channel hears of it then, and not before."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.trouble[CHANNEL, "post"] = ChannelGoneError("c", "Unknown Channel")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        for number in range(3):
            await publish(w, "courier", f"n{number}", f"{number} {OTHER}")
            await w.pass_("25h")
        assert asked(w) == 4
        assert len(told(w)) == 1
        w.chat.trouble.clear()
        await publish(w, "courier", "last", "Orchestra plays for CECOT guards' families")
        await w.pass_("25h")
        assert len(w.chat.in_channel(CHANNEL)) == 1
        assert told(w)[1:] == ["Newsthread can post in #deportations again."]


async def test_a_retry_by_hand_tries_a_channel_that_is_gone_and_mends_the_decision() -> None:
    """`/why` says posted again once it is."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.trouble[CHANNEL, "post"] = ChannelGoneError("c", "Unknown Channel")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        w.chat.trouble.clear()
        (card,) = await failed(w)
        async with w.store.transaction() as tx:
            assert await tx.outbox.retry(card.key, w.clock())
        await w.pass_("1s")
        assert [d.fate for d in await trail(w, A)] == [
            Fate.WAITING,
            Fate.POSTED,
            Fate.FAILED,
            Fate.POSTED,
        ]
        assert (await trail(w, A))[-1].alert == card.key


async def test_a_reply_that_is_retried_and_sent_is_merged_again() -> None:
    """It stands in the thread, and no card was opened by it."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        w.chat.trouble[CHANNEL, "reply"] = RefusedError("c", "Invalid Form Body")
        await publish(w, "tribune", "b", JUDGE_2, LEAD + " Lawyers said so.")
        await w.pass_("6m")
        await w.pass_("3m")
        assert await fate(w, B) == (Fate.FAILED, "Invalid Form Body")
        w.chat.trouble.clear()
        (reply,) = await failed(w)
        async with w.store.transaction() as tx:
            assert await tx.outbox.retry(reply.key, w.clock())
        await w.pass_("1s")
        assert (await fate(w, B))[0] is Fate.MERGED


async def test_a_refused_message_is_given_up_alone_and_the_channel_goes_on() -> None:
    """The platform will never take this one; the next one it may."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.errors = [RefusedError("c", "Invalid Form Body")]
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        assert await fate(w, A) == (Fate.FAILED, "Invalid Form Body")
        await publish(w, "courier", "c", OTHER)
        await w.pass_("6m")
        assert [kept.message.title for kept in w.chat.in_channel(CHANNEL)] == [OTHER]
        assert told(w) == []
        assert len(await failed(w)) == 1


async def test_a_story_whose_card_failed_gets_another_with_its_next_coverage() -> None:
    """The new card tells of all of it, so nothing stays failed; the failed one is never edited."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        w.chat.errors = [RefusedError("c", "Invalid Form Body")]
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        for _ in range(3):
            await w.pass_("30h")
        assert len(await failed(w)) == 1
        await publish(w, "tribune", "b", JUDGE_2, LEAD + " Lawyers said so.")
        await w.pass_("6m")
        assert len(w.chat.in_channel(CHANNEL)) == 1
        assert (await fate(w, A))[0] is Fate.POSTED
        assert (await fate(w, B))[0] is Fate.POSTED


async def test_a_deleted_card_means_that_the_story_is_not_wanted_there() -> None:
    """No new card, no request more; `/why` says why, and the admin channel is told once."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        w.chat.trouble[CHANNEL, "reply"] = CardGoneError("c", "Unknown Message")
        w.chat.trouble[CHANNEL, "edit"] = w.chat.trouble[CHANNEL, "reply"]
        await publish(w, "tribune", "b", JUDGE_2, LEAD + " Lawyers said so.")
        await w.pass_("6m")
        await w.pass_("3m")
        await publish(w, "courier", "c", JUDGE, LEAD + " Families wait.")
        await w.pass_("6m")
        await w.pass_("3m")
        await w.pass_("80h")
        await w.pass_("6m")
        assert asked(w, "reply") + asked(w, "edit") == 1
        assert len(w.chat.in_channel(CHANNEL)) == 1
        assert (await fate(w, A))[0] is Fate.POSTED
        assert [await fate(w, url) for url in (B, C)] == [(Fate.MUTED, CARD_DELETED)] * 2
        assert await failed(w) == []
        (notice,) = told(w)
    assert re.fullmatch(
        r"The card of “Judge orders .* · \w{4}” was deleted in #deportations:"
        r" the story is not followed there any more\.",
        notice,
    )


async def test_a_locked_thread_gets_a_new_card_that_links_the_old_one() -> None:
    """What the reply would have said stands under it: nothing lost, nothing twice."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        w.chat.errors = [ThreadLockedError("c", "the thread is locked")]
        await publish(w, "tribune", "b", JUDGE_2, LEAD + " Lawyers said so.")
        await w.pass_("6m")
        await w.pass_("3m")
        first, second = w.chat.in_channel(CHANNEL)
        (reply,) = w.chat.replies()
        new = next(id_ for id_, kept in w.chat.kept.items() if kept is second)
        assert reply.thread == new
        assert "tribune" in reply.message.as_text()
        assert "Earlier the thread so far" in second.message.as_text()
        assert "https://chat.example/1" in str(second.message.blocks)
        edits = first.edits
        await publish(w, "courier", "c", JUDGE, LEAD + " Families wait.")
        await w.pass_("6m")
        await w.pass_("3m")
        assert [kept.thread for kept in w.chat.replies()] == [new, new]
        assert (first.edits, len(w.chat.in_channel(CHANNEL))) == (edits, 2)
        assert "Earlier the thread so far" in second.message.as_text()
        assert await failed(w) == []


async def test_an_edit_that_a_locked_thread_refuses_is_dropped_without_a_fuss() -> None:
    """The card stays as it is, until a reply opens a new one."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        w.chat.trouble[CHANNEL, "edit"] = ThreadLockedError("c", "locked")
        await publish(w, "tribune", "b", JUDGE_2, LEAD + " Lawyers said so.")
        await w.pass_("6m")
        await w.pass_("3m")
        assert len(w.chat.replies()) == 1
        assert await failed(w) == []


async def test_a_card_that_a_lock_refuses_is_tried_again_like_any_other() -> None:
    """There is no thread to be locked: it was not taken, and that is all we know."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.errors = [ThreadLockedError("c", "locked"), NotSentError("c", "refused")]
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await w.pass_("1m")
        await w.pass_("1m")
        assert len(w.chat.in_channel(CHANNEL)) == 1


async def test_a_digest_for_a_channel_that_is_gone_is_not_made() -> None:
    """What was held for it says why."""
    async with world("courier", mode=Mode.DIGEST) as w:
        await w.pass_("1s")
        async with w.store.transaction() as tx:
            noon = ChannelSettings(channel=CHANNEL, digest_next=w.clock() + timedelta(hours=1))
            await tx.channels.save(noon)
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        w.chat.trouble[CHANNEL, "post"] = ChannelGoneError("c", "Unknown Channel")
        async with w.store.transaction() as tx:
            notice = Alert(
                key="k" * 24,
                channel=CHANNEL,
                part=Part.NOTICE,
                message=limit_notice(),
                due_at=w.clock(),
                created_at=w.clock(),
            )
            await tx.outbox.add([notice])
        await w.pass_("1m")
        await w.pass_("2h")
        assert await fate(w, A) == (Fate.FAILED, "the channel is gone: Unknown Channel")
        assert asked(w) == 1


async def test_a_reply_whose_card_has_no_place_is_dropped() -> None:
    """It must not stand in the channel by itself."""
    async with world("courier") as w:
        card = Alert(
            key="c",
            channel=CHANNEL,
            part=Part.CARD,
            message=limit_notice(),
            state=AlertState.SENT,
            due_at=w.clock(),
            created_at=w.clock(),
        )
        reply = replace(card, key="r", part=Part.REPLY, card="c", state=AlertState.DUE)
        async with w.store.transaction() as tx:
            await tx.outbox.add([card, reply])
        settled = (await w.deliverer.tick())[0]
        assert settled.state is AlertState.DROPPED
        assert asked(w) == 0
