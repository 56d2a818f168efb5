"""People ask on Slack, and are answered: against the twin, with the real slack-bolt."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.chat.slack import render
from bot.adapters.chat.slack.showing import Haste
from bot.domain.calls import Role
from bot.domain.messages import Button, say
from tests.integration.slack_desk import SlackDesk, SlowDispatcher, desk, until
from tests.twins.slack import SlackTwin


@pytest.fixture
def dispatcher() -> SlowDispatcher:
    return SlowDispatcher()


@pytest.fixture
async def world(dispatcher: SlowDispatcher) -> AsyncIterator[SlackDesk]:
    async with SlackTwin.running() as twin:
        twin.channel("deportations")
        async with desk(twin, dispatcher) as made:
            yield made
        assert not twin.journal.of("violation")


async def test_a_command_is_answered_in_private(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    answer = await world.twin.user("reader").slash("/news summary cecot period:6h")
    assert answer.private
    call = dispatcher.calls[-1]
    assert (call.verb, call.args) == ("summary", {"target": "cecot", "period": "6h"})
    assert call.channel.id == world.twin.channel("deportations").id
    assert call.person.name == "reader"


async def test_summary_is_a_command_of_its_own(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    await world.twin.user("reader").slash('/summary "terrorism center"')
    assert dispatcher.calls[-1].args == {"target": '"terrorism center"'}


async def test_what_is_refused_says_how_it_is_written(world: SlackDesk) -> None:
    """A slip of the keyboard costs one look, not a search."""
    reader = world.twin.user("reader")
    unknown = await reader.slash("/news sumary cecot")
    more = await reader.slash("/news health all")
    assert "There is no command “sumary”. Did you mean “summary”? /news help" in unknown.text
    assert "There is no command “health”" in more.text


async def test_a_slow_command_is_said_to_be_under_way(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    dispatcher.takes = 1.5
    answer = await world.twin.user("reader").slash("/news summary cecot")
    assert answer.text == "Working on it …"
    await answer.until(lambda seen: "summary {" in seen.text)
    assert answer.private
    assert len(dispatcher.calls) == 1


async def test_a_command_that_takes_for_ever_is_given_up(dispatcher: SlowDispatcher) -> None:
    dispatcher.takes = 60
    haste = Haste(at_once=timedelta(seconds=0.1), whole=timedelta(seconds=0.2))
    async with SlackTwin.running() as twin:
        twin.channel("deportations")
        async with desk(twin, dispatcher, haste):
            answer = await twin.user("reader").slash("/news summary cecot")
            await answer.until(lambda seen: "took too long" in seen.text)


async def test_a_button_of_a_private_answer_changes_that_answer(world: SlackDesk) -> None:
    reader = world.twin.user("reader")
    first = await reader.slash("/news summary cecot")
    longer = await reader.click(first, "Longer")
    assert longer.replaced
    assert "'length': 'long'" in longer.text


async def test_a_card_s_button_leaves_the_card_as_it_is(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    """All see the card; one person asked."""
    channel = world.twin.channel("deportations")
    buttons = (Button("Longer", "summary:length=long&replaces=1"),)
    posted = await world.web.call(
        world.twin.workspace().id,
        "chat.postMessage",
        channel=channel.id,
        **render.payload(say("A card", buttons=buttons), key="k" * 24),
    )
    card = channel.messages[posted["ts"]]
    answer = await world.twin.user("reader").click(card, "Longer")
    assert not answer.replaced
    assert answer.private
    call = dispatcher.calls[-1]
    assert call.thread is not None
    assert call.thread.id == card.ts


async def test_what_is_written_to_the_bot_in_a_thread_is_answered_there(world: SlackDesk) -> None:
    reader = world.twin.user("reader")
    first = await reader.ask("summary cecot")
    assert first.message is not None
    reader.say("<@x> summary more", reader.im, thread=first.message)
    ts = first.message.ts
    await until(
        lambda: any(one.thread_ts == ts and one.blocks for one in reader.im.messages.values())
    )


async def test_post_publicly_is_seen_by_all_and_takes_the_private_answer_away(
    world: SlackDesk,
) -> None:
    reader = world.twin.user("reader")
    first = await reader.slash("/news summary cecot")
    public = await reader.click(first, "Post publicly")
    await public.until(lambda seen: seen.deleted)
    seen = world.twin.user("other").read()
    assert [message.only_for for message in seen] == [None]
    assert len(reader.read()) == 1


async def test_a_mention_in_a_thread_is_answered_there_in_private_about_its_story(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    """There are no slash commands in threads."""
    reader = world.twin.user("reader")
    card = reader.say("A card")
    answer = await reader.mention("why site:example.org & co", thread=card)
    call = dispatcher.calls[-1]
    assert call.args == {"target": "site:example.org & co"}
    assert call.thread is not None
    assert call.thread.id == card.ts
    assert answer.private
    assert answer.message is not None
    assert answer.message.thread_ts == card.ts


async def test_a_mention_in_a_channel_is_answered_there(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    reader = world.twin.user("reader")
    answer = await reader.mention("summary cecot")
    assert answer.private
    assert dispatcher.calls[-1].thread is None
    await reader.mention("")
    assert dispatcher.calls[-1].verb == "help"


async def test_a_public_answer_to_a_mention_stands_in_its_thread(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    reader = world.twin.user("reader")
    card = reader.say("A card")
    answer = await reader.mention("help", thread=card)
    assert not answer.private
    assert [message.thread_ts for message in answer.messages] == [card.ts]


async def test_what_is_written_to_the_bot_alone_is_answered_there(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    answer = await world.twin.user("reader").ask("summary cecot")
    assert "summary {'target': 'cecot'}" in answer.text
    assert dispatcher.calls[-1].verb == "summary"


async def test_a_message_s_menu_asks_about_its_story(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    reader = world.twin.user("reader")
    said = reader.say("What is this about?")
    answer = await reader.shortcut(said, "Why this alert?")
    call = dispatcher.calls[-1]
    assert call.verb == "why"
    assert call.thread is not None
    assert call.thread.id == said.ts
    assert answer.private


async def test_a_menu_in_a_thread_asks_about_the_story_above(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    reader = world.twin.user("reader")
    card = reader.say("A card")
    reply = reader.say("More", thread=card)
    answer = await reader.shortcut(reply, "Summarise story")
    call = dispatcher.calls[-1]
    assert call.thread is not None
    assert call.thread.id == card.ts
    assert answer.message is not None
    assert answer.message.thread_ts == card.ts


async def test_files_come_to_the_person_alone(world: SlackDesk) -> None:
    """Slack shows no file to one person in a channel."""
    reader = world.twin.user("reader")
    answer = await reader.slash("/news export")
    assert "Files come in our direct messages" in answer.text
    await answer.until(lambda _: len(reader.im.messages) == 2)
    names = [file for message in reader.im.messages.values() for file in message.files]
    assert len(names) == 2
    assert not world.twin.user("other").read()


async def test_an_answer_whose_file_is_lost_says_so(world: SlackDesk) -> None:
    world.twin.faults.add("error", "files.getUploadURLExternal", error="missing_scope")
    answer = await world.twin.user("reader").slash("/news export")
    await answer.until(lambda seen: "The file could not be brought" in seen.text)


async def test_roles_come_from_slack_and_are_asked_once(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    await world.twin.user("reader").slash("/news mute x")
    await world.twin.user("admin").slash("/news mute x")
    await world.twin.user("admin").slash("/news mute y")
    roles = [call.person.role for call in dispatcher.calls]
    assert roles == [Role.READER, Role.ADMIN, Role.ADMIN]
    asked = [one for one in world.twin.journal.of("request") if one.get("method") == "users.info"]
    assert len(asked) in (0, 2)


async def test_strangers_of_a_shared_channel_are_refused_in_words(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    """What is followed in one workspace is nobody's business in another."""
    there = world.twin.workspace("Elsewhere", installed=False)
    stranger = world.twin.user("guest", team=there.id)
    channel = world.twin.channel("deportations")
    channel.members.add(stranger.id)
    mentioned = await stranger.mention("summary cecot")
    typed = await stranger.slash("/news summary cecot", force=True)
    for answer in (mentioned, typed):
        assert "answers only people of the workspace" in answer.text
    assert dispatcher.calls == []


async def test_where_slack_does_not_say_who_asks_nothing_is_carried_out(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    world.twin.faults.add("error", "users.info", error="user_not_found")
    answer = await world.twin.user("reader").slash("/news summary cecot")
    assert "Slack does not say at present who you are" in answer.text
    assert dispatcher.calls == []


async def test_a_dropped_private_answer_is_brought_again(world: SlackDesk) -> None:
    world.twin.faults.add("drop", "chat.postEphemeral", taken=False)
    answer = await world.twin.user("reader").mention("summary cecot")
    assert "summary {" in answer.text


async def test_where_the_address_for_answers_is_used_up_the_answer_comes_beside_it(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    reader = world.twin.user("reader")
    dispatcher.takes = 0.3
    answer = await reader.slash("/news summary cecot", within=0)
    world.twin.advance(1801)
    await answer.until(lambda seen: "summary {" in seen.text)
    assert answer.private


async def test_a_public_answer_that_cannot_be_posted_is_told_its_caller(world: SlackDesk) -> None:
    world.twin.faults.add("error", "chat.postMessage", error="restricted_action")
    answer = await world.twin.user("reader").mention("help")
    assert answer.private
    assert "It could not be shown to everybody here" in answer.text


async def test_the_bot_greets_where_it_is_invited(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    closed = world.twin.channel("news", member=False)
    admin.join(closed)
    admin.invite_bot(closed)
    await until(lambda: bool(world.greeted))
    assert [channel.id for channel in world.greeted] == [closed.id]
    assert world.changed


async def test_what_happens_to_channels_is_heard(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    channel = world.twin.channel("deportations")
    admin.rename(channel, "transfers")
    admin.archive(channel)
    admin.unarchive(channel)
    admin.delete(channel)
    await world.twin.ways.deliveries.settled()
    assert world.changed == [world.twin.workspace().id] * 4
    assert world.greeted == []


async def test_a_workspace_that_goes_is_told_of(world: SlackDesk) -> None:
    admin = world.twin.user("admin")
    team = world.twin.workspace().id
    admin.uninstall()
    await world.twin.ways.deliveries.settled()
    assert team in world.gone


async def test_what_is_delivered_twice_is_carried_out_once(
    world: SlackDesk, dispatcher: SlowDispatcher
) -> None:
    """Slack delivers again what it did not hear that we heard."""
    reader = world.twin.user("reader")
    await reader.slash("/news summary cecot")
    assert not await dispatcher.first("slack", next(iter(dispatcher.heard))[1])
    await reader.slash("/news summary cecot")
    assert len(dispatcher.calls) == 2
