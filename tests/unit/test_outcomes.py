"""What follows from what a platform said: the table that delivery stands on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.articles import ArticleId
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
from bot.domain.messages import Alert, AlertState, Part, Posted, say
from bot.domain.notices import channel_notice
from bot.domain.records import CARD_DELETED, Access, Decision, Fate, Standing
from bot.domain.stories import StoryId
from bot.domain.watches import Channel
from bot.pipeline.aftermath import decided
from bot.pipeline.outcomes import Patience, Settled, after_error, after_post

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HERE = Channel.parse("sandbox:news")
OPEN = Standing(channel=HERE)
CARD = Alert(
    key="c", channel=HERE, part=Part.CARD, message=say("x"), due_at=NOON, created_at=NOON, attempt=1
)
REPLY = replace(CARD, key="r", part=Part.REPLY, card="c")
EDIT = replace(CARD, key="e", part=Part.EDIT, card="c")
LATE = timedelta(hours=24)

DUE, UNKNOWN, FAILED = AlertState.DUE, AlertState.UNKNOWN, AlertState.FAILED
DROPPED, LOCKED, SENT = AlertState.DROPPED, AlertState.LOCKED, AlertState.SENT


def after(
    error: DeliveryError, alert: Alert = CARD, standing: Standing = OPEN, at: datetime = NOON
) -> Settled:
    """Return what follows, where the card is older than its replies."""
    card = None if alert.card is None else replace(CARD, created_at=NOON - timedelta(minutes=2))
    return after_error(alert, error, card, standing, at, Patience())


@pytest.mark.parametrize(
    ("error", "alert", "state", "card", "access"),
    [
        (RateLimitError("c", timedelta(seconds=3)), CARD, DUE, SENT, Access.OPEN),
        (ForbiddenError("c", "why"), CARD, DUE, SENT, Access.FORBIDDEN),
        (NotSentError("c", "why"), CARD, DUE, SENT, Access.OPEN),
        (RefusedError("c", "why"), CARD, FAILED, SENT, Access.OPEN),
        (ChannelGoneError("c", "why"), CARD, FAILED, SENT, Access.GONE),
        (ChannelGoneError("c", "why"), REPLY, FAILED, SENT, Access.GONE),
        (CardGoneError("c", "why"), CARD, FAILED, SENT, Access.OPEN),
        (CardGoneError("c", "why"), REPLY, DROPPED, DROPPED, Access.OPEN),
        (CardGoneError("c", "why"), EDIT, DROPPED, DROPPED, Access.OPEN),
        (ThreadLockedError("c", "why"), CARD, DUE, SENT, Access.OPEN),
        (ThreadLockedError("c", "why"), REPLY, DUE, LOCKED, Access.OPEN),
        (ThreadLockedError("c", "why"), EDIT, DROPPED, SENT, Access.OPEN),
        (DeliveryError("c", "why"), CARD, UNKNOWN, SENT, Access.OPEN),
        (DeliveryError("c", "why"), REPLY, UNKNOWN, SENT, Access.OPEN),
    ],
)
def test_each_error_has_one_outcome(
    error: DeliveryError, alert: Alert, state: AlertState, card: AlertState, access: Access
) -> None:
    """For the alert, for its card, for its channel."""
    settled = after(error, alert)
    assert (settled.alert.state, settled.card, settled.standing.access) == (state, card, access)
    assert settled.alert.reason == (CARD_DELETED if state is card is DROPPED else error.reason)


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (RateLimitError("c", timedelta(seconds=3)), 3),
        (ForbiddenError("c", "why"), 60),
        (NotSentError("c", "why"), 0),
        (DeliveryError("c", "nobody knows"), 0),
        (RefusedError("c", "why"), 0),
    ],
)
def test_an_alert_a_day_old_is_given_up_and_its_channel_left_alone_all_the_same(
    error: DeliveryError, pause: int
) -> None:
    """The next one of the channel must not ask at once what this one was just told."""
    settled = after(error, at=NOON + LATE)
    assert settled.alert.state is FAILED
    assert settled.pause == timedelta(seconds=pause)


def test_a_limit_for_everything_says_so() -> None:
    """One channel's bucket is not the platform's."""
    wait = timedelta(seconds=3)
    limits = [RateLimitError("c", wait, everywhere=everywhere) for everywhere in (True, False)]
    assert [(s.pause, s.everywhere) for s in map(after, limits)] == [(wait, True), (wait, False)]


@pytest.mark.parametrize("error", [RateLimitError("c", timedelta(seconds=3)), None])
def test_limits_of_edits_and_of_messages_are_apart(error: DeliveryError | None) -> None:
    """A card must not wait because cards may not be edited at present, nor an edit add to a gap."""
    gap = timedelta(seconds=1)

    def settled(alert: Alert) -> Settled:
        if error is not None:
            return after(error, alert)
        return after_post(alert, Posted(HERE, "1"), OPEN, NOON, gap)

    wait = gap if error is None else timedelta(seconds=3)
    card, reply, edit = settled(CARD), settled(REPLY), settled(EDIT)
    assert [(one.pause, one.only) for one in (card, reply)] == [(wait, None)] * 2
    expected = (timedelta(0), None) if error is None else (wait, Part.EDIT)
    assert (edit.pause, edit.only) == expected


def test_a_forbidden_channel_is_asked_ever_more_seldom() -> None:
    """From a minute to a quarter of an hour; what was refused first, and since when, is kept."""
    standing, pauses = OPEN, []
    for minute in range(6):
        at = NOON + timedelta(minutes=minute)
        alert = CARD if minute == 0 else REPLY
        settled = after(ForbiddenError("c", "why"), alert, standing, at)
        standing = settled.standing
        pauses.append(settled.pause // timedelta(minutes=1))
        assert settled.alert.due_at == at + settled.pause
    assert pauses == [1, 2, 4, 8, 15, 15]
    assert (standing.since, standing.part, standing.refusals) == (NOON, Part.CARD, 6)


def test_a_reply_whose_new_card_is_locked_as_well_is_given_up() -> None:
    """Where somebody locks every thread at once, card would follow card for ever."""
    card = replace(CARD, created_at=NOON + timedelta(seconds=1))
    locked = ThreadLockedError("c", "the thread is locked")
    settled = after_error(REPLY, locked, card, OPEN, NOON, Patience())
    assert (settled.alert.state, settled.card) == (FAILED, SENT)
    assert settled.alert.reason == "the thread is locked"


def test_a_doubtful_send_is_doubtful_until_it_was_looked_for() -> None:
    """A refused look proves nothing about the send."""
    doubtful = replace(CARD, state=UNKNOWN)
    assert after(NotSentError("c", "why"), doubtful).alert.state is UNKNOWN
    assert after(ForbiddenError("c", "why"), doubtful).alert.state is UNKNOWN


@pytest.mark.parametrize(
    ("access", "part", "works"),
    [
        (Access.FORBIDDEN, Part.CARD, True),
        (Access.FORBIDDEN, Part.REPLY, False),
        (Access.GONE, Part.REPLY, True),
        (Access.OPEN, None, True),
    ],
)
def test_a_post_shows_that_a_channel_works_if_it_is_what_was_refused(
    access: Access,
    part: Part | None,
    works: bool,  # noqa: FBT001 - a table's column
) -> None:
    """A card proves no right to reply; but where a channel was gone, anything proves it back."""
    standing = Standing(channel=HERE, access=access, part=part, since=NOON)
    settled = after_post(CARD, Posted(HERE, "1"), standing, NOON, timedelta(0))
    assert (settled.standing == OPEN) is works
    assert (settled.alert.state, settled.alert.posted) == (SENT, Posted(HERE, "1"))


def test_a_channel_that_is_gone_is_shut_for_a_day() -> None:
    """Then one alert tries; a forbidden one is asked at its own pace."""
    gone = Standing(channel=HERE, access=Access.GONE, since=NOON)
    day = timedelta(hours=24)
    assert gone.shut(NOON + day - timedelta(seconds=1))
    assert not gone.shut(NOON + day)
    assert not replace(gone, access=Access.FORBIDDEN).shut(NOON)
    assert not OPEN.shut(NOON)


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (Access.OPEN, Access.FORBIDDEN, "may not post in #news at present: no right."),
        (Access.OPEN, Access.GONE, "#news cannot be reached any more: no right."),
        (Access.FORBIDDEN, Access.GONE, "#news cannot be reached any more: no right."),
        (Access.FORBIDDEN, Access.OPEN, "can post in #news again"),
        (Access.GONE, Access.GONE, None),
        (Access.FORBIDDEN, Access.FORBIDDEN, None),
    ],
)
def test_the_admin_channel_is_told_of_changes_alone(
    before: Access, now: Access, words: str | None
) -> None:
    """With the platform's reason and a remedy, once."""
    told = channel_notice(
        Standing(channel=HERE, access=before),
        Standing(channel=HERE, access=now, reason=" no \n right.. "),
    )
    assert told is None if words is None else told is not None and words in told.notice


@pytest.mark.parametrize(
    ("part", "state", "fate", "then"),
    [
        (Part.CARD, FAILED, Fate.POSTED, Fate.FAILED),
        (Part.REPLY, FAILED, Fate.MERGED, Fate.FAILED),
        (Part.REPLY, DROPPED, Fate.MERGED, Fate.MUTED),
        (Part.CARD, SENT, Fate.FAILED, Fate.POSTED),
        (Part.DIGEST, SENT, Fate.FAILED, Fate.POSTED),
        (Part.REPLY, SENT, Fate.FAILED, Fate.MERGED),
        (Part.CARD, SENT, Fate.POSTED, None),
        (Part.CARD, DUE, Fate.POSTED, None),
    ],
)
def test_a_decision_follows_the_alert_that_carries_it(
    part: Part, state: AlertState, fate: Fate, then: Fate | None
) -> None:
    """`/why` and `/export` say what became of it, and not what was hoped for."""
    decision = Decision(
        article=ArticleId(1), channel=HERE, story=StoryId("AAAA"), fate=fate, alert="c", at=NOON
    )
    alert = replace(CARD, part=part, state=state, reason="why")
    new = decided(decision, alert, NOON + LATE)
    assert (None if new is None else new.fate) is then
    assert new is None or (new.alert, new.at) == ("c", NOON + LATE)
