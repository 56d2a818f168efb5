"""What follows from what a platform said to an alert: pure.

Owns the outcome classes, how long to wait, and what becomes of a channel's standing. What is done
about it in the database is `bot.pipeline.aftermath`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
    ThreadLockedError,
)
from bot.domain.messages import Alert, AlertState, Part, Posted
from bot.domain.records import CARD_DELETED, Access, Standing

DEAD_AFTER = timedelta(hours=24)
FIRST_PAUSE = timedelta(minutes=1)
"""How long a channel where the bot may not post is left alone; doubles up to `LONGEST_PAUSE`."""
LONGEST_PAUSE = timedelta(minutes=15)


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
    """What a send came to: the alert as it is now, and what else follows."""

    alert: Alert
    pause: timedelta = timedelta(0)  # how long its channel is to be left alone
    everywhere: bool = False  # the pause is for the whole platform
    only: Part | None = None  # the pause is for these of the channel's alerts alone
    standing: Standing  # of its channel, as it is now
    card: AlertState = AlertState.SENT  # its card: DROPPED if it is gone, LOCKED if its thread is


def after_post(
    alert: Alert, posted: Posted, standing: Standing, now: datetime, rest: timedelta
) -> Settled:
    """Return what an alert is that the platform took.

    Args:
        alert: As it was claimed.
        posted: Where it stands.
        standing: Of its channel, before.
        now: UTC.
        rest: For how long the platform wants no other message in the channel.
    """
    sent = replace(alert, state=AlertState.SENT, posted=posted, due_at=now, reason="")
    works = standing.access is Access.GONE or standing.part in (None, alert.part)
    return Settled(
        alert=sent,
        pause=timedelta(0) if _edits(alert) else rest,
        standing=Standing(channel=alert.channel) if works else standing,
    )


def after_error(
    alert: Alert,
    error: DeliveryError,
    card: Alert | None,
    standing: Standing,
    now: datetime,
    patience: Patience,
) -> Settled:
    """Return what an alert is after a failed send: due later, unknown, or given up.

    Args:
        alert: As it was claimed.
        error: What the platform's adapter said.
        card: What it replies to or edits.
        standing: Of its channel, before.
        now: UTC.
        patience: How long to wait for what.
    """
    wait = min(patience.first_retry * (1 << min(alert.attempt, 12)), patience.longest_retry)
    failed = replace(alert, state=AlertState.FAILED, due_at=now, reason=error.reason)
    dead = now - alert.created_at >= DEAD_AFTER

    def later(wait: timedelta) -> Alert:
        return failed if dead else replace(alert, due_at=now + wait, reason=error.reason)

    match error:
        case ChannelGoneError():
            gone = replace(_refused(standing, alert, error, Access.GONE, now), since=now)
            return Settled(alert=failed, standing=gone)
        case CardGoneError() if alert.card is not None:
            dropped = replace(failed, state=AlertState.DROPPED, reason=CARD_DELETED)
            return Settled(alert=dropped, standing=standing, card=AlertState.DROPPED)
        case CardGoneError() | RefusedError():
            return Settled(alert=failed, standing=standing)
        case ThreadLockedError() if alert.part is Part.REPLY and _made_for(alert, card):
            return Settled(alert=failed, standing=standing)  # else card would follow card
        case ThreadLockedError() if alert.part is Part.REPLY:
            waits = replace(alert, due_at=now, reason=error.reason)
            return Settled(alert=waits, standing=standing, card=AlertState.LOCKED)
        case ThreadLockedError() if alert.part is Part.EDIT:
            return Settled(alert=replace(failed, state=AlertState.DROPPED), standing=standing)
        case ForbiddenError():
            pause = min(FIRST_PAUSE * (1 << min(standing.refusals, 10)), LONGEST_PAUSE)
            forbidden = _refused(standing, alert, error, Access.FORBIDDEN, now)
            only = Part.REPLY if alert.part is Part.REPLY else None  # cards need other rights
            return Settled(alert=later(pause), pause=pause, only=only, standing=forbidden)
        case RateLimitError():
            return Settled(
                alert=later(error.wait),
                pause=error.wait,
                everywhere=error.everywhere,
                only=None if error.everywhere else _edits(alert),
                standing=standing,
            )
        case NotSentError():
            return Settled(alert=later(wait), standing=standing)
        case _:
            doubtful = later(max(patience.quiet, wait))
            if not dead:
                doubtful = replace(doubtful, state=AlertState.UNKNOWN)
            return Settled(alert=doubtful, standing=standing)


def _edits(alert: Alert) -> Part | None:
    """Return what an edit's limits are for: platforms count edits and messages apart."""
    return Part.EDIT if alert.part is Part.EDIT else None


def _made_for(alert: Alert, card: Alert | None) -> bool:
    """Say whether a reply's card was composed after it, because the one before was locked."""
    return card is not None and card.created_at >= alert.created_at


def _refused(
    before: Standing, alert: Alert, error: DeliveryError, access: Access, now: datetime
) -> Standing:
    """Return a channel's standing after one more refusal; since when, and what, are kept."""
    again = before.access is access
    return Standing(
        channel=alert.channel,
        access=access,
        reason=error.reason,
        since=before.since if again else now,
        part=before.part if again else alert.part,
        refusals=before.refusals + 1 if again else 1,
    )
