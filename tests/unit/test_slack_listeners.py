"""What Slack sends, and who is told of it: the real bolt, without a network."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult

from bot.adapters.chat.slack.listeners import CHANGES, register
from bot.domain.errors import NotSentError
from bot.domain.watches import Channel, Scope
from tests.unit.slack_world import World

BOT = "U0BOT00001"


class Heard:
    """Conversations with a bolt app before them, and what else the app told of."""

    def __init__(self) -> None:
        self.world = World()
        self.team = self.world.slack.team
        self.greeted: list[Channel] = []
        self.changed: list[str] = []
        self.gone: list[str] = []
        self.silent = False
        self.app = AsyncApp(signing_secret="secret", authorize=authorized)  # noqa: S106
        register(
            self.app,
            self.world.talk,
            bot=self._bot,
            greet=self._greet,
            changed=self.changed.append,
            gone=self._gone,
        )

    async def event(self, **event: Any) -> None:
        """Send an event, and wait for what comes of it."""
        body = {
            "type": "event_callback",
            "team_id": self.team,
            "event_id": f"Ev{id(event)}",
            "event_time": 1_772_442_000,
            "authorizations": [{"team_id": self.team, "user_id": BOT, "is_bot": True}],
            "event": event,
        }
        await self.send(body)

    async def send(self, body: dict[str, Any]) -> int:
        """Send anything, and wait for what comes of it; return the status."""
        response = await self.app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
        for _ in range(10):  # bolt starts listeners as tasks of their own
            await asyncio.sleep(0)
        await self.world.talk.stop()
        return response.status

    async def _bot(self, team: str) -> str:
        if self.silent:
            raise NotSentError("slack", "down")
        return BOT

    async def _greet(self, channel: Channel) -> None:
        self.greeted.append(channel)

    async def _gone(self, team: str, _at: datetime) -> None:
        self.gone.append(team)


async def authorized(team_id: str) -> AuthorizeResult:
    """Say who the bot is, as bolt wants to know."""
    return AuthorizeResult(
        enterprise_id=None,
        team_id=team_id,
        bot_user_id=BOT,
        bot_id="B0BOT00001",
        bot_token="xoxb-x",  # noqa: S106
    )


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def test_the_bot_greets_where_it_comes_in_and_nobody_else_does(heard: Heard) -> None:
    for user in ("U0ANNA0001", BOT):
        await heard.event(type="member_joined_channel", user=user, channel="C0NEWS0001")
    assert heard.greeted == [Channel(Scope("slack", heard.team), "C0NEWS0001")]
    assert heard.changed == [heard.team, heard.team]


@pytest.mark.parametrize("kind", CHANGES)
async def test_every_change_of_a_channel_is_heard(heard: Heard, kind: str) -> None:
    await heard.event(type=kind, channel="C0NEWS0001")
    assert heard.changed == [heard.team]


async def test_a_workspace_that_removes_the_app_is_told_of(heard: Heard) -> None:
    await heard.event(type="app_uninstalled")
    await heard.event(type="tokens_revoked", tokens={"bot": [BOT]})
    await heard.event(type="tokens_revoked", tokens={"oauth": ["U0ANNA0001"]})
    assert heard.gone == [heard.team, heard.team]


async def test_bots_and_edits_are_not_answered(heard: Heard) -> None:
    """Two bots that answer each other never stop."""
    words = {"text": "summary cecot", "user": "U0ANNA0001", "channel": "D0MINE0001", "ts": "1.1"}
    await heard.event(type="app_mention", bot_id="B0OTHER001", **words)
    await heard.event(type="message", channel_type="im", bot_id="B0OTHER001", **words)
    await heard.event(type="message", channel_type="im", subtype="message_changed", **words)
    await heard.event(type="message", channel_type="channel", **words)
    assert heard.world.dispatcher.calls == []
    await heard.event(type="message", channel_type="im", **words)
    assert [call.verb for call in heard.world.dispatcher.calls] == ["summary"]


async def test_a_mention_waits_for_nobody_who_does_not_say_who_the_bot_is(heard: Heard) -> None:
    heard.silent = True
    await heard.event(
        type="app_mention", text=f"<@{BOT}> summary", user="U0ANNA0001", channel="C0NEWS0001"
    )
    assert heard.world.dispatcher.calls == []


@pytest.mark.parametrize(
    "action",
    [
        {"type": "button", "action_id": "link/0", "url": "https://example.org"},
        {"type": "static_select", "action_id": "value/1", "selected_option": {"value": "x"}},
    ],
)
async def test_what_asks_for_nothing_is_acknowledged_and_no_more(
    heard: Heard, action: dict[str, Any]
) -> None:
    """A link that is followed, an input that is filled in."""
    status = await heard.send(
        {
            "type": "block_actions",
            "user": {"id": "U0ANNA0001", "team_id": heard.team},
            "team": {"id": heard.team},
            "trigger_id": "t1",
            "actions": [{"block_id": "b", **action}],
        }
    )
    assert status == 200
    assert heard.world.dispatcher.calls == []


async def test_an_entry_of_a_menu_is_carried_out(heard: Heard) -> None:
    option = {"value": "mute:target=K7Q2", "text": {"type": "plain_text", "text": "Mute"}}
    await heard.send(
        {
            "type": "block_actions",
            "user": {"id": "U0ANNA0001", "team_id": heard.team},
            "team": {"id": heard.team},
            "trigger_id": "t1",
            "channel": {"id": "C0NEWS0001"},
            "response_url": "https://hooks.slack.com/x",
            "actions": [
                {
                    "type": "overflow",
                    "block_id": "b",
                    "action_id": "more",
                    "selected_option": option,
                }
            ],
        }
    )
    call = heard.world.dispatcher.calls[0]
    assert (call.verb, call.args) == ("mute", {"target": "K7Q2"})
