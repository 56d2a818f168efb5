"""A model for summaries: which one is configured, and what it has cost today.

Owns the budget in words. How a model is asked is `bot.adapters.summary`'s, what of its answer may
be shown is decided in `bot.domain.claims`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.layout_parts import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that is configured: any endpoint that speaks OpenAI's chat completions."""

    url: str  # its base, such as http://127.0.0.1:11434/v1
    name: str  # as the endpoint calls it; shown to people
    tokens_a_day: int  # what may be spent in a day of UTC, read and written together
    timeout: timedelta = timedelta(seconds=30)  # for one answer in all
    answer_tokens: int = 1_500  # that one answer may have
    answer_key: str = "max_tokens"  # what the endpoint calls that bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a model has cost in a day of UTC, in all processes."""

    tokens: int = 0  # those that are spoken for by calls under way among them
    calls: int = 0
    refused: int = 0  # calls that were not made for want of budget, since the last that was


def day_of(at: datetime) -> str:
    """Return the day of UTC that a call at `at` counts for: `2026-03-02`."""
    return at.astimezone(UTC).date().isoformat()


def next_day(at: datetime) -> datetime:
    """Return when the budget is whole again: the next midnight of UTC."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def spending(model: Model, spent: Spent) -> str:
    """Return what today has cost: `model llama3 · 1,200 of 100,000 tokens today (UTC), 3 calls`."""
    used = f"{spent.tokens:,} of {model.tokens_a_day:,} tokens today (UTC)"
    used += f", {counted(spent.calls, 'call')}"
    over = "; used up: extractive until 00:00 UTC" if spent.refused else ""
    return f"model {model.name} · {used}{over}"
