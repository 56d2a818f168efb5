"""People on the Slack twin meet a real slack-bolt app: commands, buttons, modals, who sees what."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.integration.slack_bolt_bot import CARD, FORM, Body, Bot, plain, section, socket_of
from tests.twins.slack import SlackTwin
from tests.twins.slack.asking import CannotAskError
from tests.twins.slack.limits import Limits
from tests.twins.slack.manifest import Command, Manifest


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    # 3 s last 15, for slow machines
    async with SlackTwin.running(speed=0.2, limits=Limits(enabled=False)) as running:
        running.channel("alerts")
        yield running


@pytest.fixture
async def bot(twin: SlackTwin) -> AsyncIterator[Bot]:
    made = Bot(twin)
    async with socket_of(twin, made.app):
        yield made
    assert bool(twin.journal.violations) == made.flawed


async def test_a_command_is_answered_to_the_one_who_typed_it(twin: SlackTwin, bot: Bot) -> None:
    editor, reader = twin.user("editor"), twin.user("reader")
    answer = await editor.slash("/news summary cecot", channel="alerts")
    assert answer.text == "you said summary cecot"
    assert answer.private
    assert [m.text for m in editor.read("alerts")] == ["you said summary cecot"]
    assert reader.read("alerts") == []
    assert bot.told[0]["user_id"] == editor.id
    assert bot.told[0]["channel_name"] == "alerts"


async def test_an_acknowledgement_may_be_the_answer_and_an_answer_may_be_for_all(
    twin: SlackTwin, bot: Bot
) -> None:
    editor = twin.user("editor")
    assert (await editor.slash("/news quick")).text == "quick answer"
    shown = await editor.slash("/news public")
    assert (shown.text, shown.private) == ("for all", False)
    assert [m.text for m in twin.user("reader").read()] == ["for all"]


async def test_slack_takes_no_commands_in_threads_nor_ones_that_the_app_has_not(
    twin: SlackTwin, bot: Bot
) -> None:
    editor = twin.user("editor")
    with pytest.raises(CannotAskError, match="not supported in threads"):
        await editor.slash("/news help", thread=await bot.card())
    with pytest.raises(CannotAskError, match="not a valid command"):
        await editor.slash("/weather")
    assert bot.told == []


async def test_a_command_that_is_not_acknowledged_in_3_s_fails_before_the_person(
    twin: SlackTwin, bot: Bot
) -> None:
    twin.clock.speed = 10
    answer = await twin.user("editor").slash("/news never")
    assert answer.failed is not None
    assert "did not respond" in answer.failed
    assert twin.journal.of("unanswered", delivery=answer.id)


async def test_an_answer_that_slack_would_refuse_is_a_violation(twin: SlackTwin, bot: Bot) -> None:
    bot.flawed = True
    answer = await twin.user("editor").slash("/news bad")
    assert answer.failed == "we had some trouble: invalid_blocks"
    assert twin.journal.violations[0]["asked"] == answer.id


async def test_a_press_is_answered_beside_the_message_in_its_place_or_by_taking_it_away(
    twin: SlackTwin, bot: Bot
) -> None:
    editor, message = twin.user("editor"), await bot.card()
    beside = await editor.click(message, "Summary")
    assert (beside.text, beside.private, beside.replaced) == ("three sentences", True, False)
    assert bot.told[0]["container"]["message_ts"] == message.ts
    assert bot.told[0]["actions"][0]["value"] == "v-summary"
    why = await editor.click(message, "Why")
    assert why.text == "because"
    instead = await editor.click(message, "mute")
    assert instead.replaced
    assert (message.text, message.blocks) == ("muted", [])
    with pytest.raises(CannotAskError, match="nothing is called 'Mute'"):
        await editor.click(message, "Mute")
    other = await bot.card()
    gone = await editor.click(other, "Gone")
    assert gone.deleted
    with pytest.raises(CannotAskError, match="deleted"):
        await editor.click(other, "Summary")


async def test_nobody_presses_on_what_only_another_sees(twin: SlackTwin, bot: Bot) -> None:
    editor = twin.user("editor")
    channel = twin.channel("alerts")
    channel.members.add(editor.id)
    told = await bot.client.chat_postEphemeral(
        channel=channel.id, user=editor.id, text="c", blocks=CARD
    )
    message = channel.ephemerals[told["message_ts"]]
    with pytest.raises(CannotAskError, match="does not see"):
        await twin.user("reader").click(message, "Mute")
    pressed = await editor.click(message, "Mute")
    assert pressed.replaced
    assert "message" not in bot.told[-1]  # Slack does not send ephemeral messages back
    with pytest.raises(CannotAskError, match="has no shortcuts"):
        await editor.shortcut(message, "Why this alert?")


async def test_a_response_url_works_5_times_within_30_min(twin: SlackTwin, bot: Bot) -> None:
    await twin.user("editor").slash("/news hello")
    url = bot.told[0]["response_url"]
    async with aiohttp.ClientSession() as session:

        async def use() -> tuple[int, str]:
            async with session.post(url, json={"text": "again"}) as answer:
                return answer.status, await answer.text()

        assert [(await use())[0] for _ in range(5)] == [200, 200, 200, 200, 404]
        assert "used_url" in (await use())[1]
        await twin.user("editor").slash("/news hello")
        url = bot.told[1]["response_url"]
        twin.advance(1801)
        assert "expired_url" in (await use())[1]
        async with session.post(url + "x", json={"text": "again"}) as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    "given",
    [
        b"no json",
        b"[]",
        b"{}",
        b'{"text": "a", "colour": "red"}',
        b'{"text": "a", "response_type": "loud"}',
        b'{"text": "a", "replace_original": "perhaps"}',
        b'{"delete_original": true}',
        b'{"blocks": [{"type": "nonsense"}]}',
    ],
)
async def test_what_a_response_url_does_not_take_is_refused_and_noted(
    twin: SlackTwin, bot: Bot, given: bytes
) -> None:
    bot.flawed = True
    await twin.user("editor").slash("/news hello")
    async with aiohttp.ClientSession() as session:
        headers = {"Content-Type": "application/json"}
        async with session.post(bot.told[0]["response_url"], data=given, headers=headers) as said:
            assert said.status == 400
    assert [e["where"] for e in twin.journal.violations] == ["response_url"]


async def test_a_modal_is_opened_filled_in_and_sent(twin: SlackTwin, bot: Bot) -> None:
    editor = twin.user("editor")
    answer = await editor.slash("/news watch")
    assert answer.modal is not None
    assert answer.modal["title"]["text"] == "New watch"
    offered = await editor.options(answer, "Feed", "de")
    assert [o["value"] for o in offered] == ["v-delta", "v-demma"]
    changed = await editor.select(answer, "Length", "long")
    assert "about 3 a day" in changed.text
    with pytest.raises(CannotAskError, match="complete these fields: Feed"):
        await editor.submit(changed)
    sent = await editor.submit(
        changed, {"Feed": "delta", "List": [("feeds.opml", b"<opml/>")]}, within=0
    )
    assert not sent.errors
    assert editor.view is None
    values = bot.told[-1]["view"]["state"]["values"]
    assert values["query"]["value"] == {"type": "plain_text_input", "value": "cecot"}
    assert values["feed"]["feed"]["selected_option"]["value"] == "v-delta"
    assert values["length"]["length"]["selected_option"]["value"] == "v-long"
    assert values["file"]["file"]["files"][0]["name"] == "feeds.opml"


async def test_errors_stand_at_the_inputs_and_the_modal_stays(twin: SlackTwin, bot: Bot) -> None:
    editor = twin.user("editor")
    answer = await editor.slash("/news watch")
    await editor.options(answer, "feed", "de")
    bot.action = {"response_action": "errors", "errors": {"query": "does not parse"}}
    sent = await editor.submit(answer, {"Query": "cecot OR", "Feed": "delta"})
    assert sent.errors == {"query": "does not parse"}
    assert editor.view is answer.view
    bot.flawed = True
    bot.action = {"response_action": "errors", "errors": {"length": "no input"}}
    wrong = await editor.submit(answer)
    assert wrong.failed == "we had some trouble: invalid_response_action"
    assert twin.journal.violations[0]["messages"] == ["[ERROR] no input block length"]


async def test_a_submission_may_change_the_modal_lay_another_on_it_or_close_all(
    twin: SlackTwin, bot: Bot
) -> None:
    editor = twin.user("editor")
    answer = await editor.slash("/news watch")
    first = answer.view
    second: Body = {"type": "modal", "callback_id": "watch", "title": plain("Sure?")}
    second |= {"submit": plain("Yes"), "blocks": [section("sure?")]}
    await editor.options(answer, "Feed", "de")
    bot.action = {"response_action": "update", "view": FORM | {"title": plain("Changed")}}
    updated = await editor.submit(answer, {"Feed": "delta"})
    assert updated.view is first
    assert updated.text.startswith("Changed")
    bot.action = {"response_action": "push", "view": second}
    pushed = await editor.submit(updated)
    assert len(editor.user.stack) == 2
    third = await editor.submit(pushed)
    assert len(editor.user.stack) == 3
    bot.flawed = True
    await editor.submit(third)  # there may be three
    assert twin.journal.violations[0]["what"] == "push_limit_reached"
    await editor.close()
    assert len(editor.user.stack) == 2
    bot.action = {"response_action": "clear"}
    assert editor.view is not None
    await editor.submit(editor.view, within=0)
    assert editor.view is None


async def test_a_trigger_opens_one_modal_within_3_s(twin: SlackTwin, bot: Bot) -> None:
    editor = twin.user("editor")
    await editor.slash("/news watch")
    trigger = bot.told[0]["trigger_id"]
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await bot.client.views_open(trigger_id=trigger, view=FORM)
    await editor.slash("/news hello")
    twin.advance(3.1)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await bot.client.views_open(trigger_id=bot.told[1]["trigger_id"], view=FORM)
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await bot.client.views_open(trigger_id="1.2.3", view=FORM)


async def test_a_modal_that_is_closed_is_told_of(twin: SlackTwin, bot: Bot) -> None:
    editor = twin.user("editor")
    await editor.slash("/news watch")
    await editor.close()
    assert bot.told[-1]["type"] == "view_closed"
    with pytest.raises(CannotAskError):
        await editor.close()


async def test_shortcuts_come_with_the_message_or_from_nowhere(twin: SlackTwin, bot: Bot) -> None:
    editor, message = twin.user("editor"), await bot.card()
    why = await editor.shortcut(message, "Why this alert?")
    assert why.text == "it matched"
    assert bot.told[0]["message"]["ts"] == message.ts
    assert bot.told[0]["message_ts"] == message.ts
    added = await editor.shortcut(None, "Ask Newsthread")
    assert added.modal is not None
    with pytest.raises(CannotAskError):
        await editor.shortcut(message, "Ask Newsthread")


async def test_a_mention_in_a_thread_is_answered_there(twin: SlackTwin, bot: Bot) -> None:
    editor, message = twin.user("editor"), await bot.card()
    answer = await editor.mention("summary", thread=message)
    assert answer.text == "heard"
    assert [m.text for m in editor.read(thread=message)][1:] == [
        f"<@{twin.workspace().bot.id}> summary",
        "heard",
    ]
    assert bot.told[0]["event"]["thread_ts"] == message.ts
    assert not bot.told[0]["is_ext_shared_channel"]


async def test_the_app_does_not_hear_of_mentions_where_it_is_not(twin: SlackTwin, bot: Bot) -> None:
    channel = twin.channel("elsewhere", member=False)
    await twin.user("reader").mention("hello", channel=channel, within=0.1)
    await twin.ways.deliveries.settled()
    assert bot.told == []


async def test_the_home_is_published_and_pressed_on(twin: SlackTwin, bot: Bot) -> None:
    editor = twin.user("editor")
    home = await editor.open_home()
    assert home.text == "Your watches"
    assert "view" not in bot.told[0]
    assert (await editor.click(home, "Edit")).modal is not None
    await editor.close()
    await editor.open_home()
    assert bot.told[-1]["view"]["type"] == "home"
    await editor.open_home(tab="messages")
    assert bot.told[-1]["tab"] == "messages"
    assert "view" not in bot.told[-1]


async def test_a_person_writes_and_sends_files_to_the_bot_alone(twin: SlackTwin, bot: Bot) -> None:
    editor = twin.user("editor")
    answer = await editor.ask("hello")
    assert answer.text == "in private"
    assert bot.told[0]["channel_type"] == "im"
    bot.told.clear()
    editor.upload("feeds.opml", b"<opml/>")
    await twin.ways.deliveries.settled()
    [shared] = [e for e in bot.told if e["type"] == "file_shared"]
    [written] = [e for e in bot.told if e["type"] == "message"]
    assert written["subtype"] == "file_share"
    assert shared["file_id"] == written["files"][0]["id"]
    url = written["files"][0]["url_private_download"]
    headers = {"Authorization": f"Bearer {twin.bot_token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as got:
        assert await got.read() == b"<opml/>"


async def test_what_happens_to_channels_is_told(twin: SlackTwin, bot: Bot) -> None:
    admin = twin.user("admin")
    channel = twin.channel("second", member=False)
    admin.invite_bot(channel)
    admin.rename(channel, "third")
    admin.archive(channel)
    with pytest.raises(CannotAskError, match="archived"):
        admin.say("anyone?", channel)
    admin.unarchive(channel)
    admin.invite_bot(channel)
    admin.kick_bot(channel)
    admin.delete(channel)
    await twin.ways.deliveries.settled()
    assert sorted(e["type"] for e in bot.told) == [
        "channel_archive",
        "channel_deleted",
        "channel_left",
        "channel_rename",
        "channel_unarchive",
        "member_joined_channel",
        "member_joined_channel",
    ]
    assert twin.workspace().named("third") is None


async def test_a_private_channel_is_told_of_only_while_the_bot_is_in_it(
    twin: SlackTwin, bot: Bot
) -> None:
    admin = twin.user("admin")
    secret = twin.channel("secret", private=True)
    with pytest.raises(CannotAskError, match="does not see"):
        admin.kick_bot(secret)
    secret.members.add(admin.id)
    admin.kick_bot(secret)
    admin.rename(secret, "more-secret")
    await twin.ways.deliveries.settled()
    assert [e["type"] for e in bot.told] == ["group_left"]


async def test_revoking_and_uninstalling_are_told_and_shut_the_bot_out(
    twin: SlackTwin, bot: Bot
) -> None:
    admin = twin.user("admin")
    admin.uninstall()
    await twin.ways.deliveries.settled()
    with pytest.raises(SlackApiError, match="token_revoked"):
        await bot.card()
    assert {e["type"] for e in twin.journal.of("event")} == {"app_uninstalled", "tokens_revoked"}


async def test_a_revoked_token_stops_one_workspace_only(twin: SlackTwin, bot: Bot) -> None:
    other = twin.workspace("Second desk")
    twin.user("admin", other).revoke()
    await bot.card()
    client = AsyncWebClient(
        token=twin.token_of(other).value, base_url=twin.api_base, retry_handlers=[]
    )
    with pytest.raises(SlackApiError, match="token_revoked"):
        await client.auth_test()


async def test_a_stranger_of_slack_connect_can_press_and_mention_but_not_command(
    twin: SlackTwin, bot: Bot
) -> None:
    theirs = twin.workspace("Elsewhere", installed=False)
    stranger, message = twin.user("stranger", team=theirs.id), await bot.card()
    with pytest.raises(CannotAskError):
        await stranger.slash("/news hello")
    with pytest.raises(CannotAskError):
        await stranger.shortcut(message, "Why this alert?")
    await stranger.click(message, "Summary")
    assert bot.told[0]["user"]["team_id"] == theirs.id != bot.told[0]["team"]["id"]
    await stranger.mention("summary")
    assert bot.told[1]["event"]["user_team"] == theirs.id
    assert bot.told[1]["is_ext_shared_channel"]
    await stranger.slash("/news forced", force=True)
    assert (bot.told[2]["user_id"], bot.told[2]["team_id"]) == (stranger.id, theirs.id)


async def test_only_admins_delete_what_others_wrote(twin: SlackTwin, bot: Bot) -> None:
    message = await bot.card()
    with pytest.raises(CannotAskError):
        twin.user("reader").delete_message(message)
    twin.user("admin").delete_message(message)
    assert twin.user("reader").read() == []


async def test_what_is_typed_is_marked_as_slack_marks_it(twin: SlackTwin, bot: Bot) -> None:
    admin, channel = twin.user("admin"), twin.channel("alerts")
    line = 'mute @admin #alerts @nobody "R&D" https://example.org/?a=1&b=2. example.org'
    await admin.slash(f"/news {line}")
    links = "<https://example.org/?a=1&amp;b=2>. <http://example.org|example.org>"
    assert bot.told[0]["text"] == (
        f'mute <@{admin.id}|admin> <#{channel.id}|alerts> @nobody "R&amp;D" {links}'
    )
    await admin.mention(line)
    assert bot.told[1]["event"]["text"] == (
        f"<@{twin.workspace().bot.id}> mute <@{admin.id}>"
        f' <#{channel.id}|alerts> @nobody "R&amp;D" {links}'
    )
    twin.manifest = Manifest(commands=(Command(name="/news"),))
    await admin.slash(f"/news {line}")
    assert bot.told[2]["text"] == line


def test_the_app_is_configured_as_its_manifest_says_which_slack_takes() -> None:
    shipped = Manifest.load(Path("config/slack-manifest.yaml"))
    assert shipped.commands == Manifest().commands
    assert shipped.shortcuts == Manifest().shortcuts
    assert shipped.events <= Manifest().events
    assert shipped.interactive
    assert shipped.home


def test_a_manifest_that_slack_would_refuse_is_refused_with_all_that_is_wrong() -> None:
    with pytest.raises(ValueError, match="unknown event x") as caught:
        Manifest.read(
            {
                "features": {
                    "slash_commands": [{"command": "News", "usage_hint": "x" * 1001}],
                    "shortcuts": [{"name": "x" * 25, "type": "both"}],
                },
                "settings": {"event_subscriptions": {"bot_events": ["x", "app_mention"]}},
            }
        )
    assert str(caught.value).count(";") == 9
