"""Greet: tell a workspace that has added the bot how to start, once."""

from datetime import datetime

from bot.domain.messages import Alert, Part, alert_key
from bot.domain.notices import greeting
from bot.domain.watches import Channel
from bot.ports.store import Store


async def greet(store: Store, channel: Channel, now: datetime) -> None:
    """Put the greeting of a channel's workspace into the outbox, unless it ever stood there.

    Args:
        store: The database.
        channel: Where it is posted; another one the next time makes no second greeting.
        now: UTC.
    """
    everywhere = Channel(channel.scope, "*")
    alert = Alert(
        key=alert_key(everywhere, "greeting", Part.NOTICE),
        channel=channel,
        part=Part.NOTICE,
        message=greeting(),
        due_at=now,
        created_at=now,
    )
    async with store.transaction() as tx:
        await tx.outbox.add([alert])
