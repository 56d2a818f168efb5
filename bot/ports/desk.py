"""What a chat platform needs of the bot: somebody who answers."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.calls import Call, Reply, Usage


class Dispatcher(Protocol):
    """Carries out what people ask for; platforms turn what they receive into a `Call`."""

    @property
    def usages(self) -> Sequence[Usage]:
        """All commands, in the order in which help shows them."""
        ...

    async def answer(self, call: Call) -> Reply:
        """Carry out a call; whatever goes wrong is an answer that says so, never an error."""
        ...

    async def complete(self, call: Call, param: str) -> tuple[str, ...]:
        """Return at most 25 values that fit what is typed so far for one of the call's params."""
        ...
