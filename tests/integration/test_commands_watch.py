"""Watches and keywords: set up in chat, changed, paused, removed and brought back."""

import re
from dataclasses import replace

import pytest

from bot.domain.calls import Role
from bot.domain.watches import Channel, Mode, Watch
from tests.integration.desk_world import COURT, FIRE, JUDGE, Office, office, with_a_story
from tests.integration.pipeline_world import CHANNEL


async def watches(place: Office) -> dict[str, Watch]:
    """Return the watches that are seen here, by name."""
    async with place.world.store.reading() as tx:
        return {watch.name: watch for watch in await tx.watches.list(CHANNEL.scope)}


async def made(place: Office, line: str = "prison OR fire name:mine") -> Watch:
    """Make a watch in chat and return it."""
    await place.type_(f"/watch add {line}")
    await place.press("Activate")
    return (await watches(place))["mine"]


async def test_a_watch_is_shown_as_understood_and_tried_before_it_is_saved() -> None:
    """A wrong query floods a channel: what it would have brought is seen before."""
    async with office() as place:
        await with_a_story(place)
        await place.publish(("one", "fire", FIRE, FIRE))
        words = await place.type_('/watch add judge OR "market hall" name:mine min_outlets:2')
        names = set(await watches(place))
    assert "“judge” or the phrase “market hall”" in words
    assert (
        "on 3 articles of the last 14 days: 3 articles → 2 stories → about 1 alert a day" in words
    )
    assert f"• {FIRE} · one · Mon 02 Mar 12:50 UTC · market hall" in words
    assert "Needs 2 independent outlets" in words
    assert place.labels() == ["Activate", "Edit", "Cancel"]
    assert names == {"cecot"}


async def test_activating_saves_the_watch_once_also_after_a_restart() -> None:
    """The button holds a code and the database the rest, so nothing depends on this process."""
    async with office(backfill=3) as place:
        await place.type_(
            "/watch add prison name:mine mode:digest ping:@desk lang:en,es feeds:one,TWO"
            " urgent:true"
        )
        activate = place.button("Activate")
        first = await place.act(activate)
        second = await place.act(activate)
        watch = (await watches(place))["mine"]
    assert first == "The watch “mine” is on and posts to #deportations."
    assert "nothing to do any more" in second
    assert (watch.query, watch.mode, watch.ping) == ("prison", "digest", "@desk")
    assert (watch.lang, watch.feeds, watch.urgent) == (("en", "es"), ("one", "two"), True)
    assert (watch.scope, watch.channels, watch.backfill) == (CHANNEL.scope, (CHANNEL,), 3)


async def test_a_watch_posts_to_where_it_was_asked_for_wherever_it_is_activated() -> None:
    """The button may be pressed from another channel."""
    async with office() as place:
        await place.type_("/watch add prison name:mine channel:#news")
        activate = place.button("Activate")
        place.channel = type(CHANNEL)(CHANNEL.scope, "other")
        await place.act(activate)
        watch = (await watches(place))["mine"]
    assert [str(channel) for channel in watch.channels] == ["sandbox:news"]


async def test_a_draft_can_be_edited_or_cancelled() -> None:
    """Edit gives the line back, to be changed and sent again."""
    async with office() as place:
        await place.type_('/watch add prison OR "market hall" name:mine mode:silent')
        edit = place.button("Edit")
        await place.act(edit)
        first = place.last.prefill
        await place.act(edit)  # whoever closes the form can open it once more
        line = place.last.prefill
        assert first == line
        await place.type_(line)
        said = await place.press("Cancel")
        names = set(await watches(place))
    assert line == (
        '/watch add prison OR "market hall" name:mine channel:sandbox:deportations mode:silent'
    )
    assert said == "Cancelled: nothing was saved."
    assert names == {"cecot"}


async def test_a_draft_that_is_gone_cannot_be_edited() -> None:
    """It was activated or cancelled, or a day has passed."""
    async with office() as place:
        words = await place.call("watch revise", draft="12345678")
    assert "nothing to do any more" in words


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("cecot", "cecot-2"),
        ("pack:bukele", "bukele"),
        ('"market hall" OR prison', "market-hall"),
        ("site:example.org", "watch"),
        (r"/\d+/", "d"),
    ],
)
async def test_a_watch_without_a_name_is_called_after_its_first_term(line: str, name: str) -> None:
    """Names are for people; nobody should have to think one up."""
    async with office() as place:
        await place.type_(f"/watch add {line}")
        await place.press("Activate")
        names = set(await watches(place))
    assert name in names


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "What shall I look for?"),
        ("cecot OR (", "This query does not parse\ncecot OR (\n         ^"),
        ("x pack:nowhere", "This query does not parse"),
        ("x name:cecot", "There is a watch “cecot” already"),
        ("x name:!!!", "cannot be a watch's name"),
        ("x channel:discord:1/2", "only to channels of the workspace"),
        ("x channel:discord:1", "is no channel"),
        ('x channel:"a b"', "“a b” is no channel: write it as #news"),
        ("x min_outlets:0", "out of bounds; use 1 to 10"),
        ("x min_outlets:two", "is no whole number"),
        ("x lang:english", "is no language"),
        ("x feeds:on", "there is no feed “on”. Did you mean “one”?"),
        ("x mode:loud", "none of thread, forum, digest, silent"),
    ],
)
async def test_a_wrong_option_is_refused_with_what_is_right(line: str, words: str) -> None:
    """Nothing is half-applied: no draft is made."""
    async with office() as place:
        said = await place.type_(f"/watch add {line}")
        labels = place.labels()
    assert words in said
    assert labels == []


@pytest.mark.parametrize(
    "query",
    ["pack:cecot", "prison OR pack:cecot", "pack:cecot OR prison", "fire (pack:cecot OR x)"],
)
async def test_a_pack_stands_anywhere_in_a_query_that_is_typed(query: str) -> None:
    """It is a word of the query language: an option of the same name does not take it away."""
    async with office() as place:
        watch = await made(place, f"{query} name:mine")
    assert watch.query == query


@pytest.mark.parametrize(
    ("given", "query"), [("", "pack:cecot"), ("fire prison", "fire prison OR pack:cecot")]
)
async def test_a_pack_that_is_chosen_is_one_more_alternative(given: str, query: str) -> None:
    """Where options have fields of their own it widens; Edit gives it back as one types it."""
    async with office() as place:
        await place.call("watch add", query=given, pack="cecot", name="mine")
        await place.press("Edit")
        line = place.last.prefill
        await place.type_(line)
        await place.press("Activate")
        watch = (await watches(place))["mine"]
    assert line.startswith(f"/watch add {query} name:mine")
    assert watch.query == query


async def test_a_backtest_with_nothing_stored_says_so() -> None:
    """An empty database is no reason to think that a query brings nothing."""
    async with office(backfill=2) as place:
        words = await place.type_("/watch add prison")
    assert "No articles are stored yet" in words
    assert "The newest 2 matching stories of the last day are posted once." in words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/watch test nobody", "0 articles → 0 stories → no alerts"),
        (
            "/watch test judge days:1",
            "of the last 1 day: 2 articles → 1 story → about 1 alert a day",
        ),
        ("/watch test site:one.example", "1 article → 1 story"),
    ],
)
async def test_a_query_can_be_tried_without_saving_it(line: str, words: str) -> None:
    """Trying costs nothing and changes nothing."""
    async with office() as place:
        await with_a_story(place)
        said = await place.type_(line)
        offered = place.button("Make it")
        names = set(await watches(place))
    assert words in said
    assert offered.startswith("watch add:query=")
    assert names == {"cecot"}


async def test_a_rare_story_is_told_as_a_week_s_pace() -> None:
    """Half an alert a day says nothing to a person."""
    async with office() as place:
        await place.publish(("one", "old", "Weather for the week", "Rain"))
        for number, days in enumerate((3, 6)):
            await place.world.pass_(f"{days}d")
            await place.publish(("one", f"n{number}", f"CECOT report number {number}", "CECOT"))
        weekly = await place.type_("/watch test cecot")
        rare = await place.type_('/watch test "number 1"')
    assert "2 articles → 2 stories → about 2 alerts a week" in weekly
    assert "less than one alert a week" in rare


async def test_watches_are_listed_with_state_and_pace() -> None:
    """Which watch is too loud, and which is off."""
    async with office() as place:
        await with_a_story(place)
        await made(place, "nobody name:mine mode:digest")
        await place.type_("/watch pause mine")
        place.role = Role.READER
        words = await place.type_("/watch list")
    assert "cecot · on · about 1 alert a week · #deportations · from the configuration" in words
    assert "mine · paused · no alerts · #deportations · digest" in words


async def test_many_watches_are_paged() -> None:
    """Five a page, and Next goes on in the place of the answer."""
    async with office() as place:
        for number in range(7):
            await place.type_(f"/watch add x{number} name:w{number}")
            await place.press("Activate")
        first = await place.type_("/watch list")
        second = await place.press("Next")
        replaces = place.last.replaces
        beyond = await place.type_("/watch list page:9")
    assert first.endswith("1–5 of 8; page:2 goes on")
    assert second.endswith("6–8 of 8")
    assert replaces
    assert "Page 9 is empty: there are 8 in all." in beyond


async def test_without_watches_the_list_says_how_to_begin() -> None:
    """A workspace that has none yet."""
    async with office() as place:
        place.channel = type(CHANNEL)(type(CHANNEL.scope)("sandbox", "new"), "news")
        words = await place.type_("/watch list")
    assert "Make one: /watch add cecot" in words


async def test_an_edit_shows_what_was_and_what_is_and_raises_the_version() -> None:
    """`why` names the version that matched."""
    async with office() as place:
        await made(place)
        words = await place.type_("/watch edit mine min_outlets:2 ping:@desk")
        await place.type_("/watch edit mine judge AND prison")
        await place.press("No ping")
        await place.type_("/watch edit mine lang:es")
        await place.type_("/watch edit mine lang:all feeds:one")
        await place.type_("/watch edit name:mine feeds:all")
        watch = (await watches(place))["mine"]
    assert "Needs: — → 2 independent outlets" in words
    assert "Pings: — → @desk" in words
    assert "version 2" in words
    assert (watch.query, watch.min_outlets, watch.version) == ("judge AND prison", 2, 7)
    assert (watch.ping, watch.lang, watch.feeds) == ("", (), ())


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("prison", "/watch edit prison name:mine channel:sandbox:deportations mode:thread"
                   " min_outlets:1"),
        (
            "judge ping:@desk min_outlets:2 lang:es feeds:one urgent:true mode:silent",
            "/watch edit judge name:mine channel:sandbox:deportations mode:silent ping:@desk"
            " min_outlets:2 lang:es feeds:one urgent:true",
        ),
    ],
)  # fmt: skip
async def test_edit_without_a_change_gives_the_watch_back_to_be_changed(
    given: str, line: str
) -> None:
    """What is sent again unchanged changes nothing."""
    async with office() as place:
        await place.type_(f"/watch add {given} name:mine")
        await place.press("Activate")
        await place.type_("/watch edit mine")
        prefill = place.last.prefill
        again = await place.type_(prefill)
        watch = (await watches(place))["mine"]
    assert prefill == line
    assert "Nothing to change" in again
    assert watch.version == 1


async def test_a_watch_of_several_channels_keeps_them_when_it_is_edited() -> None:
    """The line has room for one."""
    async with office() as place:
        await made(place)
        watch = (await watches(place))["mine"]
        async with place.world.store.transaction() as tx:
            both = (*watch.channels, Channel(CHANNEL.scope, "other"))
            await tx.watches.save(replace(watch, channels=both))
        await place.type_("/watch edit mine")
        await place.type_(place.last.prefill.replace("mode:thread", "mode:silent"))
        after = (await watches(place))["mine"]
    assert (after.channels, after.mode) == (both, Mode.SILENT)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/watch edit", "Which watch?"),
        ("/watch edit mine mode:thread", "Nothing to change"),
        ("/watch edit mine (", "does not parse"),
        ("/watch edit cecot urgent:true", "is set up in config/newsthread.toml"),
        ("/watch edit name:mime urgent:true", "no watch “mime” here. Did you mean “mine”?"),
        ("/watch edit !! urgent:true", "Which watch?"),
        ("/watch pause none", "There is no watch “none” here."),
        ("/watch remove cecot", "is set up in config/newsthread.toml"),
    ],
)
async def test_an_edit_that_cannot_be_made_changes_nothing(line: str, words: str) -> None:
    """The person learns why."""
    async with office() as place:
        before = await made(place)
        said = await place.type_(line)
        after = (await watches(place))["mine"]
    assert words in said
    assert after == before


async def test_a_watch_made_in_another_workspace_is_not_changed_from_where_it_posts() -> None:
    """Who made it decides; who sees it may not."""
    async with office() as place:
        other = type(CHANNEL.scope)("sandbox", "elsewhere")
        async with place.world.store.transaction() as tx:
            mine = Watch(
                id=(await tx.watches.list())[0].id,
                scope=other,
                name="theirs",
                query="x",
                channels=(CHANNEL,),
                created_at=place.world.clock(),
            )
            await tx.watches.add(mine)
        words = await place.type_("/watch pause theirs")
    assert "was made in another workspace" in words


async def test_a_paused_watch_matches_nothing_until_it_is_resumed() -> None:
    """What comes in meanwhile is not posted later."""
    async with office() as place:
        await made(place, "fire name:mine")
        await place.type_("/watch pause mine")
        paused = (await watches(place))["mine"].paused
        again = await place.type_("/watch pause mine")
        await place.press("Resume")
        resumed = (await watches(place))["mine"].paused
    assert (paused, resumed) == (True, False)
    assert "is paused" in again


async def test_removing_asks_first_and_can_be_undone_for_a_minute() -> None:
    """A slip of the finger costs nothing."""
    async with office() as place:
        await made(place)
        asked = await place.type_("/watch remove mine")
        kept = await place.press("Keep")
        await place.type_("/watch remove mine")
        await place.press("Remove")
        gone = set(await watches(place))
        place.world.clock.pass_("60s")
        back = await place.press("Undo")
        there = set(await watches(place))
    assert asked.startswith("Remove the watch “mine”?")
    assert kept == "The watch “mine” is kept."
    assert gone == {"cecot"}
    assert back == "The watch “mine” is back."
    assert there == {"cecot", "mine"}


async def test_after_a_minute_a_removal_stands() -> None:
    """What is shown as gone must not come back by an old button."""
    async with office() as place:
        await made(place)
        await place.type_("/watch remove mine")
        await place.press("Remove")
        place.world.clock.pass_("61s")
        words = await place.press("Undo")
        names = set(await watches(place))
    assert words.startswith("Too late to undo")
    assert names == {"cecot"}


async def test_an_undo_gives_way_to_a_new_watch_of_the_name() -> None:
    """Two watches of one name could not be told apart."""
    async with office() as place:
        await made(place)
        await place.type_("/watch remove mine")
        await place.press("Remove")
        undo = place.button("Undo")
        await made(place, "fire name:mine")
        words = await place.act(undo)
    assert words == "It cannot come back: its name is in use again."


async def test_a_draft_of_another_kind_undoes_nothing() -> None:
    """Codes are short; what one stands for is checked."""
    async with office() as place:
        await place.type_("/watch add prison")
        draft = place.button("Activate").partition("draft=")[2]
        words = await place.call("watch restore", draft=draft)
    assert words.startswith("Too late to undo")


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("/keywords add mine tecoluca", "prison OR tecoluca"),
        ("/keywords add watch:mine tecoluca, mega prison", 'prison OR tecoluca OR "mega prison"'),
        ('/keywords add mine tecoluca "mega prison"', 'prison OR tecoluca OR "mega prison"'),
        ("/keywords add tecoluca prison", "prison OR tecoluca"),
        (r"/keywords add mine title:tecoluca /a b,c/i", "prison OR title:tecoluca OR /a b,c/i"),
    ],
)
async def test_keywords_are_added_as_alternatives(line: str, query: str) -> None:
    """The short way to widen a watch; the only watch of one's own need not be named."""
    async with office() as place:
        await made(place, "prison name:mine")
        await place.type_(line)
        watch = (await watches(place))["mine"]
    assert (watch.query, watch.version) == (query, 2)


async def test_keywords_are_removed_and_listed() -> None:
    """What a watch looks for, one term a line."""
    async with office() as place:
        await made(place, 'prison OR tecoluca OR "mega prison" name:mine')
        words = await place.type_("/keywords remove mine tecoluca")
        listed = await place.type_("/keywords list mine")
    assert 'Query: prison OR tecoluca OR "mega prison" → prison OR "mega prison"' in words
    assert '• prison\n• "mega prison"\nversion 2' in listed


async def test_the_words_of_a_pack_are_listed() -> None:
    """What a watch looks for is more than the name of a list."""
    async with office() as place:
        await made(place, "prison pack:cecot name:mine")
        words = await place.type_("/keywords list mine")
    assert re.search(r"• pack:cecot, \d+ terms: CECOT, ", words)
    assert "• prison\n" in words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/keywords add mine prison", "looks for that already"),
        ("/keywords add watch:mine ,", "Which words?"),
        ("/keywords remove mine fire", "is not an OR term"),
        ("/keywords add cecot x", "is set up in config/newsthread.toml"),
        ("/keywords add mine " + " ".join(f"w{n}" for n in range(51)), "At most 50 words"),
    ],
)
async def test_keywords_that_make_no_sense_change_nothing(line: str, words: str) -> None:
    """The person learns why."""
    async with office() as place:
        before = await made(place, "prison OR tecoluca name:mine")
        said = await place.type_(line)
        after = (await watches(place))["mine"]
    assert words in said
    assert after == before


async def test_keywords_need_a_watch_where_there_are_several_or_none() -> None:
    """Guessing would change the wrong one."""
    async with office() as place:
        none = await place.type_("/keywords add fire")
        await made(place, "prison name:mine")
        await place.type_("/watch add fire name:other")
        await place.press("Activate")
        several = await place.type_("/keywords add smoke")
    assert none == "Which watch? Name it: make one first, with /watch add."
    assert several == "Which watch? Name it: one of mine, other."


async def test_a_new_watch_tells_what_comes_in_from_now_on() -> None:
    """The whole way: set up in chat, matched, posted."""
    async with office() as place:
        await made(place, "judge name:mine")
        await place.publish(("one", "judge", JUDGE, COURT))
        words = await place.type_(f"/why {await place.code()}")
    assert "matched cecot, mine" in words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/watch add x name:lost channel:#nwes", "post in #nwes: there is no channel of that name"),
        ("/watch add x name:lost channel:#nwes", "Did you mean “news”?"),
        ("/watch add x name:lost channel:#locked", "post in #locked: allow me to send messages."),
        ("/watch add x name:lost channel:#twins", "Several channels are called #twins"),
        ("/watch edit mine channel:#nwes", "there is no channel of that name"),
    ],
)
async def test_a_watch_posts_only_where_the_bot_can_post(line: str, words: str) -> None:
    """Its alerts would be lost in a channel that is mistyped, deleted or closed."""
    async with office() as place:
        await made(place)
        scope = CHANNEL.scope
        place.places.there[scope] |= {"1": "twins", "2": "twins", "locked": "locked"}
        place.places.closed[Channel(scope, "locked")] = "allow me to send messages."
        said = await place.type_(line)
    assert words in said


async def test_a_watch_is_not_made_in_a_channel_where_only_people_can_post() -> None:
    """A platform may let a command be called where the bot has no right to post."""
    async with office() as place:
        place.places.closed[CHANNEL] = "allow me to send messages."
        said = await place.type_("/watch add prison")
    assert said == "I cannot post in #deportations: allow me to send messages."


async def test_a_channel_is_known_by_its_name_where_its_id_is_another() -> None:
    """On most platforms a channel's id is a number that nobody types."""
    async with office() as place:
        place.places.there[CHANNEL.scope]["4711"] = "Desk"
        watch = await made(place, "prison name:mine channel:#desk")
        await place.type_("/watch edit mine channel:#News")
        after = (await watches(place))["mine"]
    assert watch.channels == (Channel(CHANNEL.scope, "4711"),)
    assert after.channels == (Channel(CHANNEL.scope, "news"),)
