"""Hints of feeds, whatever hosts they are of."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hints import LEAST, MOST, feed_hints, feeds_of
from tests.unit.test_hints import due


@given(st.lists(st.integers(1, 170), max_size=30))
def test_every_feed_is_in_one_hint_of_20_to_50_but_for_what_is_left(hosts: list[int]) -> None:
    """Smaller ones would be many jobs, larger ones would hold up a worker."""
    hints = [feeds_of(hint) for hint in feed_hints(due(*hosts), "h")]
    sizes = [len(feeds) for _, feeds in hints]
    assert sorted(feed for _, feeds in hints for feed in feeds) == list(range(sum(hosts)))
    assert all(size <= MOST for size in sizes)
    assert sum(size < LEAST for size in sizes) <= 1
    assert {holder for holder, _ in hints} <= {"h"}
