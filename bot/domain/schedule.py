"""When to poll a feed next, and spans of time as people write them ("30s", "10m", "2h", "3d").

Pure: the time and the jitter are arguments. What a server asked for comes in as
`bot.domain.polls.Hints`; it may slow us down, never speed us up.
"""

import re
from datetime import datetime, timedelta
from hashlib import sha256

from bot.domain.polls import Hints

MIN_EVERY = timedelta(minutes=5)
MAX_WAIT = timedelta(days=1)
MAX_SPAN = timedelta(days=3660)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_SPAN = re.compile(r"(?:\d{1,6}[smhdw])+", re.ASCII)
_PART = re.compile(r"(\d+)([smhdw])", re.ASCII)


def next_poll(
    now: datetime,
    every: timedelta,
    hints: Hints,
    failures: int,
    jitter: float = 0.5,
    least: timedelta = MIN_EVERY,
) -> datetime:
    """Return when to poll a feed next.

    Args:
        now: When the poll that just ended began, UTC.
        every: The configured interval; taken as `least` at least.
        hints: What the response asked for; zero where it asked for nothing.
        failures: Polls failed in a row, 0 after a success; each doubles the wait.
        jitter: A random number from 0 to 1; spreads a back-off by 20 % either way, so that feeds
            that failed together do not come back together.
        least: The shortest wait that is allowed; only the demo goes below 5 min.

    Returns:
        A time from `now + every` to `now + MAX_WAIT` (1 day); an hour or a day that the feed asks
        to skip may move it further, to `now + 2 * MAX_WAIT` at most.
    """
    wait = max(every, least)
    if failures > 0:
        wait = max(wait, wait * (1 << min(failures, 10)) * (0.8 + 0.4 * jitter))
    wait = min(max(wait, hints.retry_after, hints.max_age, hints.ttl), MAX_WAIT)
    return _past_skips(now + wait, hints)


def _past_skips(due: datetime, hints: Hints) -> datetime:
    """Return `due`, or the start of the first hour after it that the feed does not ask to skip."""
    hour = due
    for _ in range(25):
        if hour.hour not in hints.skip_hours and hour.weekday() not in hints.skip_days:
            return hour
        hour = hour.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due  # it asks to be skipped for a day on end: we look once a day all the same


def first_poll(now: datetime, every: timedelta, feed_url: str) -> datetime:
    """Return when to poll a feed for the first time: spread over its interval by its address.

    Args:
        now: UTC.
        every: The configured interval; taken as `MIN_EVERY` (5 min) at least.
        feed_url: The same address always gets the same share of the interval.

    Returns:
        A time from `now` to just before `now + every`.
    """
    share = int.from_bytes(sha256(feed_url.encode("utf-8", "replace")).digest()[:4], "big")
    return now + max(every, MIN_EVERY) * (share / 2**32)


def parse_span(text: str) -> timedelta:
    """Return the span that a person wrote: `30s`, `10m`, `2h`, `3d`, `1w`, `1h30m`.

    Raises:
        ValueError: It is not a span, is zero, or is longer than ten years.
    """
    compact = re.sub(r"\s+", "", text).lower()
    if not _SPAN.fullmatch(compact):
        raise ValueError(f"“{text}” is not a span of time: write 30s, 10m, 2h or 3d")
    span = sum((int(n) * _UNITS[unit] for n, unit in _PART.findall(compact)), timedelta(0))
    if not timedelta(0) < span <= MAX_SPAN:
        raise ValueError(f"“{text}” is out of bounds: from 1s to ten years")
    return span


def format_span(span: timedelta) -> str:
    """Return `span` as people write it, whole seconds, largest units first: `1h30m`; `0s`."""
    left = max(int(span.total_seconds()), 0)
    text = ""
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, int(_UNITS[unit].total_seconds()))
        text += f"{count}{unit}" if count else ""
    return text or "0s"
