"""What a person asked of the bot on Slack, as values; pure.

Owns where and by whom something was asked, and how that becomes a `Call`. What was asked for is
read in `typed` and `modals`; what the words mean is decided by the commands.

Source: https://docs.slack.dev/reference/interaction-payloads
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bot.domain.calls import Call, Person, Upload
from bot.domain.messages import Posted
from bot.domain.watches import Channel, Scope

PLATFORM = "slack"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Menu:
    """A shortcut in the menu of a message, and the verb that it calls about that message."""

    name: str  # at most 24 characters
    id: str  # its `callback_id`
    verb: str
    link: bool = False  # about the first link in the message, not about the message's story


MENUS = (
    Menu("Summarise story", "summary", "summary"),
    Menu("Why this alert?", "why", "why"),
    Menu("Not relevant", "irrelevant", "irrelevant"),
    Menu("Add link to story", "story_add", "story add", link=True),
)
EVERYTHING = "news"
"""The global shortcut that opens the form of all commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """From where something is asked, as far as a view has to remember it."""

    channel: str = ""  # "" on the App Home
    about: str = ""  # the message whose thread, or which itself, it is about
    home: bool = False  # the App Home shows what was changed

    def written(self, **more: Any) -> str:
        """Return it as a view's `private_metadata`, with more beside it."""
        kept = {"channel": self.channel, "about": self.about, "home": self.home, **more}
        return json.dumps({name: value for name, value in kept.items() if value})

    @classmethod
    def read(cls, view: Json) -> tuple[Self, Json]:
        """Return what `written` put into a view, and all of it."""
        kept = json.loads(str(view.get("private_metadata") or "{}"))
        where = cls(
            channel=str(kept.get("channel", "")),
            about=str(kept.get("about", "")),
            home=bool(kept.get("home")) or view.get("type") == "home",
        )
        return where, kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something that a person typed, pressed, chose or sent."""

    id: str  # Slack's own: the same when it is delivered twice
    team: str  # the workspace where the bot is
    user: str
    user_team: str = ""  # another one where somebody of elsewhere shares the channel; "" unknown
    name: str = ""
    where: Where = Where()
    thread: str = ""  # the message under which the answer is shown; "" in the channel itself
    private: bool = False  # it was asked by a button of an answer that only this person sees
    response_url: str = ""  # good for 5 answers in 30 min
    trigger: str = ""  # good for one form within 3 s
    view: str = ""  # the modal in which it was asked
    direct: bool = False  # in the conversation of this person with the bot
    stands: str = ""  # what says there that the answer is under way, and is changed into it

    @property
    def scope(self) -> Scope:
        """The workspace, as the commands know it."""
        return Scope(PLATFORM, self.team)

    def call(
        self,
        verb: str,
        args: Mapping[str, str],
        person: Person,
        at: datetime,
        files: Mapping[str, Upload] | None = None,
    ) -> Call:
        """Return what is asked, for the commands; from the App Home, it comes from no channel."""
        channel = Channel(self.scope, self.where.channel)
        about = self.where.about
        return Call(
            verb=verb,
            args=args,
            files=files or {},
            person=person,
            channel=channel,
            thread=Posted(channel, about) if about else None,
            at=at,
        )


def of_command(body: Json, team: str) -> Asked:
    """Return who typed a slash command, and where; Slack has none in threads.

    It can be typed in conversations of people, where the bot is not, and which look like its own.
    """
    return Asked(
        id=str(body.get("trigger_id", "")),
        team=team,
        user=str(body.get("user_id", "")),
        user_team=str(body.get("team_id", "")),
        name=str(body.get("user_name", "")),
        where=Where(channel=str(body.get("channel_id", ""))),
        response_url=str(body.get("response_url", "")),
        trigger=str(body.get("trigger_id", "")),
    )


def of_interaction(body: Json, team: str) -> Asked:
    """Return who pressed, chose or sent something, and where.

    A card's own buttons, a message's menu, and whatever is asked inside a thread all name the
    story by the card's `ts`; a private answer outside a thread names none.
    """
    user = _object(body, "user")
    view = _object(body, "view")
    trigger = str(body.get("trigger_id", ""))
    modal = view.get("type") == "modal"
    return Asked(
        id=trigger or f"{view.get('id', '')}/{view.get('hash', '')}",
        team=team,
        user=str(user.get("id", "")),
        user_team=str(user.get("team_id") or ""),
        name=str(user.get("name") or user.get("username") or ""),
        where=Where.read(view)[0] if view else _where(body),
        thread=_thread(body),
        private=bool(_object(body, "container").get("is_ephemeral")),
        response_url=str(body.get("response_url") or ""),
        trigger=trigger,
        view=str(view.get("id", "")) if modal else "",
    )


def of_event(body: Json, team: str) -> Asked:
    """Return who wrote to the bot or opened its App Home, and where."""
    event = _object(body, "event")
    channel, thread = str(event.get("channel", "")), str(event.get("thread_ts") or "")
    home = event.get("type") == "app_home_opened"
    return Asked(
        id=str(body.get("event_id", "")),
        team=team,
        user=str(event.get("user", "")),
        user_team=str(event.get("user_team") or event.get("team") or ""),
        where=Where(home=True) if home else Where(channel=channel, about=thread),
        thread=thread,
        direct=channel.startswith("D") and not home,
    )


def _where(body: Json) -> Where:
    """Return what a press on a message, or an entry of its menu, is about."""
    container, message = _object(body, "container"), _object(body, "message")
    channel = _object(body, "channel").get("id") or container.get("channel_id") or ""
    card = message.get("thread_ts") or container.get("thread_ts")
    if not card and not container.get("is_ephemeral"):
        card = message.get("ts") or container.get("message_ts")
    return Where(channel=str(channel), about=str(card or ""))


def _thread(body: Json) -> str:
    """Return the thread that a pressed message stands in; a card stands in its channel."""
    container, message = _object(body, "container"), _object(body, "message")
    thread = message.get("thread_ts") or container.get("thread_ts") or ""
    own = message.get("ts") or container.get("message_ts")
    return "" if thread == own else str(thread)


def _object(body: Json, name: str) -> Json:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}
