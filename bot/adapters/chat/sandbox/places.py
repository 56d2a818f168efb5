"""Which channels of the sandbox the bot can post to: all that there are."""

from collections.abc import Mapping

from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.talk import SCOPE
from bot.domain.watches import Channel, Scope


class RoomPlaces:
    """The sandbox's channels; see `bot.ports.world.Places`."""

    def __init__(self, rooms: Rooms) -> None:
        """Look among `rooms`."""
        self._rooms = rooms

    async def names(self, scope: Scope) -> Mapping[str, str]:
        """See `bot.ports.world.Places.names`."""
        if scope != SCOPE:
            return {}
        return {room.id: room.id for room in await self._rooms.rooms()}

    async def check(self, channel: Channel) -> str:
        """See `bot.ports.world.Places.check`."""
        if channel.id in await self.names(channel.scope):
            return ""
        return "there is no channel of that name. Make it on the left first."
