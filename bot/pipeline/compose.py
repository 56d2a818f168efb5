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
from bot.domain.messages import Alert, AlertState, Message, Part, Posted, Run, alert_key
from bot.domain.records import ClaimedThread, Fate, Thread
from bot.domain.stories import QUIET_AFTER, Member
from bot.domain.summaries import Sentence, Summary, adds
from bot.domain.watches import ChannelSettings
from bot.pipeline.composed import Composed, decided
from bot.pipeline.listings import burst, digests, morning
from bot.pipeline.pings import capped
from bot.pipeline.verdicts import Verdict, View, judge
from bot.pipeline.views import read_views
from bot.ports.store import Store, Transaction
from bot.ports.world import Clock, Summariser

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
AT_ONCE = 50
TOGETHER = 10
"""Channels that share a transaction: composing costs less than beginning and ending one."""
BURST_OVER = 5
"""More new stories than this at once in a channel become one burst card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How long thread replies are gathered, and how seldom a card is edited."""

    batch: timedelta = timedelta(minutes=2)
    edit_gap: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """A channel with all that is to be composed there."""

    claimed: Sequence[ClaimedThread]
    settings: ChannelSettings
    views: Sequence[View]


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
        count, failed = 0, None
        by_channel = [list(group) for _, group in groupby(claimed, key=_channel_of)]
        for at in range(0, len(by_channel), TOGETHER):
            together = by_channel[at : at + TOGETHER]
            try:
                count += await self._together(together, now)
            except Exception as error:
                log.exception("compose_failed", channels=len(together))
                failed = error
                if len(together) > 1:
                    done, failed = await self._apart(together, now)
                    count += done
        if failed is not None:
            raise failed
        async with self._store.transaction() as tx:
            return count + await digests(tx, now)

    async def _close_quiet(self, tx: Transaction, now: datetime) -> None:
        for thread in await tx.threads.to_close(now - QUIET_AFTER, AT_ONCE):
            await tx.threads.open(thread.channel, thread.story, thread.opened_at, now)

    async def _apart(
        self, channels: Sequence[Sequence[ClaimedThread]], now: datetime
    ) -> tuple[int, Exception | None]:
        """Compose channels one by one, so that the one that fails holds up no other.

        Returns:
            How many alerts were put into the outbox, and the last error; it is logged.
        """
        count, failed = 0, None
        for claimed in channels:
            try:
                count += await self._together([claimed], now)
            except Exception as error:
                log.exception("compose_failed", channel=_channel_of(claimed[0]))
                failed = error
        return count, failed

    async def _together(self, channels: Sequence[Sequence[ClaimedThread]], now: datetime) -> int:
        """Compose some channels, all that was claimed of each, in two transactions for all."""
        async with self._store.reading() as tx:
            desks = [await _desk(tx, claimed, now) for claimed in channels]
        composed = [await self._composed(desk, now) for desk in desks]
        async with self._store.transaction() as tx:
            for desk, results in zip(desks, composed, strict=True):
                await self._settle(tx, desk, results, now)
        alerts = [alert for results in composed for one in results for alert in one.alerts]
        for alert in alerts:
            log.info(
                "alert_composed", channel=str(alert.channel), part=alert.part, story=alert.story
            )
        return len({alert.key for alert in alerts})

    async def _composed(self, desk: _Desk, now: datetime) -> list[Composed]:
        channel = desk.settings.channel
        held = channel.scope.platform in self._holding
        verdicts = [judge(view, now, holds=held) for view in desk.views]
        held_over = [v for v in verdicts if v.morning and not v.view.listed]
        composed = morning(channel, held_over, now) if held_over else []
        opening = [v for v in verdicts if v.opens and v.starts and not v.morning]
        if len(opening) > BURST_OVER:
            composed += burst(channel, opening, now)
        done = {one.thread.story for one in composed}
        for verdict in verdicts:
            if verdict.view.thread.story in done:
                continue
            if verdict.opens:
                composed.append(await self._card(verdict, now))
            else:
                composed.append(await self._follow_up(verdict, now))
        return composed

    async def _settle(
        self, tx: Transaction, desk: _Desk, composed: Sequence[Composed], now: datetime
    ) -> None:
        gone = {one.thread.story for one in desk.claimed} - {one.thread.story for one in composed}
        for one in desk.claimed:
            if one.thread.story in gone:
                await tx.threads.settle(replace(one.thread, compose_at=None), one.owner)
        for result in composed:
            if not await tx.threads.settle(result.thread, self._owner):
                log.warning("thread_lost_its_lease", story=result.thread.story)
                continue
            await tx.outbox.add(await capped(tx, result.alerts, desk.settings, now))
            await tx.decisions.record(result.decisions)
            if result.takes_over is not None and result.thread.card is not None:
                await tx.outbox.rehang(result.takes_over, result.thread.card)

    async def _card(self, verdict: Verdict, now: datetime) -> Composed:
        view, thread = verdict.view, verdict.view.thread
        thread = replace(thread, earlier=view.earlier)
        message, summary = await self._face(view, thread.earlier, now)
        part = "card" if thread.card is None else f"card/{thread.replies + thread.edits + 1}"
        alert = _alert(thread, Part.CARD, part, message, now)
        return Composed(
            thread=replace(
                thread,
                compose_at=now + self._manners.edit_gap if summary.pending else verdict.again,
                card=alert.key,
                listed_in=None,
                posted=None,
                shown=thread.shown | {member.article.id for member in view.story.members},
                sentences=summary.texts,
                face=layout.face(message),
                edited_at=now,
                told_edits=now,
                closed_at=None,
                edits=thread.edits + (thread.card is not None),
            ),
            alerts=(alert,),
            decisions=(
                *verdict.decisions,
                *decided(verdict.fresh, thread, Fate.POSTED, "opened a card", alert.key, now),
            ),
            takes_over=thread.card if view.locked else None,
        )

    async def _follow_up(self, verdict: Verdict, now: datetime) -> Composed:
        """Say what is new in the thread, and bring the card up to date."""
        view, thread = verdict.view, verdict.view.thread
        if not view.carded or view.gone:
            closed = thread.card is not None and view.story.closed(now)
            if view.card is AlertState.DROPPED or closed:
                thread = replace(thread, closed_at=thread.closed_at or now)
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
            decisions += decided(
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
        """Edit the card if what is visible changed, at most once per `edit_gap`.

        While a better summary is being written, we look again.
        """
        closed = view.story.closed(now)
        if thread.edited_at is not None and now < thread.edited_at + self._manners.edit_gap:
            return thread, [], [thread.edited_at + self._manners.edit_gap]
        message, summary = await self._face(view, thread.earlier, now)
        again = [now + self._manners.edit_gap] if summary.pending else []
        thread = replace(thread, closed_at=(thread.closed_at or now) if closed else None)
        if layout.face(message) == thread.face:
            return thread, [], again
        message = replace(message, ping="")  # a ping rings once; on a quiet card it never stood
        alert = _alert(thread, Part.EDIT, f"edit/{thread.edits + 1}", message, now)
        thread = replace(
            thread,
            edits=thread.edits + 1,
            edited_at=now,
            face=layout.face(message),
            sentences=tuple(dict.fromkeys((*thread.sentences, *summary.texts))),
        )
        return thread, [alert], again

    async def _face(
        self, view: View, earlier: Posted | None, now: datetime
    ) -> tuple[Message, Summary]:
        summary = await self._summariser.summarise(
            view.story.articles, "card", lang=view.settings.lang, model=view.settings.model
        )
        facts = layout.CardFacts(
            story=view.story,
            watches=tuple(watch.name for watch in view.watches),
            hits=view.hits,
            closed=view.story.closed(now),
            updated=now,
            earlier=None if earlier is None else Run("the thread so far", url=earlier.url),
        )
        ping = next((watch.ping for watch in view.watches if watch.ping), "")
        return _voiced(view, layout.card(facts, summary, ping)), summary


def _channel_of(claimed: ClaimedThread) -> str:
    return str(claimed.thread.channel)


async def _desk(tx: Transaction, claimed: Sequence[ClaimedThread], now: datetime) -> _Desk:
    settings = await tx.channels.get(claimed[0].thread.channel)
    views = await read_views(tx, [one.thread for one in claimed], settings, now)
    return _Desk(claimed=claimed, settings=settings, views=views)


def _reply(view: View, fresh: Sequence[Member]) -> Message:
    """Compose the thread's message; what each article adds is measured against the ones before."""
    new: list[tuple[Member, Sentence | None]] = []
    for member in fresh:
        position = view.story.members.index(member)
        before = view.story.articles[:position]
        adding = adds(member.article, before) if member.reprint_of is None else None
        new.append((member, adding))
    return _voiced(view, layout.reply(view.story, new, view.edits))


def _voiced(view: View, message: Message) -> Message:
    """Say whether a message may sound; quiet hours are heeded when it is sent."""
    return message.quietly() if view.silent else replace(message, urgent=view.urgent)


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
