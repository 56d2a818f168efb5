"""What a poll means for its feed: its state, where it is polled, and whether people are told.

Pure; the poll itself is `bot.ports.world.FeedSource`, when to poll next `bot.domain.schedule`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.articles import Feed
from bot.domain.polls import Outcome, PollResult, Validators
from bot.domain.records import FeedState
from bot.domain.schedule import MAX_WAIT, MIN_EVERY, next_poll

TELL_AFTER_FAILURES = 3
TELL_AFTER = timedelta(hours=2)
ASK_PLAINLY_AFTER = 2
"""Failures in a row after which a feed is asked for whole, not for changes."""
MOVES_BELIEVED_AFTER = 3
"""Polls in a row that a permanent redirect must lead to the same feed before it is believed."""


_UNAVAILABLE = 503  # RFC 9110 §15.6.4


class Tell(StrEnum):
    """What the admin channel is told about a feed."""

    NOTHING = "nothing"
    FAILING = "failing"
    RECOVERED = "recovered"
    GONE = "gone"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What a poll means for its feed."""

    feed: Feed
    state: FeedState
    tell: Tell


def after_poll(
    feed: Feed,
    state: FeedState,
    result: PollResult,
    now: datetime,
    jitter: float,
    least: timedelta = MIN_EVERY,
) -> Upkeep:
    """Return what the feed is after a poll.

    Args:
        feed: As it was polled.
        state: As it was before the poll.
        result: What the poll gave.
        now: When the poll ended, UTC.
        jitter: A random number from 0 to 1, for the back-off.
        least: The shortest interval that is allowed.
    """
    healthy = result.outcome.healthy
    failures = 0 if healthy else state.failures + _fails(result)
    after = replace(
        state,
        due_at=next_poll(now, feed.every, result.hints, failures, jitter, least),
        validators=_validators(state, result),
        failures=failures,
        failing_since=None if healthy else state.failing_since or now,
        polled_at=now,
        outcome=result.outcome.value,
        reason=result.reason,
        stopped=result.outcome is Outcome.GONE,
    )
    after, moved = _moved(feed, after, result)
    tell = Tell.MOVED if moved else _tell(after, result, now)
    if tell in (Tell.FAILING, Tell.GONE):
        after = replace(after, told_at=now)
    elif tell is Tell.RECOVERED:
        after = replace(after, told_at=None)
    if after.stopped:
        after = replace(after, due_at=now + MAX_WAIT)
    return Upkeep(feed=feed, state=after, tell=tell)


def _fails(result: PollResult) -> bool:
    """Say whether a poll counts as a failure in a row.

    A server that is asked too often (429) has not failed; one that is unavailable (503) has, also
    when it says until when. Either is told when it lasts (`TELL_AFTER`).
    """
    unavailable = result.outcome is Outcome.DEFERRED and result.status == _UNAVAILABLE
    return result.outcome.failed or unavailable


def _validators(state: FeedState, result: PollResult) -> Validators:
    """Keep the validators of a whole document only: of any other, the next poll must ask again.

    Where polls fail one after another, it may be the question for changes that the server cannot
    answer: then the next one asks for the document, whatever it is.
    """
    if result.outcome in (Outcome.OK, Outcome.MOVED):
        return result.validators
    if result.outcome is Outcome.OK_LOOSE:
        return Validators(standing=result.validators.standing)
    if result.outcome is Outcome.ERROR and state.failures >= ASK_PLAINLY_AFTER - 1:
        return replace(state.validators, etag="", last_modified="")
    return state.validators


def _moved(feed: Feed, state: FeedState, result: PollResult) -> tuple[FeedState, bool]:
    """Follow a permanent move only once it has led to the same working feed several times.

    The feed's own address stays: by it the configuration knows the feed, and a feed that it does
    not know would be a new one at the next start. There is the way back, too, if the new address
    fails for good.
    """
    if not result.outcome.healthy:
        lost = state.failures >= TELL_AFTER_FAILURES
        return (replace(state, address="") if lost else state), False
    if not result.moved_to:
        return replace(state, moved_to="", moved_times=0), False
    times = state.moved_times + 1 if state.moved_to == result.moved_to else 1
    if times < MOVES_BELIEVED_AFTER:
        return replace(state, moved_to=result.moved_to, moved_times=times), False
    address = "" if result.moved_to == feed.url else result.moved_to
    return replace(state, address=address, moved_to="", moved_times=0), True


def _tell(state: FeedState, result: PollResult, now: datetime) -> Tell:
    if result.outcome is Outcome.GONE:
        return Tell.NOTHING if state.told_at else Tell.GONE
    if result.outcome.healthy:
        return Tell.RECOVERED if state.told_at else Tell.NOTHING
    if state.told_at is not None:
        return Tell.NOTHING
    long = state.failing_since is not None and now - state.failing_since >= TELL_AFTER
    return Tell.FAILING if state.failures >= TELL_AFTER_FAILURES or long else Tell.NOTHING
