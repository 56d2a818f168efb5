"""What the app has configured at Slack: commands, shortcuts, events, and how it is reached.

Source: https://docs.slack.dev/reference/app-manifest
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml

from tests.twins.slack.state import Json

EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "channel_rename": "channels:read",
    "channel_archive": "channels:read",
    "channel_unarchive": "channels:read",
    "channel_deleted": "channels:read",
    "channel_left": "channels:read",
    "group_rename": "groups:read",
    "group_archive": "groups:read",
    "group_unarchive": "groups:read",
    "group_deleted": "groups:read",
    "group_left": "groups:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "file_shared": "files:read",
    "app_home_opened": None,
    "app_uninstalled": None,
    "tokens_revoked": None,
}
"""The events that the twin sends, and the scope that each needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command; `escaped`: names of people and channels come as `<@U…|name>`."""

    name: str
    escaped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """An entry of a message's menu, or of the menu of all shortcuts ("global")."""

    name: str
    callback_id: str
    type: Literal["message", "global"] = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What people are offered and which events are sent; `home`: whether there is a Home tab.

    It begins as `config/slack-manifest.yaml` has it, but with all events.
    """

    commands: tuple[Command, ...] = (
        Command(name="/news", escaped=True),
        Command(name="/summary", escaped=True),
    )
    shortcuts: tuple[Shortcut, ...] = (
        Shortcut(name="Summarise story", callback_id="summary"),
        Shortcut(name="Why this alert?", callback_id="why"),
        Shortcut(name="Not relevant", callback_id="irrelevant"),
        Shortcut(name="Add link to story", callback_id="story_add"),
        Shortcut(name="Ask Newsthread", callback_id="news", type="global"),
    )
    events: frozenset[str] = field(
        default_factory=lambda: frozenset(
            e for e in EVENT_SCOPES if e not in ("message.channels", "message.groups")
        )
    )
    interactive: bool = True
    home: bool = True

    @classmethod
    def load(cls, path: Path) -> "Manifest":
        """Read the file that people paste into Slack.

        Raises:
            ValueError: Slack would refuse it.
        """
        return cls.read(yaml.safe_load(path.read_text(encoding="utf-8")))

    @classmethod
    def read(cls, data: Json) -> "Manifest":
        """Read a manifest as Slack takes it, once its YAML or JSON is parsed.

        Raises:
            ValueError: It lists what Slack, or the twin, does not know; all of it is named.
        """
        features, settings = data.get("features", {}), data.get("settings", {})
        events = frozenset(settings.get("event_subscriptions", {}).get("bot_events", ()))
        granted = set(data.get("oauth_config", {}).get("scopes", {}).get("bot", ()))
        wrong = [
            *_bad_events(events, granted),
            *_bad_commands(features.get("slash_commands", ()), granted),
            *_bad_shortcuts(features.get("shortcuts", ())),
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return cls(
            commands=tuple(
                Command(name=c["command"], escaped=bool(c.get("should_escape")))
                for c in features.get("slash_commands", ())
            ),
            shortcuts=tuple(
                Shortcut(name=s["name"], callback_id=s["callback_id"], type=s["type"])
                for s in features.get("shortcuts", ())
            ),
            events=events,
            interactive=bool(settings.get("interactivity", {}).get("is_enabled")),
            home=bool(features.get("app_home", {}).get("home_tab_enabled")),
        )

    def command(self, name: str) -> Command | None:
        """Return the command of a name."""
        return next((c for c in self.commands if c.name == name), None)

    def shortcut(self, name: str, kind: str) -> Shortcut | None:
        """Return the shortcut of a name."""
        return next((s for s in self.shortcuts if s.name == name and s.type == kind), None)


def subscription(event: Json) -> str:
    """Return the name by which an event is subscribed to."""
    if event["type"] != "message":
        return str(event["type"])
    kinds = {"channel": "channels", "group": "groups", "im": "im"}
    return f"message.{kinds[event['channel_type']]}"


def _bad_events(events: frozenset[str], granted: set[str]) -> Iterable[str]:
    for event in sorted(events):
        if event not in EVENT_SCOPES:
            yield f"unknown event {event}"
        elif (scope := EVENT_SCOPES[event]) is not None and scope not in granted:
            yield f"event {event} needs the scope {scope}"


def _bad_commands(commands: Iterable[Json], granted: set[str]) -> Iterable[str]:
    for command in commands:
        name = command["command"]
        if not name.startswith("/") or not 1 < len(name) <= 32 or name != name.lower():
            yield f"command {name!r} must be / and up to 31 lower-case letters"
        if not command.get("description") or len(command["description"]) > 2000:
            yield f"command {name} needs a description of at most 2,000 characters"
        if len(command.get("usage_hint", "")) > 1000:
            yield f"the usage hint of {name} is over 1,000 characters"
        if "commands" not in granted:
            yield f"command {name} needs the scope commands"


def _bad_shortcuts(shortcuts: Iterable[Json]) -> Iterable[str]:
    for shortcut in shortcuts:
        name = shortcut["name"]
        if len(name) > 24:
            yield f"the shortcut's name {name!r} is over 24 characters"
        if shortcut.get("type") not in ("message", "global"):
            yield f"the shortcut {name} must be of type message or global"
        if not 0 < len(shortcut.get("callback_id", "")) <= 255:
            yield f"the shortcut {name} needs a callback_id of at most 255 characters"
        if not 0 < len(shortcut.get("description", "")) <= 150:
            yield f"the shortcut {name} needs a description of at most 150 characters"
