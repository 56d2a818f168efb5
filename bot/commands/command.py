"""A command: how it is called, and what it does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.commands.desk import Desk
from bot.domain.calls import Call, Reply, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: data, and one function. `run` may raise any `BotError`; it becomes an answer."""

    usage: Usage
    run: Callable[[Call, Desk], Awaitable[Reply]]
    button: bool = False  # only a button calls it: it is not typed, registered or listed
