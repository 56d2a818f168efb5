"""How much was written, day by day: articles, outlets, and the days that stand out.

Owns the figures and how they are told in words. Drawing them is an adapter's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from bot.domain.articles import Article, ArticleId
from bot.domain.layout_parts import counted
from bot.domain.text import shorten

MOST_PEAKS = 3
_ABOVE = 1.5  # times the mean of all days: what stands out
_APART = 2  # days between two peaks, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day's figures."""

    day: date  # in the reader's zone
    articles: int
    outlets: int  # that published them


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A day on which more was written than on most."""

    day: Day
    lead: Article  # the first article of the story that most outlets told on that day
    articles: int  # of that story on that day


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Articles and outlets a day."""

    name: str  # what it is about, for people: "watch cecot", "“prison transfers”"
    days: tuple[Day, ...]  # every day from the first to the last, also empty ones
    peaks: tuple[Peak, ...]  # in order of time, at most `MOST_PEAKS`
    outlets: int  # over all days

    @property
    def articles(self) -> int:
        """All articles."""
        return sum(day.articles for day in self.days)

    def alt(self) -> str:
        """Return the chart in words, at most 1,000 characters, for those who do not see it."""
        first, last = self.days[0].day, self.days[-1].day
        parts = [
            f"Chart of articles and outlets a day about {shorten(self.name, 100)},"
            f" {first:%d %b} to {last:%d %b %Y}: {counted(self.articles, 'article')} of"
            f" {counted(self.outlets, 'outlet')} in {counted(len(self.days), 'day')},"
            f" {self.articles / len(self.days):.1f} a day."
        ]
        parts += [
            f"Peak on {peak.day.day:%a %d %b}: {counted(peak.day.articles, 'article')},"
            f" {counted(peak.day.outlets, 'outlet')}; “{shorten(peak.lead.title, 100)}”."
            for peak in self.peaks
        ]
        parts.append(f"By day: {', '.join(str(day.articles) for day in self.days)}.")
        return shorten(" ".join(parts), 1_000)


def trend_of(
    name: str,
    articles: Sequence[Article],
    story_of: Mapping[ArticleId, str],
    last: date,
    days: int,
    zone: tzinfo,
) -> Trend:
    """Count articles by day and name the days that stand out.

    Args:
        name: What they are about, for people.
        articles: In any order; those of other days are left out.
        story_of: The stories they are in; an article in none stands alone.
        last: The last day to show.
        days: How many days to show, at least 1.
        zone: Whose midnight parts the days.
    """
    first = last - timedelta(days=days - 1)
    by_day: defaultdict[date, list[Article]] = defaultdict(list)
    for article in sorted(articles, key=lambda one: (one.at, one.id)):
        day = article.at.astimezone(zone).date()
        if first <= day <= last:
            by_day[day].append(article)
    counted = tuple(
        Day(day=day, articles=len(found), outlets=len({one.site for one in found}))
        for day in (first + timedelta(days=number) for number in range(days))
        for found in (by_day[day],)
    )
    return Trend(
        name=name,
        days=counted,
        peaks=tuple(_peak(day, by_day[day.day], story_of) for day in _standing_out(counted)),
        outlets=len({one.site for found in by_day.values() for one in found}),
    )


def _standing_out(days: Sequence[Day]) -> list[Day]:
    """Return the days with the most articles that are well above the mean, in order of time."""
    mean = sum(day.articles for day in days) / len(days)
    ranked = sorted(days, key=lambda day: (-day.articles, -day.outlets, day.day))
    found: list[Day] = []
    for day in ranked:
        high = day.articles >= _ABOVE * mean or not found
        apart = all(abs((day.day - one.day).days) >= _APART for one in found)
        if day.articles and high and apart and len(found) < MOST_PEAKS:
            found.append(day)
    return sorted(found, key=lambda day: day.day)


def _peak(day: Day, articles: Sequence[Article], story_of: Mapping[ArticleId, str]) -> Peak:
    """Return a day with its biggest story: by outlets, then by articles, then the earliest."""
    told: defaultdict[str, list[Article]] = defaultdict(list)
    for article in articles:
        told[story_of.get(article.id, f"alone {article.id}")].append(article)
    biggest = max(told.values(), key=lambda found: (len({one.site for one in found}), len(found)))
    return Peak(day=day, lead=biggest[0], articles=len(biggest))
