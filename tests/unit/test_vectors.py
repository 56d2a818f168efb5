"""What an article's terms are, in several languages, and how they are weighed."""

import pytest

from bot.domain.articles import Article
from bot.domain.lexicon import Lexicon
from bot.domain.textforms import fold_marks, plural_stem, romance_stem
from bot.domain.vectors import (
    TERMS,
    Counted,
    count_terms,
    guess_language,
    title_and_lead,
    weigh,
)
from tests.unit.filing_articles import article, small_lexicon, small_words


def counted(given: Article) -> Counted:
    return count_terms(given, *small_words(), lead_weight=0.5)


def terms(title: str) -> list[str]:
    return list(counted(article(1, title)).counts)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("The judge's orders on Ábrego", ["judge", "order", "abrego"]),
        ("Cities, classes, judges, gas", ["city", "class", "judge", "gas"]),
        ("Two deported, 1,300 arrested", ["2", "deport", "1300", "arrest"]),
        ("Loan of $1.4bn or 33mn", ["loan", "1.4", "bn", "or", "33", "million"]),
        ("a 5x b", ["5"]),
        ("٣ men", ["٣", "men"]),
    ],
)
def test_words_become_terms(title: str, expected: list[str]) -> None:
    """Plurals, accents, genitives, number words and families of words make no difference."""
    assert terms(title) == expected


def test_spanish_words_become_english_terms() -> None:
    """A Spanish and an English article on one event share the lexicon's words."""
    title = "El juez de los Estados Unidos: los deportados en la corte"
    assert terms(title) == ["judge", "united", "state", "deport", "corte"]


def test_chinese_is_cut_by_the_lexicon_and_the_rest_into_pairs() -> None:
    """Longest known word first; an unknown name still matches itself by its pairs."""
    assert terms("法官遣返陈大文的") == ["judge", "deport", "陈大", "大文"]
    assert terms("學國會") == ["学国", "国会"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("3300万人", ["3300", "33", "million"]),
        ("1.5亿", ["1.5", "150", "million"]),
        ("20亿", ["20", "2", "billion"]),
        ("5千法", ["5", "5000"]),
        ("999999999999万", ["999999999999"]),
        ("5 万", ["5"]),
    ],
)
def test_chinese_scales_become_english_ones(title: str, expected: list[str]) -> None:
    """33,000,000 is 3300 ten-thousands in Chinese."""
    assert terms(title) == expected


def test_names_are_capitals_inside_a_sentence_and_known_names() -> None:
    """A capital tells a name only where no sentence begins and not every word has one."""
    names = counted(article(1, "Judge frees Pedrosa as trump waits; Later he spoke")).names
    assert names == {"pedrosa", "trump"}
    assert counted(article(1, "Judge Frees Pedrosa After Long Wait")).names == frozenset()


def test_the_lead_counts_less_and_less() -> None:
    """What matters comes first."""
    counts = counted(article(1, "Headline", summary="first " + "filler " * 60 + "Xylem")).counts
    assert counts["headline"] == 1.0
    assert counts["headline"] > counts["first"] > counts["xylem"] > 0
    assert "xylem" in counted(article(1, "Headline", summary="then Xylem and xylem 7")).names


def test_an_article_without_a_title_has_its_first_sentence() -> None:
    """Some feeds carry only text."""
    assert title_and_lead(article(1, "", body="It rained. It stopped."))[0] == "It rained."
    assert title_and_lead(article(1, " ")) == ("", "")


def test_a_summary_that_begins_the_body_is_not_read_twice() -> None:
    """Feeds give the body's first sentence as summary."""
    _, lead = title_and_lead(article(1, "T", summary="It rained.", body="It rained. Then not."))
    assert lead == "It rained. Then not."
    _, both = title_and_lead(article(1, "T", summary="It rained.", body="Then not."))
    assert both == "It rained.\nThen not."


def test_a_summary_that_is_long_enough_leaves_the_body_unread() -> None:
    """What is read of an article is bounded."""
    _, lead = title_and_lead(article(1, "T", summary="rain " * 2_000, body="Then not."))
    assert lead == ("rain " * 800).strip() or len(lead) <= 4_000


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("el juez de la corte", "", "es"),
        ("the judge of the court", "", "en"),
        ("the judge of the court", "es", "en"),
        ("juez la", "es", "es"),
        ("Kilmar Abrego", "sv", "en"),
        ("la the el of", "en", "en"),
    ],
)
def test_function_words_tell_the_language(text: str, said: str, expected: str) -> None:
    """Feeds and detectors are wrong about short titles, so they only add a word."""
    assert guess_language(text, small_lexicon(), said) == expected


def test_a_vector_keeps_the_heaviest_terms_and_has_length_one() -> None:
    """Size is bounded, and long articles are no nearer to everything than short ones."""
    many = Counted(
        counts={f"t{n}": 1.0 + n for n in range(200)} | {"9": 1.0},
        names=frozenset({"t0", "t199"}),
        numbers=frozenset({"9"}),
    )
    vector = weigh(many, lambda term: 50.0 if term == "9" else 1.0, number_weight=2.0)
    assert len(vector.weights) == TERMS
    assert next(iter(vector.weights)) == "9"
    assert sum(weight**2 for weight in vector.weights.values()) == pytest.approx(1)
    assert vector.names == {"t199"}


def test_no_words_make_an_empty_vector() -> None:
    """A title of emoji is an article too."""
    vector = weigh(counted(article(1, "🔥🔥 the")), lambda _: 1.0, number_weight=1.0)
    assert vector.weights == {}


def test_stems_leave_short_and_latin_words_alone() -> None:
    """`gas`, `status` and `crisis` are no plurals."""
    assert [plural_stem(word) for word in ("gas", "status", "losses", "bodies", "judge")] == [
        "gas",
        "status",
        "loss",
        "body",
        "judge",
    ]
    assert romance_stem("deportadas") == romance_stem("deportado") == "deportad"
    assert romance_stem("ley") == "ley"
    assert romance_stem("fiscal") == "fiscal"


def test_marks_are_dropped_and_case_is_kept() -> None:
    """Names are told by their capitals after folding."""
    assert fold_marks("Ábrego García") == "Abrego Garcia"


def test_a_language_without_glosses_is_left_as_it_is() -> None:
    """Function words may tell a language that the lexicon cannot translate."""
    lexicon = Lexicon(function={"sv": frozenset({"och", "att"})})
    assert guess_language("och att", lexicon, "") == "sv"
    assert lexicon.gloss("sv", "domare") is None
