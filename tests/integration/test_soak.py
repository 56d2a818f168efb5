"""Many feeds for a long time, some of them faulty, with a restart in the middle."""

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.soak import Asked, Soaked, soak

MINUTE = timedelta(minutes=1)


async def check(feeds: int, lasting: timedelta, every: timedelta, log: Path) -> None:
    """Check what holds however long it lasts."""
    soaked = await soak(feeds, lasting, every, log)
    assert soaked.too_soon(every) == ()
    assert soaked.repolled(every) == 0
    assert soaked.unpolled == 0
    assert {one.answer for one in soaked.asked} >= {"200", "error"}


async def test_no_feed_is_asked_too_often_and_a_restart_asks_none_again(tmp_path: Path) -> None:
    """The short form: two seconds, feeds due a few times in them."""
    seconds = timedelta(seconds=1)
    await check(10, 2.4 * seconds, 0.8 * seconds, tmp_path / "farm.log")


@pytest.mark.soak
async def test_no_feed_of_five_thousand_is_asked_too_often_in_half_an_hour(tmp_path: Path) -> None:
    """The long form; `python -m benchmarks.soak` also says how late the loop was."""
    await check(5_000, 30 * MINUTE, 15 * MINUTE, tmp_path / "farm.log")


def test_a_feed_that_is_asked_too_soon_is_seen() -> None:
    """The check bites: on a poll again by a restart, on one too many, on a wait that is ignored."""
    asked = [
        Asked(at=0, feed=1, answer="200"),
        Asked(at=100, feed=1, answer="200"),  # by the restart at 50
        Asked(at=20, feed=2, answer="200"),
        Asked(at=90, feed=2, answer="200"),  # it was under way at the restart
        Asked(at=60, feed=3, answer="asks to wait"),
        Asked(at=960, feed=3, answer="asks to wait"),
        Asked(at=1_500, feed=3, answer="200"),
    ]
    soaked = Soaked(asked=asked, lags=(), memory=(), restarted=45, unpolled=0)
    assert [(a.feed, b.at) for a, b in soaked.too_soon(15 * MINUTE)] == [(1, 100), (3, 1_500)]
    assert soaked.repolled(15 * MINUTE) == 1
