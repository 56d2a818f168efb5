"""What a process counts, for Prometheus: its own registry, fed with what the steps come to."""

from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot import __version__
from bot.domain.hints import FEEDS, HintCount
from bot.domain.messages import Alert, Part
from bot.domain.records import Totals
from bot.pipeline.collect import Poll
from bot.roles import Role

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

_LAGS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400)
_POLLS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_FOLLOWERS = (Role.COLLECT, Role.DELIVER)  # of jobs
_UNMEASURED = 10_000  # alerts whose lag is to be looked up; more are not measured


class Metrics:
    """The metrics of one process; counters begin at 0 with it, gauges are the database's."""

    def __init__(self, roles: Iterable[Role]) -> None:
        """Begin at 0."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._unmeasured: deque[Alert] = deque(maxlen=_UNMEASURED)
        self._polls = self._counter("polls", "Polls, by how they ended.", "outcome")
        self._took = Histogram(
            "newsthread_poll_seconds",
            "How long polls took.",
            buckets=_POLLS,
            registry=self.registry,
        )
        self._articles = self._counter("articles", "Articles that were new.")
        self._edited = self._counter("articles_edited", "Articles that their outlets changed.")
        self._hits = self._counter("hits", "Articles that a watch wanted.")
        self._stories = self._counter("stories", "Stories that were opened.")
        self._composed = self._counter("alerts_composed", "Alerts put into the outbox.")
        self._alerts = self._counter(
            "alerts", "Attempts at alerts, by what came of them.", "platform", "part", "outcome"
        )
        self._model = self._counter("model_calls", "Calls of the model, by outcome.", "outcome")
        self._tokens = self._counter("model_tokens", "Tokens that calls of the model cost.")
        self._lag = Histogram(
            "newsthread_lag_seconds",
            "From when the newest article of a message was first seen until it was posted.",
            ("part",),
            buckets=_LAGS,
            registry=self.registry,
        )
        self._failures = self._counter("step_failures", "Steps that failed.", "step")
        self._queue = self._gauge("queue_alerts", "Alerts in the outbox, by state.", "state")
        self._jobs = self._gauge("jobs", "Jobs, by the role that does them.", "role", "state")
        self.counted(())
        self._oldest = self._gauge("queue_oldest_due", "Unix time of the longest due; 0: none.")
        self._feeds = self._gauge("feeds", "Feeds, by state.", "state")
        self._stored = self._gauge("stored", "Rows that are kept, by kind.", "kind")
        self._reached = self._gauge("database_reached", "Whether the gauges are fresh: 1 or 0.")
        role = self._gauge("role", "1 for each role of this process.", "role", "version")
        for one in roles:
            role.labels(one.value, __version__).set(1)

    def polled(self, poll: Poll) -> None:
        """Count a poll and what it brought."""
        self._polls.labels(poll.result.outcome.value).inc()
        self._took.observe(poll.result.took.total_seconds())
        self._articles.inc(poll.new)
        self._edited.inc(poll.edited)
        self._hits.inc(poll.matched)
        self._stories.inc(poll.stories)

    def composed(self, alerts: int) -> None:
        """Count alerts that were put into the outbox."""
        self._composed.inc(alerts)

    def settled(self, alert: Alert) -> None:
        """Count what an attempt at an alert came to, and keep it until its lag is looked up."""
        platform = alert.channel.scope.platform
        self._alerts.labels(platform, alert.part.value, alert.state.value).inc()
        self._unmeasured.append(alert)

    def to_measure(self) -> tuple[Alert, ...]:
        """Return the alerts whose lag is to be looked up, once each."""
        taken = tuple(self._unmeasured)
        self._unmeasured.clear()
        return taken

    def lagged(self, measured: Iterable[tuple[Part, timedelta]]) -> None:
        """Count how long it took until something was posted."""
        for part, lag in measured:
            self._lag.labels(part.value).observe(lag.total_seconds())

    def modelled(self, outcome: str, tokens: int) -> None:
        """Count a call of the model, and what it cost."""
        self._model.labels(outcome).inc()
        self._tokens.inc(tokens)

    def failed(self, step: str) -> None:
        """Count a step that failed."""
        self._failures.labels(step).inc()

    def totals(self, totals: Totals) -> None:
        """Take over what the database holds."""
        self._queue.labels("due").set(totals.alerts_due)
        self._queue.labels("unknown").set(totals.alerts_unknown)
        self._queue.labels("failed").set(totals.alerts_failed)
        oldest = totals.oldest_due_at
        self._oldest.set(oldest.timestamp() if oldest else 0)
        self._feeds.labels("failing").set(totals.feeds_failing)
        self._feeds.labels("well").set(totals.feeds - totals.feeds_failing)
        self._stored.labels("articles").set(totals.articles)
        self._stored.labels("stories").set(totals.stories)
        self._stored.labels("watches").set(totals.watches)

    def counted(self, hints: Iterable[HintCount]) -> None:
        """Take over how many jobs there are: of a role and state that is not named, none."""
        jobs = dict.fromkeys(product(_FOLLOWERS, ("waiting", "dead")), 0)
        for one in hints:
            role = Role.COLLECT if one.queue == FEEDS else Role.DELIVER
            jobs[role, "waiting"] += one.waiting
            jobs[role, "dead"] += one.dead
        for (role, state), number in jobs.items():
            self._jobs.labels(role.value, state).set(number)

    def reached(self, *, yes: bool) -> None:
        """Note whether the database could be asked for its totals."""
        self._reached.set(yes)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self.registry)

    def _counter(self, name: str, said: str, *labels: str) -> Counter:
        return Counter(f"newsthread_{name}", said, labels, registry=self.registry)

    def _gauge(self, name: str, said: str, *labels: str) -> Gauge:
        return Gauge(f"newsthread_{name}", said, labels, registry=self.registry)
