"""Deliver: post what is due on one platform, in order, each alert once.

outbox ─render─▶ post, in the story's thread

Claim under a lease, send in no transaction, settle with a fence. What a platform did not clearly
take or refuse is *unknown*: after a quiet period we look before sending again.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.domain.errors import (
    ChannelGoneError,
    DeliveryError,
    NotSentError,
    RateLimitError,
)
from bot.domain.messages import Alert, AlertState, Part, Posted
from bot.ports.store import Store
from bot.ports.world import Chat, Clock

log = structlog.get_logger()

DEAD_AFTER = timedelta(hours=24)
AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long delivery waits for what; `send_time` must end well before `lease` does."""

    lease: timedelta = timedelta(minutes=2)
    send_time: timedelta = timedelta(seconds=60)  # then a send is given up as unknown
    quiet: timedelta = timedelta(seconds=10)  # before we look: what is under way has arrived then
    first_retry: timedelta = timedelta(seconds=5)  # doubles with each attempt
    longest_retry: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a send came to: the alert as it is now, and how long its channel is to be left alone."""

    alert: Alert
    pause: timedelta = timedelta(0)


class Deliverer:
    """Posts what is due on one platform, so that a slow platform holds up no other."""

    def __init__(
        self,
        store: Store,
        chat: Chat,
        clock: Clock,
        owner: str,
        patience: Patience = Patience(),
    ) -> None:
        """Post from `store` to `chat`.

        Args:
            store: The database.
            chat: The platform.
            clock: The time.
            owner: A name for this worker that no other has.
            patience: How long to wait for what.
        """
        self._store = store
        self._chat = chat
        self._clock = clock
        self._owner = owner
        self._patience = patience

    async def tick(self) -> tuple[Alert, ...]:
        """Send what is due now, one alert a channel; return what became of each."""
        now = self._clock()
        async with self._store.transaction() as tx:
            due = await tx.outbox.claim(
                self._chat.platform, self._owner, now, now + self._patience.lease, AT_ONCE
            )
        return tuple(await asyncio.gather(*(self._one(alert) for alert in due)))

    async def _one(self, alert: Alert) -> Alert:
        card = await self._card(alert)
        sent = await self._sent(alert, card)
        settled = sent.alert
        async with self._store.transaction() as tx:
            if not await tx.outbox.settle(settled, self._owner):
                log.warning("alert_lost_its_lease", key=alert.key, attempt=alert.attempt)
                return alert
            if sent.pause:
                await tx.outbox.pause(alert.channel, settled.due_at)
            if alert.part is Part.CARD and settled.posted is not None:
                await tx.threads.carded(alert.channel, alert.key, settled.posted)
            if alert.part is Part.CARD and settled.state is AlertState.FAILED:
                await tx.outbox.fail_after(alert.key, "its card could not be posted")
        log.info(
            "alert_settled",
            key=alert.key,
            channel=str(alert.channel),
            part=alert.part.value,
            story=alert.story,
            state=settled.state.value,
            attempt=alert.attempt,
            reason=settled.reason,
        )
        return settled

    async def _card(self, alert: Alert) -> Posted | None:
        if alert.card is None:
            return None
        async with self._store.reading() as tx:
            card = await tx.outbox.get(alert.card)
        return None if card is None else card.posted

    async def _sent(self, alert: Alert, card: Posted | None) -> Settled:
        """Send an alert, or look whether it is there; return what it came to."""
        try:
            async with asyncio.timeout(self._patience.send_time.total_seconds()):
                posted = await self._send(alert, card)
        except TimeoutError:
            error = DeliveryError(str(alert.channel), "no answer in time")
            return after_error(alert, error, self._clock(), self._patience)
        except DeliveryError as error:
            return after_error(alert, error, self._clock(), self._patience)
        return Settled(
            alert=replace(
                alert, state=AlertState.SENT, posted=posted, due_at=self._clock(), reason=""
            )
        )

    async def _send(self, alert: Alert, card: Posted | None) -> Posted:
        if alert.part is Part.EDIT:
            if card is None:
                raise ChannelGoneError(str(alert.channel), "the card to edit was never posted")
            await self._chat.edit(card, alert.message)  # twice does no harm: no need to look
            return card
        thread = card if alert.part is Part.REPLY else None
        if alert.state is AlertState.UNKNOWN:
            since = alert.first_try or alert.created_at
            found = await self._chat.find(alert.channel, thread, alert.key, since)
            if found is not None:
                return found
        return await self._chat.post(alert.message, alert.channel, thread, alert.key)


def after_error(alert: Alert, error: DeliveryError, now: datetime, patience: Patience) -> Settled:
    """Return what an alert is after a failed send: due later, unknown, or given up.

    Args:
        alert: As it was claimed.
        error: What the platform's adapter said.
        now: UTC.
        patience: How long to wait for what.
    """
    wait = min(patience.first_retry * (1 << min(alert.attempt, 12)), patience.longest_retry)
    if isinstance(error, ChannelGoneError) or now - alert.created_at >= DEAD_AFTER:
        failed = replace(alert, state=AlertState.FAILED, due_at=now, reason=error.reason)
        return Settled(alert=failed)
    if isinstance(error, RateLimitError):
        later = replace(alert, due_at=now + error.wait, reason=error.reason)
        return Settled(alert=later, pause=error.wait)
    if isinstance(error, NotSentError):
        return Settled(alert=replace(alert, due_at=now + wait, reason=error.reason))
    unknown = AlertState.UNKNOWN
    return Settled(
        alert=replace(
            alert, state=unknown, due_at=now + max(patience.quiet, wait), reason=error.reason
        )
    )
