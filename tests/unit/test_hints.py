"""Hints: how feeds that are due are put together."""

from bot.domain.articles import FeedId
from bot.domain.hints import MOST, alert_hints, feed_hints, feeds_of
from bot.domain.watches import Scope


def due(*hosts: int) -> list[tuple[FeedId, str]]:
    """Return feeds, so many a host."""
    numbers = [host for host, many in enumerate(hosts) for _ in range(many)]
    return [(FeedId(n), f"https://h{host}.example/{n}") for n, host in enumerate(numbers)]


def test_a_hosts_feeds_stay_together_as_far_as_they_fit() -> None:
    """So that one worker keeps a host's feeds apart."""
    hints = feed_hints(due(3, 50, 19, 101, 2))
    batches = [set(feeds_of(hint)[1]) for hint in hints]
    assert [len(batch) for batch in batches] == [50, 34, 34, 33, 24]
    assert batches[0] == set(range(3, 53))
    assert batches[4] == {*range(3), *range(53, 72), 173, 174}


def test_feeds_of_many_hosts_fill_hints() -> None:
    """The fewer hints, the less work for all."""
    hints = feed_hints(due(*[1] * 120))
    assert [len(feeds_of(hint)[1]) for hint in hints] == [50, 50, 20]


def test_a_hint_fits_into_an_index() -> None:
    """Hints are told apart by all of what they say, which PostgreSQL's indexes have to take."""
    longest = 2**63 - 1
    (hint,) = feed_hints(
        [(FeedId(longest - n), "https://a.example/") for n in range(MOST)], "h" * 16
    )
    assert len(hint.about) < 2_000
    assert feeds_of(hint) == ("h" * 16, tuple(FeedId(longest - n) for n in range(MOST)))


def test_nothing_due_gives_no_hint() -> None:
    """An empty hint would be a job for nothing."""
    assert feed_hints([]) == ()


def test_alerts_have_a_hint_a_workspace() -> None:
    """Whatever the number of alerts and channels there."""
    hints = alert_hints([Scope("discord", "1"), Scope("slack", "T1")])
    assert [(hint.queue, hint.about) for hint in hints] == [
        ("alerts discord", "1"),
        ("alerts slack", "T1"),
    ]
