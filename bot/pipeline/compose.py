"""Compose: say what is to be said about a story in a channel, and put it into the outbox.

story ─summarise─▶ message ─▶ outbox

Claims whole channels, so that many new stories at once become one burst card. Reading, deciding
(`bot.pipeline.verdicts`), summarising and storing are apart; no transaction is open meanwhile.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bot.domain import layout
from bot.domain.messages import Alert, AlertState, Message, Part, alert_key
from bot.domain.records import ClaimedThread, Decision, Fate, Thread
from bot.domain.stories import QUIET_AFTER, Member, Story
from bot.domain.summaries import Sentence, adds
from bot.domain.watches import Channel, ChannelSettings, Mode
from bot.pipeline.verdicts import Verdict, View, judge
from bot.ports.store import Store, Transaction
from bot.ports.world import Clock, Summariser

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
AT_ONCE = 50
BURST_OVER = 5
"""More new stories than this at once in a channel become one burst card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How long thread replies are gathered, and how seldom a card is edited."""

    batch: timedelta = timedelta(minutes=2)
    edit_gap: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What one claimed thread came to."""

    thread: Thread
    alerts: tuple[Alert, ...] = ()
    decisions: tuple[Decision, ...] = ()


class Composer:
    """Composes what is due."""

    def __init__(
        self,
        store: Store,
        summariser: Summariser,
        clock: Clock,
        owner: str,
        holding: frozenset[str] = frozenset(),
        manners: Manners = Manners(),
    ) -> None:
        """Compose from and into `store`.

        Args:
            store: The database.
            summariser: Writes the sentences.
            clock: The time.
            owner: A name for this worker that no other has.
            holding: The platforms that have no silent messages: quiet hours hold alerts back.
            manners: How long replies are gathered, and how seldom cards are edited.
        """
        self._store = store
        self._summariser = summariser
        self._clock = clock
        self._owner = owner
        self._holding = holding
        self._manners = manners

    async def tick(self) -> int:
        """Compose what is due; return how many alerts were put into the outbox."""
        now = self._clock()
        async with self._store.transaction() as tx:
            await self._close_quiet(tx, now)
            claimed = await tx.threads.claim(self._owner, now, now + LEASE, AT_ONCE)
        count = 0
        by_channel = groupby(claimed, key=lambda one: str(one.thread.channel))
        for _, group in by_channel:
            count += await self._channel(list(group), now)
        return count + await self._digests(now)

    async def _close_quiet(self, tx: Transaction, now: datetime) -> None:
        for thread in await tx.threads.to_close(now - QUIET_AFTER, AT_ONCE):
            await tx.threads.open(thread.channel, thread.story, thread.opened_at, now)

    async def _channel(self, claimed: Sequence[ClaimedThread], now: datetime) -> int:
        channel = claimed[0].thread.channel
        async with self._store.reading() as tx:
            settings = await tx.channels.get(channel)
            views = [
                view
                for one in claimed
                if (view := await read_view(tx, one.thread, settings, now)) is not None
            ]
        held = channel.scope.platform in self._holding
        verdicts = [judge(view, now, holds=held) for view in views]
        opening = [v for v in verdicts if v.opens and not v.view.listed]
        if len(opening) > BURST_OVER:
            composed = _burst(channel, opening, now)
        else:
            composed = [await self._card(verdict, now) for verdict in opening]
        done = {one.thread.story for one in composed}
        for verdict in verdicts:
            if verdict.view.thread.story in done:
                continue
            if verdict.opens:
                composed.append(await self._card(verdict, now))
            else:
                composed.append(await self._follow_up(verdict, now))
        gone = {one.thread.story for one in claimed} - {one.thread.story for one in composed}
        async with self._store.transaction() as tx:
            for one in claimed:
                if one.thread.story in gone:
                    await tx.threads.settle(replace(one.thread, compose_at=None), one.owner)
            for result in composed:
                if not await tx.threads.settle(result.thread, self._owner):
                    log.warning("thread_lost_its_lease", story=result.thread.story)
                    continue
                await tx.outbox.add(result.alerts)
                await tx.decisions.record(result.decisions)
        alerts = [alert for result in composed for alert in result.alerts]
        for alert in alerts:
            log.info("alert_composed", channel=str(channel), part=alert.part, story=alert.story)
        return len({alert.key for alert in alerts})

    async def _card(self, verdict: Verdict, now: datetime) -> Composed:
        view, thread = verdict.view, verdict.view.thread
        message, sentences = await self._face(view, now)
        if verdict.silent:
            message = message.quietly()
        part = "card" if thread.card is None else f"card/{thread.replies + thread.edits + 1}"
        alert = _alert(thread, Part.CARD, part, message, now)
        return Composed(
            thread=replace(
                thread,
                compose_at=verdict.again,
                card=alert.key,
                listed_in=None,
                posted=None,
                shown=thread.shown | {member.article.id for member in view.story.members},
                sentences=sentences,
                face=layout.face(message),
                edited_at=now,
                told_edits=now,
                closed_at=None,
                edits=thread.edits + (thread.card is not None),
            ),
            alerts=(alert,),
            decisions=(
                *verdict.decisions,
                *_decided(verdict.fresh, thread, Fate.POSTED, "opened a card", alert.key, now),
            ),
        )

    async def _follow_up(self, verdict: Verdict, now: datetime) -> Composed:
        """Say what is new in the thread, and bring the card up to date."""
        view, thread = verdict.view, verdict.view.thread
        if thread.card is None:
            return Composed(
                thread=replace(thread, compose_at=verdict.again), decisions=verdict.decisions
            )
        again = [verdict.again] if verdict.again else []
        alerts: list[Alert] = []
        decisions = list(verdict.decisions)
        due = min((decision.at for decision in view.waiting.values()), default=now)
        ready = due + self._manners.batch
        new = verdict.fresh
        if (new and ready <= now) or view.edits:
            fresh = new if ready <= now else ()
            message = await asyncio.to_thread(_reply, view, fresh)
            alert = _alert(thread, Part.REPLY, f"reply/{thread.replies + 1}", message, now)
            alerts.append(alert)
            decisions += _decided(
                fresh, thread, Fate.MERGED, "in the story's thread", alert.key, now
            )
            thread = replace(
                thread,
                replies=thread.replies + 1,
                shown=thread.shown | {member.article.id for member in fresh},
                told_edits=now if view.edits else thread.told_edits,
            )
            new = () if fresh else new
        if new:
            again.append(ready)
        thread, edit, later = await self._edit(view, thread, now)
        alerts += edit
        again += later
        return Composed(
            thread=replace(thread, compose_at=min(again, default=None)),
            alerts=tuple(alerts),
            decisions=tuple(decisions),
        )

    async def _edit(
        self, view: View, thread: Thread, now: datetime
    ) -> tuple[Thread, list[Alert], list[datetime]]:
        """Edit the card if what is visible changed, at most once per `edit_gap`."""
        closed = view.story.closed(now)
        if thread.edited_at is not None and now < thread.edited_at + self._manners.edit_gap:
            return thread, [], [thread.edited_at + self._manners.edit_gap]
        message, sentences = await self._face(view, now)
        thread = replace(thread, closed_at=(thread.closed_at or now) if closed else None)
        if layout.face(message) == thread.face:
            return thread, [], []
        alert = _alert(thread, Part.EDIT, f"edit/{thread.edits + 1}", message, now)
        thread = replace(
            thread,
            edits=thread.edits + 1,
            edited_at=now,
            face=layout.face(message),
            sentences=tuple(dict.fromkeys((*thread.sentences, *sentences))),
        )
        return thread, [alert], []

    async def _face(self, view: View, now: datetime) -> tuple[Message, tuple[str, ...]]:
        summary = await self._summariser.summarise(
            view.story.articles, "card", lang=view.settings.lang
        )
        facts = layout.CardFacts(
            story=view.story,
            watches=tuple(watch.name for watch in view.watches),
            hits=view.hits,
            closed=view.story.closed(now),
            updated=now,
        )
        ping = next((watch.ping for watch in view.watches if watch.ping), "")
        message = layout.card(facts, summary, ping)
        if any(watch.mode is Mode.SILENT for watch in view.watches):
            message = message.quietly()
        return message, tuple(sentence.text for sentence in summary.sentences)

    async def _digests(self, now: datetime) -> int:
        """Compose the digests that are due; an empty one is not sent."""
        async with self._store.transaction() as tx:
            due = await tx.channels.digests_due(now)
            for settings in due:
                await _digest(tx, settings, now)
        return len(due)


async def read_view(
    tx: Transaction, thread: Thread, settings: ChannelSettings, now: datetime
) -> View | None:
    """Return all that deciding about a story in a channel needs; None if nothing concerns it."""
    story = await tx.stories.get(thread.story)
    if story is None:
        return None
    decisions = await tx.decisions.latest(thread.channel, thread.story)
    members = tuple(m for m in story.members if m.article.id in decisions)
    if not members:
        return None
    story = replace(story, members=members)
    found = await tx.hits.of([member.article.id for member in members])
    watches = {watch.id: watch for watch in await tx.watches.list() if not watch.paused}
    watches = {id_: watch for id_, watch in watches.items() if thread.channel in watch.channels}
    hits = {
        article.id: tuple(
            hit
            for one in found
            if one.article == article.id and one.watch in watches
            for hit in one.hits
        )
        for article in story.articles
    }
    card = await tx.outbox.get(thread.card) if thread.card else None
    failed = card is not None and card.state is AlertState.FAILED
    since = thread.told_edits or thread.opened_at
    shown = [article for article in thread.shown if article in decisions]
    return View(
        thread=thread,
        settings=settings,
        story=story,
        watches=tuple(
            watches[id_] for id_ in sorted({one.watch for one in found}) if id_ in watches
        ),
        hits={article: spans for article, spans in hits.items() if spans},
        decisions=decisions,
        mutes=await tx.mutes.active(thread.channel.scope, now),
        edits=await tx.articles.edits(shown, since) if thread.card else (),
        card_failed=failed,
    )


def _reply(view: View, fresh: Sequence[Member]) -> Message:
    """Compose the thread's message; what each article adds is measured against the ones before."""
    new: list[tuple[Member, Sentence | None]] = []
    for member in fresh:
        position = view.story.members.index(member)
        before = view.story.articles[:position]
        adding = adds(member.article, before) if member.reprint_of is None else None
        new.append((member, adding))
    return layout.reply(view.story, new, view.edits)


def _burst(channel: Channel, opening: Sequence[Verdict], now: datetime) -> list[Composed]:
    """List many new stories on one card."""
    stories = [verdict.view.story for verdict in opening]
    names = sorted({watch.name for verdict in opening for watch in verdict.view.watches})
    message = layout.burst(stories, names)
    if all(verdict.silent for verdict in opening):
        message = message.quietly()
    key = alert_key(channel, "burst", "/".join(sorted(story.id for story in stories)))
    alert = Alert(
        key=key, channel=channel, part=Part.BURST, message=message, due_at=now, created_at=now
    )
    return [
        Composed(
            thread=_listed(verdict.view.thread, verdict.view.story, key, verdict.again),
            alerts=(alert,),
            decisions=(
                *verdict.decisions,
                *_decided(
                    verdict.fresh, verdict.view.thread, Fate.POSTED, "in a burst card", key, now
                ),
            ),
        )
        for verdict in opening
    ]


async def _digest(tx: Transaction, settings: ChannelSettings, now: datetime) -> None:
    channel = settings.channel
    since = settings.digest_last or now - timedelta(days=1)
    stories: list[Story] = []
    for thread in await tx.threads.held(channel):
        view = await read_view(tx, thread, settings, now)
        if view is None:
            continue
        waiting = tuple(m for m in view.story.members if view.fate(m.article.id) is Fate.HELD)
        stories.append(view.story)
        key = alert_key(channel, "digest", now.isoformat())
        await tx.decisions.record(_decided(waiting, thread, Fate.POSTED, "in the digest", key, now))
    await tx.channels.save(
        replace(settings, digest_last=now, digest_next=settings.next_digest(now))
    )
    if stories:
        message = layout.digest(stories, since, "Digest")
        await tx.outbox.add(
            [
                Alert(
                    key=alert_key(channel, "digest", now.isoformat()),
                    channel=channel,
                    part=Part.DIGEST,
                    message=message,
                    due_at=now,
                    created_at=now,
                )
            ]
        )


def _listed(thread: Thread, story: Story, key: str, again: datetime | None) -> Thread:
    shown = thread.shown | {member.article.id for member in story.members}
    return replace(thread, listed_in=key, shown=shown, compose_at=again)


def _alert(thread: Thread, part: Part, name: str, message: Message, now: datetime) -> Alert:
    return Alert(
        key=alert_key(thread.channel, thread.story, name),
        channel=thread.channel,
        part=part,
        message=message,
        story=thread.story,
        card=None if part is Part.CARD else thread.card,
        due_at=now,
        created_at=now,
    )


def _decided(
    members: Sequence[Member], thread: Thread, fate: Fate, reason: str, key: str, now: datetime
) -> tuple[Decision, ...]:
    return tuple(
        Decision(
            article=member.article.id,
            channel=thread.channel,
            story=thread.story,
            fate=fate,
            reason=reason,
            alert=key,
            at=now,
        )
        for member in members
    )
