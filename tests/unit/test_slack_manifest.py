"""The manifest that people paste into Slack, compared with what the code hears and asks."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from slack_bolt.async_app import AsyncApp

from bot.adapters.chat.slack.asked import EVERYTHING, MENUS
from bot.adapters.chat.slack.check import SCOPES
from bot.adapters.chat.slack.events import EVENTS, REDIRECT
from bot.adapters.chat.slack.listeners import register
from tests.twins.slack.manifest import EVENT_SCOPES, Manifest
from tests.unit.slack_world import World
from tests.unit.test_docs import ROOT, rows, section

SLACK = ROOT / "bot" / "adapters" / "chat" / "slack"
METHODS: dict[str, set[str]] = {
    "apps.connections.open": set(),  # with the app-level token
    "auth.test": set(),
    "chat.delete": {"chat:write"},
    "chat.getPermalink": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history"},
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.open": {"im:write"},
    "conversations.replies": {"channels:history", "groups:history"},
    "files.completeUploadExternal": {"files:write"},
    "files.getUploadURLExternal": {"files:write"},
    "files.info": {"files:read"},
    "usergroups.list": {"usergroups:read"},
    "users.conversations": {"channels:read", "groups:read"},
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}
"""The scopes of what is asked. Source: https://docs.slack.dev/reference/methods, a page each."""


class Listening:
    """An app that only notes what somebody listens to."""

    def __init__(self) -> None:
        self.events: set[str] = set()
        self.commands: set[str] = set()
        self.shortcuts: set[tuple[str, str]] = set()

    def event(self, name: str) -> Callable[[Any], None]:
        self.events.add(name)
        return lambda _: None

    def command(self, name: str) -> Callable[[Any], None]:
        self.commands.add(name)
        return lambda _: None

    def message_shortcut(self, name: str) -> Callable[[Any], None]:
        self.shortcuts.add(("message", name))
        return lambda _: None

    def global_shortcut(self, name: str) -> Callable[[Any], None]:
        self.shortcuts.add(("global", name))
        return lambda _: None

    def action(self, _: object) -> Callable[[Any], None]:
        return lambda _: None

    view = options = action


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    text = (ROOT / "config" / "slack-manifest.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))


@pytest.fixture(scope="module")
def listening() -> Listening:
    app = Listening()

    async def never(*_: object) -> Any:
        raise AssertionError("nothing is sent")

    register(
        cast("AsyncApp", app),
        World().talk,
        bot=never,
        greet=never,
        changed=lambda _: None,
        gone=never,
    )
    return app


def test_slack_takes_the_manifest(manifest: dict[str, Any]) -> None:
    """Its names and lengths are as Slack wants them, and each event has its scope."""
    assert Manifest.read(manifest).home


def test_the_events_are_those_that_are_listened_to(
    manifest: dict[str, Any], listening: Listening
) -> None:
    """One that is not subscribed to never comes; one that nobody hears is sent four times."""
    asked = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert asked == sorted(asked)
    assert {name.partition(".")[0] for name in asked} == listening.events


def test_the_commands_and_shortcuts_are_those_that_are_listened_to(
    manifest: dict[str, Any], listening: Listening
) -> None:
    features = manifest["features"]
    assert {one["command"] for one in features["slash_commands"]} == listening.commands
    shown = {(one["type"], one["callback_id"]): one["name"] for one in features["shortcuts"]}
    assert set(shown) == listening.shortcuts
    assert EVERYTHING in {name for kind, name in shown if kind == "global"}
    assert {one.name for one in MENUS} == {
        name for (kind, _), name in shown.items() if kind == "message"
    }


def test_what_is_asked_of_slack_is_what_the_scopes_are_for(manifest: dict[str, Any]) -> None:
    """One too few is a refusal in the middle of an alert, one too many a reason for distrust."""
    called = {
        name
        for file in SLACK.glob("*.py")
        for name in re.findall(r'"([a-z]+(?:\.[a-zA-Z]+)+)"', file.read_text(encoding="utf-8"))
        if not name.endswith(".com")
    }
    assert called == set(METHODS)
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    needed = {scope for method in called for scope in METHODS[method]}
    needed |= {scope for event in events if (scope := EVENT_SCOPES[event])}
    needed |= {"commands"}
    assert manifest["oauth_config"]["scopes"]["bot"] == sorted(needed) == list(SCOPES)


def test_each_scope_is_explained() -> None:
    listed = rows(section(ROOT / "docs" / "slack.md", "## Scopes"))[1:]
    assert sorted(one for row in listed for one in re.findall(r"[\w:]+", row)) == list(SCOPES)


def test_it_listens_by_socket_mode_and_says_what_http_needs(manifest: dict[str, Any]) -> None:
    """The way that needs no public address is the one that works as it is pasted."""
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["token_rotation_enabled"] is False
    assert settings["org_deploy_enabled"] is False
    text = Path(ROOT / "config" / "slack-manifest.yaml").read_text(encoding="utf-8")
    assert text.count(EVENTS) == 2
    assert REDIRECT in text


def test_the_document_tells_every_address_and_step() -> None:
    text = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    for wanted in (EVENTS, REDIRECT, "/slack/install", "connections:write", "check --slack"):
        assert wanted in text
