"""Prune: what is old and in no story goes, in small steps, so that nobody waits for it."""

from datetime import datetime, timedelta

import structlog

from bot.ports.store import Store

log = structlog.get_logger()

KEEP_ARTICLES = timedelta(days=90)
KEEP_KEYS = timedelta(days=400)
"""An item that vanished from its feed and comes back within this time is still known."""
STEP = 500


async def prune(store: Store, now: datetime) -> int:
    """Delete old articles that are in no story, and old identity keys; return how many articles."""
    total = 0
    while True:
        async with store.transaction() as tx:
            gone = await tx.housekeeping.prune(now - KEEP_ARTICLES, now - KEEP_KEYS, STEP)
        total += gone
        if gone < STEP:
            break
    if total:
        log.info("pruned", articles=total)
    return total
