"""Mutes that have run out: their end is announced once, where they were made."""

from bot.domain.messages import Alert, Part, alert_key, say
from bot.ports.store import Store
from bot.ports.world import Clock

AT_ONCE = 100


async def announce_ended(store: Store, clock: Clock) -> int:
    """Announce mutes that have run out, and forget them; return how many."""
    now = clock()
    async with store.reading() as tx:
        if not await tx.mutes.ended(now, 1):
            return 0
    async with store.transaction() as tx:
        ended = await tx.mutes.ended(now, AT_ONCE)
        for mute in ended:
            await tx.mutes.remove(mute.id)
            if mute.channel is None:
                continue
            words = f"The mute of {mute.kind} “{mute.value}” by {mute.by} has ended."
            await tx.outbox.add(
                [
                    Alert(
                        key=alert_key(mute.channel, f"mute {mute.id}", "ended"),
                        channel=mute.channel,
                        part=Part.NOTICE,
                        message=say(words),
                        due_at=now,
                        created_at=now,
                    )
                ]
            )
    return len(ended)
