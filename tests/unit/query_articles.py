"""Articles and packs that the tests of queries and matching share; all made up."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.packs import Pack, Packs, Term
from bot.domain.query import Subject

PACKS: Packs = {
    "cecot": Pack(
        "cecot", "the prison",
        (
            Term("CECOT", ""),
            Term("mega-prison", "en"),
            Term("cárcel", "es"),
            Term("salvador* NEAR/4 prison", "en"),
        ),
    )
}  # fmt: skip
ARTICLE = Article(
    id=ArticleId(1),
    feed=FeedId(1),
    url="https://news.example.org/2026/el-salvador-court",
    outlet="Example",
    site="example.org",
    title="Bukele's CECOT-2: Judge halts deportations",
    summary="The judge spoke of mega-prisons in El Salvador. It began at 12:30.",
    body="Ten Venezuelans wait.",
    author="Ana López",
    tags=("Migration", "US politics"),
    lang="en",
    first_seen=datetime(2026, 1, 1, tzinfo=UTC),
)


def subject(title: str | None = None, feed: str = "Example News", **changes: Any) -> Subject:
    """Return the article as queries see it, or one of this title and nothing else."""
    article = ARTICLE
    if title is not None:
        article = replace(ARTICLE, title=title, summary="", body="", author="", tags=(), url="")
    return Subject.of(replace(article, **changes), feed, None)
