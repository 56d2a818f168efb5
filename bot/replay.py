"""Replay: articles in, hits, stories, summaries and alerts out; nothing is polled or stored.

The same matching, filing and summarising as the running bot, with the articles' own times. Two
runs over the same file give the same bytes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.domain import layout
from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.errors import ConfigError
from bot.domain.filing import Window
from bot.domain.query import Hit, Query
from bot.domain.query_subject import Subject
from bot.domain.stories import Member, Story, StoryId, story_code
from bot.domain.summaries import summarise
from bot.domain.text import LanguageDetector
from bot.domain.urls import canonical_url, site_of

_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""When articles without a time are taken to be from: all of one day."""
_TIME: TypeAdapter[datetime] = TypeAdapter(datetime)


class Line(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str | None = Field(None, max_length=100_000)
    link: str | None = Field(None, max_length=100_000)
    description: str | None = None
    body: str | None = None
    outlet: str | None = None
    first_seen: str | float | None = None
    published: str | float | None = None
    lang: str | None = None


def read_lines(lines: Iterable[str], name: str, detector: LanguageDetector) -> Iterator[Article]:
    """Return the articles of a JSON-lines file; the id of each is its line's number from 0.

    Raises:
        ConfigError: A line is no article; names the line.
    """
    for number, text in enumerate(lines):
        if not text.strip():
            continue
        try:
            line = Line.model_validate_json(text)
        except ValidationError as error:
            raise ConfigError(
                f"{name}:{number + 1}",
                f"is no article: {error.errors()[0]['msg']}",
                'Write one JSON object a line: {"title": "…", "link": "…"}',
            ) from error
        yield _article(number, line, detector)


def _article(number: int, line: Line, detector: LanguageDetector) -> Article:
    url = canonical_url(line.link or "")
    at = _time(line.first_seen) or _time(line.published) or _DAY
    title, summary = line.title or "", line.description or ""
    lang = line.lang or detector.detect(f"{title}\n{summary[:1_000]}")
    return Article(
        id=ArticleId(number),
        feed=FeedId(0),
        url=url,
        outlet=line.outlet or site_of(url),
        site=site_of(url) or (line.outlet or "").casefold(),
        title=title,
        summary=summary,
        body=line.body or "",
        lang=lang,
        published=at,
        first_seen=at,
    )


def _time(value: str | float | None) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        at = _TIME.validate_python(value)
    except ValidationError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def replay(
    articles: Iterable[Article], watches: Mapping[str, Query], window: Window, *, every: bool
) -> Iterator[dict[str, Any]]:
    """Yield what the bot would say: hits at once, then stories, summaries and alerts.

    Args:
        articles: In order.
        watches: The queries, by name.
        window: An empty one.
        every: File every article, also those that no watch matched.
    """
    stories: dict[StoryId, list[Member]] = {}
    hits: dict[ArticleId, dict[str, tuple[Hit, ...]]] = {}
    for article in articles:
        subject = Subject.of(article, article.outlet, None)
        matched = ((name, query.match(subject)) for name, query in watches.items())
        found = {name: spans for name, spans in matched if spans is not None}
        for name, spans in found.items():
            yield {
                "type": "hit",
                "article": article.id,
                "watch": name,
                "spans": [_span(hit) for hit in spans],
            }
        if not found and not every:
            continue
        hits[article.id] = found
        placed = window.place(article)
        story = placed.story or story_code(article.url or article.title[:200], stories)
        window.add(article, story, placed.reprint_of)
        member = Member(article=article, reprint_of=placed.reprint_of, tied_by=placed.tied_by)
        stories.setdefault(story, []).append(member)
    for id_, members in stories.items():
        yield from _said(Story(id=id_, members=tuple(members)), hits)


def _said(
    story: Story, hits: Mapping[ArticleId, Mapping[str, tuple[Hit, ...]]]
) -> Iterator[dict[str, Any]]:
    yield {
        "type": "story",
        "id": story.id,
        "articles": [article.id for article in story.articles],
        "reprints": [
            [member.article.id, member.reprint_of]
            for member in story.members
            if member.reprint_of is not None
        ],
    }
    summary = summarise(story.articles, "card")
    yield {
        "type": "summary",
        "story": story.id,
        "sentences": [{"text": s.text, "cites": list(s.cites)} for s in summary.sentences],
        "by": summary.by,
    }
    names = sorted({name for article in story.articles for name in hits[article.id]})
    if names:
        facts = layout.CardFacts(
            story=story,
            watches=tuple(names),
            hits={
                article.id: tuple(hit for spans in hits[article.id].values() for hit in spans)
                for article in story.articles
            },
            updated=story.last_at,
        )
        card = layout.card(facts, summary)
        yield {
            "type": "alert",
            "story": story.id,
            "watches": names,
            "title": card.title,
            "notice": card.notice,
            "text": card.as_text(),
        }


def _span(hit: Hit) -> dict[str, Any]:
    return {
        "field": hit.field,
        "start": hit.start,
        "end": hit.end,
        "text": hit.text,
        "term": hit.term,
    }


def to_json(row: Mapping[str, Any]) -> str:
    """Return a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": "))
