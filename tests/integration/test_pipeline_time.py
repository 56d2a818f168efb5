"""What passes with time: stories that close, reopen and are taken up again; mornings, digests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.articles import Article, ArticleId
from bot.domain.errors import NotSentError
from bot.domain.records import Decision, Fate
from bot.domain.stories import StoryId
from bot.domain.summaries import Length, Summary
from bot.domain.watches import ChannelSettings, Mode, QuietHours
from bot.pipeline.compose import Composer
from tests.integration.pipeline_world import CHANNEL, World, world
from tests.integration.test_pipeline_refusals import fate, publish

JUDGE = "Judge orders an update on transfers to the CECOT prison in Tecoluca"
LEAD = "A judge ordered the government to report by Friday on transfers to the CECOT prison."
AGAIN = "Judge orders second update on transfers to the CECOT prison in Tecoluca"
MORE = "The judge who ordered a report on transfers to the CECOT prison in Tecoluca asked for more."
VOLCANO = "Volcano near CECOT rumbles as ash falls on its slopes"
MARCH = "Relatives of men held at CECOT march through Caracas"
BUKELE = "President Bukele meets the ambassador about payments for CECOT"
CHOIR = "Choir sings carols for guards of CECOT on Sunday evening"


NIGHT = datetime(2026, 3, 1, tzinfo=UTC)


async def after(w: World, span: str) -> None:
    """Let a span pass in which a feed brings nothing, and the story closes on time."""
    await w.pass_(span)
    await w.pass_("1s")


def cards(w: World) -> list[str]:
    """Return what the channel's messages say."""
    return [kept.message.as_text() for kept in w.chat.in_channel(CHANNEL)]


async def test_a_story_without_news_for_three_days_is_closed_on_its_card() -> None:
    """In words, by an edit: nobody is pinged for it."""
    async with world("courier") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await after(w, "73h")
        assert ["CLOSED" in card for card in cards(w)] == [True]


async def test_coverage_within_a_week_of_closing_reopens_the_story() -> None:
    """Also where the window of seven days has forgotten it, if there is no doubt."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        others = (("v", VOLCANO, ""), ("c", CHOIR, ""), ("m", MARCH, ""), ("b", BUKELE, ""))
        for slug, title, lead in (("a", JUDGE, LEAD), *others):
            await publish(w, "courier", slug, title, lead)
            await w.pass_("6m")
        await after(w, "73h")
        await after(w, "140h")
        assert ["CLOSED" in card for card in cards(w)] == [True] * 5
        await publish(w, "tribune", "b", AGAIN, MORE)
        await w.pass_("6m")
        await w.pass_("3m")
        assert ["DEVELOPING" in card for card in cards(w)] == [True, *[False] * 4]
        assert len(w.chat.replies()) == 1


async def test_later_coverage_opens_a_new_card_that_links_the_old_thread() -> None:
    """A thread of last month is read by nobody; but who asks finds back to it."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await after(w, "73h")
        await after(w, "240h")
        await publish(w, "tribune", "b", AGAIN, MORE)
        await w.pass_("6m")
        await w.pass_("3m")
        assert ["CLOSED" in card for card in cards(w)] == [True, False]
        assert "Earlier the thread so far" in cards(w)[1]
        assert "https://chat.example/1" in str(w.chat.in_channel(CHANNEL)[1].message.blocks)
        assert w.chat.replies() == []
        await publish(w, "courier", "c", AGAIN, MORE + " He set a date.")
        await w.pass_("6m")
        await w.pass_("3m")
        assert [kept.thread for kept in w.chat.replies()] == ["2"]
        assert "Earlier the thread so far" in cards(w)[1]


async def test_what_other_news_came_of_the_place_is_no_sequel() -> None:
    """A false link says that two events are one."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await after(w, "73h")
        await after(w, "240h")
        await publish(w, "tribune", "b", VOLCANO)
        await w.pass_("6m")
        assert ["Earlier" in card for card in cards(w)] == [False, False]


async def test_a_story_that_editors_keep_together_gets_a_new_card_when_it_is_late() -> None:
    """Whoever merges last month's story with today's wants one story, and a card that is read."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await after(w, "73h")
        await after(w, "240h")
        async with w.store.transaction() as tx:
            article = await tx.articles.find("https://courier.example/a")
            assert article is not None
            old = (await tx.stories.of([article.id]))[article.id]
        await publish(w, "tribune", "b", VOLCANO)
        await w.collector.once()
        w.clock.pass_("6m")
        await w.collector.once()
        async with w.store.transaction() as tx:
            article = await tx.articles.find("https://tribune.example/b")
            assert article is not None
            await tx.stories.move([article.id], old, w.clock())
            await tx.threads.open(CHANNEL, old, w.clock(), w.clock())
        await w.pass_("1s")
        assert "Earlier the thread so far" in cards(w)[1]
        assert (await fate(w, "https://tribune.example/b"))[0] is Fate.POSTED


async def night(w: World, **changes: object) -> None:
    """Let the channel be quiet until seven, on a platform that has no silent messages."""
    quiet = ChannelSettings(channel=CHANNEL, quiet=QuietHours(time(22), time(7)))
    async with w.store.transaction() as tx:
        await tx.channels.save(replace(quiet, **changes))  # type: ignore[arg-type] # real fields
    w.composer = Composer(w.store, ExtractiveSummariser(), w.clock, "w1", frozenset({"sandbox"}))
    w.clock.now = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
    await w.pass_("1s")


async def test_what_quiet_hours_held_is_one_digest_in_the_morning() -> None:
    """One message at seven, however many stories the night brought; each opens its own later."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await night(w)
        for slug, title, lead in (("a", JUDGE, LEAD), ("v", VOLCANO, ""), ("c", CHOIR, "")):
            await publish(w, "courier", slug, title, lead)
            await w.pass_("30m")
        assert w.chat.kept == {}
        assert await fate(w, "https://courier.example/a") == (Fate.HELD, "quiet hours")
        w.clock.now = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
        await w.pass_("1s")
        (digest,) = cards(w)
        assert "Held in quiet hours: 3 stories" in digest
        assert all(title in digest for title in (JUDGE, VOLCANO, CHOIR))
        assert (await fate(w, "https://courier.example/v")) == (
            Fate.POSTED,
            "in the digest after quiet hours",
        )
        await publish(w, "tribune", "b", JUDGE, LEAD + " Lawyers said so.")
        await w.pass_("6m")
        assert [JUDGE in card for card in cards(w)] == [True, True]
        assert len(w.chat.kept) == 2


async def test_what_is_new_in_the_morning_has_a_card_beside_the_digest() -> None:
    """It was never held."""
    async with world("courier") as w:
        await w.pass_("1s")
        await night(w)
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("30m")
        w.clock.now = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
        await publish(w, "courier", "v", VOLCANO)
        await w.pass_("1s")
        assert ["Held in quiet hours" in card for card in cards(w)] == [True, False]


async def test_an_urgent_watch_is_not_held() -> None:
    """That is what urgent means."""
    async with world("courier", urgent=True) as w:
        await w.pass_("1s")
        await night(w)
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("30m")
        assert [kept.message.silent for kept in w.chat.in_channel(CHANNEL)] == [False]


async def test_quiet_hours_are_silent_where_the_platform_can() -> None:
    """Cards at once, without a push notification; also when there are many."""
    async with world("courier") as w:
        await w.pass_("1s")
        await night(w)
        w.composer = Composer(w.store, ExtractiveSummariser(), w.clock, "w1")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("30m")
        titles = ("Derby ends", "Ash falls", "Strike begins", "Roof caves in", "Choir sings", "Dam")
        for number, title in enumerate(titles):
            await publish(w, "courier", f"n{number}", f"{title} (CECOT)", f"{title}.")
        await w.pass_("30m")
        assert [kept.message.silent for kept in w.chat.in_channel(CHANNEL)] == [True, True]


async def test_a_thread_is_as_quiet_as_its_card_and_an_urgent_one_is_not() -> None:
    """More coverage comes at night too."""
    for urgent in (False, True):
        async with world("courier", "tribune", urgent=urgent, ping="@desk") as w:
            await w.pass_("1s")
            await night(w)
            w.composer = Composer(w.store, ExtractiveSummariser(), w.clock, "w1")
            await publish(w, "courier", "a", JUDGE, LEAD)
            await w.pass_("6m")
            (card,) = w.chat.in_channel(CHANNEL)
            assert (card.message.silent, card.message.ping) == (not urgent, "@desk" * urgent)
            await publish(w, "tribune", "b", JUDGE, LEAD + " Lawyers said so.")
            await w.pass_("6m")
            await w.pass_("3m")
            (reply,) = w.chat.replies()
            assert reply.message.silent is not urgent
            assert card.message.ping == ""  # an edit rings nobody, and shows nobody as rung


async def test_what_waited_until_the_night_does_not_ring_in_it() -> None:
    """It is decided when it is sent: a channel may be shut for hours."""
    async with world("courier", ping="@desk") as w:
        await w.pass_("1s")
        quiet = ChannelSettings(channel=CHANNEL, quiet=QuietHours(time(22), time(7)))
        async with w.store.transaction() as tx:
            await tx.channels.save(quiet)
        w.clock.now = datetime(2026, 3, 2, 21, 50, tzinfo=UTC)
        w.chat.trouble[CHANNEL, "post"] = NotSentError(str(CHANNEL), "not connected")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("5m")
        assert w.chat.kept == {}
        w.clock.now = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
        w.chat.trouble.clear()
        await w.pass_("20m")
        (card,) = w.chat.kept.values()
        assert (card.message.silent, card.message.ping) == (True, "")


async def test_a_silent_watch_posts_without_a_push_notification() -> None:
    """By day as well."""
    async with world("courier", mode=Mode.SILENT) as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        assert [kept.message.silent for kept in w.chat.in_channel(CHANNEL)] == [True]


async def test_a_digest_lists_what_was_held_for_it_and_an_empty_one_is_not_sent() -> None:
    """At its time, and then at the next."""
    async with world("courier", mode=Mode.DIGEST) as w:
        await w.pass_("1s")
        noon = ChannelSettings(channel=CHANNEL, digest=(time(12),))
        async with w.store.transaction() as tx:
            await tx.channels.save(replace(noon, digest_next=w.clock() + timedelta(hours=1)))
            await tx.decisions.record([])
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        assert await fate(w, "https://courier.example/a") == (
            Fate.HELD,
            "for the channel's digest",
        )
        await w.pass_("2h")
        await w.pass_("25h")
        assert [JUDGE in card for card in cards(w)] == [True]
        async with w.store.reading() as tx:
            settings = await tx.channels.get(CHANNEL)
        assert settings.digest_next is not None
        assert settings.digest_next > w.clock()


async def test_what_was_held_for_a_watch_that_is_gone_stays_held_with_the_reason() -> None:
    """A story of a paused watch is told nowhere, and `/why` says so."""
    async with world("courier", min_outlets=2) as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        async with w.store.transaction() as tx:
            (watch,) = await tx.watches.list()
            await tx.watches.save(replace(watch, paused=True))
            await tx.threads.open(CHANNEL, await story_of(w, tx), w.clock(), w.clock())
        await w.pass_("6m")
        assert await fate(w, "https://courier.example/a") == (
            Fate.HELD,
            "the watch that matched is paused or gone",
        )


async def story_of(w: World, tx: object) -> StoryId:
    """Return the code of the only story."""
    article = await tx.articles.find("https://courier.example/a")  # type: ignore[attr-defined]
    stories = await tx.stories.of([article.id])  # type: ignore[attr-defined]
    return StoryId(stories[article.id])


async def test_a_thread_whose_story_or_articles_are_gone_is_laid_to_rest() -> None:
    """Composing it would find nothing, for ever."""
    async with world("courier") as w:
        await w.pass_("1s")
        async with w.store.transaction() as tx:
            await tx.threads.open(CHANNEL, StoryId("NONE"), w.clock(), w.clock())
        assert await w.composer.tick() == 0
        async with w.store.reading() as tx:
            thread = await tx.threads.get(CHANNEL, StoryId("NONE"))
        assert thread is not None
        assert thread.compose_at is None


async def test_a_forgotten_story_is_found_again_after_a_restart() -> None:
    """What the process remembered is in the database."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await after(w, "240h")
        async with w.store.transaction() as tx:  # as any editor's merge, it has all read anew
            await tx.stories.move([], StoryId("OTHER"), w.clock())
        await publish(w, "tribune", "b", AGAIN, MORE)
        await w.pass_("6m")
        assert ["Earlier" in card for card in cards(w)] == [False, True]


async def test_what_the_window_thought_another_event_is_not_linked_by_the_archive() -> None:
    """One decides for the last week, and the other for what was before."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await after(w, "160h")
        await publish(w, "tribune", "b", AGAIN, MORE)
        await w.pass_("6m")
        assert ["Earlier" in card for card in cards(w)] == [False, False]


async def test_a_card_is_not_edited_twice_in_half_a_minute() -> None:
    """What came meanwhile is on it after that."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        await publish(w, "tribune", "b", JUDGE, LEAD + " Lawyers said so.")
        async with w.store.transaction() as tx:
            await tx.feeds.make_due((await tx.feeds.list())[1].feed.id, w.clock())
        await w.pass_("10s")
        (card,) = w.chat.in_channel(CHANNEL)
        assert card.edits == 0
        await w.pass_("20s")
        assert card.edits == 1


async def test_a_digest_passes_over_a_thread_whose_story_is_gone() -> None:
    """There is nothing to list."""
    async with world("courier") as w:
        channel = ChannelSettings(channel=CHANNEL, digest_next=w.clock())
        gone = Decision(
            article=ArticleId(1),
            channel=CHANNEL,
            story=StoryId("NONE"),
            fate=Fate.HELD,
            at=w.clock(),
        )
        async with w.store.transaction() as tx:
            await tx.channels.save(channel)
            await tx.threads.open(CHANNEL, gone.story, w.clock(), None)
            await tx.decisions.record([gone])
        await w.pass_("1m")
        assert w.chat.kept == {}


async def test_a_composer_that_lost_its_lease_puts_nothing_into_the_outbox() -> None:
    """Another one has composed the thread by now."""

    class Slow(ExtractiveSummariser):
        """Takes longer than the lease, while another composer does the work."""

        async def summarise(
            self,
            articles: Sequence[Article],
            length: Length,
            shown: Sequence[str] = (),
            lang: str | None = None,
            *,
            model: bool = True,
        ) -> Summary:
            w.clock.pass_("3m")
            await Composer(w.store, ExtractiveSummariser(), w.clock, "w2").tick()
            return await super().summarise(articles, length, shown, lang, model=model)

    async with world("courier") as w:
        await w.pass_("1s")
        w.composer = Composer(w.store, Slow(), w.clock, "w1")
        await publish(w, "courier", "a", JUDGE, LEAD)
        await w.pass_("6m")
        assert len(w.chat.kept) == 1
        async with w.store.reading() as tx:
            (trail,) = [await tx.decisions.of(a.id) for a in await tx.articles.since(NIGHT, 9)]
        assert [decision.fate for decision in trail] == [Fate.WAITING, Fate.POSTED]
