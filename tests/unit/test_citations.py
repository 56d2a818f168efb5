"""Which articles support a sentence."""

import pytest

from bot.domain.citations import cited_by, is_supported
from bot.domain.pieces import read
from tests.unit.summary_articles import article

CLAIM = "The ferry Lantern ran aground near Porto Venn on Monday with 212 people on board."


@pytest.mark.parametrize(
    ("told", "supports"),
    [
        (
            "The Lantern, a ferry with 212 people on board, ran aground near Porto Venn Monday.",
            True,
        ),
        (CLAIM, True),
        (
            "A ferry ran aground near Porto Venn on Monday. The Lantern had 212 people on board.",
            True,
        ),
        (
            "The Lantern, a ferry with 208 people on board, ran aground near Porto Venn Monday.",
            False,
        ),
        (
            "The Aurora, a ferry with 212 people on board, ran aground near Cape Dole Tuesday.",
            False,
        ),
        (
            "Prosecutors of Porto Venn will ask the Lantern's 212 owners for papers on Monday.",
            False,
        ),
    ],
)
def test_an_article_is_cited_only_with_the_same_words_names_and_figures(
    told: str,
    supports: bool,  # noqa: FBT001 - a row of the table
) -> None:
    """A wrong citation costs the reader's trust; a missing one costs little."""
    readings = read([article(0, CLAIM), article(1, told)])
    assert cited_by(readings[0].pieces[0], readings) == ((0, 1) if supports else (0,))


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        (
            "The owner of the ferry Lantern denied that the hull had been damaged before Monday.",
            "The owner of the ferry Lantern said that the hull had been damaged before Monday.",
        ),
        (
            "The captain of the Lantern said in court “we saw the red light far too late to turn”.",
            "The captain of the Lantern said in court that they turned far from the red buoy.",
        ),
        (
            "Was the captain of the ferry Lantern asleep when it ran aground near Porto Venn?",
            "The captain of the ferry Lantern was asleep when it ran aground near Porto Venn.",
        ),
        ("The Lantern ran aground in it.", "The Lantern ran aground in it, and so on, on Monday."),
    ],
)
def test_denials_quotations_questions_and_bare_claims_are_not_supported(
    claim: str, told: str
) -> None:
    """Most words are the same, and what is said is not."""
    readings = read([article(0, claim), article(1, told)])
    assert not is_supported(readings[0].pieces[0], readings[1])


def test_a_quotation_that_both_have_is_supported() -> None:
    """So it is the quotation, and not quoting, that the rule refuses."""
    claim = "The captain of the Lantern told the court “we saw the red light far too late to turn”."
    told = "“We saw the red light far too late to turn”, the Lantern's captain told the court."
    readings = read([article(0, claim), article(1, told)])
    assert is_supported(readings[0].pieces[0], readings[1])
