"""Whose words an article is shown in, when feeds of more than one workspace brought it.

What a feed that was added in chat is called is that workspace's own: nobody else may see it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.domain.articles import Article, ArticleId, Feed
from bot.domain.urls import site_name
from bot.ports.store import Transaction


async def take_over(
    tx: Transaction, feed: Feed, drafts: Iterable[Article], there: Mapping[str, ArticleId]
) -> None:
    """Change articles that a feed brings and another workspace's feed brought first.

    Args:
        tx: The transaction of the poll.
        feed: The feed that was polled.
        drafts: Its new entries.
        there: The articles that are stored already, by URL.
    """
    by_id = {there[draft.url]: draft for draft in drafts if draft.url in there}
    for article in await tx.articles.get(sorted(by_id)):
        line = await tx.feeds.get(article.feed)
        first = None if line is None else line.feed
        if first is not None and first.workspace in ("", feed.workspace):
            continue
        await tx.articles.save(shown_to_all(article, by_id[article.id], feed))


def shown_to_all(article: Article, draft: Article, feed: Feed) -> Article:
    """Return an article without what is one workspace's own.

    Args:
        article: As another workspace's feed, or one that was removed, brought it.
        draft: As `feed` brings it.
        feed: A shared feed's words take the place of the others; of two workspaces' feeds
            neither gives the outlet its name.
    """
    if feed.workspace:
        named = draft.outlet if draft.outlet != feed.name else site_name(article.url)
        return replace(article, outlet=named)
    return replace(
        draft,
        id=article.id,
        lang=draft.lang or article.lang,
        first_seen=article.first_seen,
        version=article.version,
    )
