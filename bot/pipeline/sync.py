"""Takes the configuration's feeds, watches and channels over into the database.

The configuration file is the truth for what it names; what people set up in chat or imported is
left alone, until the file names the same. Run at the start, and whenever the file has changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta

from bot.domain.articles import Feed
from bot.domain.errors import ConfigError, QueryError
from bot.domain.packs import Packs
from bot.domain.private import is_private
from bot.domain.query import parse
from bot.domain.urls import masked
from bot.domain.watches import ChannelSettings, Watch
from bot.ports.store import Transaction

PLAIN = "plain"
"""What is said of a channel for which nothing is set."""
_NOT_SET = frozenset(("channel", "digest_next", "digest_last", "configured"))


async def synchronise(
    tx: Transaction,
    feeds: Sequence[Feed],
    watches: Sequence[Watch],
    channels: Sequence[ChannelSettings],
    first_due: Callable[[timedelta, str], datetime],
    now: datetime,
) -> None:
    """Add, change and remove what the configuration added, changed and removed.

    Args:
        tx: The transaction to do it in.
        feeds: Those of the configuration; ids are ignored.
        watches: Those of the configuration; ids are ignored.
        channels: Their settings. What was changed in chat since the file said so stays; a table
            of the file that has changed is taken over whole.
        first_due: Returns when a new feed, by interval and URL, is polled first (UTC).
        now: UTC.
    """
    await _feeds(tx, feeds, first_due)
    await _watches(tx, watches, now)
    await _channels(tx, channels, now)


async def refuse_unreadable(tx: Transaction, packs: Packs) -> None:
    """Check that each watch that was set up in chat can be read with these packs.

    Raises:
        ConfigError: One cannot, such as where a pack that it uses is gone.
    """
    for watch in await tx.watches.list():
        try:
            parse(watch.query, packs)
        except QueryError as error:
            raise ConfigError(
                f"the watch {watch.name!r}, set up in chat",
                f"its query {watch.query!r} cannot be read: {error}",
                "Bring back the pack that it uses, or change the watch in chat first",
            ) from error


async def _feeds(
    tx: Transaction, feeds: Sequence[Feed], first_due: Callable[[timedelta, str], datetime]
) -> None:
    stored = [line.feed for line in await tx.feeds.list()]
    there = {(feed.url, feed.workspace): feed for feed in stored}
    kept = {(feed.url, feed.workspace) for feed in feeds}
    changed = {
        (masked(feed.url), feed.workspace, feed.name): key
        for key, feed in there.items()
        if feed.configured and key not in kept
    }
    for listed in feeds:
        feed = replace(listed, configured=True)
        known = there.pop((feed.url, feed.workspace), None)
        if known is None and is_private(feed.url):  # with another password it is the same feed
            key = changed.pop((masked(feed.url), feed.workspace, feed.name), None)
            known = there.pop(key) if key is not None else None
        if known is None:
            await tx.feeds.add(feed, first_due(feed.every, feed.url))
        elif replace(feed, id=known.id) != known:
            await tx.feeds.change(replace(feed, id=known.id))
    for gone in there.values():
        if gone.configured:
            await tx.feeds.remove(gone.id)


async def _watches(tx: Transaction, watches: Sequence[Watch], now: datetime) -> None:
    stored = await tx.watches.list()
    there = {watch.name: watch for watch in stored if watch.scope is None}
    of_chat = [watch for watch in stored if watch.scope is not None]
    for watch in watches:
        known = there.pop(watch.name, None)
        if known is None:
            known = next((one for one in of_chat if _kept(watch, one) == one), None)
            if known is None:
                await tx.watches.add(replace(watch, created_at=now))
                continue
            of_chat.remove(known)
        same = replace(
            watch,
            id=known.id,
            created_at=known.created_at,
            version=known.version,
            paused=watch.paused or known.paused,
        )
        if same != known:
            await tx.watches.save(replace(same, version=known.version + 1))
    for gone in there.values():
        await tx.watches.remove(gone.id, now)


def _kept(watch: Watch, known: Watch) -> Watch:
    """Return a watch of the file as it would be if it were `known`, which people made in chat.

    Where both are the same, as after an export, the file takes that watch over: a second one
    would find everything twice. A name may differ: the file has each once, for all workspaces.
    """
    return replace(
        watch,
        id=known.id,
        scope=known.scope,
        name=known.name,
        created_at=known.created_at,
        version=known.version,
        paused=known.paused,
    )


async def _channels(tx: Transaction, channels: Sequence[ChannelSettings], now: datetime) -> None:
    there = {settings.channel: settings for settings in await tx.channels.list()}
    for settings in channels:
        said = _said(settings)
        known = there.pop(settings.channel, ChannelSettings(channel=settings.channel))
        if known.configured == said:
            continue
        if not known.configured and _said(known) != PLAIN:  # people set it up before the file did
            await tx.channels.save(replace(known, configured=said))
            continue
        taken = replace(settings, configured=said, digest_last=known.digest_last)
        await tx.channels.save(replace(taken, digest_next=taken.next_digest(now)))
    for known in there.values():
        if known.configured:
            changed = _said(known) != known.configured
            plain = ChannelSettings(channel=known.channel, digest_last=known.digest_last)
            await tx.channels.save(replace(known, configured="") if changed else plain)


def _said(settings: ChannelSettings) -> str:
    """Return what is set of a channel, as text that stays the same when fields are added."""
    named = (field for field in fields(settings) if field.name not in _NOT_SET)
    said = ((field.name, getattr(settings, field.name), field.default) for field in named)
    return "; ".join(f"{name} {value}" for name, value, plain in said if value != plain) or PLAIN
