"""Deliver: post what is due on one platform, in order, each alert once.

outbox ─render─▶ post, in the story's thread

Claim under a lease, send in no transaction, settle with a fence. What a platform did not clearly
take or refuse is *unknown*: after a quiet period we look before sending again.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.domain.errors import CardGoneError, DeliveryError
from bot.domain.hints import Hint, alert_hints, alerts_queue
from bot.domain.messages import Alert, AlertState, Message, Part, Posted
from bot.domain.watches import Scope
from bot.pipeline import aftermath
from bot.pipeline.outcomes import Patience, after_error, after_post
from bot.ports.store import Store, Transaction
from bot.ports.world import Chat, Clock

__all__ = ["Deliverer", "Patience"]

log = structlog.get_logger()

AT_ONCE = 50
"""Alerts in flight at most, each in a channel of its own."""
LOOK_AGAIN = 0.5
"""Seconds after which we look for what has become due, while slow sends are under way."""
GATHER = 0.1
"""Seconds for which sends that end are gathered before more are claimed: a claim costs as much for
one alert as for fifty, and the more the more are due."""

AHEAD = 1_000
"""Hints that may wait: with more, nobody looks for what they do not cover."""
SWEPT = 5_000
"""Alerts that are looked through for workspaces where no hint may be, the longest due first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """An alert that is under way."""

    alert: Alert
    message: Message  # as it may sound now
    card: Alert | None  # what it replies to or edits
    began: datetime  # UTC


class Deliverer:
    """Posts what is due on one platform, so that a slow platform holds up no other."""

    def __init__(
        self,
        store: Store,
        chat: Chat,
        clock: Clock,
        owner: str,
        patience: Patience | None = None,
        told: Callable[[Alert], None] = lambda _: None,
    ) -> None:
        """Post from `store` to `chat`.

        Args:
            store: The database.
            chat: The platform.
            clock: The time.
            owner: A name for this worker that no other has.
            patience: How long to wait for what; None: as `Patience` says.
            told: Called with each alert as it is settled.
        """
        self._store = store
        self._chat = chat
        self._clock = clock
        self._owner = owner
        self._patience = patience or Patience()
        self._told = told
        self._stopping = False

    async def tick(self) -> tuple[Alert, ...]:
        """Send all that is due; return what became of each alert, in the order it was settled."""
        async with aclosing(self._settled()) as settled:
            return tuple([alert async for alert in settled])

    async def work(self, scope: Scope | None = None) -> None:
        """Send all that is due and keep nothing: for as long as there is something to send.

        Args:
            scope: The workspace in which; None: all of the platform.
        """
        async with aclosing(self._settled(scope)) as settled:
            async for _ in settled:
                pass

    async def follow(self, hint: Hint) -> None:
        """Send what is due in the workspace that a hint names."""
        await self.work(Scope(self._chat.platform, hint.about))

    async def sweep(self) -> None:
        """Give a hint wherever something is due: also what waited, or whose hint was lost.

        What can never be sent is given up.
        """
        platform, now = self._chat.platform, self._clock()
        async with self._store.transaction() as tx:
            for alert in await aftermath.sweep(tx, platform, now):
                self._tell(alert)
            if await tx.hints.waiting(alerts_queue(platform)) < AHEAD:
                tx.hints.tell(alert_hints(await tx.outbox.waiting(platform, now, SWEPT)))

    def stop(self) -> None:
        """Begin no send any more; what sends ends when what is in flight has ended."""
        self._stopping = True

    async def _settled(self, scope: Scope | None = None) -> AsyncGenerator[Alert]:
        """Send what is due, one alert a channel at once: a slow channel holds up no other.

        Where messages have to be apart, what comes next to a channel is waited for.
        """
        running: set[asyncio.Task[Alert]] = set()
        gap = self._chat.gap.total_seconds()
        free: deque[float] = deque()  # when the channels that we send to may be sent to again
        now = asyncio.get_running_loop().time
        try:
            while True:
                while free and free[0] <= now():
                    free.popleft()
                for send in await self._begun(AT_ONCE - len(running), scope):
                    name = f"send {send.alert.key}"
                    running.add(asyncio.create_task(self._one(send), name=name))
                    if gap:
                        free.append(now() + gap)
                again = free[0] - now() if free else LOOK_AGAIN
                if not running:
                    if not free or self._stopping:
                        return
                    await asyncio.sleep(again)
                    continue
                done, running = await asyncio.wait(
                    running, timeout=min(again, LOOK_AGAIN), return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    yield task.result()
                if running:
                    await asyncio.wait(running, timeout=GATHER)
        except asyncio.CancelledError:
            for task in running:
                task.cancel()
            raise
        finally:  # also what another's error would leave half-way
            await asyncio.gather(*running, return_exceptions=True)

    async def _claimed(self, limit: int, scope: Scope | None) -> tuple[Alert, ...]:
        if limit <= 0 or self._stopping:
            return ()
        now = self._clock()
        async with self._store.transaction() as tx:
            if scope is None:
                for alert in await aftermath.sweep(tx, self._chat.platform, now):
                    self._tell(alert)
            until = now + self._patience.lease
            return await tx.outbox.claim(self._chat.platform, self._owner, now, until, limit, scope)

    async def _begun(self, limit: int, scope: Scope | None) -> tuple[Send, ...]:
        """Claim what is due, with all that sending it takes from the database."""
        claimed = await self._claimed(limit, scope)
        if not claimed:
            return ()
        now = self._clock()
        async with self._store.reading() as tx:  # one for all: fifty would cost as much as sending
            return tuple([await _send(tx, alert, now) for alert in claimed])

    async def _one(self, send: Send) -> Alert:
        alert, card = send.alert, send.card
        outcome = await self._outcome(alert, send.message, None if card is None else card.posted)
        async with self._store.transaction() as tx:
            now = self._clock()
            rest = max(send.began + self._chat.gap - now, timedelta(0))  # sends begin so far apart
            standing = await tx.channels.standing(alert.channel)
            settled = (
                after_post(alert, outcome, standing, now, rest)
                if isinstance(outcome, Posted)
                else after_error(alert, outcome, card, standing, now, self._patience)
            )
            if not await tx.outbox.settle(settled.alert, self._owner):
                log.warning("alert_lost_its_lease", key=alert.key, attempt=alert.attempt)
                return alert
            await aftermath.follow(tx, settled, standing, now)
        self._tell(settled.alert)
        return settled.alert

    def _tell(self, alert: Alert) -> None:
        _log(alert)
        self._told(alert)

    async def _outcome(
        self, alert: Alert, message: Message, card: Posted | None
    ) -> Posted | DeliveryError:
        """Send an alert, or look whether it is there; return what the platform said."""
        try:
            async with asyncio.timeout(self._patience.send_time.total_seconds()):
                return await self._send(alert, message, card)
        except TimeoutError:
            return DeliveryError(str(alert.channel), "no answer in time")
        except DeliveryError as error:
            return error

    async def _send(self, alert: Alert, message: Message, card: Posted | None) -> Posted:
        if alert.card is not None and card is None:
            raise CardGoneError(str(alert.channel), "its card was never posted")
        if alert.part is Part.EDIT and card is not None:
            await self._chat.edit(card, message)  # twice does no harm: no need to look
            return card
        if alert.state is AlertState.UNKNOWN:
            since = alert.first_try or alert.created_at
            found = await self._chat.find(alert.message, alert.channel, card, alert.key, since)
            if found is not None:
                return found
        return await self._chat.post(message, alert.channel, card, alert.key)


async def _send(tx: Transaction, alert: Alert, now: datetime) -> Send:
    card = await tx.outbox.get(alert.card) if alert.card is not None else None
    settings = await tx.channels.get(alert.channel)
    message = alert.message
    if not message.urgent and settings.quiet_until(now) is not None:
        message = message.quietly()  # here, since it may have waited long since it was composed
    return Send(alert=alert, message=message, card=card, began=now)


def _log(alert: Alert) -> None:
    log.info(
        "alert_settled",
        key=alert.key,
        channel=str(alert.channel),
        part=alert.part.value,
        story=alert.story,
        state=alert.state.value,
        attempt=alert.attempt,
        reason=alert.reason,
    )
