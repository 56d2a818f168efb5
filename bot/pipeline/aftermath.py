"""What else is done when an alert is settled: pauses, standings, cards, decisions, notices.

All of it in the transaction that settles. What follows is decided in `bot.pipeline.outcomes`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.domain.messages import Alert, AlertState, Message, Part, alert_key
from bot.domain.notices import card_notice, channel_notice
from bot.domain.records import Decision, Fate, Standing
from bot.domain.watches import Channel
from bot.pipeline.outcomes import DEAD_AFTER, Settled
from bot.ports.store import Transaction

log = structlog.get_logger()


async def sweep(tx: Transaction, platform: str, now: datetime) -> tuple[Alert, ...]:
    """Give up what can never be sent on a platform, with its decisions; return it."""
    swept = await tx.outbox.sweep(platform, now, now - DEAD_AFTER)
    await _decide_anew(tx, swept, now)
    return swept


async def follow(tx: Transaction, settled: Settled, before: Standing, now: datetime) -> None:
    """Do what follows from a settled alert, whose channel's standing was `before`."""
    alert = settled.alert
    if settled.pause:
        where = alert.channel.scope.platform if settled.everywhere else alert.channel
        await tx.outbox.pause(where, now + settled.pause, only=settled.only)
    if settled.standing != before:
        await tx.channels.stands(settled.standing)
        await _tell(tx, before, settled.standing, now)
    if alert.part in (Part.CARD, Part.BURST, Part.DIGEST) and alert.posted is not None:
        await tx.threads.carded(alert.channel, alert.key, alert.posted)
    if settled.card is not AlertState.SENT and alert.card is not None:
        await tx.outbox.drop(alert.card, settled.card, alert.reason)
        await tx.threads.wake(alert.channel, alert.card, now)
    if settled.card is AlertState.DROPPED and alert.card is not None:
        told = f"deleted {alert.card}"  # once, however many alerts meet it
        await _notify(tx, alert.channel, told, card_notice(alert.channel, alert.message), now)
    await _decide_anew(tx, [alert], now)


async def _tell(tx: Transaction, before: Standing, after: Standing, now: datetime) -> None:
    """Tell the workspace's admin channel, or only the log where it is the one in trouble."""
    log.warning(
        "channel_standing",
        channel=str(after.channel),
        access=after.access.value,
        reason=after.reason,
        refusals=after.refusals,
    )
    message = channel_notice(before, after)
    if message is not None:
        told = f"channel {after.channel} {after.access}/{now.isoformat()}"
        await _notify(tx, after.channel, told, message, now)


async def _notify(
    tx: Transaction, about: Channel, told: str, message: Message, now: datetime
) -> None:
    """Tell the workspace's admin channel, unless it is the one that is told of; once a `told`."""
    admin = await tx.channels.admin(about.scope)
    if admin is None or admin == about:
        return
    notice = Alert(
        key=alert_key(admin, told, Part.NOTICE),
        channel=admin,
        part=Part.NOTICE,
        message=message,
        due_at=now,
        created_at=now,
    )
    await tx.outbox.add([notice])


async def _decide_anew(tx: Transaction, alerts: Sequence[Alert], now: datetime) -> None:
    """Bring the decisions that these alerts carry in line with what became of them."""
    ended = {alert.key: alert for alert in alerts if alert.state in _ENDS}
    carried = await tx.decisions.carried_by(sorted(ended)) if ended else ()
    changed = [
        new
        for decision in carried
        if decision.alert is not None
        and (new := decided(decision, ended[decision.alert], now)) is not None
    ]
    await tx.decisions.record(changed)


_ENDS = (AlertState.SENT, AlertState.FAILED, AlertState.DROPPED)


def decided(decision: Decision, alert: Alert, now: datetime) -> Decision | None:
    """Return what is decided about an article now that its alert has ended; None: as before."""
    match alert.state:
        case AlertState.FAILED:
            fate, reason = Fate.FAILED, alert.reason
        case AlertState.DROPPED:
            fate, reason = Fate.MUTED, alert.reason
        case AlertState.SENT if decision.fate is Fate.FAILED:
            fate = Fate.MERGED if alert.part is Part.REPLY else Fate.POSTED
            reason = "sent after all"
        case _:
            return None
    return replace(decision, fate=fate, reason=reason, at=now)
