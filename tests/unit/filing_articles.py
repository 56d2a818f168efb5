"""Articles and a small lexicon for the tests of filing."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.filing import FilingSettings, Placement, Window
from bot.domain.lexicon import Background, Lexicon, background_from_lines, lexicon_from_lines
from bot.domain.stories import StoryId

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STOP = (
    "# words that say nothing",
    "",
    "en\tthe a of to in on for and after is by from with must says",
    "es\tel la de en los por que fue a hay un",
    "zh\t的",
)
GLOSSES = {
    "en": ("deport\tdeported deportation deportees", "million\tmn", "2\ttwo", "arrest\tarrested"),
    "es": (
        "deport\tdeportado deportación",
        "judge\tjuez",
        "united states\testados_unidos",
        "arrest\tdetenido",
    ),
    "zh": ("judge\t法官", "deport\t遣返", "million\t百万"),
}
TIERS = (
    "# share, kind, words",
    "300\tword\tjudge orders deported return government police man court",
    "200\tname\ttrump salvador",
    "a line without columns",
)


def small_lexicon() -> Lexicon:
    """Return a lexicon of a few words in three languages."""
    return lexicon_from_lines(STOP, GLOSSES, ("學國會\t学国会",), territories=False)


@cache
def small_words() -> tuple[Lexicon, Background]:
    """Return the small lexicon and a background made from it."""
    lexicon = small_lexicon()
    return lexicon, background_from_lines(TIERS, lexicon)


def article(number: int, title: str, *, hours: float = 0, **given: Any) -> Article:
    """Return an article seen some hours after noon, from an outlet of its own."""
    seen = NOON + timedelta(hours=hours)
    fields: dict[str, Any] = {
        "id": ArticleId(number),
        "feed": FeedId(1),
        "url": f"https://example.org/{number}",
        "outlet": f"Outlet {number}",
        "site": f"outlet{number}.example",
        "title": title,
        "first_seen": seen,
    }
    return Article(**{**fields, **given})


def new_window(**settings: Any) -> Window:
    """Return an empty window on the small lexicon."""
    return Window(*small_words(), FilingSettings(**settings))


def file_in(window: Window, filed: Article) -> tuple[StoryId, Placement]:
    """File an article as the bot does: placed, then added."""
    placement = window.place(filed)
    story = placement.story or StoryId(f"s{filed.id}")
    window.add(filed, story, placement.reprint_of)
    return story, placement
