"""Channels that are where a test says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.watches import Channel, Scope


@dataclass(slots=True)
class FakePlaces:
    """See `bot.ports.world.Places`; of a workspace that is not named here there are none."""

    there: dict[Scope, dict[str, str]] = field(default_factory=dict)  # names by id
    closed: dict[Channel, str] = field(default_factory=dict)  # why not

    async def names(self, scope: Scope) -> Mapping[str, str]:
        """See `bot.ports.world.Places.names`."""
        known = self.there.get(scope, {})
        return {id_: name for id_, name in known.items() if Channel(scope, id_) not in self.closed}

    async def check(self, channel: Channel) -> str:
        """See `bot.ports.world.Places.check`."""
        if channel in self.closed:
            return self.closed[channel]
        known = channel.id in self.there.get(channel.scope, {})
        return "" if known else "there is no channel of that name."
