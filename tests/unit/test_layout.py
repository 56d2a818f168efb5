"""How an edit is shown, word by word."""

import pytest

from bot.domain.layout import changed
from bot.domain.messages import Style, plain


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
