"""What a process counts, and that each metric has its row in the documents."""

from datetime import timedelta

from bot import __version__
from bot.domain.articles import Feed, FeedId
from bot.domain.hints import FEEDS, HintCount, alerts_queue
from bot.domain.messages import Alert, AlertState, Part, say
from bot.domain.polls import Outcome, PollResult
from bot.domain.records import Totals
from bot.domain.watches import Channel
from bot.metrics import Metrics
from bot.pipeline.collect import Poll
from bot.roles import Role
from tests.fakes.clock import FakeClock
from tests.unit.test_docs import OPERATIONS, rows, section

CLOCK = FakeClock()


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def alert(state: AlertState) -> Alert:
    return Alert(
        key="k",
        channel=Channel.parse("discord:1/2"),
        part=Part.CARD,
        message=say("x"),
        state=state,
        due_at=CLOCK(),
        created_at=CLOCK(),
    )


def test_each_metric_has_its_row_and_each_row_its_metric() -> None:
    """What nobody can look up is not there."""
    families = Metrics([]).registry.collect()
    names = {
        f"{one.name}_total" if one.type == "counter" else one.name
        for one in families
        if not one.name.startswith("process_")
    }
    listed = rows(section(OPERATIONS, "### Metrics"))
    assert set(listed) == {"metric", "process_…", *names}
    assert len(listed) == len(set(listed))


def test_what_a_poll_brought_is_added_up() -> None:
    metrics = Metrics([Role.COLLECT])
    feed = Feed(id=FeedId(1), url="https://a.example/", name="a", every=timedelta(hours=1))
    result = PollResult(
        url="u", final_url="u", status=200, outcome=Outcome.OK, took=timedelta(seconds=2)
    )
    poll = Poll(feed=feed, result=result, new=3, edited=1, matched=2, stories=1, seeded=False)
    for _ in range(2):
        metrics.polled(poll)
    found = [
        value(metrics, f"newsthread_{name}_total")
        for name in ("articles", "articles_edited", "hits", "stories")
    ]
    assert found == [6, 2, 4, 2]
    assert value(metrics, "newsthread_polls_total", outcome="ok") == 2
    assert value(metrics, "newsthread_poll_seconds_sum") == 4
    assert value(metrics, "newsthread_role", role="collect", version=__version__) == 1


def test_jobs_are_counted_by_who_does_them_and_again_when_they_are_done() -> None:
    """Of both platforms' alerts together: the same processes post them."""
    metrics = Metrics([])
    waits = [
        HintCount(queue=FEEDS, waiting=7, dead=1),
        HintCount(queue=alerts_queue("discord"), waiting=2, dead=0),
        HintCount(queue=alerts_queue("slack"), waiting=3, dead=4),
    ]
    for hints, expected in ((waits, [7, 1, 5, 4]), ([], [0, 0, 0, 0])):
        metrics.counted(hints)
        found = [
            value(metrics, "newsthread_jobs", role=role, state=state)
            for role in ("collect", "deliver")
            for state in ("waiting", "dead")
        ]
        assert found == expected


def test_alerts_are_counted_by_outcome_and_measured_once() -> None:
    metrics = Metrics([])
    metrics.composed(4)
    for state in (AlertState.SENT, AlertState.SENT, AlertState.FAILED):
        metrics.settled(alert(state))
    counted = {
        state: value(
            metrics, "newsthread_alerts_total", platform="discord", part="card", outcome=state
        )
        for state in ("sent", "failed")
    }
    assert counted == {"sent": 2, "failed": 1}
    assert value(metrics, "newsthread_alerts_composed_total") == 4
    assert [one.state for one in metrics.to_measure()] == ["sent", "sent", "failed"]
    assert metrics.to_measure() == ()
    metrics.lagged([(Part.CARD, timedelta(seconds=7))])
    assert value(metrics, "newsthread_lag_seconds_bucket", part="card", le="5.0") == 0
    assert value(metrics, "newsthread_lag_seconds_bucket", part="card", le="10.0") == 1


def test_what_the_database_holds_is_taken_over() -> None:
    metrics = Metrics([])
    totals = Totals(
        feeds=5,
        feeds_failing=2,
        articles=10,
        stories=3,
        watches=1,
        alerts_due=4,
        alerts_unknown=1,
        alerts_failed=6,
        alerts_sent=9,
        oldest_due_at=CLOCK(),
        last_poll_at=None,
        delays=(),
    )
    metrics.totals(totals)
    metrics.reached(yes=True)
    metrics.failed("collect")
    assert value(metrics, "newsthread_feeds", state="well") == 3
    assert value(metrics, "newsthread_queue_alerts", state="due") == 4
    assert value(metrics, "newsthread_queue_oldest_due") == CLOCK().timestamp()
    assert value(metrics, "newsthread_database_reached") == 1
    assert b'newsthread_step_failures_total{step="collect"} 1.0' in metrics.text()


def test_two_of_them_share_nothing() -> None:
    """There is no registry of the whole program's."""
    one, other = Metrics([]), Metrics([])
    one.composed(1)
    assert value(other, "newsthread_alerts_composed_total") == 0
