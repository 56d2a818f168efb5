"""How an edit is shown, word by word; what a digest says of each story."""

from datetime import timedelta

import pytest

from bot.domain.layout import changed, digest
from bot.domain.messages import Bullets, Style, plain
from bot.domain.stories import Member, Story, StoryId
from tests.unit.summary_articles import START, article


@pytest.mark.parametrize(
    ("old", "new", "said", "styles"),
    [
        ("men deported", "men moved", "men “deported” → “moved”", ["deleted", "inserted"]),
        ("five men deported", "men deported", "“five” men deported", ["deleted"]),
        ("men deported", "men deported today", "men deported “today”", ["inserted"]),
        ("", "men", "“men”", ["inserted"]),
        ("men", "men", "men", []),
    ],
)
def test_an_edit_shows_what_went_what_came_and_what_stayed(
    old: str, new: str, said: str, styles: list[str]
) -> None:
    """A word that only went has no arrow."""
    shown = changed(old, new)
    assert plain(shown) == said
    assert [Style(run.style).value for run in shown if run.style is not Style.PLAIN] == styles


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (-1, "new"),  # all of it came since
        (0, "+5 since: Outlet 1, Outlet 2, Outlet 3 and 2 more"),
        (4, "+1 since: Outlet 5"),
        (5, "story FERR"),  # nothing came since: it was held till now
    ],
)
def test_a_digest_says_what_is_new_since_the_last(minutes: int, said: str) -> None:
    members = tuple(Member(article=article(number, title="Ferry aground")) for number in range(6))
    story = Story(id=StoryId("FERR"), members=members)
    message = digest([story], START + timedelta(minutes=minutes), "Digest")
    (line,) = next(block for block in message.blocks if isinstance(block, Bullets)).items
    assert plain(line).rpartition(" · ")[2] == said
