"""The three steps together, on the real store: what a channel sees, and what it never sees."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import ChannelGoneError, DeliveryError, NotSentError, RateLimitError
from bot.domain.records import Fate
from bot.domain.stories import StoryId
from bot.domain.watches import Mode, Mute, MuteId, MuteKind
from bot.pipeline.mutes import announce_ended
from tests.integration.pipeline_world import ADMIN, CHANNEL, entry, feed, world

JUDGE = "Judge orders an update on transfers to the CECOT prison in Tecoluca"
JUDGE_2 = "Update on transfers to CECOT prison ordered by judge in Tecoluca"
OWN_WORDS = (
    "The ruling on transfers to the CECOT prison in Tecoluca came after a two-hour hearing, "
    "where lawyers for the families spoke first."
)
SEVEN = (
    "Harvest of coffee begins early in Brazil",
    "Stadium roof collapses during football derby",
    "Volcano ash closes Icelandic airport",
    "Railway workers vote to strike over pensions",
    "Museum recovers stolen Dutch painting",
    "Orchestra appoints Finnish conductor",
    "Vaccine trial against malaria enrols infants",
)
LEAD = "A judge ordered the government to report by Friday on transfers to the CECOT prison."


async def test_the_first_poll_of_a_feed_posts_nothing() -> None:
    """It seeds what has been seen: nobody wants last week's news at once."""
    async with world("courier") as w:
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("1s")
        assert w.chat.kept == {}


async def test_a_new_matching_article_opens_a_card_in_its_channel() -> None:
    """The main job."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        cards = w.chat.in_channel(CHANNEL)
        assert [card.message.title for card in cards] == [JUDGE]


async def test_more_coverage_goes_into_the_thread_and_onto_the_card() -> None:
    """One story, one thread."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        w.source.entries[feed("tribune").url] = (
            entry("tribune", "b", JUDGE, LEAD + " Lawyers said so."),
        )
        await w.pass_("6m")
        await w.pass_("3m")
        assert len(w.chat.in_channel(CHANNEL)) == 1
        assert len(w.chat.replies()) == 1
        assert w.chat.in_channel(CHANNEL)[0].edits == 1


async def test_polling_the_same_document_again_posts_nothing_twice() -> None:
    """Nothing twice, however often it is polled."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        for _ in range(4):
            await w.pass_("6m")
        assert len(w.chat.kept) == 1


async def test_an_article_that_no_watch_matches_is_kept_and_not_posted() -> None:
    """It can be searched, and `/why` can say what it missed."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", "Rain expected"),)
        await w.pass_("6m")
        async with w.store.reading() as tx:
            found = await tx.articles.search("rain", w.clock() - timedelta(days=1), 5, 0)
        assert [article.title for article in found] == ["Rain expected"]
        assert w.chat.kept == {}


async def test_an_edited_headline_is_told_in_the_thread() -> None:
    """What an outlet takes back is news too."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        edited = JUDGE.replace("transfers", "deportations")
        w.source.entries[feed("courier").url] = (entry("courier", "a", edited, LEAD),)
        await w.pass_("6m")
        assert "EDITED courier" in w.chat.replies()[0].message.as_text()
        assert "“transfers” → “deportations”" in w.chat.replies()[0].message.as_text()


@pytest.mark.parametrize("mode", [Mode.THREAD, Mode.SILENT])
async def test_many_new_stories_at_once_become_one_burst_card(mode: Mode) -> None:
    """A flood is a list, and nothing is dropped; it sounds as each of its stories would."""
    async with world("courier", mode=mode) as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = tuple(
            entry("courier", title.split()[0], f"{title} (CECOT)", f"{title}.") for title in SEVEN
        )
        await w.pass_("6m")
        cards = w.chat.in_channel(CHANNEL)
        assert len(cards) == 1
        assert all(title in cards[0].message.as_text() for title in SEVEN)
        assert cards[0].message.silent == (mode is Mode.SILENT)


async def test_a_reset_after_posting_does_not_post_twice() -> None:
    """The outcome is unknown, so we look, find it, and leave it at that."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.errors, w.chat.takes = [DeliveryError("c", "connection reset")], True
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        await w.pass_("1m")
        assert len(w.chat.kept) == 1
        assert w.chat.looks == 1


async def test_a_message_that_was_not_taken_is_sent_again() -> None:
    """Refused is not lost."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.errors = [NotSentError("c", "refused"), RateLimitError("c", timedelta(seconds=30))]
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        await w.pass_("1m")
        await w.pass_("1m")
        assert len(w.chat.kept) == 1


async def test_a_channel_that_is_gone_fails_its_alert_for_good() -> None:
    """It is shown, and the platform is not asked again."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.chat.errors = [ChannelGoneError("c", "deleted")]
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        async with w.store.reading() as tx:
            failed = await tx.outbox.failed(CHANNEL.scope, 5)
        assert [alert.reason for alert in failed] == ["deleted"]


async def test_a_failing_feed_is_told_once_and_its_recovery_once() -> None:
    """After three failures in a row; and never silently disabled."""
    async with world("courier") as w:
        w.source.failing.add(feed("courier").url)
        for _ in range(6):
            await w.pass_("3h")
        w.source.failing.clear()
        await w.pass_("24h")
        told = [kept.message.notice for kept in w.chat.in_channel(ADMIN)]
        assert len(told) == 2
        assert "is failing" in told[0]
        assert "works again" in told[1]


async def test_a_new_watch_posts_its_newest_stories_once() -> None:
    """So that a first run is not silent."""
    async with world("courier", backfill=1) as w:
        w.source.entries[feed("courier").url] = (
            entry("courier", "a", JUDGE, LEAD),
            entry(
                "courier", "b", "Volcano near CECOT rumbles", "Ash fell on the volcano's slopes."
            ),
        )
        await w.pass_("1s")
        await w.pass_("1m")
        await w.pass_("6m")
        assert len(w.chat.in_channel(CHANNEL)) == 1


async def test_a_new_watch_waits_for_the_first_polls_of_another_process() -> None:
    """They may take longer than one waits for a slow feed beside others that are there."""
    async with world("courier", backfill=1) as w:
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        async with w.store.transaction() as tx:
            await tx.feeds.claim("other", w.clock(), w.clock() + timedelta(minutes=3), 9)
        w.clock.now += timedelta(minutes=1)
        assert await w.backfiller.tick() == 0
        await w.pass_("3m")  # the other one was lost
        await w.pass_("1m")
        await w.pass_("6m")
        assert len(w.chat.in_channel(CHANNEL)) == 1


async def test_a_new_watch_does_not_wait_for_ever_for_feeds_that_nobody_polls() -> None:
    """What they bring later is their first poll, which is silent."""
    async with world("courier", backfill=1) as w:
        async with w.store.transaction() as tx:
            await tx.feeds.claim("other", w.clock(), w.clock() + timedelta(hours=1), 9)
        w.clock.now += timedelta(minutes=9)
        await w.backfiller.tick()
        async with w.store.reading() as tx:
            before = await tx.watches.backfills()
        w.clock.now += timedelta(minutes=2)
        await w.backfiller.tick()
        async with w.store.reading() as tx:
            after = await tx.watches.backfills()
        assert ([watch.name for watch in before], after) == (["cecot"], ())


async def test_too_few_outlets_hold_a_story_until_the_second_comes() -> None:
    """`min_outlets: 2` waits for a second independent outlet, and says so."""
    async with world("courier", "tribune", min_outlets=2) as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        async with w.store.reading() as tx:
            article = await tx.articles.find("https://courier.example/a")
            assert article is not None
            trail = await tx.decisions.of(article.id)
        assert trail[-1].fate is Fate.HELD
        assert w.chat.kept == {}
        w.source.entries[feed("tribune").url] = (entry("tribune", "b", JUDGE_2, OWN_WORDS),)
        await w.pass_("6m")
        assert len(w.chat.in_channel(CHANNEL)) == 1


async def test_a_muted_outlet_s_article_is_kept_and_says_so() -> None:
    """Muted is an end that `/why` can tell, and its own end is announced once."""
    async with world("courier") as w:
        await w.pass_("1s")
        mute = Mute(
            id=MuteId(0),
            scope=CHANNEL.scope,
            kind=MuteKind.OUTLET,
            value="courier",
            until=w.clock() + timedelta(hours=1),
            by="ed",
            channel=CHANNEL,
            created_at=w.clock(),
        )
        async with w.store.transaction() as tx:
            await tx.mutes.add(mute)
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        assert w.chat.kept == {}
        async with w.store.reading() as tx:
            article = await tx.articles.find("https://courier.example/a")
            assert article is not None
            trail = await tx.decisions.of(article.id)
        assert trail[-1].fate is Fate.MUTED
        w.clock.pass_("1h")
        assert [await announce_ended(w.store, w.clock) for _ in range(2)] == [1, 0]
        await w.pass_("1s")
        said = [kept.message.notice for kept in w.chat.in_channel(CHANNEL)]
        assert said == ["The mute of outlet “courier” by ed has ended."]


async def test_a_muted_word_is_found_beside_punctuation() -> None:
    """“Tecoluca,” in a headline is the word that was muted."""
    async with world("courier") as w:
        await w.pass_("1s")
        mute = Mute(
            id=MuteId(0),
            scope=CHANNEL.scope,
            kind=MuteKind.WORD,
            value="tecoluca",
            until=None,
            by="ed",
            created_at=w.clock(),
        )
        async with w.store.transaction() as tx:
            await tx.mutes.add(mute)
        w.source.entries[feed("courier").url] = (entry("courier", "a", "CECOT (Tecoluca), again"),)
        await w.pass_("6m")
        assert w.chat.kept == {}


async def test_coverage_after_a_split_goes_to_the_story_that_was_split_off() -> None:
    """What an editor decided holds at once, and not only after a restart."""
    async with world("courier", "tribune") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        await w.pass_("6m")
        async with w.store.transaction() as tx:
            article = await tx.articles.find("https://courier.example/a")
            assert article is not None
            await tx.stories.move([article.id], StoryId("SPLIT"), w.clock())
        w.source.entries[feed("tribune").url] = (entry("tribune", "b", JUDGE_2, OWN_WORDS),)
        await w.pass_("6m")
        async with w.store.reading() as tx:
            story = await tx.stories.get(StoryId("SPLIT"))
    assert story is not None
    assert story.outlets == ("courier", "tribune")


async def test_an_article_of_another_workspace_s_feed_is_told_when_a_shared_feed_brings_it() -> (
    None
):
    """It was hidden from this channel before, so here it is new: nothing is lost in silence."""
    async with world("courier") as w:
        await w.pass_("1s")
        theirs = replace(feed("theirs"), workspace="discord/guild")
        async with w.store.transaction() as tx:
            await tx.feeds.add(theirs, w.clock())
        await w.pass_("1s")
        item = entry("courier", "a", JUDGE, LEAD)
        w.source.entries[theirs.url] = (item,)
        await w.pass_("6m")
        assert w.chat.kept == {}
        w.source.entries[feed("courier").url] = (item,)
        await w.pass_("6m")
        await w.pass_("6m")
        assert [card.message.title for card in w.chat.in_channel(CHANNEL)] == [JUDGE]


async def test_a_private_feed_s_name_and_words_are_shown_to_nobody_else() -> None:
    """What a workspace calls its feeds, and what it has of them, is its own."""
    async with world("courier") as w:
        await w.pass_("1s")
        theirs = replace(feed("Top secret desk"), url="https://x.example/f", workspace="discord/g")
        async with w.store.transaction() as tx:
            await tx.feeds.add(theirs, w.clock())
        await w.pass_("1s")
        w.source.entries[theirs.url] = (entry("courier", "a", JUDGE, "For subscribers: CECOT."),)
        await w.pass_("6m")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE, LEAD),)
        for _ in range(3):
            await w.pass_("6m")
        (card,) = w.chat.in_channel(CHANNEL)
        said = f"{card.message}"
        assert "courier" in said
        assert "secret" not in said
        assert "subscribers" not in said
        assert w.chat.replies() == []


async def test_of_two_workspaces_feeds_neither_gives_an_outlet_its_name() -> None:
    """Each sees the site's name, or what the entry itself says."""
    async with world() as w:
        feeds = [
            replace(feed(name), url=f"https://{name}.example/f", workspace=workspace)
            for name, workspace in (
                ("first", "discord/g"),
                ("another", "discord/g"),
                ("second", "sandbox/local"),
            )
        ]
        async with w.store.transaction() as tx:
            for one in feeds:
                await tx.feeds.add(one, w.clock())
        await w.pass_("1s")
        for one in feeds:
            w.source.entries[one.url] = (
                entry("courier", "a", JUDGE, LEAD),
                replace(entry("courier", "b", OWN_WORDS), outlet="The Courier"),
            )
            await w.pass_("6m")
        async with w.store.reading() as tx:
            found = [await tx.articles.find(f"https://courier.example/{slug}") for slug in "ab"]
        assert [article and article.outlet for article in found] == [
            "courier.example",
            "The Courier",
        ]


async def test_an_edit_that_makes_an_article_match_is_told() -> None:
    """The first version of a headline often lacks the word that matters."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", "Judge orders an update"),)
        await w.pass_("6m")
        assert w.chat.kept == {}
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE),)
        await w.pass_("6m")
        assert [card.message.title for card in w.chat.in_channel(CHANNEL)] == [JUDGE]
