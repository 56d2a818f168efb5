"""Why, mutes, settings, health, help and privacy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.articles import FeedId
from bot.domain.calls import Role
from bot.domain.errors import ChannelGoneError
from bot.domain.messages import Alert, AlertState, Part, say
from bot.domain.models import Model, day_of
from bot.domain.records import Access, Standing
from bot.domain.stories import StoryId
from bot.domain.subscriptions import Subscription
from bot.domain.watches import Channel, MuteKind
from tests.integration.desk_world import COURT, FIRE, JUDGE, office, with_a_story
from tests.integration.pipeline_world import CHANNEL, entry

URL = "https://one.example/judge"


# -- why


async def test_the_trail_of_an_article_is_told_step_by_step() -> None:
    """Fetched, matched, filed, decided, sent: each with its time, and nothing left out."""
    async with office() as place:
        code = await with_a_story(place)
        words = await place.type_(f"/why {URL}?utm_source=rss")
        copied = await place.type_("/why two.example/families")
    lines = words.splitlines()
    assert lines[0] == "POSTED · one"
    assert lines[2:] == [
        "• Fetched Mon 02 Mar 12:10 UTC from “one”.",
        "• Matched the watch cecot (version 1) Mon 02 Mar 12:10 UTC by CECOT (title).",
        f"• Filed under story {code} “{JUDGE}”, which it opened.",
        "• Waiting in #deportations Mon 02 Mar 12:10 UTC: matched; to be composed.",
        "• Posted in #deportations Mon 02 Mar 12:10 UTC: opened a card; alert sent Mon 02 Mar"
        " 12:10 UTC.",
        f"story {code}",
    ]
    assert f"Filed under story {code} “{JUDGE}”, tied by " in copied
    assert copied.startswith("MERGED · two")


async def test_the_feed_s_own_date_is_told_beside_ours() -> None:
    """Where they differ much, the feed is late, or wrong."""
    async with office() as place:
        dated = replace(
            entry("one", "judge", JUDGE, COURT), published=datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
        )
        place.world.source.entries["https://one.example/feed"] = (dated,)
        await place.world.pass_("10m")
        words = await place.type_(f"/why {URL}")
    assert "Fetched Mon 02 Mar 12:10 UTC from “one”, which dates it Sun 01 Mar 09:00 UTC." in words


async def test_a_reprint_is_told_as_one() -> None:
    """With the number of the text that it prints again."""
    async with office() as place:
        await place.publish(("one", "judge", JUDGE, COURT), ("two", "copy", JUDGE, COURT))
        words = await place.type_("/why two.example/copy")
    assert "; it reprints [1]." in words


async def test_in_a_thread_why_tells_of_its_story() -> None:
    """Each article with what tied it, and the card with its time."""
    async with office() as place:
        code = await with_a_story(place)
        place.thread = await place.card(code)
        words = await place.type_("/why")
    assert "Alert #deportations: card sent Mon 02 Mar 12:10 UTC" in words
    assert "matched cecot by CECOT (title)" in words
    assert "opened the story; posted in #deportations (opened a card)" in words
    assert "tied by" in words


async def test_where_nothing_matched_the_nearest_miss_of_each_watch_is_told() -> None:
    """So that the query can be mended."""
    async with office() as place:
        for line in (
            "volcano name:w1",
            "name:w2 rain feeds:two",
            "name:w3 rain lang:es",
            "name:w4 rain",
        ):
            await place.type_(f"/watch add {line}")
            await place.press("Activate")
        await place.type_("/watch pause w4")
        await place.publish(("one", "rain", "Rain in the north", "Heavy rain fell."))
        await place.type_("/watch add heavy name:w5")
        await place.press("Activate")
        words = await place.type_("/why https://one.example/rain")
        for number in range(6, 12):
            await place.type_(f"/watch add x{number} name:w{number}")
            await place.press("Activate")
        many = await place.type_("/why https://one.example/rain")
    assert words.startswith("NO WATCH MATCHED · one")
    assert "• Not matched by cecot: " in words
    assert "• Not matched by w1: " in words
    assert "• Not matched by w2: only the feeds two." in words
    assert "• Not matched by w3: only es; this is en." in words
    assert "• Not matched by w4: it is paused." in words
    assert "• Not matched by w5: it would match now; it was made or changed after" in words
    assert words.endswith("in no story here")
    assert "… and by 4 further watches." in many


async def test_an_article_of_no_known_language_says_so() -> None:
    """`lang:` limits to what is known."""
    async with office() as place:
        await place.type_("/watch add 12345 name:w1 lang:es")
        await place.press("Activate")
        async with place.world.store.transaction() as tx:
            line = (await tx.feeds.list())[0]
            await tx.feeds.change(replace(line.feed, lang=""))
        await place.publish(("one", "numbers", "12345", ""))
        words = await place.type_("/why https://one.example/numbers")
    assert "only es; the language of this one is not known." in words


async def test_without_watches_that_is_the_reason() -> None:
    """A workspace that only reads."""
    async with office() as place:
        await place.publish(("one", "judge", JUDGE, COURT))
        place.channel = Channel(type(CHANNEL.scope)("sandbox", "new"), "news")
        words = await place.type_(f"/why {URL}")
    assert "• Not matched: there are no watches here." in words


async def test_an_address_of_a_known_site_that_no_feed_brought_is_told_so() -> None:
    """With the state of the feed, and what to do."""
    async with office("one", "two") as place:
        works = await place.type_("/why https://one.example/none")
        place.world.source.failing.add("https://one.example/feed")
        await place.world.pass_("10m")
        fails = await place.type_("/why https://one.example/none")
        await place.type_("/feed add https://three.example/feed")
        new = await place.type_("/why https://three.example/none")
        other = await place.type_("/why https://www.never.example/x")
    assert "one.example is among the feeds here (“one”), but none has brought" in works
    assert "“one” was last polled Mon 02 Mar 12:00 UTC, and works." in works
    assert "and failed: The server failed (500)." in fails
    assert "It was not polled yet." in new
    assert other.endswith("/feed add never.example")


@pytest.mark.parametrize(
    ("line", "words"),
    [("/why", "Why what?"), ("/why a b", "neither a web address nor a story's code")],
)
async def test_why_needs_something_to_explain(line: str, words: str) -> None:
    """An address, a code or a thread."""
    async with office() as place:
        said = await place.type_(line)
    assert words in said


async def test_a_feed_that_is_gone_leaves_the_trail_of_its_articles() -> None:
    """What was posted stays explained."""
    async with office() as place:
        await with_a_story(place)
        async with place.world.store.transaction() as tx:
            for line in await tx.feeds.list():
                await tx.feeds.remove(line.feed.id)
        words = await place.type_(f"/why {URL}")
    assert "from a feed that is not here any more" in words


async def test_why_of_a_watch_that_is_gone_names_none() -> None:
    """The match was there; who looked for it is not."""
    async with office() as place:
        code = await with_a_story(place)
        async with place.world.store.transaction() as tx:
            await tx.watches.remove((await tx.watches.list())[0].id, place.world.clock())
        story = await place.type_(f"/why {code}")
        article = await place.type_(f"/why {URL}")
    assert "matched no watch that is here now" in story
    assert "Not matched: there are no watches here." in article
    assert article.startswith("POSTED · one")


async def test_an_alert_that_was_given_up_is_told_and_sent_again_on_request() -> None:
    """Nothing is lost in silence: the reason stands there, with a button."""
    async with office() as place:
        place.world.chat.errors.append(ChannelGoneError("#deportations", "the channel is gone"))
        await place.publish(("one", "judge", JUDGE, COURT))
        code = await place.code()
        why = await place.type_(f"/why {URL}")
        story = await place.type_(f"/why {code}")
        place.role = Role.ADMIN
        health = await place.type_("/health")
        retry = place.button("Retry alert 1")
        said = await place.act(retry)
        due = await place.type_(f"/why {code}")
        await place.world.pass_("1m")
        twice = await place.act(retry)
        sent = await place.type_(f"/why {code}")
        cards = place.world.chat.in_channel(CHANNEL)
    assert why.startswith("FAILED · one")
    assert "alert given up Mon 02 Mar 12:10 UTC (" in why
    assert "card given up" in story
    assert "Alert given up in #deportations: " in health
    assert said == "It is sent again now."
    assert "card the platform did not say whether it took it; looked for since" in due
    assert twice == "That alert is not waiting for a retry any more."
    assert "card sent" in sent
    assert len(cards) == 1


async def test_a_burst_is_told_as_a_listing() -> None:
    """No card of its own, and yet posted."""
    async with office("one") as place:
        titles = (
            "Volcano erupts over coffee farms",
            "Football final ends without goals",
            "Parliament votes on the water bill",
            "Orchestra plays a forgotten symphony",
            "Whales return to the northern bay",
            "Railway strike stops commuters",
            "Bakers lower the price of bread",
        )
        await place.publish(
            *(("one", f"n{n}", f"{title} CECOT", title) for n, title in enumerate(titles))
        )
        words = await place.type_(f"/why {await place.code('n0')}")
    assert "Alert #deportations: listed, sent" in words


# -- mute


async def test_a_story_is_muted_by_its_button_and_unmuted_by_undo() -> None:
    """For a day, unless said otherwise; its end is announced."""
    async with office() as place:
        code = await with_a_story(place)
        await place.type_(f"/story show {code}")
        words = await place.press("Mute")
        async with place.world.store.reading() as tx:
            (mute,) = await tx.mutes.active(CHANNEL.scope, place.world.clock())
        undone = await place.press("Undo")
        async with place.world.store.reading() as tx:
            left = await tx.mutes.active(CHANNEL.scope, place.world.clock())
    assert words == (
        f"Muted story {code} “{JUDGE}” until Tue 03 Mar 12:40 UTC; I say so here when it ends."
    )
    assert (mute.kind, mute.value, mute.by, mute.channel) == ("story", code, "Ana", CHANNEL)
    assert (
        undone == f"Unmuted story {code} “{JUDGE}”. What was muted meanwhile is not posted later."
    )
    assert left == ()


async def test_a_mute_that_was_undone_cannot_be_undone_again() -> None:
    """Pressing twice does no harm."""
    async with office() as place:
        await place.type_("/mute football")
        undo = place.button("Undo")
        await place.act(undo)
        words = await place.act(undo)
    assert words == "That mute has ended already."


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("/mute one", "outlet", "one"),
        ("/mute two.example", "outlet", "two.example"),
        ("/mute Deportación, ya!", "word", "deportacion ya"),
        ("/mute kind:word one", "word", "one"),
        ("/mute kind:outlet Some Paper", "outlet", "Some Paper"),
        ('/mute "prison transfer" for:forever', "word", "prison transfer"),
    ],
)
async def test_what_is_meant_is_found_out(line: str, kind: str, value: str) -> None:
    """A story's code, else an outlet's name or site, else words in their compared form."""
    async with office() as place:
        await with_a_story(place)
        await place.type_(line)
        async with place.world.store.reading() as tx:
            (mute,) = await tx.mutes.active(CHANNEL.scope, place.world.clock())
    assert (mute.kind, mute.value) == (MuteKind(kind), value)
    assert (mute.until is None) == ("forever" in line)


async def test_muting_again_changes_how_long() -> None:
    """Not two mutes of one thing."""
    async with office() as place:
        await place.type_("/mute football")
        await place.type_("/mute forest")
        await place.type_("/mute football for:forever")
        words = await place.type_("/unmute")
    assert words.startswith("Muted: 2")
    assert "word “football” until it is unmuted, by Ana" in words
    assert "word “forest” until Tue" in words


async def test_what_is_muted_is_not_posted() -> None:
    """The whole way: a word in another form and with accents."""
    async with office() as place:
        await place.type_("/mute judge")
        await place.publish(("one", "judge", JUDGE, COURT), ("one", "fire", FIRE, FIRE))
        words = await place.type_(f"/why {URL}")
        cards = place.world.chat.in_channel(CHANNEL)
    assert words.startswith("MUTED")
    assert len(cards) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/mute", "Which story?"),
        ("/mute !!!", "Mute which word?"),
        ("/mute " + "x" * 101, "Mute which word?"),
        ("/mute x for:2h", "none of 1h, 24h, 7d, forever"),
        ("/mute ZZZZ kind:story", "There is no story “ZZZZ” here."),
        ("/unmute foorball", "is not muted here. Did you mean “football”?"),
    ],
)
async def test_a_mute_that_makes_no_sense_is_refused(line: str, words: str) -> None:
    """And nothing is muted."""
    async with office() as place:
        await place.type_("/mute football")
        said = await place.type_(line)
        listed = await place.type_("/unmute")
    assert words in said
    assert listed.startswith("Muted: 1")


async def test_unmuting_names_the_target_the_button_or_the_thread() -> None:
    """Alone it lists what is muted."""
    async with office() as place:
        nothing = await place.type_("/unmute")
        code = await with_a_story(place)
        place.thread = await place.card(code)
        await place.type_("/mute")
        in_thread = await place.type_("/unmute")
        place.thread = None
        await place.type_("/mute Fútbol")
        by_word = await place.type_("/unmute fútbol")
        await place.type_("/mute one")
        await place.type_("/unmute")
        by_button = await place.press("Unmute one")
    assert nothing == "Nothing is muted here."
    assert in_thread.startswith(f"Unmuted story {code}")
    assert by_word.startswith("Unmuted word “futbol”.")
    assert by_button.startswith("Unmuted outlet “one”.")


async def test_the_mute_of_a_story_that_is_gone_can_be_ended() -> None:
    """Its code is all that is left of it."""
    async with office() as place:
        code = await with_a_story(place)
        await place.type_(f"/mute {code}")
        async with place.world.store.transaction() as tx:
            (mute,) = await tx.mutes.active(CHANNEL.scope, place.world.clock())
            await tx.mutes.remove(mute.id)
            await tx.mutes.add(replace(mute, value="ZZZZ"))
        words = await place.type_("/unmute zzzz")
    assert words.startswith("Unmuted story ZZZZ.")


# -- settings


async def test_settings_are_shown_and_changed_by_their_buttons() -> None:
    """What holds here, and what can be changed."""
    async with office() as place:
        place.role = Role.ADMIN
        shown = await place.type_("/settings")
        quiet = await place.press("Quiet 22:00-07:00")
        loud = await place.press("No quiet hours")
        here = await place.press("Trouble goes here")
        nobody = await place.press("Tell nobody of trouble")
    assert "Quiet hours none" in shown
    assert "Told of trouble #bot-health" in shown
    assert "Settings of #deportations saved\nQuiet hours 22:00-07:00 (UTC)" in quiet
    assert "Quiet hours none" in loud
    assert "Told of trouble #deportations" in here
    assert "Told of trouble no channel yet" in nobody


async def test_settings_can_be_set_together() -> None:
    """A city is enough for its time zone."""
    async with office() as place:
        place.role = Role.ADMIN
        words = await place.type_("/settings quiet:23:00–06:30 tz:el_salvador lang:ES admin:off")
        again = await place.type_("/settings quiet:off tz:europe/madrid")
    assert "Quiet hours 23:00-06:30 (America/El_Salvador)" in words
    assert "Language es: " in words
    assert "Told of trouble no channel yet: admin:#channel" in words
    assert "Time zone Europe/Madrid" in again


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("quiet:night", "write 22:00-07:00, or off"),
        ("tz:Madird", "Did you mean Europe/Madrid?"),
        ("tz:Xyzzyplugh", "Write it as Europe/Madrid."),
        ("lang:spanish", "is no language"),
        ("pings:61", "write 0 to 60, or off"),
        ("pings:many", "write 0 to 60, or off"),
        ("model:maybe", "on"),
        ("admin:discord:1/2", "only to channels of the workspace"),
        ("admin:#nwes", "I cannot post in #nwes: there is no channel"),
    ],
)
async def test_a_setting_that_makes_no_sense_changes_nothing(line: str, words: str) -> None:
    """With what is right."""
    async with office() as place:
        place.role = Role.ADMIN
        before = await place.type_("/settings")
        said = await place.type_(f"/settings {line}")
        after = await place.type_("/settings")
    assert words in said
    assert after == before


async def test_pings_and_the_model_are_set_and_put_into_the_line_again() -> None:
    """A cap of none is said so; without a model there is nothing to turn on."""
    async with office() as place:
        place.role = Role.ADMIN
        plain = await place.type_("/settings")
        capped = await place.type_("/settings pings:2 model:off")
        await place.press("Change")
        line = place.last.prefill
        free = await place.type_("/settings pings:off")
        await place.press("Change")
    assert "Pings 6 an hour at most; cards beyond go without" in plain
    assert "Summaries extractive: no model is configured" in plain
    assert "Pings 2 an hour at most" in capped
    assert "pings:2 model:off" in line
    assert "Pings every card that is to ping does" in free
    assert "pings:off" in place.last.prefill


async def test_what_a_model_costs_is_told_in_settings_and_health() -> None:
    """With its budget, and that it is used up."""
    async with office() as place:
        place.role = Role.ADMIN
        model = Model(url="http://127.0.0.1:1/v1", name="llama3", tokens_a_day=1_000)
        place.dispatcher.use(replace(place.desk, model=model))
        day = day_of(place.world.clock())
        async with place.world.store.transaction() as tx:
            await tx.spending.take(day, 900, 1_000)
        on = await place.type_("/settings")
        health = await place.type_("/health")
        async with place.world.store.transaction() as tx:
            await tx.spending.take(day, 900, 1_000)
        over = await place.type_("/health")
        off = await place.type_("/settings model:off")
        again = await place.type_("/settings model:on")
    used = "model llama3 · 900 of 1,000 tokens today (UTC), 1 call"
    assert f"Summaries {used}\n" in on
    assert f"Model {used}\n" in health
    assert f"Model {used}; used up: extractive until 00:00 UTC" in over
    assert "Summaries extractive; model llama3 is off" in off
    assert "Summaries model llama3" in again


# -- health, help, privacy


async def test_health_is_well_at_first() -> None:
    """Nothing polled, nothing posted, nothing wrong."""
    async with office() as place:
        async with place.world.store.transaction() as tx:
            for line in await tx.feeds.list():
                await tx.feeds.remove(line.feed.id)
        words = await place.type_("/health")
    assert "Feeds 0, 0 failing · none polled yet" in words
    assert "Delay no card posted yet" in words
    assert words.startswith("All is well")


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (Access.FORBIDDEN, "may not be posted in since Mon 02 Mar 12:00 UTC: no right"),
        (Access.GONE, "cannot be reached: no right"),
    ],
)
async def test_health_tells_admins_of_channels_in_trouble_and_of_held_alerts(
    access: Access, words: str
) -> None:
    """Where a platform shuts out a whole workspace, its admin channel cannot be told."""
    async with office() as place:
        since = place.world.clock() if access is Access.FORBIDDEN else None
        standing = Standing(channel=CHANNEL, access=access, reason="no right", since=since)
        held = Alert(
            key="h" * 24,
            channel=CHANNEL,
            part=Part.NOTICE,
            message=say("A notice"),
            state=AlertState.UNKNOWN,
            reason="it may have arrived",
            due_at=place.world.clock(),
            created_at=place.world.clock(),
        )
        async with place.world.store.transaction() as tx:
            await tx.channels.stands(standing)
            await tx.outbox.add([held])
        place.role = Role.ADMIN
        health = await place.type_("/health")
        place.role = Role.READER
        other = await place.type_("/health")
    assert health.startswith("Something fails")
    assert f"#deportations {words}" in health
    assert "Alert held in #deportations: A notice (it may have arrived)" in health
    assert "no right" not in other


async def test_health_tells_which_feeds_hubs_tell_of_changes_and_which_do_not() -> None:
    """A hub that fails slows news down and loses none: all is well, and admins see the reason."""
    async with office() as place:
        now = place.world.clock()
        async with place.world.store.transaction() as tx:
            one, two = [line.feed for line in await tx.feeds.list()][:2]
        before = await place.type_("/health")
        async with place.world.store.transaction() as tx:
            await tx.subscriptions.save(subscription(one.id, lease_until=now + timedelta(days=1)))
        alone = await place.type_("/health")
        async with place.world.store.transaction() as tx:
            fails = subscription(two.id, tries=3, asked_at=now, reason="it answered 503")
            await tx.subscriptions.save(fails)
            await tx.subscriptions.save(subscription(FeedId(999), tries=3))  # of no feed here
        place.role = Role.ADMIN
        admin = await place.type_("/health")
        async with place.world.store.transaction() as tx:
            await tx.subscriptions.save(replace(fails, reason="", asked_at=None))
        quiet = await place.type_("/health")
        place.role = Role.READER
        reader = await place.type_("/health")
    assert "Hubs" not in before
    assert "Hubs 1 feed told of at once (WebSub)\n" in alone
    assert "Hubs 1 feed told of at once (WebSub), 1 only polled, since the hub fails" in admin
    assert f"Hub fails: {two.name} · it answered 503, last asked Mon 02 Mar 12:00 UTC" in admin
    assert f"Hub fails: {two.name} · it does not answer\n" in quiet
    assert admin.startswith("All is well")
    assert "Hub fails" not in reader


def subscription(feed: FeedId, **more: Any) -> Subscription:
    """Return a subscription of a feed; `more` are its fields."""
    made = Subscription(
        feed=feed,
        hub="https://hub.example/",
        topic="https://a.example/feed",
        code=f"code{feed}",
        callback=f"https://news.example/websub/code{feed}",
        secret="s",  # noqa: S106 - a value of the test
        due_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    return replace(made, **more)


async def test_health_tells_the_queue_and_how_fast_news_gets_through() -> None:
    """The oldest that waits, and the delay of nearly all."""
    async with office() as place:
        await with_a_story(place)
        code = StoryId(await place.code())
        async with place.world.store.transaction() as tx:
            (thread,) = await tx.threads.of_story(code)
            alert = await tx.outbox.get(thread.card or "")
            assert alert is not None
            await tx.outbox.add(
                [replace(alert, key="b" * 24, state=AlertState.DUE, posted=None, attempt=0)]
            )
        words = await place.type_("/health")
    assert "Queue 1 due, 0 unsure, 0 failed, 3 sent · oldest due Mon 02 Mar 12:10 UTC" in words
    assert "median 0 s, p95 0 s (of 1 card)" in words


async def test_help_says_what_happens_here_and_lists_all_commands() -> None:
    """One screen."""
    async with office() as place:
        place.role = Role.READER
        words = await place.type_("/help")
        place.channel = Channel(CHANNEL.scope, "other")
        other = await place.type_("/help")
        verbs = {usage.verb.split()[0] for usage in place.dispatcher.usages}
    assert "Watches that post here: cecot." in words
    assert "No watch posts here yet: /watch add begins one." in other
    assert [verb for verb in verbs if f"• /{verb} " not in words] == []
    assert len(words) < 2_000


async def test_help_names_no_more_watches_than_fit() -> None:
    """Ten, and a sign that there are more."""
    async with office() as place:
        for number in range(11):
            await place.type_(f"/watch add x{number} name:w{number}")
            await place.press("Activate")
        words = await place.type_("/help")
    assert "cecot, w0, w1, w10, w2, w3, w4, w5, w6, w7…." in words


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("watch", "/watch add Watch for news"),
        ("/mute", "for: How long: 1h/24h/7d/forever (24h if left out)"),
        ("story merge", "into: The code of the other, needed"),
        ("privacy", "such as /privacy"),
        ("help", "such as /help watch"),
        ("queries", "judge NEAR/10 cecot at most n words apart"),
        ("query", "pack:cecot any term of this pack"),
        ("wtach", "Did you mean “watch”? Topics: summary, "),
    ],
)
async def test_help_explains_a_topic(topic: str, words: str) -> None:
    """Options with their choices and defaults, and a line to copy."""
    async with office() as place:
        said = await place.type_(f"/help {topic}")
    assert words in said


async def test_privacy_says_what_is_stored_and_for_how_long() -> None:
    """In the figures that pruning goes by."""
    async with office() as place:
        words = await place.type_("/privacy")
    assert "those in no story go after 90 days" in words
    assert "fingerprints of entries, 400 days" in words
