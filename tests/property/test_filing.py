"""Filing holds its promises for any text, and stays fast on hostile ones."""

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.articles import ArticleId
from bot.domain.stories import StoryId
from tests.unit.filing_articles import article, file_in, new_window

WORDS = (
    "Pedrosa",
    "Marlow",
    "judge",
    "orders",
    "floods",
    "harbour",
    "12",
    "1,300",
    "法官遣返",
    "é",
)
titles = st.one_of(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), st.text(max_size=60))
items = st.lists(
    st.fixed_dictionaries(
        {"title": titles, "summary": titles, "hours": st.floats(0, 400), "lang": st.just("es")}
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=80)
@given(items=items)
def test_filing_is_deterministic_and_a_copy_joins_its_original(items: list[dict[str, Any]]) -> None:
    """Two runs agree on everything, whatever the text, the order and the times."""
    one, other = new_window(articles=15), new_window(articles=15)
    for number, item in enumerate(items):
        story, placement = file_in(one, article(number, **item))
        assert file_in(other, article(number, **item)) == (story, placement)
        assert len(placement.tied_by) <= 5
        assert (placement.story is None) == (placement.score < 0)


@settings(deadline=None, max_examples=60)
@given(items=items, moved=st.lists(st.integers(0, 24), max_size=5))
def test_moves_and_expiry_leave_a_window_that_works(
    items: list[dict[str, Any]], moved: list[int]
) -> None:
    """Editors move articles that may have left; nothing that follows may fail."""
    window = new_window(articles=6)
    for number, item in enumerate(items):
        file_in(window, article(number, **item))
        if number % 3 == 0:
            window.move([ArticleId(id_) for id_ in moved], StoryId("moved"))


def test_hostile_sizes_are_cut() -> None:
    """A title of 100 kB and a body of 5 MB cost what their beginnings cost."""
    window = new_window()
    huge = article(1, "Pedrosa é " * 10_000, summary="word " * 1_000_000, body="法官 " * 1_700_000)
    started = time.process_time()
    file_in(window, huge)
    assert time.process_time() - started < 0.5


def test_many_articles_with_one_title_stay_cheap() -> None:
    """A feed that repeats itself slows nothing down; a title that says enough is one story."""
    window = new_window()
    started = time.process_time()
    for title, most in (("Breaking news", 800), ("Judge orders return of Pedrosa today", 1)):
        offset = len(title) * 10_000
        stories = {file_in(window, article(offset + n, title))[0] for n in range(800)}
        assert len(stories) <= most
    assert time.process_time() - started < 6
