"""Who may edit: a list that the admins of a workspace keep; and the settings of other channels."""

import pytest

from bot.commands.editors import MOST
from bot.domain.calls import Role
from bot.domain.lines import parse_line
from bot.domain.messages import plain
from bot.domain.watches import Channel
from tests.integration.desk_world import ELSEWHERE, office
from tests.integration.pipeline_world import CHANNEL


async def test_who_is_on_the_list_may_edit_and_sees_what_editors_see() -> None:
    """On a platform without a right for it, there is no other way."""
    async with office() as place:
        place.role = Role.READER
        before = await place.type_("/watch pause cecot")
        place.role = Role.ADMIN
        named = await place.type_("/settings editor:<@u1|ana>")
        place.role = Role.READER
        after = await place.type_("/watch add tecoluca")
        offered = await place.dispatcher.complete(place.made("watch pause", name="ce"), "name")
        place.role = Role.ADMIN
        await place.type_("/settings no_editor:@u1")
        place.role = Role.READER
        again = await place.type_("/watch add tecoluca")
    assert before == "Only editors may use /watch pause here. /help shows what you can do."
    assert "saved" in named
    assert "Editors @u1" in named
    assert "New watch “tecoluca”" in after
    assert offered == ("cecot",)
    assert again.startswith("Only editors")


async def test_the_list_is_the_workspace_s_own_and_only_admins_keep_it() -> None:
    """Who may edit in one workspace reads in another; editors make no editors."""
    async with office() as place:
        place.role = Role.ADMIN
        await place.type_("/settings editor:u1")
        place.role, place.channel = Role.READER, ELSEWHERE
        elsewhere = await place.type_("/watch add tecoluca")
        place.channel = CHANNEL
        own = await place.type_("/settings editor:u2")
    assert elsewhere.startswith("Only editors")
    assert own.startswith("Only admins")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('/settings editor:"two words"', "editor: “two words” is no person"),
        ("/settings no_editor:@u9", "no_editor: @u9 is not on the list"),
        ("/settings no_editor:@", "no_editor: “@” is no person"),
    ],
)
async def test_who_is_nobody_is_refused_in_words(line: str, words: str) -> None:
    """A list with a slip of the keyboard on it helps nobody."""
    async with office() as place:
        place.role = Role.ADMIN
        said = await place.type_(line)
    assert words in said
    assert place.last.refused
    assert place.last.param == line.split()[1].partition(":")[0]


async def test_the_list_is_bounded_and_shown_in_part() -> None:
    """One line of the settings holds it."""
    async with office() as place:
        place.role = Role.ADMIN
        async with place.world.store.transaction() as tx:
            for number in range(MOST):
                await tx.editors.add(CHANNEL.scope, f"p{number:03}")
        shown = await place.type_("/settings")
        full = await place.type_("/settings editor:one-more")
    assert f"@p019 and {MOST - 20} more" in shown
    assert full.startswith(f"editor: there are {MOST} already")


async def test_settings_of_another_channel_are_shown_changed_and_pressed() -> None:
    """Where there is no channel, as on a page of its own, one has to be named."""
    async with office() as place:
        place.role = Role.ADMIN
        shown = await place.type_("/settings channel:#news quiet:23:00-06:00 tz:Europe/Madrid")
        loud = await place.press("No quiet hours")
        here = await place.press("Trouble goes here")
        nowhere = await place.type_("/settings channel:#nowhere quiet:off")
    assert "Settings of #news saved\nQuiet hours 23:00-06:00 (Europe/Madrid)" in shown
    assert "Settings of #news saved\nQuiet hours none" in loud
    assert "Told of trouble #news" in here
    assert nowhere.startswith("I cannot post in #nowhere")


async def test_quiet_hours_of_all_channels_are_listed_with_buttons_for_admins() -> None:
    """Those that watches post to, and those with settings, of this workspace alone."""
    async with office() as place:
        place.role = Role.ADMIN
        await place.type_("/settings channel:#news quiet:22:00-07:00")
        listed = await place.call("settings list")
        labels = place.labels()
        line = await place.press("Change #news")
        prefill = place.last.prefill
        place.role = Role.READER
        await place.call("settings list")
        plain_labels = place.labels()
        place.channel = ELSEWHERE
        nothing = await place.call("settings list")
    assert "#deportations none" in listed
    assert "#news 22:00-07:00 (UTC)" in listed
    assert "#bot-health none · told of trouble" in listed
    assert {"Change #news", "Change #deportations"} <= set(labels)
    assert plain_labels == []
    assert line.endswith(prefill)
    verb, args = parse_line(prefill, place.dispatcher.usages)
    assert verb == "settings"
    assert args == {
        "channel": "news",
        "quiet": "22:00-07:00",
        "tz": "UTC",
        "lang": "en",
        "pings": "6",
        "model": "on",
        "admin": "bot-health",
    }
    assert nothing.startswith("No watch posts anywhere yet.")


async def test_settings_that_were_never_made_can_be_changed() -> None:
    """No quiet hours and nobody to tell are settings, too."""
    async with office() as place:
        place.role = Role.ADMIN
        await place.type_("/settings admin:off")
        await place.press("Change")
        prefill = place.last.prefill
    assert prefill == "/settings quiet:off tz:UTC lang:en pings:6 model:on channel:deportations"


async def test_a_list_of_channels_has_pages() -> None:
    """Five at a time, like all lists."""
    async with office() as place:
        for number in range(6):
            async with place.world.store.transaction() as tx:
                settings = await tx.channels.get(Channel(CHANNEL.scope, f"c{number}"))
                await tx.channels.save(settings)
        await place.call("settings list")
        assert "Next" in place.labels()
        await place.press("Next")
    assert place.last.replaces
    assert "of 8" in plain(place.last.message.footer)


@pytest.mark.parametrize(
    ("verb", "args", "param"),
    [
        ("latest", {"days": "31"}, "days"),
        ("search", {}, "words"),
        ("watch add", {"query": "cecot OR ("}, "query"),
        ("watch test", {"query": "title:"}, "query"),
        ("watch add", {"query": "x", "channel": "#nowhere"}, ""),
        ("watch add", {}, "query"),
        ("watch edit", {}, "name"),
        ("story show", {}, "id"),
        ("nothing", {}, ""),
    ],
)
async def test_a_refusal_names_the_argument_that_is_wrong(
    verb: str, args: dict[str, str], param: str
) -> None:
    """Where a form was filled in, it is said at that place."""
    async with office() as place:
        await place.call(verb, **args)
    assert place.last.refused
    assert place.last.param == param


async def test_a_watch_that_is_listed_can_be_edited_from_there() -> None:
    """Those made here, by those who may."""
    async with office() as place:
        await place.type_("/watch add tecoluca")
        await place.press("Activate")
        await place.type_("/watch list")
        labels = place.labels()
        await place.press("Edit tecoluca")
        prefill = place.last.prefill
        place.role = Role.READER
        await place.type_("/watch list")
        readers = place.labels()
    assert labels == ["Edit tecoluca"]
    assert prefill.startswith("/watch edit tecoluca name:tecoluca")
    assert readers == []
