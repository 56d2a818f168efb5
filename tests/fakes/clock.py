"""A clock that stands until it is moved."""

from datetime import UTC, datetime, timedelta

from bot.domain.schedule import parse_span


class FakeClock:
    """Call it for the time."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        """Begin at `now`, UTC."""
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def pass_(self, span: str) -> datetime:
        """Let a span such as `30s` or `2h` pass; return the new time."""
        self.now += parse_span(span) if span != "0s" else timedelta(0)
        return self.now
