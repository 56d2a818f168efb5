"""What a poll means for its feed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.articles import Feed, FeedId
from bot.domain.polls import Outcome, PollResult, Validators
from bot.domain.records import FeedState
from bot.domain.upkeep import Tell, Upkeep, after_poll

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = Feed(id=FeedId(1), url="https://a.example/f", name="A", every=timedelta(minutes=10))
FRESH = FeedState(due_at=NOW)


def result(outcome: Outcome, moved_to: str = "", status: int = 200) -> PollResult:
    return PollResult(
        url=FEED.url,
        final_url=FEED.url,
        status=status,
        outcome=outcome,
        validators=Validators(etag='"new"'),
        moved_to=moved_to,
    )


def polled(state: FeedState, *outcomes: Outcome, moved_to: str = "") -> Upkeep:
    upkeep = Upkeep(feed=FEED, state=state, tell=Tell.NOTHING)
    for outcome in outcomes:
        upkeep = after_poll(upkeep.feed, upkeep.state, result(outcome, moved_to), NOW, 0.5)
    return upkeep


def test_a_whole_document_s_validators_are_kept() -> None:
    """So that the next poll may be answered with "nothing new"."""
    assert polled(FRESH, Outcome.OK).state.validators.etag == '"new"'


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.NOT_MODIFIED, Outcome.DEFERRED])
def test_the_old_validators_stay_where_no_document_came(outcome: Outcome) -> None:
    """They still stand for what we have read."""
    known = replace(FRESH, validators=Validators(etag='"old"'))
    assert polled(known, outcome).state.validators.etag == '"old"'


def test_after_two_failures_the_document_is_asked_for_whatever_it_is() -> None:
    """Some servers answer a question for changes with what is no HTTP, for ever."""
    known = replace(FRESH, validators=Validators(etag='"old"', last_modified="x", body_hash="h"))
    once = polled(known, Outcome.ERROR).state
    assert once.validators.etag == '"old"'
    assert polled(once, Outcome.ERROR).state.validators == Validators(body_hash="h")


def test_a_damaged_document_s_validators_are_never_kept() -> None:
    """Else what its rest holds would be lost behind a 304."""
    known = replace(FRESH, validators=Validators(etag='"old"'))
    assert polled(known, Outcome.OK_LOOSE).state.validators == Validators()


def test_a_failure_is_told_at_the_third_in_a_row_and_only_once() -> None:
    """One message an episode."""
    told = [polled(FRESH, *[Outcome.ERROR] * count).tell for count in range(1, 6)]
    assert told == [Tell.NOTHING, Tell.NOTHING, Tell.FAILING, Tell.NOTHING, Tell.NOTHING]


def test_a_failure_of_two_hours_is_told_although_there_were_few_polls() -> None:
    """A feed that is polled once a day must not fail for three days unseen."""
    failing = replace(FRESH, failures=1, failing_since=NOW - timedelta(hours=3))
    assert polled(failing, Outcome.ERROR).tell is Tell.FAILING


def test_a_recovery_is_told_if_the_failure_was() -> None:
    """And only then."""
    assert polled(FRESH, *[Outcome.ERROR] * 3, Outcome.OK).tell is Tell.RECOVERED
    assert polled(FRESH, *[Outcome.ERROR] * 2, Outcome.OK).tell is Tell.NOTHING


def test_a_server_that_is_asked_too_often_has_not_failed() -> None:
    """The count of failures stands still."""
    assert polled(FRESH, Outcome.ERROR, Outcome.DEFERRED).state.failures == 1


def test_a_server_that_is_unavailable_has_failed_also_if_it_says_until_when() -> None:
    """Else a feed that answers 503 for a week would be lost in silence."""
    upkeep = Upkeep(feed=FEED, state=FRESH, tell=Tell.NOTHING)
    for _ in range(3):
        unavailable = result(Outcome.DEFERRED, status=503)
        upkeep = after_poll(FEED, upkeep.state, unavailable, NOW, 0.5)
    assert upkeep.tell is Tell.FAILING


def test_a_server_that_asks_to_wait_for_hours_is_told() -> None:
    """It may be right to ask; the people who wait for its news should know."""
    waiting = replace(FRESH, failing_since=NOW - timedelta(hours=3))
    assert polled(waiting, Outcome.DEFERRED).tell is Tell.FAILING


def test_a_feed_that_is_gone_is_stopped_and_told_once() -> None:
    """410 is an answer, not a failure to be tried for ever."""
    first = polled(FRESH, Outcome.GONE)
    assert first.tell is Tell.GONE
    assert first.state.stopped
    assert polled(first.state, Outcome.GONE).tell is Tell.NOTHING


def test_a_permanent_move_is_believed_the_third_time() -> None:
    """A misconfigured server must not take a feed away in one poll."""
    new = "https://b.example/f"
    assert polled(FRESH, Outcome.MOVED, Outcome.MOVED, moved_to=new).state.address == ""
    third = polled(FRESH, *[Outcome.MOVED] * 3, moved_to=new)
    assert (third.state.address, third.feed) == (new, FEED)
    assert third.tell is Tell.MOVED


def test_a_move_back_is_believed_like_any_other() -> None:
    """Then the feed is polled at its own address again."""
    moved = replace(FRESH, address="https://b.example/f")
    assert polled(moved, *[Outcome.MOVED] * 3, moved_to=FEED.url).state.address == ""


def test_a_feed_that_fails_where_it_moved_to_is_looked_for_at_its_own_address() -> None:
    """A new address may end; the old one may lead to a newer."""
    moved = replace(FRESH, address="https://b.example/f")
    assert polled(moved, *[Outcome.ERROR] * 2).state.address == "https://b.example/f"
    assert polled(moved, *[Outcome.ERROR] * 3).state.address == ""


def test_a_move_that_does_not_work_is_not_counted() -> None:
    """It has to lead to the feed."""
    moving = replace(FRESH, moved_to="https://b.example/f", moved_times=2)
    after = polled(moving, Outcome.ERROR, moved_to="https://b.example/f")
    assert (after.state.address, after.state.moved_times) == ("", 2)


def test_a_poll_that_no_longer_leads_elsewhere_ends_the_count() -> None:
    """The move was taken back."""
    moving = replace(FRESH, moved_to="https://b.example/f", moved_times=2)
    assert polled(moving, Outcome.OK).state.moved_times == 0
