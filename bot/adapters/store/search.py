"""Full-text search over articles: any case, any accents, whole words.

By SQLite's FTS5 or PostgreSQL's tsvector; words are told apart and folded before they come to it,
so that both find the same.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, column, delete, select, table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import Select

from bot.adapters.store.dialects import matches, searchable, searched
from bot.domain.articles import Article
from bot.domain.text import folded_words

CREATE = (
    "CREATE VIRTUAL TABLE article_search USING fts5(search_text, "
    "tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")"
)
"""On SQLite: its tokenizer splits at spaces only. On PostgreSQL the first migration makes it."""
LONGEST = 20_000
"""Characters of an article's text that can be found."""
QUICKLY = 5_000
"""Characters of some articles that are folded in one or two milliseconds: not worth a thread."""
MOST_WORDS = 20
LONGEST_WORD = 500
"""Characters of a word: PostgreSQL takes 2,046 bytes."""

TABLE = table("article_search", column("rowid", BigInteger), column("search_text"))


async def add(connection: AsyncConnection, articles: Sequence[Article]) -> None:
    """Make articles findable."""
    if not articles:
        return

    def rows() -> list[dict[str, Any]]:
        return [{"article": article.id, "words": folded(article)} for article in articles]

    quick = sum(len(article.text) for article in articles) <= QUICKLY
    await store(connection, rows() if quick else await asyncio.to_thread(rows))


async def store(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the folded `words`, spaces between, of each `article`, by its id."""
    await connection.execute(
        TABLE.insert().values(
            rowid=bindparam("article", type_=BigInteger),
            search_text=searchable(connection, bindparam("words", type_=Text)),
        ),
        rows,
    )


def kept(connection: AsyncConnection) -> Select[int, str]:
    """Return the select of what `store` has stored; PostgreSQL keeps each word once."""
    words = searched(connection, TABLE.c.search_text)
    return select(TABLE.c.rowid.label("article"), words.label("words"))


async def change(connection: AsyncConnection, article: Article) -> None:
    """Make an article findable by its new text."""
    await remove(connection, [article.id])
    await add(connection, [article])


async def remove(connection: AsyncConnection, articles: Sequence[int]) -> None:
    """Make articles findable no longer."""
    await connection.execute(delete(TABLE).where(TABLE.c.rowid.in_(articles)))


def matching(connection: AsyncConnection, query: str) -> Select[int]:
    """Return the select of the ids of articles that contain all words of `query`.

    The last word may be the beginning of one.
    """
    wanted = _words(query)[:MOST_WORDS]
    found: Select[int] = select(TABLE.c.rowid).where(matches(connection, wanted))
    return found


def folded(article: Article) -> str:
    """Return an article's words in their normal form, as they are searched."""
    whole = f"{article.title}\n{article.outlet}\n{article.text[:LONGEST]}\n{article.author}"
    return " ".join(_words(whole))


def _words(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in folded_words(text)]
