"""Forms on Slack, with the real commands: against the twin, with the real slack-bolt."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.desk_world import COURT, JUDGE, Office, office
from tests.integration.slack_desk import SlackDesk, real_desk, says, until
from tests.twins.slack import SlackTwin
from tests.twins.slack.person import Person
from tests.twins.slack.state import View

OPML = b'<opml version="2.0"><body><outline xmlUrl="https://two.example/feed"/></body></opml>'


@pytest.fixture
async def place() -> AsyncIterator[Office]:
    async with office() as made:
        await made.publish(("one", "judge", JUDGE, COURT))
        yield made


@pytest.fixture
async def world(place: Office) -> AsyncIterator[SlackDesk]:
    async with SlackTwin.running() as twin:
        twin.channel("deportations")
        async with real_desk(twin, place) as made:
            yield made
        assert not twin.journal.of("violation")


def top(person: Person) -> View:
    """Return the modal on top."""
    assert person.view is not None
    return person.view


def labels(view: View) -> list[str]:
    """Return what a view's inputs are called."""
    return [one["label"]["text"] for one in view.body["blocks"] if one["type"] == "input"]


async def test_without_words_a_command_is_chosen_and_its_options_come(world: SlackDesk) -> None:
    reader = world.twin.user("reader")
    asked = await reader.slash("/news")
    assert asked.modal is not None
    chosen = await reader.select(asked, "choose", "latest")
    assert labels(top(reader))[0] == "Query"
    other = await reader.select(chosen, "choose", "why")
    assert labels(top(reader))[0] == "Target"
    address = "https://one.example/judge"
    await reader.options(other, "param/target", address)
    sent = await reader.submit(other, {"Target": address})
    await says(sent, "Fetched")
    assert not reader.read()


async def test_a_watch_is_tried_added_edited_and_removed_without_a_typed_word(
    world: SlackDesk,
) -> None:
    """With the backtest in the form, and each step shown where the last one was."""
    admin = world.twin.user("admin")
    menu = await admin.slash("/news")
    form = await admin.select(menu, "choose", "watch add")
    admin.fill(form, {"Query": "cecot", "Name": "prison"})
    tried = await admin.click(top(admin), "Try the query")
    await says(tried, "1 article")
    assert labels(top(admin))[0] == "Query"
    draft = await admin.submit(top(admin))
    await says(draft, "New watch “prison”")
    await says(draft, "NOT SAVED YET")
    again = await admin.click(top(admin), "Edit")
    assert labels(top(admin))[:2] == ["Query", "Name"]
    better = await admin.submit(again, {"Query": "cecot OR tecoluca"})
    await says(better, "New watch “prison”", "tecoluca")
    saved = await admin.click(top(admin), "Activate")
    await says(saved, "The watch “prison” is on and posts to #deportations")
    edit = await admin.slash("/news watch edit prison")
    changed = await admin.submit(edit, {"Min outlets": "2"})
    await says(changed, "Watch “prison” changed")
    sure = await admin.slash("/news watch remove prison")
    gone = await admin.click(sure, "Remove")
    assert gone.replaced
    back = await admin.click(gone, "Undo (60 s)")
    await says(back, "The watch “prison” is back.")


async def test_what_is_wrong_stands_at_its_input_and_the_form_stays(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    form = await admin.select(await admin.slash("/news"), "choose", "watch add")
    wrong = await admin.submit(form, {"Query": "cecot OR ("})
    assert list(wrong.errors) == ["param/query"]
    assert "does not parse" in wrong.errors["param/query"]
    language = await admin.submit(top(admin), {"Query": "cecot", "Lang": "klingonish"})
    assert list(language.errors) == ["param/lang"]
    right = await admin.submit(top(admin), {"Lang": "es"})
    await says(right, "New watch")


async def test_who_may_not_is_told_in_the_form(world: SlackDesk) -> None:
    reader = world.twin.user("reader")
    form = await reader.select(await reader.slash("/news"), "choose", "watch add")
    refused = await reader.submit(form, {"Query": "cecot"})
    assert "Only editors may use /news watch add here" in refused.errors["param/query"]


async def test_admins_name_editors_by_choosing_them(world: SlackDesk) -> None:
    admin, reader = world.twin.user("admin"), world.twin.user("reader")
    form = await admin.select(await admin.slash("/news"), "choose", "settings")
    saved = await admin.submit(form, {"Editor": reader.id})
    await says(saved, "@reader")
    allowed = await reader.slash("/news watch add tecoluca")
    await says(allowed, "New watch “tecoluca”")
    typed = await admin.slash("/news settings no_editor:@nobody")
    await says(typed, "no_editor: “@nobody” is nobody here")
    await admin.slash("/news settings no_editor: @reader")
    refused = await reader.slash("/news watch add other")
    await says(refused, "Only editors")


async def test_menus_offer_what_is_there(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    form = await admin.select(await admin.slash("/news"), "choose", "watch add")
    packs = await admin.options(form, "param/pack", "buk")
    assert [one["value"] for one in packs] == ["bukele", "buk"]
    feeds = await admin.options(form, "param/feeds", "")
    assert {"one", "two"} <= {one["value"] for one in feeds}


async def test_a_list_of_feeds_is_given_in_a_form_or_to_the_bot_alone(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    form = await admin.select(await admin.slash("/news"), "choose", "feed import")
    given = await admin.submit(form, {"File": [("feeds.opml", OPML)]})
    await given.until(lambda seen: "1 feed: 1 " in seen.text)
    admin.upload("feeds.opml", OPML)
    said = admin.im.messages
    await until(lambda: any("Feeds imported" in one.text for one in said.values()))


async def test_a_file_that_slack_does_not_give_is_said(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    form = await admin.select(await admin.slash("/news"), "choose", "feed import")
    world.twin.faults.add("status", "download", status=404)
    wrong = await admin.submit(form, {"File": [("feeds.opml", OPML)]})
    assert "Slack does not give that file" in "".join(wrong.errors.values())


async def test_a_link_is_added_to_a_story_that_is_asked_for(world: SlackDesk) -> None:
    """In a story's thread that story is meant; elsewhere, people say which."""
    admin = world.twin.user("admin")
    none = await admin.shortcut(admin.say("no link here"), "Add link to story")
    await says(none, "There is no link in that message")
    said = admin.say("look: <https://one.example/judge>")
    form = await admin.shortcut(said, "Add link to story")
    assert labels(top(admin)) == ["Url", "Id"]
    refused = await admin.submit(form, {})
    assert refused.errors
    reply = admin.say("<https://one.example/judge>", thread=said)
    told = await admin.shortcut(reply, "Add link to story")
    await says(told, "Which story?")


async def test_the_global_shortcut_opens_all_commands(world: SlackDesk) -> None:
    reader = world.twin.user("reader")
    opened = await reader.shortcut(None, "Ask Newsthread")
    await reader.select(opened, "choose", "health")
    sent = await reader.submit(top(reader))
    await says(sent, "All is well")


async def test_help_fits_one_screen_and_names_the_commands_as_slack_has_them(
    world: SlackDesk,
) -> None:
    answer = await world.twin.user("reader").slash("/news help")
    assert len([line for line in answer.text.splitlines() if line.startswith("/")]) <= 20
    await says(answer, "/news watch")
    assert " /watch" not in answer.text


async def test_pages_turn_in_place(world: SlackDesk, place: Office) -> None:
    for number in range(6):
        title = f"Volcano number {number} wakes near the town"
        await place.publish(("one", f"volcano-{number}", title, title))
    reader = world.twin.user("reader")
    first = await reader.slash("/news search volcano")
    second = await reader.click(first, "Next")
    assert second.replaced
    await says(second, "6–")


async def test_a_chart_comes_as_a_picture_for_all_where_it_is_asked_for_so(
    world: SlackDesk,
) -> None:
    reader = world.twin.user("reader")
    alone = await reader.slash("/news trend cecot")
    await alone.until(lambda _: bool(reader.im.messages))
    told = [message for message in alone.messages if message.only_for]
    shown = await reader.click(told[-1], "Post publicly")
    channel = world.twin.channel("deportations")
    await shown.until(lambda _: any(one.files for one in channel.messages.values()))


async def test_every_verb_is_answered_and_every_form_can_be_opened(
    world: SlackDesk, place: Office
) -> None:
    """No answer breaks a rule of Slack; the fixture looks for violations at the end."""
    admin = world.twin.user("admin")
    for usage in place.dispatcher.usages:
        menu = await admin.slash("/news")
        await says(menu, "Choose what to do")
        chosen = await admin.select(top(admin), "choose", usage.verb)
        await says(chosen, f"{usage.verb.capitalize()}\n", "Typed: /")
        answer = await admin.slash(f"/news {usage.example.removeprefix('/')}")
        assert answer.text, usage.verb
        assert not answer.failed
