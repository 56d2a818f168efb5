"""The App Home: what is set up, how it does, and changing it from there; against the twin."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.desk_world import office
from tests.integration.slack_desk import SlackDesk, real_desk, says
from tests.twins.slack import SlackTwin
from tests.twins.slack.asking import interactive
from tests.twins.slack.person import Person
from tests.twins.slack.state import View


@pytest.fixture
async def world() -> AsyncIterator[SlackDesk]:
    async with office() as place, SlackTwin.running() as twin:
        twin.channel("deportations")
        async with real_desk(twin, place) as made:
            await _with_a_watch(twin)
            yield made
        assert not twin.journal.of("violation")


async def _with_a_watch(twin: SlackTwin) -> None:
    admin = twin.user("admin")
    draft = await admin.slash("/news watch add cecot name:prison")
    await admin.click(draft, "Activate")
    await admin.slash("/news settings quiet:22:00-07:00")


def buttons(view: View) -> list[str]:
    """Return what can be pressed in a view."""
    return [one.element["text"]["text"] for one in interactive(view.body["blocks"])
            if one.kind == "button"]  # fmt: skip


async def opened(person: Person) -> View:
    """Return a person's App Home, once it is there."""
    shown = await person.open_home()
    await shown.until(lambda seen: seen.home is not None)
    assert shown.home is not None
    return shown.home


async def test_watches_quiet_hours_and_health_are_there(world: SlackDesk) -> None:
    shown = await world.twin.user("reader").open_home()
    assert shown.home is not None
    words = " ".join(shown.text.split())
    assert "Watches: 1" in words
    assert "prison · on" in words
    assert "Quiet hours #deportations 22:00-07:00 (UTC)" in words
    assert "All is well" in words


async def test_each_is_offered_what_they_may_do(world: SlackDesk) -> None:
    reader = await opened(world.twin.user("reader"))
    named = world.twin.user("ed")
    await world.twin.user("admin").slash("/news settings editor: @ed")
    editor = await opened(named)
    admin = await opened(world.twin.user("admin"))
    assert buttons(reader) == ["All commands"]
    assert buttons(editor)[:3] == ["Add a watch", "Add a feed", "All commands"]
    assert "Edit prison" in buttons(editor)
    assert any(label.startswith("Change #") for label in buttons(admin))
    assert not any(label.startswith("Change #") for label in buttons(editor))


async def test_a_watch_is_edited_from_there_and_the_home_shows_it(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    await opened(admin)
    assert admin.app_home is not None
    form = await admin.click(admin.app_home, "Edit prison")
    changed = await admin.submit(form, {"Query": "cecot OR tecoluca"})
    await says(changed, "Watch “prison” changed")
    await changed.until(lambda seen: seen.home is not None)
    await changed.until(lambda seen: "cecot OR tecoluca" in seen.text)


async def test_quiet_hours_are_changed_from_there(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    await opened(admin)
    assert admin.app_home is not None
    label = next(one for one in buttons(admin.app_home) if one.startswith("Change #"))
    form = await admin.click(admin.app_home, label)
    saved = await admin.submit(form, {"Quiet": "23:00-06:00"})
    await says(saved, "saved")
    await saved.until(lambda seen: "23:00-06:00 (UTC)" in seen.text)


async def test_a_watch_is_added_from_there_to_a_channel_that_is_chosen(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    await opened(admin)
    assert admin.app_home is not None
    form = await admin.click(admin.app_home, "Add a watch")
    channel = world.twin.channel("deportations").id
    draft = await admin.submit(form, {"Query": "bukele", "Channel": channel})
    await says(draft, "New watch “bukele”")
    await admin.click(draft, "Activate")
    commands = await admin.click(admin.app_home, "All commands")
    await commands.until(lambda seen: seen.modal is not None)
    listed = await admin.select(commands, "choose", "watch list")
    await listed.until(lambda seen: seen.modal is not None and "submit" in seen.modal)
    both = await admin.submit(listed)
    await says(both, "Watches: 2")


async def test_another_tab_shows_nothing_new(world: SlackDesk) -> None:
    reader = world.twin.user("reader")
    shown = await reader.open_home(tab="messages", within=0)
    await world.twin.ways.deliveries.settled()
    assert shown.home is None


async def test_where_slack_does_not_say_who_looks_the_home_says_so(world: SlackDesk) -> None:
    world.twin.faults.add("error", "users.info", error="fatal_error", times=20)
    shown = await world.twin.user("newcomer").open_home()
    await says(shown, "Slack does not say at present who you are")


async def test_a_home_that_slack_does_not_take_stops_nobody(world: SlackDesk) -> None:
    world.twin.faults.add("error", "views.publish", error="not_enabled")
    reader = world.twin.user("reader")
    await reader.open_home(within=0)
    answer = await reader.slash("/news health")
    await says(answer, "All is well")
