"""Trying a query on what is stored: how much it would have brought.

Owns the figures and how they read. The work is bounded, and done in a thread of its own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.commands.desk import Desk
from bot.commands.found import seen_feeds
from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.filing import Window
from bot.domain.layout_parts import DOT, counted, headline, moment
from bot.domain.messages import Block, Bullets, Fact, Run, Style, Text, text
from bot.domain.query import Hit, Query, Subject
from bot.domain.stories import Member, Story, StoryId, story_code
from bot.domain.text import shorten
from bot.domain.watches import Scope, Watch

TRIED_DAYS = 14
TRIED_ARTICLES = 5_000
"""The newest articles that a query is tried on: about two seconds' work."""
SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A story that the watch would have opened, with its first article's hits."""

    story: Story
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What a watch would have brought."""

    tried: int  # stored articles that it was tried on
    days: float  # the time they span, at least one
    articles: int  # that matched
    irrelevant: int  # of these, marked by editors as not relevant
    unsure: int  # that did not match, and might by their pages, which nobody read
    stories: int  # that these tell
    alerts: int  # stories with enough independent outlets
    samples: tuple[Sample, ...]  # the newest

    @property
    def per_day(self) -> float:
        """About how many alerts a day."""
        return self.alerts / self.days


async def backtest(desk: Desk, scope: Scope, watch: Watch, query: Query, days: int) -> Backtest:
    """Try a watch on the stored articles of the last days that `scope` sees."""
    now = desk.clock()
    async with desk.store.reading() as tx:
        feeds = await seen_feeds(tx, scope)
        stored = await tx.articles.since(now - timedelta(days=days), TRIED_ARTICLES)
        articles = [article for article in stored if article.feed in feeds]
        judged = await tx.judgements.of(scope, [article.id for article in articles])
    marked = frozenset(one.article for one in judged)
    window = desk.new_window()
    return await asyncio.to_thread(tried, watch, query, articles, feeds, marked, window, now)


def tried(
    watch: Watch,
    query: Query,
    articles: Sequence[Article],
    feeds: Mapping[FeedId, Feed],
    marked: frozenset[ArticleId],
    window: Window,
    now: datetime,
) -> Backtest:
    """Match and file articles, oldest first, as if they came in one after the other.

    Args:
        watch: What the query is to be the query of: its languages, feeds and outlets count.
        query: What is tried.
        articles: Of the feeds, oldest first.
        feeds: By id.
        marked: Articles that editors said are not relevant.
        window: An empty one.
        now: UTC.
    """
    stories: dict[StoryId, list[Member]] = {}
    hits_of: dict[ArticleId, tuple[Hit, ...]] = {}
    unsure = 0
    for article in articles:
        feed = feeds[article.feed].name
        subject = Subject.of(article, feed, None)
        hits = query.match(subject)
        if not watch.wants(article, feed):
            continue
        if hits is None:
            unsure += query.reads_pages and query.could_match(subject)
            continue
        placed = window.place(article)
        story = placed.story or story_code(f"{article.id}", stories)
        window.add(article, story, placed.reprint_of)
        member = Member(article=article, reprint_of=placed.reprint_of)
        stories.setdefault(story, []).append(member)
        hits_of[article.id] = hits
    told = [Story(id=code, members=tuple(members)) for code, members in stories.items()]
    alerts = [story for story in told if story.independent >= watch.min_outlets]
    oldest = min((article.first_seen for article in articles), default=now)
    return Backtest(
        tried=len(articles),
        days=max(1.0, (now - oldest) / timedelta(days=1)),
        articles=len(hits_of),
        unsure=unsure,
        irrelevant=len(marked & hits_of.keys()),
        stories=len(told),
        alerts=len(alerts),
        samples=tuple(
            Sample(story=story, hits=hits_of[story.lead.id])
            for story in sorted(told, key=lambda one: one.last_at, reverse=True)[:SAMPLES]
        ),
    )


def backtest_blocks(found: Backtest, days: int) -> tuple[Block, ...]:
    """Return how a backtest reads: the figures, and samples with the words that matched."""
    if not found.tried:
        words = "No articles are stored yet, so it could not be tried."
        return (Fact("Tried", text(words)),)
    figures = (
        f"on {counted(found.tried, 'article')} of the last {counted(days, 'day')}:"
        f" {counted(found.articles, 'article')} →"
        f" {counted(found.stories, 'story', 'stories')} → {per_day(found.per_day)}"
    )
    blocks: list[Block] = [Fact("Tried", text(figures))]
    if found.irrelevant:
        said = f"{found.irrelevant} of {counted(found.articles, 'article')} marked not relevant"
        blocks.append(Fact("Editors", text(said)))
    if found.unsure:
        said = (
            f"{counted(found.unsure, 'further article')} might match by the full text of their"
            " pages, which were not read then: of these it cannot know"
        )
        blocks.append(Fact("Pages", text(said)))
    if found.samples:
        blocks.append(Bullets(tuple(_sample(sample) for sample in found.samples)))
    return tuple(blocks)


def per_day(alerts: float) -> str:
    """Return `about 3 alerts a day`, or a rarer pace where it is rarer."""
    if alerts == 0:
        return "no alerts"
    if alerts >= 0.95:
        return f"about {counted(round(alerts), 'alert')} a day"
    if alerts * 7 >= 0.95:
        return f"about {counted(round(alerts * 7), 'alert')} a week"
    return "less than one alert a week"


def _sample(sample: Sample) -> Text:
    article = sample.story.lead
    words = dict.fromkeys(" ".join(hit.text.split()).casefold() for hit in sample.hits)
    return text(
        Run(headline(article), Style.BOLD, url=article.url),
        DOT,
        article.outlet,
        DOT,
        moment(article.at),
        DOT if words else "",
        Run(shorten(", ".join(words), 80), Style.HIT),
    )
