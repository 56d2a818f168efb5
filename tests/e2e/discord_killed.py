"""Delivery workers for Discord that are killed, as in `tests.e2e.killed`.

`python -m tests.e2e.discord_killed DATABASE API_BASE TOKEN KILLS SEED [--naive]`
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.chat.discord.client import DiscordChat
from bot.adapters.chat.discord.rest import Rest
from bot.adapters.store.database import SqlStore
from bot.domain.errors import DeliveryError
from bot.domain.messages import Message, Posted
from bot.domain.watches import Channel
from bot.logs import configure_logs
from bot.pipeline.deliver import Deliverer
from tests.e2e.killed import PATIENCE, fork, kill, left, utc_now

SLOWER = replace(PATIENCE, lease=timedelta(seconds=3), send_time=timedelta(seconds=2))
"""An alert may take several requests."""


class NaiveChat(DiscordChat):
    """What most bots do: no nonce, no look, and once more when something went wrong."""

    async def find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        return None

    async def _send(
        self, message: Message, to: Channel, channel: str, body: Mapping[str, Any]
    ) -> Posted:
        bare = {name: value for name, value in body.items() if "nonce" not in name}
        try:
            return await super()._send(message, to, channel, bare)
        except DeliveryError:
            return await super()._send(message, to, channel, bare)


async def work(database: str, base: str, token: str, owner: str, *, naive: bool) -> None:
    """Deliver until nothing is left."""
    store = await SqlStore.open(database)
    rest = Rest(token, base)
    chat = (NaiveChat if naive else DiscordChat)(rest)
    deliverer = Deliverer(store, chat, utc_now, owner, SLOWER)
    while await left(store):
        await deliverer.tick()
        await asyncio.sleep(0.01)
    await rest.close()
    await store.close()


def main() -> None:
    database, base, token, kills, seed = sys.argv[1:6]
    naive = "--naive" in sys.argv
    configure_logs("error")
    busy = kill(
        lambda: fork(lambda owner: work(database, base, token, owner, naive=naive)),
        int(kills),
        int(seed),
    )
    sys.stdout.write(f"{busy} workers were still busy\n")


if __name__ == "__main__":
    main()
