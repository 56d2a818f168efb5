"""What a chat platform needs of the bot: somebody who answers."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.calls import Call, Reply, Usage
from bot.domain.watches import Scope


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

    async def first(self, platform: str, call: str) -> bool:
        """Say whether a call is heard for the first time, by this process or any other.

        Platforms deliver some calls twice, and to several processes; whoever is told that it is
        the first carries it out. Where nobody can say, it counts as the first.

        Args:
            platform: As in `Scope.platform`.
            call: The platform's own id of what it delivered.
        """
        ...

    async def editors(self, scope: Scope) -> frozenset[str]:
        """Return who may edit in a workspace beside its admins, by the platform's own ids."""
        ...
