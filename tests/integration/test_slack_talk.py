"""Slack's conversations when something is late, lost, delivered twice or out of date."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.chat.slack import modals
from bot.adapters.chat.slack.answers import Answerer
from bot.adapters.chat.slack.asked import Where
from bot.adapters.chat.slack.carrying import Carrier
from bot.adapters.chat.slack.forms import REMEMBERED
from bot.adapters.chat.slack.people import People
from bot.adapters.chat.slack.showing import Showing
from bot.domain.calls import Reply, Role
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
)
from bot.domain.messages import say
from bot.domain.watches import Scope
from tests.fakes.clock import FakeClock
from tests.fakes.places import FakePlaces
from tests.unit.slack_world import HASTE, PICTURE, UNKNOWN, NoFiles, World, form


@pytest.fixture
def world() -> World:
    return World()


# -- answers


async def test_a_form_that_cannot_be_opened_any_more_is_a_line_to_be_copied(world: World) -> None:
    """A trigger is good for 3 s."""
    world.slack.refuses["views.open"] = [RefusedError("slack", "expired_trigger_id")]
    await world.answerer.command(world.asked(), "watch add cecot", world.ack)
    assert "/news watch add" in str(world.slack.of("respond")[-1]["blocks"])


async def test_without_a_trigger_there_is_no_form(world: World) -> None:
    await world.answerer.said(world.asked(trigger="", response_url=""), "watch add cecot")
    assert not world.slack.of("views.open")
    assert world.slack.of("chat.postEphemeral")[0]["channel"] == "C0NEWS0001"


async def test_the_form_of_all_commands_that_does_not_open_is_said(world: World) -> None:
    world.slack.refuses["views.open"] = [RefusedError("slack", "expired_trigger_id")]
    await world.forms.wanted(world.asked(), "", world.ack)
    assert world.words() == ["The form did not open. Press again, or type /news help."]


async def test_a_form_of_the_app_home_that_does_not_open_is_said_in_direct_messages(
    world: World,
) -> None:
    """The App Home has no channel, and a button that does nothing is pressed again and again."""
    world.slack.refuses["views.open"] = [RefusedError("slack", "expired_trigger_id")] * 2
    asked = world.asked(where=Where(home=True), response_url="")
    await world.forms.wanted(asked, "why", world.ack)
    assert world.slack.of("chat.postMessage")[0]["channel"] == "D0DIRECT01"
    assert "did not open" in world.words("chat.postMessage")[0]


async def test_a_busy_database_holds_up_no_word_and_no_form(world: World) -> None:
    """Slack waits 3 s for an acknowledgement, and for a form."""
    world.dispatcher.busy = 0.15
    await world.forms.wanted(world.asked("1"), "why", world.ack)
    assert world.slack.calls[0][0] == "views.open"
    sent = world.asked("2", view="V0FORM0001")
    working = asyncio.create_task(world.forms.sent(sent, form("summary", world), world.ack))
    await asyncio.sleep(0.1)
    assert "Working on it" in str(world.acks[-1])
    await working
    assert "summary" in str(world.slack.of("views.update")[-1])
    await world.answerer.command(world.asked("3"), "summary cecot", world.ack)
    assert [words.split()[0] for words in world.words()] == ["Working", "summary"]


async def test_a_form_that_another_process_carries_out_says_so_however_late(world: World) -> None:
    for busy, number in ((0.0, "1"), (0.15, "2")):
        world.dispatcher.busy = 0.0
        await world.dispatcher.first("slack", number)
        world.dispatcher.busy = busy
        asked = world.asked(number, view="V0FORM0001")
        await world.forms.sent(asked, form("summary", world), world.ack)
    assert "answered before" in str(world.acks[0])
    assert "answered before" in str(world.slack.of("views.update")[-1])
    assert world.dispatcher.calls == []


async def test_in_direct_messages_what_is_under_way_becomes_the_answer(world: World) -> None:
    """A private line in a channel cannot be changed; a message of ours can."""
    world.dispatcher.takes = 0.1
    there: dict[str, Any] = {"direct": True, "response_url": "", "where": Where(channel="D1")}
    await world.answerer.said(world.asked(**there), "summary cecot")
    await world.answerer.said(world.asked("2", **there), "help")  # a public answer
    gone = CardGoneError("slack", "message_not_found")
    world.slack.refuses["chat.update"] = [gone]
    await world.answerer.said(world.asked("3", **there), "why cecot")
    assert [one["ts"] for one in world.slack.of("chat.update")] == ["1.1", "2.1", "3.1"]
    said = [words.split()[0] for words in world.words("chat.postMessage")]
    assert said == ["Working", "Working", "Working", "why"]


async def test_where_a_thread_is_gone_the_answer_comes_in_direct_messages(world: World) -> None:
    world.slack.refuses["chat.postEphemeral"] = [CardGoneError("slack", "thread_not_found")]
    asked = world.asked(response_url="", thread="1.1")
    await world.answerer.said(asked, "summary cecot")
    assert [one["channel"] for one in world.slack.of("chat.postMessage")] == ["D0DIRECT01"]


async def test_a_line_that_is_refused_can_be_copied(world: World) -> None:
    """Slack forgets what was typed; an address may hold a password, and is not repeated."""
    lines = (
        "feed import editor:anna of the desk",
        "feed import editor:anna https://desk:secret@example.org/feed",
        "sumary of cecot and bukele",
    )
    for number, line in enumerate(lines):
        await world.answerer.command(world.asked(str(number)), line, world.ack)
    world.dispatcher.reply = Reply(message=say("No."), refused=True)
    await world.answerer.command(world.asked("9"), "summary what we read", world.ack)
    shown = [str(one["blocks"]) for one in world.slack.of("respond")]
    assert ["You typed:" in words for words in shown] == [True, False, True, True]
    assert "'/news feed import editor:anna of the desk'" in shown[0]
    assert "'/news summary what we read'" in shown[3]


async def test_what_nobody_can_be_told_stops_nothing(world: World) -> None:
    gone = ChannelGoneError("slack", "gone")
    world.slack.refuses["respond"] = [gone]
    await world.answerer.command(world.asked(), "summary cecot", world.ack)
    world.slack.refuses["respond"] = [UNKNOWN] * 1_000  # until the time is up
    await world.answerer.command(world.asked("2"), "summary cecot", world.ack)
    assert len(world.slack.of("respond")) > 3
    assert world.words("chat.postEphemeral")[-1].startswith("summary {")
    everywhere = ("respond", "chat.postEphemeral", "conversations.open")
    world.slack.refuses |= {method: [gone] for method in everywhere}
    await world.answerer.command(world.asked("3"), "summary cecot", world.ack)
    assert not world.slack.of("chat.postMessage")


async def test_a_rate_limit_is_waited_for(world: World) -> None:
    world.slack.refuses["respond"] = [RateLimitError("slack", timedelta(seconds=0.05))]
    await world.answerer.command(world.asked(), "summary cecot", world.ack)
    assert len(world.slack.of("respond")) == 2


async def test_a_public_answer_that_may_be_there_is_not_posted_again(world: World) -> None:
    """Twice in a channel is worse than a question."""
    world.slack.refuses["chat.postMessage"] = [UNKNOWN]
    await world.answerer.said(world.asked(response_url=""), "help")
    assert len(world.slack.of("chat.postMessage")) == 1
    assert "could not be shown to everybody here" in world.words("chat.postEphemeral")[0]


async def test_where_nothing_can_be_said_to_be_under_way_the_answer_still_comes(
    world: World,
) -> None:
    world.dispatcher.takes = 0.1
    for way in ("respond", "chat.postEphemeral"):
        world.slack.refuses[way] = [ForbiddenError("slack", "not allowed")]
    await world.answerer.command(world.asked(), "summary cecot", world.ack)
    assert world.words()[-1].startswith("summary {")


async def test_a_slow_answer_to_a_button_takes_the_private_one_s_place(world: World) -> None:
    world.dispatcher.takes = 0.1
    await world.answerer.pressed(world.asked(private=True), "summary:replaces=1", world.ack)
    assert [one["replace_original"] for one in world.slack.of("respond")] == [False, True]


async def test_in_a_thread_an_answer_stands_there_and_what_replaces_one_where_that_was(
    world: World,
) -> None:
    """Where the bot is not in the channel, only the interaction's own address is left."""
    there: dict[str, Any] = {"thread": "1.1", "private": True}
    await world.answerer.pressed(world.asked(**there), "summary", world.ack)
    assert [one["thread_ts"] for one in world.slack.of("chat.postEphemeral")] == ["1.1"]
    world.slack.refuses["chat.postEphemeral"] = [ForbiddenError("slack", "not_in_channel")]
    await world.answerer.pressed(world.asked("2", **there), "summary", world.ack)
    await world.answerer.pressed(world.asked("3", **there), "summary:replaces=1", world.ack)
    shown = [(one.get("thread_ts"), one["replace_original"]) for one in world.slack.of("respond")]
    assert shown == [("1.1", False), (None, True)]


async def test_a_public_answer_is_there_though_the_private_one_cannot_be_taken_away(
    world: World,
) -> None:
    """Five answers can be given by an address, and perhaps they have been."""
    world.slack.refuses["respond"] = [None, RefusedError("slack", "used_url")]
    asked = world.asked(private=True)
    await world.answerer.pressed(asked, "summary:public=1&replaces=1", world.ack)
    shown = world.slack.of("respond")
    assert [one.get("response_type") for one in shown] == ["in_channel", None]
    assert not world.slack.of("chat.postEphemeral")


async def test_a_press_that_is_delivered_again_is_heard_once(world: World) -> None:
    for _ in range(2):
        await world.answerer.pressed(world.asked(), "summary", world.ack)
        await world.answerer.menu(world.asked("2"), "why", {}, world.ack)
        await world.answerer.said(world.asked("3"), "summary")
        await world.answerer.command(world.asked("4"), "summary", world.ack)
        await world.forms.wanted(world.asked("5"), "why", world.ack)
        world.slack.refuses["views.open"] = [RefusedError("slack", "exchanged_trigger_id")]
    assert len(world.dispatcher.calls) == 4
    assert not any("did not open" in words for words in world.words())


async def test_a_shortcut_of_an_older_version_is_refused_in_words(world: World) -> None:
    await world.answerer.menu(world.asked(), "gone", {}, world.ack)
    assert world.words() == ["That shortcut is gone: reload Slack to see the present ones."]


async def test_a_command_of_an_older_version_is_refused_in_words(world: World) -> None:
    await world.forms.wanted(world.asked(), "gone", world.ack)
    assert "There is no command “gone”. /news help shows them all." in world.words()[0]
    chosen = world.asked("2", view="V0FORM0001", response_url="")
    await world.forms.wanted(chosen, "gone", world.ack, among=True)
    assert "There is no command" in str(world.slack.of("views.update")[0])


@pytest.mark.parametrize(
    ("line", "files", "words"),
    [
        ("feed import", 2, "/news feed import takes 1 file."),
        ("summary", 1, "/news summary takes no files."),
        ("feed import editor:anna", 1, "editor: “anna” is nobody here."),
    ],
)
async def test_files_and_people_that_make_no_sense_are_refused_in_words(
    world: World, line: str, files: int, words: str
) -> None:
    given = [{"name": f"{number}.opml"} for number in range(files)]
    await world.answerer.said(world.asked(), line, given)
    assert words in world.words()[0]
    assert world.dispatcher.calls == []


async def test_a_file_without_words_is_a_list_of_feeds(world: World) -> None:
    await world.answerer.said(world.asked(direct=True), "", [{"name": "a.opml"}])
    call = world.dispatcher.calls[0]
    assert call.verb == "feed import"
    assert call.files["file"].name == "a.opml"


async def test_a_refused_argument_is_answered_with_how_the_command_is_written(
    world: World,
) -> None:
    world.dispatcher.reply = Reply(message=say("period: no."), refused=True, param="period")
    await world.answerer.command(world.asked(), "summary x period:2h", world.ack)
    assert "/news summary [target] [period:" in str(world.slack.of("respond")[0]["blocks"])


async def test_where_names_are_not_told_ids_stand(world: World) -> None:
    class Shut(FakePlaces):
        async def names(self, scope: Scope) -> Mapping[str, str]:
            raise NotSentError("slack", "down")

    shut = World()
    carrier = Carrier(shut.dispatcher, People(shut.slack), Shut(), NoFiles(), FakeClock())
    answerer = Answerer(carrier, Showing(shut.slack, shut.slack, HASTE), HASTE)
    shut.dispatcher.reply = Reply(message=say("posts to #C0NEWS0001 by @U0ANNA0001"))
    await answerer.command(shut.asked(), "summary", shut.ack)
    assert shut.words() == ["posts to #C0NEWS0001 by @u0anna0001"]
    world.dispatcher.reply = shut.dispatcher.reply
    await world.answerer.command(world.asked(), "summary", world.ack)
    assert world.words() == ["posts to #news by @u0anna0001"]


async def test_a_file_goes_where_its_answer_is_seen(world: World) -> None:
    with_picture = replace(say("A chart"), files=(PICTURE,))
    world.dispatcher.reply = Reply(message=with_picture)
    await world.answerer.command(world.asked("1"), "export", world.ack)
    direct = world.asked("2", where=Where(channel="D0MINE0001"), direct=True)
    await world.answerer.said(direct, "export")
    world.dispatcher.reply = Reply(message=with_picture, private=False)
    await world.answerer.command(world.asked("3", thread="1.1"), "export", world.ack)
    assert world.slack.uploads == [
        ("t.png", "D0DIRECT01", None),
        ("t.png", "D0MINE0001", None),
        ("t.png", "C0NEWS0001", "1.1"),
    ]


# -- forms


async def test_a_form_s_answer_that_is_late_comes_into_its_place(world: World) -> None:
    world.dispatcher.takes = 0.15
    asked = world.asked(view="V0FORM0001", response_url="")
    await world.forms.sent(asked, form("summary", world, target="cecot"), world.ack)
    assert world.acks[0]["response_action"] == "update"
    assert "Working on it" in str(world.acks[0])
    updated = world.slack.of("views.update")[0]
    assert updated["view_id"] == "V0FORM0001"
    assert "summary {" in str(updated["view"]["blocks"])


async def test_a_form_that_was_closed_meanwhile_is_answered_in_the_channel(world: World) -> None:
    world.dispatcher.takes = 0.15
    world.slack.refuses["views.update"] = [RefusedError("slack", "not_found")]
    asked = world.asked(view="V0FORM0001", response_url="")
    await world.forms.sent(asked, form("summary", world, target="cecot"), world.ack)
    assert world.words("chat.postEphemeral")[0].startswith("summary {")
    world.slack.refuses["views.update"] = [RefusedError("slack", "not_found")]
    away = world.asked("2", view="V0FORM0001", response_url="", where=Where())
    await world.forms.sent(away, form("summary", world), world.ack)
    assert len(world.slack.of("chat.postEphemeral")) == 1


async def test_a_verb_alone_that_needs_more_opens_its_form(world: World) -> None:
    world.dispatcher.reply = Reply(message=say("target: which?"), refused=True, param="target")
    await world.answerer.command(world.asked(), "summary", world.ack)
    assert world.slack.of("views.open")[0]["view"]["callback_id"] == modals.FORM
    assert not world.words()
    world.slack.refuses["views.open"] = [RefusedError("slack", "expired_trigger_id")]
    await world.answerer.command(world.asked("2"), "summary", world.ack)
    assert world.words()[0].startswith("target: which?")


async def test_a_form_that_takes_for_ever_is_given_up(world: World) -> None:
    world.dispatcher.takes = 60
    asked = world.asked(view="V0FORM0001", response_url="")
    await world.forms.sent(asked, form("summary", world), world.ack)
    assert "took too long" in str(world.slack.of("views.update")[0])


async def test_a_late_refusal_brings_the_form_back_as_it_was_filled_in(world: World) -> None:
    world.dispatcher.takes = 0.15
    world.dispatcher.reply = Reply(message=say("period: no."), refused=True, param="period")
    asked = world.asked(view="V0FORM0001", response_url="")
    await world.forms.sent(asked, form("summary", world, period="6h"), world.ack)
    view = world.slack.of("views.update")[0]["view"]
    assert view["callback_id"] == modals.FORM
    assert "period: no." in str(view["blocks"])
    assert "6h" in str(view["blocks"])


async def test_a_refusal_without_inputs_takes_the_form_s_place(world: World) -> None:
    world.dispatcher.reply = Reply(message=say("Only admins."), refused=True)
    asked = world.asked(view="V0FORM0001", response_url="")
    await world.forms.sent(asked, form("watch list", world), world.ack)
    assert world.acks[0]["response_action"] == "update"
    assert "Only admins." in str(world.acks[0])


async def test_a_form_s_public_answer_is_posted_and_said_to_be(world: World) -> None:
    asked = world.asked(view="V0FORM0001", response_url="")
    await world.forms.sent(asked, form("help", world), world.ack)
    assert world.slack.of("chat.postMessage")[0]["channel"] == "C0NEWS0001"
    assert "Posted in" in str(world.slack.of("views.update")[-1])


async def test_a_form_s_lost_file_is_said_in_its_place(world: World) -> None:
    world.dispatcher.reply = Reply(message=replace(say("A chart"), files=(PICTURE,)))
    world.slack.refuses["upload"] = [UNKNOWN]
    asked = world.asked(view="V0FORM0001", response_url="")
    await world.forms.sent(asked, form("export", world), world.ack)
    assert "The file could not be brought: reset." in str(world.slack.of("views.update")[-1])


async def test_a_form_that_is_delivered_again_is_told_the_same(world: World) -> None:
    """Slack did not hear what it was told, so the person did not see it."""
    asked = world.asked(view="V0FORM0001", response_url="")
    view = form("summary", world, target="cecot")
    await asyncio.gather(*(world.forms.sent(asked, view, world.ack) for _ in range(2)))
    await world.forms.sent(asked, view, world.ack)
    assert world.acks[0] == world.acks[1] == world.acks[2]
    assert len(world.dispatcher.calls) == 1


async def test_a_form_that_another_process_heard_is_said_to_be_answered(world: World) -> None:
    world.dispatcher.heard.add(("slack", "1"))
    asked = world.asked(view="V0FORM0001", response_url="")
    await world.forms.sent(asked, form("summary", world), world.ack)
    assert "This was sent and answered before." in str(world.acks[0])


async def test_a_form_whose_first_hearing_died_is_said_to_be_answered(world: World) -> None:
    asked = world.asked(view="V0FORM0001", response_url="")

    async def cut(said: Any = "") -> None:
        raise NotSentError("slack", "the socket broke")

    world.dispatcher.takes = 60
    first = asyncio.create_task(world.forms.sent(asked, form("summary", world), cut))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.wait({first})
    await world.forms.sent(asked, form("summary", world), world.ack)
    assert "This was sent and answered before." in str(world.acks[0])


async def test_only_so_many_forms_are_remembered(world: World) -> None:
    for number in range(REMEMBERED + 1):
        asked = world.asked(str(number), view="V0FORM0001", response_url="")
        await world.forms.sent(asked, form("watch list", world), world.ack)
    first = world.asked("0", view="V0FORM0001", response_url="")
    await world.forms.sent(first, form("watch list", world), world.ack)
    assert "This was sent and answered before." in str(world.acks[-1])


async def test_a_menu_that_takes_long_offers_what_is_typed(world: World) -> None:
    world.dispatcher.takes = 1
    await world.forms.offered(world.asked(), form("why", world), "target", "ce", world.ack)
    world.dispatcher.takes = 0
    await world.forms.offered(world.asked(), form("why", world), "target", "ce", world.ack)
    offered = [[one["value"] for one in said["options"]] for said in world.acks]
    assert offered == [["ce"], ["cecot", "ce"]]


async def test_what_cannot_be_looked_up_offers_what_is_typed(world: World) -> None:
    world.slack.refuses["users.info"] = [NotSentError("slack", "down")]
    await world.forms.offered(world.asked(), form("why", world), "target", "", world.ack)
    assert world.acks == [{"options": []}]


async def test_on_the_app_home_a_late_answer_comes_in_a_modal(world: World) -> None:
    world.dispatcher.takes = 0.1
    asked = world.asked(where=Where(home=True), response_url="")
    await world.answerer.pressed(asked, "summary:target=x", world.ack)
    assert len(world.slack.of("views.open")) == 1
    assert world.slack.of("views.update")[0]["view_id"] == "V0OPEN0001"
    assert world.slack.of("views.publish")
    late = RefusedError("slack", "expired_trigger_id")
    world.slack.refuses["views.open"] = [late, late]
    again = world.asked("2", where=Where(home=True), response_url="")
    await world.answerer.pressed(again, "summary:target=x", world.ack)
    assert world.words("chat.postMessage")[0].startswith("summary {")
    assert len(world.slack.of("views.publish")) == 2


async def test_an_editor_by_name_is_offered_what_editors_are(world: World) -> None:
    world.dispatcher.named[Scope("slack", world.slack.team)] = frozenset({"U0ANNA0001"})
    asked = world.asked(where=Where(home=True), response_url="")
    await world.answerer.home(asked)
    assert "Add a watch" in str(world.slack.of("views.publish")[0])
    assert [call.person.role for call in world.dispatcher.calls] == [Role.READER] * 3


# -- the end


async def test_what_is_under_way_when_the_program_ends_is_waited_for(world: World) -> None:
    done: list[str] = []

    async def listener(words: str) -> None:
        await asyncio.sleep(0.05)
        done.append(words)

    kept = world.talk.kept(listener)
    task = asyncio.ensure_future(kept("answer"))
    await asyncio.sleep(0)
    await world.talk.stop()
    assert done == ["answer"]
    assert task.done()
    await world.talk.stop()


async def test_what_never_ends_is_given_up_when_the_program_ends(world: World) -> None:
    task = asyncio.ensure_future(world.talk.kept(asyncio.Event().wait)())  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await world.talk.stop(timedelta(seconds=0.01))
    assert task.cancelled()
