"""What the command line does with the database alone: lists of feeds, the export, trying a query.

Works beside a running program: each write is short, and what is added is picked up by it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.adapters.feeds.opml import OpmlFeed, read_opml, unusable, write_opml
from bot.adapters.store.copying import copying
from bot.adapters.store.database import SqlStore
from bot.adapters.store.engine import is_there
from bot.app import prepare, utc_now
from bot.commands.backtest import TRIED_ARTICLES, Backtest, tried
from bot.commands.found import feed_key
from bot.config import read_config
from bot.domain.articles import Article, Feed, FeedId
from bot.domain.errors import ConfigError
from bot.domain.filing import Window
from bot.domain.layout_parts import counted
from bot.domain.private import MASKED_ADDRESS, is_masked, is_private, without_secrets
from bot.domain.query import parse
from bot.domain.schedule import first_poll, format_span
from bot.domain.text import shorten
from bot.domain.urls import feed_address, masked, site_name
from bot.domain.watches import Watch, WatchId
from bot.environment import Environment, read_environment
from bot.exporting import Kept, to_toml
from bot.ports.store import Transaction
from bot.progress import progress
from bot.shipped import pack_folders, read_lexicon, read_packs

_AT_ONCE = 200
"""Feeds of a list in one transaction: the running program waits no longer for its own."""
_LONGEST_NAME = 70  # characters, as for a feed that is added in chat


async def copy_from(source: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Copy an embedded database into the PostgreSQL that is configured, and compare them.

    What is cut off goes on where it ended when it is done again.

    Args:
        source: `sqlite:///path/to/file`; whoever uses it has to be stopped before.
        environ: The environment.

    Returns:
        `before`, `after`, `changed` (of the schema), and `rows` (how many there are now).

    Raises:
        StoreError: One of them cannot be used, or they are not the same in the end.
    """
    environment = read_environment(environ)
    target, key = environment.database_url, environment.key.get_secret_value()
    done = await prepare(target)
    async with copying(source, target, key) as copy:
        with progress("Copying", copy.rows) as advance:
            await copy.run(advance)
        with progress("Comparing", copy.rows) as advance:
            await copy.compare(advance)
        return {**asdict(done), "changed": done.changed, "rows": copy.rows}


async def import_feeds(file: Path, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """Take the feeds of an OPML file on, for everyone; they are polled when their time comes.

    Returns:
        A row a feed: `url` (secrets masked), `name`, `outcome` ("added", "known" or "unusable")
        and `reason`.

    Raises:
        ConfigError: The file cannot be read, or lists no feed.
        StoreError: The database cannot be used.
    """
    environment = read_environment(environ)
    config = read_config(environment.config, environment.feed_secrets)
    try:
        body = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise ConfigError(str(file), f"cannot be read ({error.strerror})", "Check it") from error
    listed = await asyncio.to_thread(read_opml, body)
    broken = await asyncio.to_thread(unusable, body)
    if not listed and not broken:
        raise ConfigError(
            str(file), "lists no feed", 'An OPML list has outlines with an address: xmlUrl="…"'
        )
    rows = [_row(one, "", "unusable", "it is no web address") for one in broken]
    await prepare(environment.database_url)
    async with _store(environment) as store:
        async with store.reading() as tx:
            there = [line.feed for line in await tx.feeds.list() if not line.feed.workspace]
        known = {feed_key(feed.url): feed.name for feed in there}
        with progress("Importing", len(listed)) as advance:
            for start in range(0, len(listed), _AT_ONCE):
                some = listed[start : start + _AT_ONCE]
                async with store.transaction() as tx:
                    rows += await _taken(tx, some, known, config.every)
                advance(len(some))
    return rows


async def _taken(
    tx: Transaction, listed: Sequence[OpmlFeed], known: dict[str, str], every: timedelta
) -> list[dict[str, Any]]:
    """Store the feeds that are not known yet, and return a row for each; `known` grows by them."""
    names = set(known.values())
    rows = []
    for one in listed:
        key = feed_key(one.url)
        if is_masked(one.url):
            rows.append(_row(one.url, "", "unusable", MASKED_ADDRESS))
            continue
        if key in known:
            rows.append(_row(one.url, known[key], "known", "it is read already"))
            continue
        name = _free_name(one, names)
        feed = Feed(id=FeedId(0), url=one.url, name=name, every=every)
        await tx.feeds.add(feed, first_poll(utc_now(), every, one.url))
        known[key] = name
        names.add(name)
        rows.append(_row(one.url, name, "added"))
    return rows


def _free_name(one: OpmlFeed, taken: set[str]) -> str:
    name = shorten(" ".join(without_secrets(one.title).split()), _LONGEST_NAME) or site_name(
        one.url
    )
    free = (name, *(f"{name} ({number})" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in free if candidate not in taken)


def _row(url: str, name: str, outcome: str, reason: str = "") -> dict[str, Any]:
    return {"url": masked(url), "name": name, "outcome": outcome, "reason": reason}


async def feeds_kept(environ: Mapping[str, str]) -> tuple[Feed, ...]:
    """Return all feeds of the database, by name.

    Raises:
        StoreError: The database cannot be used, or is not there yet.
    """
    async with _store(read_environment(environ)) as store, store.reading() as tx:
        return tuple(line.feed for line in await tx.feeds.list())


def shown(feeds: Sequence[Feed], *, secrets: bool) -> Sequence[Feed]:
    """Return feeds as they are written out; stderr says where a secret is left out."""
    hidden = sum(is_private(feed.url) for feed in feeds)
    if secrets or not hidden:
        return feeds
    of = f"of {counted(hidden, 'feed')}"
    sys.stderr.write(f"*** stands for secrets in addresses {of}; --secrets writes them whole\n")
    return [replace(feed, url=masked(feed.url)) for feed in feeds]


def as_opml(feeds: Iterable[Feed]) -> str:
    """Return feeds as an OPML list, with their addresses as they are; a folder a workspace."""
    return write_opml(
        OpmlFeed(url=feed.url, title=feed.name, folder=feed.workspace) for feed in feeds
    )


def as_rows(feeds: Iterable[Feed]) -> list[dict[str, Any]]:
    """Return a row a feed, with its address as it is."""
    return [
        {
            "url": feed.url,
            "name": feed.name,
            "every": format_span(feed.every),
            "lang": feed.lang,
            "workspace": feed.workspace,
            "configured": feed.configured,
        }
        for feed in feeds
    ]


async def remove_feed(given: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Read an imported feed no more; its articles stay.

    Args:
        given: Its address or its name.
        environ: The environment.

    Returns:
        Its row; `outcome` is "removed", or "unknown" where there is no such feed.

    Raises:
        ConfigError: The configuration file names it, so that it would come back.
        StoreError: The database cannot be used.
    """
    key = feed_key(feed_address(given) or "://")
    async with _store(read_environment(environ)) as store, store.transaction() as tx:
        for line in await tx.feeds.list():
            feed = line.feed
            if feed.workspace or (feed.name != given and feed_key(feed.url) != key):
                continue
            if feed.configured:
                raise ConfigError(
                    given, "is in the configuration file", "Remove its [[feeds]] table there"
                )
            await tx.feeds.remove(feed.id)
            return _row(feed.url, feed.name, "removed")
    return _row(given, "", "unknown", "no feed has this name or address: see `feeds export --json`")


async def export_config(environ: Mapping[str, str], *, secrets: bool = False) -> str:
    """Return everything that is set up, as the text of a configuration file.

    Args:
        environ: The environment.
        secrets: Feeds' addresses stand there whole; else *** stands for each secret in them.

    Raises:
        ConfigError: The present configuration, whose defaults it takes, cannot be read.
        StoreError: The database cannot be used.
    """
    environment = read_environment(environ)
    config = read_config(environment.config, environment.feed_secrets)
    async with _store(environment) as store, store.reading() as tx:
        kept = Kept(
            feeds=shown([line.feed for line in await tx.feeds.list()], secrets=secrets),
            watches=await tx.watches.list(),
            channels=await tx.channels.list(),
            every=config.every,
            backfill=config.backfill,
            pages=config.pages,
            model=config.model,
        )
    return to_toml(kept)


def write(file: Path | None, text: str) -> None:
    """Write a file whole or not at all; `None` is stdout.

    Raises:
        ConfigError: It cannot be written.
    """
    if file is None:
        sys.stdout.write(text)
        return
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise ConfigError(
            str(file), f"cannot be written ({error.strerror})", "Name a file that can be"
        ) from error
    finally:
        beside.unlink(missing_ok=True)


async def try_query(text: str, days: int, environ: Mapping[str, str]) -> dict[str, Any]:
    """Say how a query is understood, and what it would have brought of the stored articles.

    Returns:
        `query`, `explained`, `days`, `tried` (articles; none without a database), `articles` and
        `stories` that it would have brought, `unsure` (articles whose pages, that nobody read,
        might match), `alerts_per_day`, and `samples`.

    Raises:
        QueryError: It does not parse.
        StoreError: There is a database that cannot be used.
    """
    environment = read_environment(environ)
    packs = await asyncio.to_thread(lambda: read_packs(*pack_folders(environment.config)))
    query = parse(text, packs)
    now = utc_now()
    feeds: dict[FeedId, Feed] = {}
    articles: list[Article] = []
    if is_there(environment.database_url):
        async with _store(environment) as store, store.reading() as tx:
            feeds = {line.feed.id: line.feed for line in await tx.feeds.list()}
            stored = await tx.articles.since(now - timedelta(days=days), TRIED_ARTICLES)
            articles = [article for article in stored if article.feed in feeds]
    watch = Watch(id=WatchId(0), scope=None, name="test", query=text, channels=(), created_at=now)
    window = Window(*await asyncio.to_thread(read_lexicon))
    found = await asyncio.to_thread(tried, watch, query, articles, feeds, frozenset(), window, now)
    return {
        "query": query.source,
        "explained": query.explained(),
        "days": days,
        "tried": found.tried,
        "articles": found.articles,
        "unsure": found.unsure,
        "stories": found.stories,
        "alerts_per_day": round(found.per_day, 2),
        "samples": _samples(found),
    }


def _samples(found: Backtest) -> list[dict[str, Any]]:
    return [
        {
            "title": sample.story.lead.title,
            "url": sample.story.lead.url,
            "outlet": sample.story.lead.outlet,
            "at": sample.story.lead.at.isoformat(),
            "matched": sorted({" ".join(hit.text.split()).casefold() for hit in sample.hits}),
        }
        for sample in found.samples
    ]


@asynccontextmanager
async def _store(environment: Environment) -> AsyncIterator[SqlStore]:
    key = environment.key.get_secret_value()
    store = await SqlStore.open(environment.database_url, key=key)
    try:
        yield store
    finally:
        await store.close()
