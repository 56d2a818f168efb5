"""Reads all that deciding about a story in a channel needs."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain.records import Thread
from bot.domain.watches import ChannelSettings, Watch, WatchId
from bot.pipeline.verdicts import View
from bot.ports.store import Transaction


async def read_views(
    tx: Transaction, threads: Iterable[Thread], settings: ChannelSettings, now: datetime
) -> list[View]:
    """Return stories in a channel as they stand, less those of which nothing concerns it."""
    seen = await tx.watches.list(settings.channel.scope)
    here = {
        watch.id: watch for watch in seen if not watch.paused and settings.channel in watch.channels
    }
    views = [await _view(tx, thread, settings, here, now) for thread in threads]
    return [view for view in views if view is not None]


async def _view(
    tx: Transaction,
    thread: Thread,
    settings: ChannelSettings,
    watches: Mapping[WatchId, Watch],
    now: datetime,
) -> View | None:
    story = await tx.stories.get(thread.story)
    if story is None:
        return None
    decisions = await tx.decisions.latest(thread.channel, thread.story)
    members = tuple(m for m in story.members if m.article.id in decisions)
    if not members:
        return None
    story = replace(story, members=members)
    found = await tx.hits.of([member.article.id for member in members], list(watches))
    hits = {
        article.id: tuple(hit for one in found if one.article == article.id for hit in one.hits)
        for article in story.articles
    }
    card = await tx.outbox.get(thread.card) if thread.card else None
    since = thread.told_edits or thread.opened_at
    shown = [article for article in thread.shown if article in decisions]
    standing = await tx.channels.standing(thread.channel)
    return View(
        thread=thread,
        settings=settings,
        story=story,
        watches=tuple(watches[id_] for id_ in sorted({one.watch for one in found})),
        hits={article: spans for article, spans in hits.items() if spans},
        decisions=decisions,
        mutes=await tx.mutes.active(thread.channel.scope, now),
        edits=await tx.articles.edits(shown, since) if thread.card else (),
        card=None if card is None else card.state,
        followed=await tx.threads.get(thread.channel, story.follows) if story.follows else None,
        gone=standing.reason if standing.shut(now) else "",
    )
