"""What people ask about stories: summaries, lists, files, and merging and splitting."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.calls import Role
from bot.domain.messages import Posted
from bot.domain.records import Decision, Fate
from bot.domain.stories import Member, Story, StoryId, story_code
from bot.domain.watches import Channel, Scope
from tests.integration.desk_world import (
    COURT,
    ELSEWHERE,
    FAMILIES,
    FIRE,
    JUDGE,
    Office,
    office,
    with_a_story,
)  # fmt: skip
from tests.integration.pipeline_world import CHANNEL

OTHER = Channel(CHANNEL.scope, "other")


TOPICS = (
    "Volcano erupts over coffee farms",
    "Football final ends without goals",
    "Parliament votes on the water bill",
    "Orchestra plays a forgotten symphony",
    "Whales return to the northern bay",
    "Railway strike stops commuters",
    "Bakers lower the price of bread",
)


async def with_two_stories(place: Office) -> tuple[str, str]:
    """Have the judge's order and the fire told; return both codes."""
    judge = await with_a_story(place)
    unhurt = f"{FIRE}. Nobody was hurt, the mayor said on Monday."
    await place.publish(("one", "fire", FIRE, unhurt))
    return judge, await place.code("fire")


# -- summary


async def test_a_story_is_summarised_with_citations_and_sources() -> None:
    """Each sentence says who supports it, by the numbers of the card."""
    async with office() as place:
        code = await with_a_story(place)
        words = await place.type_(f"/summary {code}")
    assert "12 clients could not be reached. [1]" in words
    assert "Sources [1] one · [2] two" in words
    assert f"extractive · story {code} · latest Mon 02 Mar 12:30 UTC" in words
    assert place.labels() == ["Post publicly", "Longer", "What's new"]


async def test_in_its_thread_a_story_need_not_be_named() -> None:
    """There the platform knows which one is meant."""
    async with office() as place:
        code = await with_a_story(place)
        place.thread = await place.card(code)
        words = await place.type_("/summary length:short")
    assert f"story {code}" in words


async def test_a_thread_that_is_no_story_s_means_the_channel() -> None:
    """People open threads of their own."""
    async with office() as place:
        await with_a_story(place)
        place.thread = Posted(CHANNEL, "none")
        words = await place.type_("/summary")
    assert "#deportations · story" in words


async def test_longer_gives_more_and_takes_the_place_of_the_answer() -> None:
    """From short to normal to long, and then no further."""
    async with office() as place:
        code = await with_a_story(place)
        short = await place.type_(f"/summary {code} length:short")
        normal = await place.press("Longer")
        replaces = place.last.replaces
        await place.press("Longer")
        labels = place.labels()
    assert short.count("•") < normal.count("•")
    assert replaces
    assert labels == ["Post publicly", "What's new"]


async def test_post_publicly_says_the_same_to_everybody() -> None:
    """Without the button: it is public now."""
    async with office() as place:
        code = await with_a_story(place)
        private = await place.type_(f"/summary {code}")
        public = await place.press("Post publicly")
    assert (private, place.last.private) == (public, False)
    assert place.labels() == ["Longer", "What's new"]


@pytest.mark.parametrize(
    ("target", "name"),
    [("cecot", "watch cecot"), ("", "#deportations"), ("the cecot", "“the cecot”")],
)
async def test_several_stories_are_told_one_after_the_other(target: str, name: str) -> None:
    """A watch's, a channel's, or those with some words; numbered through."""
    async with office() as place:
        judge, fire = await with_two_stories(place)
        words = await place.type_(f"/summary {target} period:24h")
    assert f"{name}: 2 stories" in words
    assert f"{JUDGE} · 2 outlets, 2 independent · story {judge}" in words
    assert f"{FIRE} · one · story {fire}" in words
    assert "[3]" in words
    assert words.endswith("extractive · last 24h")


async def test_length_is_how_much_is_said_of_each_of_several_stories() -> None:
    """Short: one sentence each."""
    async with office() as place:
        await with_two_stories(place)
        short = await place.type_("/summary cecot length:short")
        long = await place.type_("/summary cecot length:long")
    assert short.count("•") == 2
    assert long.count("•") > 2


async def test_words_find_articles_that_are_in_no_story() -> None:
    """Not all that is stored matched a watch."""
    async with office() as place:
        await place.publish(("one", "rain", "Rain in the north", "Heavy rain fell in the north."))
        await place.publish(("two", "snow", "Rain turns to snow", "Rain turned to snow at night."))
        words = await place.type_("/summary rain")
        one = await place.type_('/summary "turns to snow"')
    assert "“rain”: 2 stories" in words
    assert "Rain in the north · one\n" in words
    assert "“turns to snow” · last 7d" in one


async def test_more_stories_than_are_told_are_counted() -> None:
    """Five are told; the person knows that there are more."""
    async with office() as place:
        topics = ("harbour", "school", "bridge", "museum", "airport", "theatre", "river")
        for topic in topics:
            title = f"Storm closes the {topic}"
            await place.publish(("one", topic, title, f"A storm closed the {topic} on Monday."))
        words = await place.type_("/summary storm")
    assert "“storm”: 7 stories" in words
    assert words.endswith("last 7d · and 2 more")


async def test_what_is_new_is_what_came_after_the_card_first_said_it() -> None:
    """One has read the card; the rest is news."""
    async with office() as place:
        code = await with_a_story(place)
        words = await place.act(f"summary:target={code}&new=1")
        public = place.button("Post publicly")
    assert words.startswith("since Mon 02 Mar 12:10 UTC · 1 article")
    assert "40 of the men since March. [2]" in words
    assert "appeal" not in words
    assert public == f"summary:target={code}&new=1&public=true"


async def test_nothing_new_is_said_as_such() -> None:
    """With how many articles came in since."""
    async with office() as place:
        await place.publish(("one", "judge", JUDGE, COURT))
        code = await place.code()
        none = await place.act(f"summary:target={code}&new=1")
        await place.publish(("two", "copy", JUDGE, COURT))
        same = await place.act(f"summary:target={code}&new=1&period=6h")
    assert none.endswith("No article came in since.")
    assert same.endswith("1 article came in since, and tell the same.")


async def test_what_is_new_of_a_watch_is_its_summary() -> None:
    """There is no card that one could have read."""
    async with office() as place:
        await with_a_story(place)
        words = await place.call("summary", target="cecot", new="1")
    assert "last 7d" in words


async def test_a_story_with_no_news_in_the_period_is_offered_a_longer_one() -> None:
    """An empty answer helps nobody."""
    async with office() as place:
        code = await with_a_story(place)
        await place.world.pass_("2h")
        words = await place.type_(f"/summary {code} period:1h")
        longer = await place.press("Last 7 days")
    assert words.startswith(f"Nothing about story {code} in the last 1h.")
    assert JUDGE in longer


@pytest.mark.parametrize("line", ["/summary nothingness", "/summary !!! period:7d"])
async def test_words_that_occur_nowhere_are_told_so(line: str) -> None:
    """And what else to try."""
    async with office() as place:
        words = await place.type_(line)
    assert words.startswith("Nothing about “")


async def test_articles_without_text_are_not_summarised_but_listed() -> None:
    """The sources have what we have not."""
    async with office(query="url:cecot OR cecot") as place:
        await place.publish(("one", "cecot-1", "", ""))
        code = await place.code("cecot-1")
        one = await place.type_(f"/summary {code}")
        await place.publish(("two", "judge", JUDGE, COURT))
        several = await place.type_("/summary cecot")
    assert "Its articles have no text to summarise; the sources have it.\nSources [1] one" in one
    assert f"https://one.example/cecot-1 · one · story {code}\n" in several


async def test_where_outlets_differ_it_is_said() -> None:
    """Never as an error of anyone."""
    async with office() as place:
        await place.publish(
            ("one", "judge", JUDGE, "The prison in Tecoluca held 252 Venezuelan men on Monday.")
        )
        await place.publish(
            ("two", "count", JUDGE + " now",
             "The prison in Tecoluca held 238 Venezuelan men on Monday, the lawyers said."),
        )  # fmt: skip
        words = await place.type_(f"/summary {await place.code()} length:long")
    assert "Reports differ" in words


async def test_without_feeds_words_find_nothing() -> None:
    """No feeds must not mean the feeds of others."""
    async with office() as place:
        await with_a_story(place)
        async with place.world.store.transaction() as tx:
            for line in await tx.feeds.list():
                await tx.feeds.remove(line.feed.id)
        said = [await place.type_(line) for line in ("/summary judge", "/search judge", "/latest")]
        muted = await place.type_("/mute judge")
    assert said[0].startswith("Nothing about “judge”")
    assert said[1].startswith("No articles containing judge")
    assert said[2].startswith("No articles new")
    assert muted.startswith("Muted what contains “judge”")


async def test_whats_new_of_a_watch_or_channel_is_what_the_person_has_not_seen() -> None:
    """Several stories have no one card to measure by."""
    async with office() as place:
        await with_a_story(place)
        await place.publish(("one", "fire", FIRE, FIRE))
        await place.type_("/summary cecot")
        watch = await place.press("What's new")
        await place.type_("/summary")
        channel = await place.press("What's new")
    assert "2 stories in #deportations" in channel
    assert "2 stories in the watch cecot" in watch


async def test_of_words_that_several_stories_have_nothing_new_can_be_asked() -> None:
    """Nobody has seen, or not seen, words."""
    async with office() as place:
        await with_a_story(place)
        await place.publish(("one", "fire", FIRE, FIRE))
        await place.type_("/summary the")
    assert place.labels() == ["Post publicly", "Longer"]


# -- story


async def test_a_story_is_shown_as_its_card_with_where_it_is_told() -> None:
    """The same look wherever it is asked for."""
    async with office() as place:
        code = await with_a_story(place)
        words = await place.type_(f"/story show {code.lower()}")
        labels = place.labels()
    assert "● DEVELOPING · 2 outlets, 2 independent · en" in words
    assert "Told in #deportations" in words
    assert labels == ["Summary", "Sources 2", "What's new", "Mute", "Why"]


async def test_a_story_that_has_no_card_yet_is_told_nowhere() -> None:
    """It waits for a second outlet."""
    async with office(min_outlets=2) as place:
        await place.publish(("one", "judge", JUDGE, COURT))
        code = await place.code()
        words = await place.type_(f"/story show {code}")
        why = await place.type_(f"/why {code}")
    assert "Told in" not in words
    assert "#deportations: no card yet" in why


async def test_a_story_told_in_two_channels_names_both() -> None:
    """Each links its own thread."""
    async with office(channels=(CHANNEL, OTHER)) as place:
        code = await with_a_story(place)
        words = await place.type_(f"/story show {code}")
    assert "Told in #deportations, #other" in words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/story show", "Which story? Give its code"),
        ("/story show ZZZZ", "There is no story “ZZZZ” here."),
        ("/story show what is this", "There is no story “what is this” here."),
    ],
)
async def test_a_story_that_is_not_here_is_not_found(line: str, words: str) -> None:
    """In the same words whether it never was or is another workspace's."""
    async with office() as place:
        said = await place.type_(line)
    assert words in said


async def test_sources_are_numbered_as_cited_and_reprints_marked() -> None:
    """Who wrote it, and who only prints it again."""
    async with office() as place:
        code = await with_a_story(place)
        await place.publish(("two", "copy", JUDGE, COURT))
        words = await place.type_(f"/story sources {code}")
    assert f"[1] {JUDGE} · one · Mon 02 Mar 12:10 UTC" in words
    assert "WIRE COPY of [1]" in words


async def test_a_reprint_whose_original_is_not_seen_here_counts_as_one() -> None:
    """Or nobody would stand for its text."""
    async with office() as place:
        async with place.world.store.transaction() as tx:
            feed = (await tx.feeds.list())[0].feed
            draft = Article(
                id=ArticleId(0), feed=feed.id, url="https://one.example/a", outlet="Hidden",
                site="one.example", title=JUDGE, first_seen=place.world.clock(),
            )  # fmt: skip
            hidden, copy = await tx.articles.add(
                [draft, replace(draft, url="https://two.example/b", outlet="Copy")]
            )
            await tx.stories.add(
                Story(
                    id=StoryId("ABCD"),
                    members=(Member(article=hidden), Member(article=copy, reprint_of=hidden.id)),
                )
            )
            await tx.threads.open(CHANNEL, StoryId("ABCD"), place.world.clock(), None)
            await tx.decisions.record(
                [
                    decided(place, copy.id, "ABCD"),
                ]
            )
        words = await place.type_("/story sources ABCD")
    assert "Hidden" not in words
    assert "WIRE COPY" not in words
    assert f"[1] {JUDGE} · Copy" in words


def decided(place: Office, article: ArticleId, story: str) -> Decision:
    """Return a decision that an article was posted in the channel."""
    return Decision(
        article=article,
        channel=CHANNEL,
        story=StoryId(story),
        fate=Fate.POSTED,
        at=place.world.clock(),
    )


async def test_a_timeline_tells_articles_and_edits_in_order_of_time() -> None:
    """What an outlet changed is part of what happened."""
    async with office() as place:
        code = await with_a_story(place)
        url = "https://one.example/feed"
        before = place.world.source.entries[url]
        later = replace(before[0], title=f"{JUDGE}, appeal filed")
        place.world.source.entries[url] = (later,)
        await place.world.pass_("10m")
        place.world.source.entries[url] = (replace(later, summary=f"Correction. {COURT}"),)
        await place.world.pass_("10m")
        words = await place.type_(f"/story timeline {code}")
        why = await place.type_("/why https://one.example/judge")
    lines = words.splitlines()
    assert "EDITED one · Mon 02 Mar 12:50 UTC" in "\n".join(lines[4:])
    assert "“, appeal filed”" in words or "“prison, appeal filed”" in words
    assert "“Correction." in words
    assert "headline edited Mon 02 Mar 12:50 UTC; first paragraph edited" in why


async def test_many_sources_are_paged() -> None:
    """Five a page; the page can be posted."""
    async with office("a", "b", "c", "d", "e", "f") as place:
        for outlet in "abcdef":
            await place.publish((outlet, "judge", JUDGE, f"{COURT} Outlet {outlet} said so."))
        code = await place.code(outlet="a")
        first = await place.type_(f"/story sources {code}")
        second = await place.press("Next")
        replaces = place.last.replaces
        share = place.button("Post publicly")
        why = await place.type_(f"/why {code}")
        await place.press("Next")
        beyond = await place.type_(f"/story sources {code} page:3")
        empty_why = await place.type_(f"/why {code} page:9")
    assert first.endswith("1–5 of 6; page:2 goes on")
    assert second.endswith("6–6 of 6")
    assert replaces
    assert share.endswith("page=2&public=true")
    assert "1–5 of 6" in why
    assert "This page is empty." in beyond
    assert "Page 9 is empty" in empty_why


# -- merge and split


async def test_merged_stories_share_a_thread_and_both_threads_say_so() -> None:
    """Who reads the old thread finds the new one, and the other way round."""
    async with office() as place:
        judge, fire = await with_two_stories(place)
        words = await place.type_(f"/story merge {fire} into:{judge}")
        await place.world.pass_("1m")
        replies = [kept.message.as_text() for kept in place.world.chat.replies()]
        old = await place.type_(f"/story show {fire}")
        trail = await place.type_("/why https://one.example/fire")
    assert words.startswith(f"Story {fire} is now part of {judge}.")
    assert f"MERGED Further coverage goes into the thread of story {judge} “{JUDGE}”." in replies
    assert f"MERGED This thread now also follows story {fire} “{FIRE}”." in replies
    assert f"story {judge}" in old
    assert "3 · " in old or "Sources 3" in place_labels(place, old)
    assert f"story {fire} was merged into {judge} by Ana" in trail


def place_labels(place: Office, words: str) -> str:
    """Return the labels of the answer that had these words."""
    found = [one for one in place.answers if one.message.as_text() == words]
    return " ".join(button.label for button in found[0].message.buttons)


async def test_what_follows_a_merged_story_goes_into_the_other() -> None:
    """Filing still remembers the old one: its news must not be lost in a story nobody sees."""
    async with office() as place:
        judge, fire = await with_two_stories(place)
        await place.type_(f"/story merge {fire} into:{judge}")
        await place.publish(("two", "later", f"{FIRE}, mayor says", f"{FIRE}. The mayor said so."))
        code = await place.code("later", "two")
        words = await place.type_("/why two.example/later")
    assert code == judge
    assert words.startswith("MERGED · two")


async def test_where_a_channel_has_only_the_old_thread_it_goes_on_as_the_new_story() -> None:
    """No second card for what is told there already."""
    async with office() as place:
        await place.type_("/watch add fire name:fires channel:#other")
        await place.press("Activate")
        await place.type_("/watch pause fires")
        judge = await with_a_story(place)
        await place.type_("/watch resume fires")
        await place.publish(("one", "fire", FIRE, FIRE))
        fire = await place.code("fire")
        await place.type_(f"/story merge {fire} into:{judge}")
        await place.world.pass_("1m")
        replies = [
            kept.message.as_text() for kept in place.world.chat.replies() if kept.channel == OTHER
        ]
        async with place.world.store.reading() as tx:
            thread = await tx.threads.get(OTHER, StoryId(judge))
    assert f"MERGED This thread goes on as story {judge} “{JUDGE}”." in replies
    assert thread is not None
    assert thread.card is not None


async def test_a_story_without_a_card_is_merged_without_a_word() -> None:
    """There is no thread that could say it."""
    async with office(min_outlets=2) as place:
        await place.publish(("one", "judge", JUDGE, COURT))
        await place.publish(("one", "fire", FIRE, FIRE))
        judge, fire = await place.code(), await place.code("fire")
        words = await place.type_(f"/story merge {fire} into:{judge}")
        await place.world.pass_("1m")
        replies = place.world.chat.replies()
    assert words.startswith(f"Story {fire} is now part of {judge}.")
    assert replies == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/story merge {judge} into:ZZZZ", "no story “ZZZZ” here to merge into"),
        ("/story merge {judge} into:{judge}", "are one story already"),
        ("/story split {judge} articles:3", "has [1] to [2]"),
        ("/story split {judge} articles:2-1", "has [1] to [2]"),
        ("/story split {judge} articles:one", "is no number"),
        ("/story split {judge} articles:1-2", "at least one has to stay"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(line: str, words: str) -> None:
    """Nothing is half done."""
    async with office() as place:
        judge = await with_a_story(place)
        said = await place.type_(line.format(judge=judge))
        after = await place.type_(f"/story sources {judge}")
    assert words in said
    assert "[2]" in after


async def test_a_story_that_others_are_told_of_too_is_not_changed_from_here() -> None:
    """One workspace must not move what another reads."""
    async with office(channels=(CHANNEL, ELSEWHERE)) as place:
        judge, fire = await with_two_stories(place)
        merge = await place.type_(f"/story merge {fire} into:{judge}")
        split = await place.type_(f"/story split {judge} articles:2")
    assert f"Story {fire} cannot be changed from here" in merge
    assert f"Story {judge} cannot be changed from here" in split


async def test_split_off_articles_get_a_card_of_their_own() -> None:
    """And the old thread says where they went."""
    async with office() as place:
        judge = await with_a_story(place)
        words = await place.type_(f"/story split {judge} articles:[2]")
        show = place.button("Show")
        await place.world.pass_("1m")
        cards = place.world.chat.in_channel(CHANNEL)
        replies = [kept.message.as_text() for kept in place.world.chat.replies()]
        code = await place.code("families", "two")
        left = await place.type_(f"/story sources {judge}")
    assert words == f"1 article of story {judge} are now story {code}."
    assert show == f"story show:id={code}"
    assert len(cards) == 2
    assert f"SPLIT 1 article went into story {code}, a card of its own." in replies
    assert "[2]" not in left


async def test_a_channel_that_was_told_of_none_of_them_is_told_of_no_split() -> None:
    """Its thread goes on as it was."""
    async with office() as place:
        await place.type_("/watch add judge name:others channel:#other feeds:one")
        await place.press("Activate")
        judge = await with_a_story(place)
        await place.type_(f"/story split {judge} articles:2")
        await place.world.pass_("1m")
        replies = [
            kept.channel for kept in place.world.chat.replies() if "SPLIT" in kept.message.notice
        ]
        cards = place.world.chat.in_channel(OTHER)
    assert replies == [CHANNEL]
    assert len(cards) == 1


async def test_what_was_muted_stays_muted_when_it_is_split_off() -> None:
    """Splitting tells anew what was told, nothing else; and a code that is taken is not given."""
    async with office() as place:
        await place.type_("/mute two kind:outlet")
        judge = await with_a_story(place)
        async with place.world.store.reading() as tx:
            article = await tx.articles.find("https://two.example/families")
            assert article is not None
            trail = await tx.decisions.of(article.id)
        async with place.world.store.transaction() as tx:
            draft = replace(article, url="https://x.example/", id=ArticleId(0))
            (other,) = await tx.articles.add([draft])
            code = story_code(article.url)
            await tx.stories.add(Story(id=code, members=(Member(article=other),)))
        await place.type_(f"/story split {judge} articles:2")
        new = await place.code("families", "two")
        async with place.world.store.reading() as tx:
            after = await tx.decisions.of(article.id)
    assert trail[-1].fate is Fate.MUTED
    assert after[-1].fate is Fate.MUTED
    assert after[-1].story == new
    assert new.startswith(code[:3]) or new != code


# -- latest, search, catchup, digest, export


async def test_the_newest_articles_are_listed_and_narrowed_by_a_query_or_a_feed() -> None:
    """A query as in a watch, on what is stored."""
    async with office() as place:
        _, fire = await with_two_stories(place)
        latest = await place.type_("/latest")
        query = await place.type_("/latest market -judge")
        feed = await place.type_("/latest feed:two")
        none = await place.type_("/latest no-one")
        bad = await place.type_("/latest (")
    assert latest.startswith("3 articles new in the last 2 days")
    assert f"story {fire}" in latest
    assert query.startswith("1 article matching market -judge")
    assert JUDGE in feed
    assert FIRE not in feed
    assert none.startswith("No articles matching no-one")
    assert "does not parse" in bad


async def test_long_lists_of_articles_are_paged() -> None:
    """Next takes the place of the answer; a query too long for a button is said how to go on."""
    async with office() as place:
        for number in range(7):
            await place.publish(("one", f"n{number}", f"Storm report number {number}", "Storm"))
        first = await place.type_("/search storm")
        second = await place.press("Next")
        query = " OR ".join(f"storm{number}" for number in range(20))
        long = await place.type_(f"/latest storm OR {query}")
        labels = place.labels()
        beyond = await place.type_("/search storm page:5")
    assert first.endswith("1–5 of 7; page:2 goes on")
    assert second.endswith("6–7 of 7")
    assert long.endswith("page:2 goes on")
    assert labels == []
    assert "Page 5 is empty" in beyond


async def test_a_list_of_articles_ends_somewhere() -> None:
    """Two hundred are enough to page through."""
    async with office() as place:
        async with place.world.store.transaction() as tx:
            feed = (await tx.feeds.list())[0].feed
            await tx.articles.add([stored(place, feed.id, number) for number in range(210)])
        latest = await place.type_("/latest storm")
        searched = await place.type_("/search storm")
    assert latest.startswith("200 or more articles matching storm")
    assert searched.startswith("200 or more articles containing storm")


def stored(place: Office, feed: FeedId, number: int) -> Article:
    """Return an article to store."""
    return Article(
        id=ArticleId(0), feed=feed, url=f"https://one.example/{number}", outlet="one",
        site="one.example", title=f"Storm {number}", first_seen=place.world.clock(),
    )  # fmt: skip


async def test_catching_up_tells_what_was_not_seen_yet() -> None:
    """One line a story, linked to its thread; then it counts as seen."""
    async with office() as place:
        place.role = Role.READER
        code = await with_a_story(place)
        first = await place.type_("/catchup")
        await place.world.pass_("1m")
        second = await place.type_("/catchup")
        again = await place.type_("/catchup since:6h")
        by_watch = await place.type_("/catchup cecot since:6h")
        unknown = await place.type_("/catchup nothing")
    assert f"{JUDGE} · 2 outlets, 2 independent · 2 new articles · story {code}" in first
    assert second.startswith("You have seen it all: no news in #deportations since")
    assert code in again
    assert "1 story in the watch cecot" in by_watch
    assert "There is no watch “nothing” here." in unknown


async def test_catching_up_on_many_stories_is_paged() -> None:
    """The next page tells of the same time."""
    async with office() as place:
        for number, title in enumerate(TOPICS):
            await place.publish(("one", f"n{number}", f"{title} CECOT", title))
        await place.type_("/catchup")
        total = len(place.world.chat.in_channel(CHANNEL))
        next_action = place.button("Next")
        second = await place.press("Next")
        beyond = await place.type_("/catchup since:1d page:9")
    assert total >= 6
    assert "&page=2" in next_action
    assert "6–" in second
    assert "This page is empty." in beyond


async def test_a_digest_is_made_at_once_if_asked() -> None:
    """Privately first; everybody sees it by a button."""
    async with office() as place:
        empty = await place.type_("/digest now")
        code = await with_a_story(place)
        words = await place.type_("/digest now")
        await place.press("Post publicly")
        public = place.last.private
    assert empty.startswith("No story in #deportations")
    assert words.startswith("#deportations: 1 story")
    assert f"story {code}" in words
    assert public is False


async def test_a_digest_tells_what_changed_since_the_last() -> None:
    """Not what was in that one."""
    async with office() as place:
        await with_a_story(place)
        async with place.world.store.transaction() as tx:
            settings = await tx.channels.get(CHANNEL)
            await tx.channels.save(replace(settings, digest_last=place.world.clock()))
        await place.world.pass_("1m")
        words = await place.type_("/digest now")
    assert words.startswith("No story in #deportations has had news since its last digest.")


@pytest.mark.parametrize(
    ("line", "words", "following"),
    [
        ("08:00", "08:00 (UTC), daily; next Tue 03 Mar 08:00 UTC", "2026-03-03T08:00"),
        ("18h30 days:weekdays", "18:30 (UTC), mon, tue, wed, thu, fri", "2026-03-02T18:30"),
        ("8.00, 18:00 tz:Europe/Madrid", "08:00, 18:00 (Europe/Madrid), daily", "2026-03-02T17:00"),
        ("08:00 days:sat-mon", "mon, sat, sun; next Sat 07 Mar", "2026-03-07T08:00"),
        ("08:00 days:tue,thursday", "tue, thu; next Tue", "2026-03-03T08:00"),
        ("08:00 days:weekends", "sat, sun; next Sat", "2026-03-07T08:00"),
    ],
)
async def test_a_digest_s_times_are_set(line: str, words: str, following: str) -> None:
    """In the channel's zone, and the next one is said."""
    async with office() as place:
        said = await place.type_(f"/digest set {line}")
        async with place.world.store.reading() as tx:
            settings = await tx.channels.get(CHANNEL)
    assert words in said
    assert settings.digest_next == datetime.fromisoformat(following).replace(tzinfo=ZoneInfo("UTC"))


async def test_a_digest_is_called_off() -> None:
    """And settings say so."""
    async with office() as place:
        place.role = Role.ADMIN
        await place.type_("/digest set 08:00")
        before = await place.type_("/settings")
        words = await place.type_("/digest set off")
        after = await place.type_("/settings")
    assert "Digest 08:00 (UTC), daily; next" in before
    assert words == "#deportations gets no digest any more."
    assert "Digest none" in after


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("25:00", "is no time of day"),
        ("08:61", "is no time of day"),
        ("noon", "is no time of day"),
        ("1:00 2:00 3:00 4:00 5:00 6:00 7:00", "at most 6 digests a day"),
        ("08:00 days:someday", "write mon,wed"),
        ("08:00 days:mon-someday", "write mon,wed"),
        ("08:00 tz:Nowhere", "no time zone “Nowhere”"),
    ],
)
async def test_a_digest_s_times_that_make_no_sense_are_refused(line: str, words: str) -> None:
    """With how to write them."""
    async with office() as place:
        said = await place.type_(f"/digest set {line}")
    assert words in said


async def test_an_export_has_what_is_needed_to_check_it_later() -> None:
    """First-seen times, hashes, hits with their places, and the watch's version."""
    async with office() as place:
        code = await with_a_story(place)
        await place.type_(f"/export {code}")
        file = place.last.message.files[0]
    rows = [json.loads(line) for line in file.data.decode().splitlines()]
    assert file.name == f"story-{code}.jsonl"
    assert [row["outlet"] for row in rows] == ["one", "two"]
    assert rows[0]["first_seen"] == "2026-03-02T12:10:00+00:00"
    assert len(rows[0]["sha256"]) == 64
    assert rows[0]["hits"][0]["watch"] == "cecot"
    assert rows[0]["hits"][0]["watch_version"] == 1
    assert {"field": "title", "start": 40, "end": 45, "text": "CECOT"} in (
        rows[0]["hits"][0]["spans"]
    )


async def test_an_export_says_what_became_of_each_article_and_why() -> None:
    """The whole trail in the channels here, with times; another workspace's is its own."""
    async with office() as place:
        code = await with_a_story(place)
        async with place.world.store.transaction() as tx:
            article = (await tx.articles.find("https://one.example/judge")).id  # type: ignore[union-attr]
            ours = await tx.decisions.of(article)
            await tx.decisions.record([replace(ours[-1], channel=ELSEWHERE, reason="theirs")])
        await place.type_(f"/export {code}")
        data = place.last.message.files[0].data.decode()
    first, second = (json.loads(line)["decisions"] for line in data.splitlines())
    assert [one["fate"] for one in first] == ["waiting", "posted"]
    assert first[-1] == {
        "channel": "deportations",
        "fate": "posted",
        "reason": "opened a card",
        "at": "2026-03-02T12:10:00+00:00",
    }
    assert [one["fate"] for one in second] == ["waiting", "merged"]
    assert "theirs" not in data


async def test_a_spreadsheet_runs_nothing_of_an_export() -> None:
    """A headline that begins with = is text."""
    async with office() as place:
        title = "=HYPERLINK(1) the CECOT prison"
        await place.publish(("one", "evil", title, COURT), ("two", "fam", JUDGE, FAMILIES))
        place.thread = await place.card(await place.code("evil"))
        await place.type_("/export format:csv")
        data = place.last.message.files[0].data.decode()
    rows = list(csv.DictReader(io.StringIO(data)))
    assert rows[0]["title"] == f"'{title}"
    assert rows[0]["published"] == ""
    assert json.loads(rows[0]["tied_by"]) == []


async def test_hits_of_watches_that_are_not_seen_here_are_not_exported() -> None:
    """What another workspace looks for is its own affair."""
    async with office() as place:
        async with place.world.store.transaction() as tx:
            watch = (await tx.watches.list())[0]
            await tx.watches.add(
                replace(
                    watch,
                    name="theirs",
                    query="prison",
                    channels=(ELSEWHERE,),
                    scope=Scope("sandbox", "elsewhere"),
                )
            )
        code = await with_a_story(place)
        await place.type_(f"/export {code}")
        data = place.last.message.files[0].data.decode()
        shown = await place.type_(f"/story show {code}")
        why = await place.type_(f"/why {code}")
        trail = await place.type_("/why https://one.example/judge")
    assert [word for word in (data, shown, why, trail) if "theirs" in word] == []
