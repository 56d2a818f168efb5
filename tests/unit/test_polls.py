"""What a poll gives, and how it is reported."""

import pytest

from bot.domain.articles import Entry
from bot.domain.polls import FoundFeed, Outcome, PollResult


def test_a_report_has_what_scripts_need_and_no_secret() -> None:
    """`feeds check --json` prints it, and its output is pasted into tickets."""
    result = PollResult(
        url="https://me:word@example.org/feed?token=t0p",
        final_url="https://example.org/feed?token=t0p",
        status=200,
        outcome=Outcome.OK,
        entries=(Entry(id="1", link="", title="One"),),
        feeds=(FoundFeed(url="https://example.org/rss", title="News"),),
    )
    assert result.report() == {
        "url": "https://***@example.org/feed?token=***",
        "final_url": "https://example.org/feed?token=***",
        "status": 200,
        "outcome": "ok",
        "reason": "",
        "items": 1,
        "titles": ["One"],
        "feeds": [{"url": "https://example.org/rss", "title": "News"}],
    }


@pytest.mark.parametrize("outcome", Outcome)
def test_a_poll_that_failed_did_not_read_and_is_not_healthy(outcome: Outcome) -> None:
    """A server that asks us to wait has neither failed nor answered."""
    assert not (outcome.failed and outcome.healthy)
    assert outcome.healthy or not outcome.read
    assert (not outcome.failed and not outcome.healthy) == (outcome is Outcome.DEFERRED)
