"""Delivery workers for Slack that are killed, as in `tests.e2e.killed`.

`python -m tests.e2e.slack_killed DATABASE API_BASE TOKEN KILLS SEED [--naive | --retrying]`
"""

import asyncio
import sys
from dataclasses import replace
from datetime import datetime, timedelta

from bot.adapters.chat.slack.client import SlackChat
from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.tokens import OneToken
from bot.adapters.chat.slack.web import Web
from bot.adapters.chat.slack.wire import Wire
from bot.adapters.store.database import SqlStore
from bot.domain.errors import DeliveryError
from bot.domain.messages import Message, Posted
from bot.domain.watches import Channel
from bot.logs import configure_logs
from bot.pipeline.deliver import Deliverer
from tests.e2e.killed import PATIENCE, fork, kill, left, utc_now
from tests.integration.slack_delivery import RetryingWire

SLOWER = replace(PATIENCE, lease=timedelta(seconds=3), send_time=timedelta(seconds=2))
"""An alert may take several requests."""
GAP = timedelta(seconds=0.02)


class NaiveChat(SlackChat):
    """What most bots do: no look, and once more when something went wrong."""

    async def find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        return None

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        try:
            return await super().post(message, to, thread, key)
        except DeliveryError:
            return await super().post(message, to, thread, key)


async def work(database: str, base: str, token: str, owner: str, how: str) -> None:
    """Deliver until nothing is left."""
    store = await SqlStore.open(database)
    wire = (RetryingWire if how == "--retrying" else Wire)(base)
    web = Web(OneToken(token, wire), wire)
    chat = (NaiveChat if how == "--naive" else SlackChat)(web, SlackPlaces(web), GAP)
    deliverer = Deliverer(store, chat, utc_now, owner, SLOWER)
    while await left(store):
        await deliverer.tick()
        await asyncio.sleep(0.01)
    await wire.close()
    await store.close()


def main() -> None:
    database, base, token, kills, seed = sys.argv[1:6]
    how = "".join(sys.argv[6:])
    configure_logs("error")
    busy = kill(
        lambda: fork(lambda owner: work(database, base, token, owner, how)), int(kills), int(seed)
    )
    sys.stdout.write(f"{busy} workers were still busy\n")


if __name__ == "__main__":
    main()
