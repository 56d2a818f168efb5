"""Lists: many new stories at once, what quiet hours held back, and a channel's digests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import layout
from bot.domain.messages import Alert, Message, Part, alert_key
from bot.domain.records import Fate
from bot.domain.stories import Story
from bot.domain.watches import Channel, ChannelSettings
from bot.pipeline.composed import Composed, decided
from bot.pipeline.verdicts import Verdict
from bot.pipeline.views import read_views
from bot.ports.store import Transaction


def burst(channel: Channel, opening: Sequence[Verdict], now: datetime) -> list[Composed]:
    """List many new stories on one card."""
    stories = [verdict.view.story for verdict in opening]
    names = sorted({watch.name for verdict in opening for watch in verdict.view.watches})
    message = layout.burst(stories, names)
    if all(verdict.view.silent for verdict in opening):
        message = message.quietly()
    message = replace(message, urgent=any(verdict.view.urgent for verdict in opening))
    codes = "/".join(sorted(story.id for story in stories))
    alert = _listing(channel, Part.BURST, ("burst", codes), message, now)
    return [_listed(verdict, alert, "in a burst card", now) for verdict in opening]


def morning(channel: Channel, opening: Sequence[Verdict], now: datetime) -> list[Composed]:
    """List what quiet hours held back, on one card; each story opens its own with new coverage."""
    since = min(
        verdict.view.decisions[member.article.id].at
        for verdict in opening
        for member in verdict.fresh
    )
    stories = [verdict.view.story for verdict in opening]
    message = layout.digest(stories, since, "Held in quiet hours")
    alert = _listing(channel, Part.DIGEST, ("morning", now.isoformat()), message, now)
    return [_listed(verdict, alert, "in the digest after quiet hours", now) for verdict in opening]


async def digests(tx: Transaction, now: datetime) -> int:
    """Compose the digests that are due; an empty one is not sent. Return how many were due."""
    due = await tx.channels.digests_due(now)
    for settings in due:
        await _digest(tx, settings, now)
        await tx.channels.save(
            replace(settings, digest_last=now, digest_next=settings.next_digest(now))
        )
    return len(due)


async def _digest(tx: Transaction, settings: ChannelSettings, now: datetime) -> None:
    channel = settings.channel
    since = settings.digest_last or now - timedelta(days=1)
    standing = await tx.channels.standing(channel)
    key = alert_key(channel, "digest", now.isoformat())
    fate, reason = Fate.POSTED, "in the digest"
    if standing.shut(now):
        fate, reason = Fate.FAILED, f"the channel is gone: {standing.reason}"
    stories: list[Story] = []
    for view in await read_views(tx, await tx.threads.held(channel), settings, now):
        held = tuple(m for m in view.story.members if view.fate(m.article.id) is Fate.HELD)
        stories.append(view.story)
        await tx.decisions.record(decided(held, view.thread, fate, reason, key, now))
    if stories and fate is Fate.POSTED:
        message = layout.digest(stories, since, "Digest")
        alert = _listing(channel, Part.DIGEST, ("digest", now.isoformat()), message, now)
        await tx.outbox.add([alert])


def _listing(
    channel: Channel, part: Part, name: tuple[str, str], message: Message, now: datetime
) -> Alert:
    return Alert(
        key=alert_key(channel, *name),
        channel=channel,
        part=part,
        message=message,
        due_at=now,
        created_at=now,
    )


def _listed(verdict: Verdict, alert: Alert, reason: str, now: datetime) -> Composed:
    thread, story = verdict.view.thread, verdict.view.story
    shown = thread.shown | {member.article.id for member in story.members}
    posted = decided(verdict.fresh, thread, Fate.POSTED, reason, alert.key, now)
    listed = replace(thread, listed_in=alert.key, shown=shown, compose_at=verdict.again)
    return Composed(thread=listed, alerts=(alert,), decisions=(*verdict.decisions, *posted))
