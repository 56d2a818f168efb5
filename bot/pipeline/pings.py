"""How many cards may ping in a channel: those beyond go out without.

Counted from the outbox, in the transaction that adds to it, so that it holds for all processes and
across restarts.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.messages import Alert
from bot.domain.watches import ChannelSettings
from bot.ports.store import Transaction

HOUR = timedelta(hours=1)


async def capped(
    tx: Transaction, alerts: Sequence[Alert], settings: ChannelSettings, now: datetime
) -> tuple[Alert, ...]:
    """Return alerts of a channel as they may be added to its outbox."""
    if settings.pings is None:
        return tuple(alerts)
    kept: list[Alert] = []
    for alert in alerts:
        rings = bool(alert.message.ping)
        if rings and await tx.outbox.pings(settings.channel, now - HOUR) >= settings.pings:
            kept.append(replace(alert, message=replace(alert.message, ping="")))
        else:
            kept.append(alert)
    return tuple(kept)
