"""All that one poll saw, as facts with names: for `feed check` in chat and on the command line."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.polls import ZERO, Hints, PollResult
from bot.domain.schedule import MAX_WAIT, format_span, next_poll
from bot.domain.urls import masked

_HOPS = 10


def facts(result: PollResult, every: timedelta, now: datetime) -> Mapping[str, str]:
    """Return what a poll saw, by name, in the order of reading; what was not seen is left out.

    Args:
        result: Of one poll, without validators of an earlier one.
        every: The interval that the feed has or would have.
        now: UTC.

    Returns:
        Plain words; addresses are masked, and nothing is cut to length.
    """
    status = "no answer" if result.status is None else f"HTTP {result.status}"
    found = {
        "Answer": f"{status}, {result.outcome}",
        "Reason": result.reason,
        "Redirected": _redirected(result),
        "Sent as": _sent_as(result),
        "Read as": result.seen.form,
        "Feed": result.title,
        "Language": result.lang,
        "Items": _items(result),
        "Dates": _dates(result),
        "Validators": _validators(result),
        "Hub": masked(result.seen.hub),
        "Asks for": _asks(result.hints),
        "Next poll": _next(result, every, now),
        "Took": f"{result.took / timedelta(seconds=1):.1f} s, {result.size:,} bytes",
    }
    return {name: words for name, words in found.items() if words}


def _redirected(result: PollResult) -> str:
    hops = [f"{status} → {masked(url)}" for status, url in result.seen.hops[:_HOPS]]
    if not hops and result.final_url != result.url:
        hops = [f"→ {masked(result.final_url)}"]
    moved = " (for good: believed after three polls)" if result.moved_to else ""
    return f"{', '.join(hops)}{moved}" if hops else ""


def _sent_as(result: PollResult) -> str:
    seen = result.seen
    packed = f", packed with {seen.encoding}" if seen.encoding else ""
    return f"{seen.content_type}{packed}" if seen.content_type else packed.removeprefix(", ")


def _items(result: PollResult) -> str:
    if not result.outcome.read:
        return ""
    count = len(result.entries) + len(result.standing)
    parts = [f"{count:,}"]
    if result.standing:
        parts.append(f"{len(result.standing):,} of them unchanged")
    without = {
        "an id": sum(not entry.id for entry in result.entries),
        "a link": sum(not entry.link for entry in result.entries),
        "a title": sum(not entry.title for entry in result.entries),
    }
    parts += [f"{missing:,} without {what}" for what, missing in without.items() if missing]
    bodies = sum(bool(entry.body) for entry in result.entries)
    parts += [f"{bodies:,} with full text"] if bodies else []
    return ", ".join(parts)


def _dates(result: PollResult) -> str:
    if not result.entries:
        return ""
    dates = sorted(entry.published for entry in result.entries if entry.published is not None)
    if not dates:
        return "none: items count from when they are first seen"
    first, last = (f"{date:%Y-%m-%d %H:%M} UTC" for date in (dates[0], dates[-1]))
    said = f"{first} to {last}" if first != last else first
    missing = len(result.entries) - len(dates)
    return f"{said}, {missing:,} without" if missing else said


def _validators(result: PollResult) -> str:
    kept = result.validators
    named = {"ETag": kept.etag, "Last-Modified": kept.last_modified}
    said = ", ".join(f"{name} {value}" for name, value in named.items() if value)
    if not result.outcome.healthy:
        return ""
    if said:
        return said
    if kept.body_hash:
        return "none: the document is fetched whole each time, and compared"
    return "none are kept of a damaged document"


def _asks(hints: Hints) -> str:
    spans = {"wait": hints.retry_after, "max-age": hints.max_age, "ttl": hints.ttl}
    asked = [f"{name} {format_span(span)}" for name, span in spans.items() if span]
    if hints.skip_hours:
        hours = ", ".join(map(str, sorted(hints.skip_hours)))
        asked.append(f"no polls in the hours {hours} UTC")
    if hints.skip_days:
        days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
        asked.append(f"no polls on {', '.join(days[day] for day in sorted(hints.skip_days))}")
    return ", ".join(asked)


def _next(result: PollResult, every: timedelta, now: datetime) -> str:
    """Return after how long the feed would be polled again, and why not sooner."""
    hints = result.hints
    failures = int(result.outcome.failed)
    wait = next_poll(now, every, hints, failures) - now
    plain = next_poll(now, every, Hints(), failures) - now
    reasons = {
        hints.retry_after: "the server asks us to wait (Retry-After)",
        hints.max_age: "the server says for how long its answer stays fresh",
        hints.ttl: "the feed says so (ttl or sy:updatePeriod)",
    }
    longest = max(reasons)
    because = "as set"
    if failures:
        because = "twice the interval after a failure, four times after the next"
    if longest > plain:
        because = reasons[longest]
    if longest > ZERO and wait > max(plain, min(longest, MAX_WAIT)):
        because += ", and skips the hours that it names"
    elif longest == ZERO and wait > plain:
        because = "it skips the hours or days that the feed names"
    return f"in {format_span(wait)}: {because}"
