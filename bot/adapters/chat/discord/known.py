"""What kind of channel each one is, with a forum's tags: asked once, and kept for some minutes."""

from collections.abc import Mapping
from typing import Any

from bot.adapters.chat.discord.rest import Rest
from bot.adapters.chat.fresh import Fresh
from bot.domain.errors import ChannelGoneError
from bot.domain.watches import Channel

FRESH_FOR = 300.0
"""Seconds for which what is known of a channel is taken as true."""

Json = Mapping[str, Any]


class KnownChannels:
    """Channels as Discord has them, or had them some minutes ago."""

    def __init__(self, rest: Rest) -> None:
        """Ask `rest`."""
        self._rest = rest
        self._kept: Fresh[Json] = Fresh(FRESH_FOR)

    async def get(self, to: Channel) -> Json:
        """Return a channel.

        Raises:
            ChannelGoneError: There is none of that id in its server.
            DeliveryError: As Discord says.
        """
        place = self._kept.get(to.id) or await self.ask(to)
        if str(place.get("guild_id")) != to.scope.workspace:
            raise ChannelGoneError(str(to), "the channel is not in this server")
        return place

    async def ask(self, to: Channel) -> Json:
        """Return a channel as it is now."""
        if not to.id.isdecimal():
            raise ChannelGoneError(str(to), "no channel has such an id")
        place: Json = await self._rest.request("GET", f"/channels/{to.id}", where=str(to))
        self.keep(to, place)
        return place

    async def is_there(self, to: Channel) -> bool:
        """Say whether a channel is there now."""
        self.forget(to)
        try:
            await self.get(to)
        except ChannelGoneError:
            return False
        return True

    def keep(self, to: Channel, place: Json) -> None:
        """Keep what was just read of a channel."""
        self._kept.keep(to.id, place)

    def forget(self, to: Channel) -> None:
        """Let a channel be asked for anew."""
        self._kept.drop(to.id)
