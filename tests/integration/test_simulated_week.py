"""A week with random faults: counters, database and chat agree to the unit, on both databases."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.fakes.store import DATABASES
from tests.integration.simulated_news import Size
from tests.integration.simulated_week import lived

DAY = Size(feeds=6, channels=3, days=1, events=15, every=timedelta(hours=4), step="2h")
WEEK = Size(feeds=5_000, channels=500, days=7, events=500, every=timedelta(days=1), step="20m")


async def agreed(size: Size) -> list[Mapping[str, int]]:
    """Live a week on each database; return what each came to, which agrees with the news."""
    counts: list[Mapping[str, int]] = []
    for database in DATABASES:
        async with lived(size, database) as week:
            counts.append(await week.counts())
            assert week.deaths > 0
            expected = week.expected()
        assert {name: counts[-1].get(name, 0) for name in expected} == expected
    return counts


def settled(counts: Mapping[str, int]) -> None:
    """Check that each article that matched has met its fate, and each alert its end.

    And that the metrics, the database and the chat count the same.
    """
    fates = {"fate posted", "fate merged", "fate seeded", "fate failed"}
    assert {name for name in counts if name.startswith("stored fate")} <= {
        f"stored {fate}" for fate in fates
    }
    for part in ("card", "reply", "edit", "burst"):
        assert counts[f"counted sent {part}"] == counts.get(f"stored sent {part}", 0)
    told = sum(counts[f"counted sent {part}"] for part in ("card", "reply", "burst"))
    assert counts["posts"] == told
    assert not any(name.startswith(("stored due", "stored unknown")) for name in counts)


async def test_a_day_of_faults_comes_to_the_same_on_both_databases() -> None:
    """Two processes that die at any commit or request; nothing is lost, counted or told twice."""
    embedded, server = await agreed(DAY)
    settled(embedded)
    assert embedded == server


@pytest.mark.soak
async def test_a_week_of_faults_comes_to_the_same_on_both_databases() -> None:
    """5,000 feeds and 500 channels, ten of which are deleted half-way.

    How many replies and edits tell of it all depends on when a process died, so these may differ.
    """
    for counts in await agreed(WEEK):
        settled(counts)
        assert counts["stored fate failed"] > 0
