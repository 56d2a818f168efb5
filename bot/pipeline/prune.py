"""Prune: what is old and in no story goes, in small steps, so that nobody waits for it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.ports.store import Store

log = structlog.get_logger()

KEEP_ARTICLES = timedelta(days=90)
KEEP_KEYS = timedelta(days=400)
"""An item that vanished from its feed and comes back within this time is still known; one that a
feed carried when it was last read is known for good."""
KEEP_MESSAGES = timedelta(days=30)
"""Of the sandbox: from a message's last change, or the last reply to it."""
STEP = 500

Memory = Callable[[datetime, int], Awaitable[int]]
"""Deletes up to so many of what is older than a time; returns how many."""


async def prune(store: Store, now: datetime) -> int:
    """Delete old articles that are in no posted story, and old identity keys; return how many.

    Old hints that were given up go as well.

    Args:
        store: The database.
        now: UTC.
    """
    articles = await _emptied(partial(_forget, store, now))
    async with store.transaction() as tx:
        await tx.hints.prune(now)
    if articles:
        log.info("pruned", articles=articles)
    return articles


async def prune_messages(memory: Memory, now: datetime) -> int:
    """Delete old messages of a chat platform of ours; return how many.

    Args:
        memory: What keeps them.
        now: UTC.
    """
    messages = await _emptied(partial(memory, now - KEEP_MESSAGES))
    if messages:
        log.info("pruned", messages=messages)
    return messages


async def _forget(store: Store, now: datetime, limit: int) -> int:
    async with store.transaction() as tx:
        return await tx.housekeeping.prune(now - KEEP_ARTICLES, now - KEEP_KEYS, limit)


async def _emptied(step: Callable[[int], Awaitable[int]]) -> int:
    total = 0
    while gone := await step(STEP):
        total += gone
    return total
