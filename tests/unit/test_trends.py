"""Trends: what is counted on which day, what stands out, and how it is told in words."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.trends import Trend, trend_of

LAST = date(2026, 3, 10)


def article(number: int, days_ago: int, outlet: str, title: str = "Storm") -> Article:
    """Return an article of an outlet that was first seen at noon so many days ago."""
    return Article(
        id=ArticleId(number),
        feed=FeedId(1),
        url=f"https://{outlet}.example/{number}",
        outlet=outlet,
        site=f"{outlet}.example",
        title=title,
        first_seen=datetime(2026, 3, 10, 12, tzinfo=UTC) - timedelta(days=days_ago),
    )


def trend(*articles: Article, days: int = 7, **stories: int) -> Trend:
    """Return the trend of articles; `stories` are numbers of articles by code, in order."""
    story_of: dict[ArticleId, str] = {}
    at = 0
    for code, count in stories.items():
        story_of |= {one.id: code for one in articles[at : at + count]}
        at += count
    return trend_of("storms", articles, story_of, LAST, days, UTC)


def test_each_day_is_counted_with_its_outlets_also_one_without_any() -> None:
    """A gap is news too; an outlet that writes twice is one outlet."""
    found = trend(article(1, 2, "a"), article(2, 2, "a"), article(3, 0, "b"), days=4)
    assert [(day.articles, day.outlets) for day in found.days] == [(0, 0), (2, 1), (0, 0), (1, 1)]
    assert (found.articles, found.outlets) == (3, 2)
    assert (found.days[0].day, found.days[-1].day) == (date(2026, 3, 7), LAST)


def test_what_is_older_than_the_first_day_is_left_out() -> None:
    """A feed may date an article to long before it was seen."""
    assert trend(article(1, 4, "a"), days=4).articles == 0


def test_a_day_ends_at_midnight_of_the_readers_zone() -> None:
    """What came at one in the night of Madrid was not yesterday's there."""
    late = article(1, 1, "a")
    late = Article(
        id=late.id, feed=late.feed, url="", outlet="a", site="a", title="",
        first_seen=datetime(2026, 3, 9, 23, 30, tzinfo=UTC),
    )  # fmt: skip
    found = trend_of("x", [late], {}, LAST, 2, ZoneInfo("Europe/Madrid"))
    assert [day.articles for day in found.days] == [0, 1]


def test_a_peak_is_named_by_the_story_that_most_outlets_told() -> None:
    """Five articles of one outlet are less than three outlets with one each."""
    alone = [article(number, 1, "a", "Chatter") for number in range(5)]
    told = [article(10 + number, 1, name, "Storm hits") for number, name in enumerate("bcd")]
    found = trend(*alone, *told, K7Q2=5, M3P4=3)
    assert [(one.day.articles, one.lead.title, one.articles) for one in found.peaks] == [
        (8, "Storm hits", 3)
    ]


def test_only_days_well_above_the_mean_are_peaks_at_most_three_and_apart() -> None:
    """Each name has to say something."""
    counts = {0: 9, 1: 8, 3: 7, 5: 6, 8: 5, 9: 1}
    articles = [
        article(100 * ago + number, ago, "a") for ago, count in counts.items()
        for number in range(count)
    ]  # fmt: skip
    found = trend(*articles, days=14)
    assert [(LAST - one.day.day).days for one in found.peaks] == [5, 3, 0]


def test_a_steady_pace_has_one_peak_and_no_news_has_none() -> None:
    """The highest day is named whatever the others are; nothing has no height."""
    steady = [article(number, number, "a") for number in range(7)]
    assert len(trend(*steady).peaks) == 1
    assert trend().peaks == ()


def test_the_chart_is_told_in_words_with_all_figures() -> None:
    """A screen reader sees no picture."""
    words = trend(article(1, 1, "a"), article(2, 1, "b"), days=3).alt()
    assert words == (
        "Chart of articles and outlets a day about storms, 08 Mar to 10 Mar 2026: 2 articles of 2"
        " outlets in 3 days, 0.7 a day. Peak on Mon 09 Mar: 2 articles, 2 outlets; “Storm”. By"
        " day: 0, 2, 0."
    )
    one = trend(article(1, 0, "a"), days=1).alt()
    assert "1 article of 1 outlet in 1 day, 1.0 a day. Peak on Tue 10 Mar: 1 article, 1" in one
