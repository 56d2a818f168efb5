"""Parts that answers are laid out from: moments, citations, lists of sources, articles as lines.

Owns wording and order. What is shown, and to whom, is decided by the commands.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.articles import Article, ArticleId
from bot.domain.messages import Run, Style, Text, text
from bot.domain.stories import Member, Story
from bot.domain.text import shorten

DOT = " · "
_HEADLINE = 200  # characters of a headline in a line of a list


def moment(at: datetime) -> Run:
    """Return a day and a time, shown in the reader's zone where the platform can."""
    return Run(f"{at:%a %d %b %H:%M} UTC", at=at)


def cite(ids: Sequence[ArticleId], articles: Sequence[Article]) -> Text:
    """Return ` [1][2]`: each linked, numbered by the article's place in `articles`."""
    numbers = {article.id: number for number, article in enumerate(articles, start=1)}
    runs = [
        Run(f"[{number}]", url=articles[number - 1].url)
        for number in sorted(numbers[one] for one in ids if one in numbers)
    ]
    return text(" ", *runs) if runs else ()


def sources_text(articles: Sequence[Article], only: Sequence[ArticleId] = ()) -> Text:
    """Return `[1] Outlet A · [3] Docket`, numbered as `cite` does.

    Args:
        articles: All that are numbered.
        only: The ones to list; empty for all.
    """
    runs: list[Run | str] = []
    for number, article in enumerate(articles, start=1):
        if not only or article.id in only:
            name = shorten(article.outlet, 60)
            runs += [DOT if runs else "", Run(f"[{number}] {name}", url=article.url)]
    return text(*runs)


def headline(article: Article) -> str:
    """Return an article's headline for a list, one line; its address where it has none."""
    return shorten(article.title or article.url or "(no headline)", _HEADLINE)


def article_line(article: Article, *, number: int = 0, story: str = "") -> Text:
    """Return an article as a line of a list: time, outlet, headline, story."""
    return text(
        Run(f"[{number}] " if number else ""),
        Run(headline(article), Style.BOLD, url=article.url),
        DOT,
        shorten(article.outlet, 60),
        DOT,
        moment(article.at),
        f"{DOT}story {story}" if story else "",
    )


def member_line(member: Member, numbers: Mapping[ArticleId, int]) -> Text:
    """Return a story's article as a line: number, outlet, headline, time, whose text it prints."""
    article = member.article
    runs = article_line(article, number=numbers[article.id])
    if member.reprint_of is None:
        return runs
    origin = numbers.get(member.reprint_of)
    return (*runs, *text(DOT, Run("WIRE COPY", Style.TAG), f" of [{origin}]" if origin else ""))


def coverage(story: Story) -> str:
    """Return `7 outlets, 4 independent` or the outlet's name where there is one."""
    count = len(story.outlets)
    return story.outlets[0] if count == 1 else f"{count} outlets, {story.independent} independent"


def counted(number: int, one: str, many: str = "") -> str:
    """Return `1 article`, `3 articles`, `2 stories`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
