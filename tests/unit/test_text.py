"""What `bot.domain.text` and `bot.domain.inflections` promise."""

import pytest

from bot.domain.inflections import inflection
from bot.domain.text import Word, fold, shorten, stem, utf16_length, words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Deportación", "deportacion"),
        ("DEPORTACIO\u0301N", "deportacion"),
        ("Straße", "strasse"),
        ("Łódź Ærø Đà þorn ıİ", "lodz aero da thorn ii"),
        ("ＣＥＣＯＴ", "cecot"),
        ("ﬁnance", "finance"),
        ("depor\u00adta\u200bdo", "deportado"),
        ("йод", "йод"),
        ("がく", "がく"),
        ("한국", "한국"),
        ("plain", "plain"),
    ],
)
def test_spellings_of_one_word_have_one_form(written: str, folded: str) -> None:
    """Accents fall from Latin letters only: in Cyrillic and kana they make another letter."""
    assert fold(written) == folded


def test_words_keep_their_places_in_the_text_as_given() -> None:
    """Hits are shown in the original, so no place may shift by folding."""
    text = "Straße: “Mega‑cárcel” de Bukele’s"
    assert [text[word.start : word.end] for word in words(text)] == [
        "Straße", "Mega", "cárcel", "de", "Bukele", "s",
    ]  # fmt: skip


def test_a_mark_belongs_to_the_letter_before_it() -> None:
    """Decomposed accents and vowel signs must not cut a word in two."""
    assert words("e\u0301te\u0301") == (Word("ete", 0, 5),)
    assert [word.text for word in words("हिन्दी में")] == ["हिन्दी", "में"]


def test_signs_of_scripts_without_spaces_are_words_of_their_own() -> None:
    """So a query of two signs is a row of words, found inside any longer run."""
    assert [word.text for word in words("東京 🚨 a_b")] == ["東", "京", "🚨", "a", "b"]


@pytest.mark.parametrize(
    ("word", "lang", "stemmed"),
    [
        ("deportations", "en", "deport"),
        ("Deportaciones", "es", "deport"),
        ("deportações", "pt", "deport"),
        ("Deportations", "xx", "deportations"),
        ("x" * 41, "en", "x" * 41),
    ],
)
def test_a_stem_is_folded(word: str, lang: str, stemmed: str) -> None:
    """A language without a stemmer, and what is no word, keep their own form."""
    assert stem(word, lang) == stemmed


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("en", "deportation", "deportations"),
        ("en", "sanction", "sanctioned"),
        ("en", "agree", "agreed"),
        ("en", "refer", "referred"),
        ("en", "city", "cities"),
        ("en", "prison", "prisons"),
        ("es", "deportacion", "deportaciones"),
        ("es", "deportado", "deportadas"),
        ("es", "juez", "jueces"),
        ("pt", "deportacao", "deportacoes"),
        ("pt", "prisao", "prisoes"),
        ("fr", "expulse", "expulsees"),
        ("fr", "renvoi", "renvois"),
        ("de", "abschiebung", "abschiebungen"),
        ("it", "deportazione", "deportazioni"),
    ],
)
def test_inflections_of_one_word_share_a_key(lang: str, one: str, other: str) -> None:
    """Number, gender and tense do not make another word."""
    assert inflection(one, lang) == inflection(other, lang)


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("es", "deportacion", "deportes"),
        ("es", "deportar", "deporte"),
        ("en", "deported", "deportes"),
        ("en", "prison", "prisoner"),
        ("en", "deport", "deportment"),
        ("es", "bukele", "bukelista"),
        ("ru", "дом", "дома"),
    ],
)
def test_words_of_one_stem_need_not_be_one_word(lang: str, one: str, other: str) -> None:
    """A stemmer alone would send every page on sport to who watches deportations."""
    assert inflection(one, lang) != inflection(other, lang)


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("one two", 7, "one two"),
        ("one two three", 8, "one two…"),
        ("one two three", 7, "one…"),
        ("one, two", 6, "one…"),
        ("unbreakable", 5, "unbr…"),
        ("one two", 1, "…"),
        ("one two", 0, ""),
        ("😀😀😀", 4, "😀…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
    ],
)
def test_cutting_stays_within_the_limit(text: str, limit: int, cut: str) -> None:
    """Discord counts UTF-16 units and refuses a message that is one too long."""
    shortened = shorten(text, limit)
    assert shortened == cut
    assert utf16_length(shortened) <= limit
