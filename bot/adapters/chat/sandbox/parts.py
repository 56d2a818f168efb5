"""The parts that the page and the JSON interface are made of, handed over together."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.adapters.chat.sandbox.hub import Hub
from bot.adapters.chat.sandbox.render import Renderer
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.talk import Talk
from bot.ports.desk import Dispatcher

Status = Callable[[], Awaitable[Mapping[str, str]]]
"""What the bot is doing; the page shows the keys `line`, `next_poll`, `state` and `what`."""
Topics = Callable[[], Awaitable[Mapping[str, str]]]
"""A line about each channel: its watches, its quiet hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a view may use."""

    rooms: Rooms
    hub: Hub
    talk: Talk
    renderer: Renderer
    dispatcher: Dispatcher
    status: Status
    topics: Topics
