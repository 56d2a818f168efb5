"""Full-text search over articles, by SQLite's FTS5: any case, any accents, whole words."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, column, delete, literal_column, select, table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import Select

from bot.domain.articles import Article
from bot.domain.text import words

CREATE = (
    "CREATE VIRTUAL TABLE article_search USING fts5(search_text, "
    "tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")"
)
"""Words are told apart and folded before they come here: its tokenizer splits at spaces only."""
LONGEST = 20_000
"""Characters of an article's text that can be found."""
MOST_WORDS = 20

_search = table("article_search", column("rowid", BigInteger), column("search_text"))


async def add(connection: AsyncConnection, articles: Sequence[Article]) -> None:
    """Make articles findable."""
    if not articles:
        return
    texts = await asyncio.to_thread(lambda: [folded(article) for article in articles])
    await connection.execute(
        _search.insert(),
        [
            {"rowid": article.id, "search_text": text}
            for article, text in zip(articles, texts, strict=True)
        ],
    )


async def change(connection: AsyncConnection, article: Article) -> None:
    """Make an article findable by its new text."""
    await remove(connection, [article.id])
    await add(connection, [article])


async def remove(connection: AsyncConnection, articles: Sequence[int]) -> None:
    """Make articles findable no longer."""
    await connection.execute(delete(_search).where(_search.c.rowid.in_(articles)))


def matching(query: str) -> Select[int]:
    """Return the select of the ids of articles that contain all words of `query`.

    The last word may be the beginning of one. What FTS5 would take for syntax is quoted.
    """
    wanted = [word.text for word in words(query)][:MOST_WORDS]
    match = " ".join(f'"{word}"' for word in wanted) + ("*" if wanted else '""')
    found: Select[int] = select(_search.c.rowid).where(_matches(match))
    return found


def _matches(match: str) -> ColumnElement[bool]:
    return literal_column("article_search").op("MATCH")(match)


def folded(article: Article) -> str:
    """Return an article's words in their normal form, as they are searched."""
    whole = f"{article.title}\n{article.outlet}\n{article.text[:LONGEST]}\n{article.author}"
    return " ".join(word.text for word in words(whole))
