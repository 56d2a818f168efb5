"""Takes the configuration's feeds, watches and channels over into the database.

The configuration file is the truth for what it names; what people set up in chat is left alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.articles import Feed
from bot.domain.watches import ChannelSettings, Watch
from bot.ports.store import Transaction


async def synchronise(
    tx: Transaction,
    feeds: Sequence[Feed],
    watches: Sequence[Watch],
    channels: Sequence[ChannelSettings],
    first_due: Callable[[timedelta, str], datetime],
) -> None:
    """Add, change and remove what the configuration added, changed and removed.

    Args:
        tx: The transaction to do it in.
        feeds: Those of the configuration; ids are ignored.
        watches: Those of the configuration; ids are ignored.
        channels: Their settings; one that was changed in chat keeps what chat says.
        first_due: Returns when a new feed, by interval and URL, is polled first (UTC).
    """
    await _feeds(tx, feeds, first_due)
    await _watches(tx, watches)
    known = {settings.channel for settings in await tx.channels.list()}
    stored = {settings.channel: settings for settings in await tx.channels.list()}
    for settings in channels:
        if settings.channel not in known or stored[settings.channel] == ChannelSettings(
            channel=settings.channel
        ):
            await tx.channels.save(settings)


async def _feeds(
    tx: Transaction, feeds: Sequence[Feed], first_due: Callable[[timedelta, str], datetime]
) -> None:
    there = {line.feed.url: line.feed for line in await tx.feeds.list() if not line.feed.workspace}
    for feed in feeds:
        known = there.pop(feed.url, None)
        if known is None:
            await tx.feeds.add(feed, first_due(feed.every, feed.url))
        elif replace(feed, id=known.id) != known:
            await tx.feeds.change(replace(feed, id=known.id))
    for gone in there.values():
        await tx.feeds.remove(gone.id)


async def _watches(tx: Transaction, watches: Sequence[Watch]) -> None:
    now = datetime.now(UTC)
    there = {watch.name: watch for watch in await tx.watches.list() if watch.scope is None}
    for watch in watches:
        known = there.pop(watch.name, None)
        if known is None:
            await tx.watches.add(replace(watch, created_at=now))
            continue
        same = replace(
            watch,
            id=known.id,
            created_at=known.created_at,
            version=known.version,
            paused=known.paused,
        )
        if same != known:
            await tx.watches.save(replace(same, version=known.version + 1))
    for gone in there.values():
        await tx.watches.remove(gone.id, now)
