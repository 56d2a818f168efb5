"""Invented articles for the tests of summaries: one event, told by several outlets."""

from datetime import UTC, datetime, timedelta

from bot.domain.articles import Article, ArticleId, FeedId

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def article(
    number: int,
    text: str = "",
    *,
    title: str = "",
    body: str = "",
    lang: str = "en",
    url: str = "",
    site: str = "",
    tags: tuple[str, ...] = (),
) -> Article:
    """Return the article of outlet `number`, first seen so many minutes after `START`."""
    return Article(
        id=ArticleId(100 + number),
        feed=FeedId(number),
        url=url or f"https://outlet{number}.example/a",
        outlet=f"Outlet {number}",
        site=site or f"outlet{number}.example",
        title=title,
        summary=text,
        body=body,
        tags=tags,
        lang=lang,
        first_seen=START + timedelta(minutes=number),
    )


FERRY = (
    article(
        0,
        "PORTO VENN (AW) — A ferry with 212 people on board ran aground near Porto Venn on Monday "
        "morning, the coast guard said. All passengers were taken off by noon.",
        title="Ferry runs aground near Porto Venn",
    ),
    article(
        1,
        "The ferry Lantern ran aground near Porto Venn on Monday morning with 212 people on board, "
        "the coast guard said. Divers found a tear of four metres in the hull of the Lantern.",
        title="Ferry Lantern aground off Porto Venn",
    ),
    article(
        2,
        "Rescuers took every passenger off a ferry that ran aground near Porto Venn on Monday. "
        "Prosecutors in Venn have opened an inquiry into the captain and the harbour pilot.",
        title="Passengers rescued from ferry at Porto Venn",
    ),
)
