"""Which texts are one text, and how many outlets report on their own."""

import pytest

from bot.domain.articles import ArticleId
from bot.domain.reprints import LEAD_WORDS, independent, is_reprint, print_of
from tests.unit.filing_articles import article

TITLE = "Judge orders the return of a deported man"
LEAD = (
    "A federal judge on Monday ordered the government to bring back a man whom it had deported by "
    "mistake last month, his lawyers said, and asked for a report on the steps taken by Friday."
)
OTHER = (
    "The ministry published the minutes of a closed meeting in which officials discussed flights, "
    "costs and the number of beds, and nobody in the room asked whether the list was complete."
)


def test_equal_titles_are_one_text_whatever_the_marks() -> None:
    """Outlets change quotes, accents, case and the points of "U.S." in a wire's title."""
    one = article(1, "U.S. to remove tariffs on José’s bananas and coffee")
    other = article(2, "US to remove tariffs on Jose's BANANAS and coffee")
    assert is_reprint(print_of(one), print_of(other))


def test_a_short_title_alone_is_no_proof() -> None:
    """Columns and live pages carry the same few words every day."""
    assert not is_reprint(
        print_of(article(1, "Live updates")), print_of(article(2, "Live updates"))
    )


def test_one_text_under_two_titles_is_a_reprint() -> None:
    """Desks write their own headline over a wire's text."""
    one = article(1, TITLE, summary=LEAD)
    other = article(2, "Deported man must come back", summary=LEAD, body=f"{LEAD} More follows.")
    assert is_reprint(print_of(one), print_of(other))


def test_two_texts_under_one_title_are_two_texts() -> None:
    """Two reporters may choose the same headline; their texts tell."""
    one, other = article(1, TITLE, summary=LEAD), article(2, TITLE, summary=OTHER)
    assert not is_reprint(print_of(one), print_of(other))


def test_half_a_text_in_common_leaves_the_title_to_decide() -> None:
    """An updated wire shares a part of its text: only an equal title makes it the same."""
    half = " ".join(LEAD.split()[:16]) + " " + " ".join(OTHER.split()[:16])
    one = print_of(article(1, TITLE, summary=LEAD))
    assert is_reprint(one, print_of(article(2, TITLE, summary=half)))
    assert not is_reprint(one, print_of(article(3, "Something else was said today", summary=half)))


def test_a_text_too_short_to_tell_gives_nothing_to_look_up() -> None:
    """A sentence may be quoted by anyone, so it is no sketch of a text."""
    assert print_of(article(1, TITLE, summary="He will be back soon.")).sketch == ()
    assert print_of(article(1, TITLE, summary=LEAD)).sketch


def test_chinese_titles_count_characters_as_words() -> None:
    """Without spaces a title is one run; it must still be recognised."""
    title = "法官下令遣返一名男子"
    assert is_reprint(print_of(article(1, title)), print_of(article(2, title)))


def test_a_print_is_small_whatever_the_text() -> None:
    """A body of megabytes costs what its beginning costs."""
    text = print_of(article(1, "word " * 20_000, body="another word of many " * 250_000))
    assert len(text.shingles) <= LEAD_WORDS
    assert len(text.title) <= 200


def test_reprints_and_second_articles_add_no_independent_outlet() -> None:
    """Two outlets with one wire text confirm nothing; nor does an outlet that writes twice."""
    articles = [
        article(1, "a", site="one.example"),
        article(2, "b", site="two.example"),  # reprints 1
        article(3, "c", site="three.example"),
        article(4, "d", site="three.example"),
    ]
    assert independent(articles, {ArticleId(2): ArticleId(1)}) == 2
    assert independent(articles, {}) == 3
    assert independent([], {}) == 0


def test_outlets_joined_through_a_third_count_once() -> None:
    """A reprints B's text and C's: none of the three stands alone."""
    articles = [
        article(1, "a", site="one.example"),
        article(2, "b", site="two.example"),
        article(3, "c", site="three.example"),
        article(4, "d", site="three.example"),
    ]
    reprints = {ArticleId(3): ArticleId(1), ArticleId(4): ArticleId(2)}
    assert independent(articles, reprints) == 1


@pytest.mark.parametrize("origin", [1, 2])
def test_reprints_that_point_in_a_circle_end(origin: int) -> None:
    """Rows that an editor mended by hand must not hang the card."""
    reprints = {ArticleId(1): ArticleId(2), ArticleId(2): ArticleId(1)}
    assert independent([article(origin, "a")], reprints) == 1


def test_an_outlet_without_a_site_is_known_by_its_name() -> None:
    """Articles without a link have no site."""
    articles = [article(1, "a", site="", outlet="X"), article(2, "b", site="", outlet="X")]
    assert independent(articles, {}) == 1
