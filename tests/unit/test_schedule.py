"""When a feed is polled next, and spans as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.polls import Hints
from bot.domain.schedule import (
    MAX_WAIT,
    MIN_EVERY,
    first_poll,
    format_span,
    next_poll,
    parse_span,
)

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)  # a Monday
TEN = timedelta(minutes=10)
HOUR = timedelta(hours=1)


def test_a_feed_that_asks_for_nothing_is_polled_at_its_interval() -> None:
    """The configured interval is the rule; everything else may only lengthen it."""
    assert next_poll(NOW, TEN, Hints(), 0) == NOW + TEN


@pytest.mark.parametrize(
    "hints", [Hints(retry_after=HOUR), Hints(max_age=HOUR), Hints(ttl=HOUR)], ids=str
)
def test_a_server_can_slow_us_down(hints: Hints) -> None:
    """Retry-After, max-age and ttl each lengthen the wait."""
    assert next_poll(NOW, TEN, hints, 0) == NOW + HOUR


def test_a_server_cannot_speed_us_up() -> None:
    """A ttl of a minute says that it changes often, not that we must ask often."""
    assert next_poll(NOW, TEN, Hints(ttl=timedelta(minutes=1)), 0) == NOW + TEN


def test_nothing_makes_us_wait_for_more_than_a_day() -> None:
    """A feed is never disabled in silence, whatever its server asks for."""
    assert next_poll(NOW, TEN, Hints(retry_after=timedelta(days=30)), 30) == NOW + MAX_WAIT


def test_an_interval_below_the_least_is_raised() -> None:
    """Five minutes is as often as is polite."""
    assert next_poll(NOW, timedelta(seconds=1), Hints(), 0) == NOW + MIN_EVERY


@pytest.mark.parametrize(
    ("jitter", "wait"), [(0.0, 32), (0.5, 40), (1.0, 48)], ids=["least", "middle", "most"]
)
def test_failures_double_the_wait_and_spread_it(jitter: float, wait: int) -> None:
    """Two failures: four intervals, 20 % either way, so that feeds do not come back together."""
    assert next_poll(NOW, TEN, Hints(), 2, jitter) == NOW + timedelta(minutes=wait)


def test_a_poll_in_an_hour_to_skip_moves_to_the_next_that_is_not() -> None:
    """RSS skipHours: the outlet is asleep."""
    hints = Hints(skip_hours=frozenset({12, 13}))
    assert next_poll(NOW, TEN, hints, 0) == NOW.replace(hour=14, minute=0)


def test_a_poll_on_a_day_to_skip_moves_to_the_next_day() -> None:
    """RSS skipDays."""
    hints = Hints(skip_days=frozenset({0}))
    assert next_poll(NOW, TEN, hints, 0) == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_feed_that_asks_to_be_skipped_for_ever_is_polled_all_the_same() -> None:
    """Skipping everything is a mistake of the feed's, and would lose it in silence."""
    hints = Hints(skip_hours=frozenset(range(24)))
    assert next_poll(NOW, TEN, hints, 0) == NOW + TEN


def test_first_polls_are_spread_over_the_interval_and_stay_where_they_are() -> None:
    """A thousand feeds added at once must not be asked at once, and a restart changes nothing."""
    urls = [f"https://example.org/{n}" for n in range(400)]
    waits = [first_poll(NOW, HOUR, url) - NOW for url in urls]
    assert waits == [first_poll(NOW, HOUR, url) - NOW for url in urls]
    assert min(waits) < HOUR * 0.05 <= HOUR * 0.95 < max(waits) < HOUR


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("10m", 600), ("2h", 7200), ("3d", 259_200), ("1w", 604_800), ("1h30m", 5400)],
)
def test_spans_are_read(text: str, seconds: int) -> None:
    """As product.md writes them."""
    assert parse_span(f" {text.upper()} ") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "m", "-5m", "1.5h", "10 minutes", "0s", "9999w", "٣d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """A misread span would mute for a year what was meant for a day."""
    with pytest.raises(ValueError, match=r"span of time|out of bounds"):
        parse_span(text)


@pytest.mark.parametrize("text", ["0s", "45s", "10m", "1h30m", "3d", "8d2h1s"])
def test_spans_are_written_as_they_are_read(text: str) -> None:
    """Largest unit first, nothing that is zero."""
    seconds = parse_span(text) if text != "0s" else timedelta(0)
    assert format_span(seconds) == text
