"""People ask on Discord, and are answered: against the twin, with the real discord.py."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.adapters.chat.discord.answers import Haste
from tests.integration.discord_cases import CASES
from tests.integration.discord_desk import DiscordDesk, SlowDispatcher, desk, until
from tests.twins.discord.interactions import Reply
from tests.twins.discord.limits import Limits
from tests.twins.discord.twin import DiscordTwin


@pytest.fixture
async def world() -> AsyncIterator[DiscordDesk]:
    async with DiscordTwin.running(limits=Limits(identify=(1, 0))) as twin:
        twin.channel("deportations")
        async with desk(twin) as made:
            yield made


async def test_a_command_is_answered_in_private(world: DiscordDesk) -> None:
    answer = await world.twin.user("reader").slash("/summary", target="cecot", period="6h")
    assert answer.private
    assert "{'target': 'cecot', 'period': '6h'} by reader" in answer.text
    assert answer.reply is Reply.MESSAGE


async def test_a_slow_command_is_acknowledged_and_answered_later(world: DiscordDesk) -> None:
    world.dispatcher.takes = 1
    answer = await world.twin.user("reader").slash("/summary", target="cecot")
    assert answer.reply is Reply.DEFERRED
    assert answer.private
    assert "summary {'target': 'cecot'}" in answer.text
    assert world.verbs == ["summary"]


async def test_a_button_of_a_private_answer_changes_that_answer(world: DiscordDesk) -> None:
    reader = world.twin.user("reader")
    first = await reader.slash("/summary", target="cecot")
    longer = await reader.click(first, "Longer")
    assert longer.reply is Reply.UPDATE
    assert "'length': 'long'" in longer.text


async def test_post_publicly_is_seen_by_all(world: DiscordDesk) -> None:
    reader = world.twin.user("reader")
    first = await reader.slash("/summary", target="cecot")
    public = await reader.click(first, "Post publicly")
    assert not public.private
    assert [m.id for m in world.twin.user("other").read()] == [public.message.id]  # type: ignore[union-attr]


async def test_a_slow_public_answer_is_public_and_said_to_be(world: DiscordDesk) -> None:
    reader = world.twin.user("reader")
    first = await reader.slash("/summary", target="cecot")
    world.dispatcher.takes = 1
    await reader.click(first, "Post publicly")
    seen = world.twin.user("other").read()
    assert len(seen) == 1


async def test_what_is_wrong_with_a_slow_public_answer_is_said_to_its_caller_alone(
    world: DiscordDesk,
) -> None:
    """Also where the request that takes the public word back is made twice."""
    reader = world.twin.user("reader")
    first = await reader.slash("/summary", target="cecot")
    world.dispatcher.takes, world.dispatcher.refuses = 1, True
    world.twin.faults.add("drop", method="DELETE", path="/webhooks/*", taken=True)
    await reader.click(first, "Post publicly")
    await until(lambda: any("Not so." in str(one.embeds) + one.content for one in reader.read()))
    assert world.twin.user("other").read() == []


async def test_something_to_finish_opens_a_form_that_calls_the_same(world: DiscordDesk) -> None:
    editor = world.twin.user("editor")
    asked = await editor.slash("/watch add", target="cecot")
    assert asked.modal is not None
    sent = await editor.submit(asked, {"target": "bukele"})
    assert world.dispatcher.calls[-1].args == {"target": "bukele"}
    assert sent.private


async def test_what_was_filled_in_is_not_lost_where_a_form_is_refused(world: DiscordDesk) -> None:
    """Discord empties a form that was sent; an address may hold a password, and is not shown."""
    editor = world.twin.user("editor")
    for target, shown in (("bukele OR cecot", True), ("https://a:secret@example.org/", False)):
        world.dispatcher.refuses = False
        asked = await editor.slash("/watch add", target="cecot")
        world.dispatcher.refuses = True
        refused = await editor.submit(asked, {"target": target})
        assert "Not so." in refused.text
        assert (f"/watch add {target}" in refused.text) is shown


async def test_what_is_typed_is_completed(world: DiscordDesk) -> None:
    offered = await world.twin.user("reader").autocomplete("/summary", target="ce")
    assert [one["value"] for one in offered] == ["cecot"]


async def test_a_menu_on_a_message_asks_about_its_story(world: DiscordDesk) -> None:
    said = world.twin.user("reader").say("What is this about?")
    answer = await world.twin.user("reader").context_menu("Why this alert?", said)
    call = world.dispatcher.calls[-1]
    assert call.verb == "why"
    assert call.thread is not None
    assert call.thread.id == str(said.id)
    assert answer.private


async def test_a_file_is_brought(world: DiscordDesk) -> None:
    answer = await world.twin.user("reader").slash("/export")
    assert answer.message is not None
    assert [one["filename"] for one in answer.message.attachments] == ["export.csv", "t.png"]


async def test_roles_come_from_permissions(world: DiscordDesk) -> None:
    refused = await world.twin.user("reader").slash("/mute", target="x", force=True)
    assert "Only editors" in refused.text
    await world.twin.user("editor").slash("/mute", target="x")
    assert [call.person.role.name for call in world.dispatcher.calls] == ["READER", "EDITOR"]


@pytest.mark.parametrize("taken", [False, True])
async def test_a_dropped_answer_is_given_once(world: DiscordDesk, *, taken: bool) -> None:
    """The second first answer is refused, because the first was taken."""
    world.twin.faults.add("drop", method="POST", path="/interactions/*", taken=taken)
    answer = await world.twin.user("reader").slash("/summary", target="cecot")
    assert "summary" in answer.text
    assert world.verbs == ["summary"]
    assert len(world.twin.journal.of("answer")) == 1


FOR_GOOD = ("400 50035", "403")


@pytest.mark.parametrize("late", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("name", CASES)
async def test_whatever_discord_does_to_an_answer_it_is_given_once(
    world: DiscordDesk, name: str, *, late: bool
) -> None:
    """What it refuses for good is given up and logged; the command is carried out once anyhow."""
    case = CASES[name]
    world.dispatcher.takes = 0.6 if late else 0.0
    method, path = ("PATCH", "/webhooks/*") if late else ("POST", "/interactions/*")
    fault = world.twin.faults.add(case.fault, method=method, path=path, **case.about)
    with capture_logs() as logs:
        patience = 2.0 if name in (*FOR_GOOD, "401") else 10.0  # for what will not come
        reader = world.twin.user("reader")
        answer = await reader.slash("/summary", within=patience, target="cecot")
        await until(lambda: fault.hits == 1)
    lost = [one["event"] for one in logs if one["event"] == "answer_lost"]
    assert world.verbs == ["summary"]
    assert world.twin.journal.of("violation") == []
    if name == "401":  # then nothing is asked for a minute: by then a first answer is too late
        assert lost == ([] if late else ["answer_lost"])
    elif name in FOR_GOOD:
        assert lost == ["answer_lost"]
    else:
        assert ("summary" in answer.text, answer.thinking, lost) == (True, False, [])
        assert len(world.twin.journal.of("answer")) == 1


async def test_two_processes_that_hear_the_same_carry_it_out_once(world: DiscordDesk) -> None:
    """During a restart the old one and the new one may both be connected."""
    async with desk(world.twin, dispatcher=world.dispatcher):
        answer = await world.twin.user("reader").slash("/summary", target="cecot")
        await until(lambda: len(world.dispatcher.heard) == 1)
    assert "summary" in answer.text
    assert world.verbs == ["summary"]


async def test_whoever_carries_it_out_answers_though_the_other_said_that_it_is_under_way(
    world: DiscordDesk,
) -> None:
    """The other one waits for the database to say whether it is the first; in the end it is not."""
    slow = SlowDispatcher()
    slow.hesitates = 0.8
    slow.heard = world.dispatcher.heard
    world.dispatcher.takes = 0.25  # by then, the other one has answered first
    hasty = Haste(at_once=timedelta(seconds=0.05))
    async with desk(world.twin, haste=hasty, dispatcher=slow):
        answer = await world.twin.user("reader").slash("/summary", target="cecot")
        await answer.until(lambda one: "summary" in one.text)
    assert answer.reply is Reply.DEFERRED
    assert (world.verbs, slow.calls) == (["summary"], [])


async def test_a_dropped_late_answer_is_put_there_again(world: DiscordDesk) -> None:
    world.dispatcher.takes = 0.6
    world.twin.faults.add("status", method="PATCH", path="/webhooks/*", status=502)
    answer = await world.twin.user("reader").slash("/summary", target="cecot")
    assert "summary" in answer.text
    assert not answer.thinking


async def test_no_answer_breaks_a_rule_of_discord(world: DiscordDesk) -> None:
    for verb in ("/summary", "/why", "/help", "/export", "/watch list"):
        assert not (await world.twin.user("reader").slash(verb)).failed
    assert not world.twin.journal.of("violation")


async def test_a_server_that_adds_the_bot_is_told_of_with_where_it_may_write(
    world: DiscordDesk,
) -> None:
    guild = world.twin.guild("Elsewhere")
    closed = world.twin.channel("closed", guild)
    world.twin.set_bot(closed, deny=1 << 11)
    await until(lambda: str(guild.id) in {one.guild for one in world.joined})
    told = {one.guild: one.channel for one in world.joined}
    assert told[str(guild.id)] == ""
    assert told[str(world.twin.guild().id)] == str(world.twin.channel("deportations").id)


async def test_channels_and_roles_are_called_by_their_names(world: DiscordDesk) -> None:
    """The dispatcher's words have ids; nobody knows a channel by a number."""
    role = world.twin.role("Night desk")
    known = world.twin.channel("deportations")
    target = f"<@&{role.id}> and #1234567890123456789"
    answer = await world.twin.user("reader").slash("/summary", target=target)
    assert "in #deportations" in answer.text.replace("\\", "") or f"in {known.id}" in answer.text
    assert "@Night desk" in answer.text.replace("\\", "").replace("\u200b", "")
    assert "#1234567890123456789" in answer.text.replace("\\", "")
