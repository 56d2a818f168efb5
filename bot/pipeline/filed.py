"""Filed: what matched is put into stories, with hits, decisions and the threads it concerns.

The last part of a poll, and of a page that was read for matching; decides nothing else.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.articles import Article, Feed
from bot.domain.query import Hit
from bot.domain.records import Decision, Fate, WatchHit
from bot.domain.stories import story_codes
from bot.domain.watches import Channel, Watch, WatchId
from bot.pipeline.sorter import Filed, Sorter, seed_of, sees, store_member
from bot.ports.store import Transaction


async def file_matched(
    tx: Transaction,
    sorter: Sorter,
    matched: Sequence[tuple[Article, Mapping[WatchId, tuple[Hit, ...]]]],
    feed: Feed,
    now: datetime,
    *,
    seeding: bool,
) -> int:
    """Put matched articles into stories, and store what that means for channels.

    Args:
        tx: The transaction that settles it all.
        sorter: Up to date (see `Sorter.refresh`), and nobody else's meanwhile.
        matched: Articles and the watches that want them; some may be in stories already.
        feed: That brought them, so that they are shown where it may be seen.
        now: UTC.
        seeding: They were there when the feed was first polled: nobody is told of them.

    Returns:
        How many stories were opened.
    """
    if not matched:
        return 0
    already = await tx.stories.of([article.id for article, _ in matched])
    codes = [code for article, _ in matched for code in story_codes(seed_of(article))]
    taken = set(await tx.stories.taken(codes))
    fresh = [(article, hits) for article, hits in matched if article.id not in already]
    filed = await asyncio.to_thread(sorter.file, fresh, taken)
    filed += [
        Filed(article=article, hits=hits, story=already[article.id])
        for article, hits in matched
        if article.id in already
    ]
    await _store_filed(tx, filed, sorter.watches, feed, now, seeding=seeding)
    return sum(one.opens for one in filed)


async def _store_filed(
    tx: Transaction,
    filed: Sequence[Filed],
    watches: Mapping[WatchId, Watch],
    feed: Feed,
    now: datetime,
    *,
    seeding: bool,
) -> None:
    fate, reason = (
        (Fate.SEEDED, f"it was in “{feed.name}” when the feed was first polled")
        if seeding
        else (Fate.WAITING, "matched; to be composed")
    )
    hits: list[WatchHit] = []
    decisions: list[Decision] = []
    for one in filed:
        await store_member(tx, one, now)
        told: set[Channel] = set()  # where something was decided about it before
        if one.member is None:
            told = {decision.channel for decision in await tx.decisions.of(one.article.id)}
        channels: dict[Channel, None] = {}
        for watch_id, found in one.hits.items():
            watch = watches[watch_id]
            hits.append(
                WatchHit(
                    article=one.article.id,
                    watch=watch_id,
                    watch_version=watch.version,
                    hits=found,
                    at=now,
                )
            )
            channels |= dict.fromkeys(c for c in watch.channels if sees(c, feed))
        for channel in (channel for channel in channels if channel not in told):
            decisions.append(
                Decision(
                    article=one.article.id,
                    channel=channel,
                    story=one.story,
                    fate=fate,
                    reason=reason,
                    at=now,
                )
            )
            await tx.threads.open(channel, one.story, now, None if seeding else now)
    await tx.hits.add(hits)
    await tx.decisions.record(decisions)
