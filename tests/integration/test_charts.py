"""Charts, drawn for real."""

import asyncio
import struct
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.adapters.chart.png import PngCharts
from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.trends import Trend, trend_of

LAST = date(2026, 3, 10)


def trend(days: int, title: str) -> Trend:
    """Return a trend with articles on every second day."""
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    articles = [
        Article(
            id=ArticleId(100 * ago + number),
            feed=FeedId(1),
            url="https://a.example/1",
            outlet="a",
            site=f"{number}.example",
            title=title,
            first_seen=noon - timedelta(days=ago),
        )
        for ago in range(0, days, 2)
        for number in range(1 + ago % 5)
    ]
    return trend_of("watch “cecot” $x_1$", articles, {}, LAST, days, UTC)


@pytest.mark.parametrize("days", [1, 2, 14, 90])
@pytest.mark.parametrize("title", ["Judge orders update", "", "监狱 $\\frac{1}{0}$ \x07 😀" * 30])
async def test_a_chart_is_a_png_whatever_headlines_and_days_there_are(
    days: int, title: str
) -> None:
    """Headlines come from strangers: what the font lacks or would read as a formula is no error."""
    picture = await PngCharts().trend(trend(days, title))
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (1_200, 675)
    assert len(picture) < 400_000


async def test_charts_are_the_same_each_time_also_two_at_once() -> None:
    """The library keeps caches that are not made for several threads."""
    charts = PngCharts()
    one, other = await asyncio.gather(*(charts.trend(trend(14, "x")) for _ in range(2)))
    assert one == other


def test_the_drawing_library_is_not_loaded_before_it_is_needed() -> None:
    """It takes a second and some 60 MB; most processes never draw."""
    code = "import sys, bot.app; sys.exit('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)  # noqa: S603 - ours
    assert done.returncode == 0
