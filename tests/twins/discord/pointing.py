"""Point discord.py of this process at a twin, and back."""

from collections.abc import Iterator
from contextlib import contextmanager

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.twins.discord.twin import DiscordTwin


@contextmanager
def pointed_at(twin: DiscordTwin) -> Iterator[None]:
    """Let discord.py speak to this twin while the block runs."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = twin.api_base
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(twin.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


class SwiftClient(discord.Client):
    """The real client, but for the 5 s that it waits before it identifies a second time."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for nothing."""
