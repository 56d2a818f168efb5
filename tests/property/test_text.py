"""Words that are taken without their places are the same words."""

import re
from unicodedata import normalize

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.text import folded_words, simple_words, words

SIGNS = "\t\n\x00\x1c_-'.,:/ \u00a0«»–—‘’“”„•…\u2009\u202f\u200b€"
TEXTS = st.one_of(
    st.text(f"aZ09{SIGNS}"),
    st.text(f"aZ9éßİøй今한\u0301\u00ad☂{SIGNS}"),
    st.text(),
)


@given(TEXTS)
@settings(max_examples=300)
def test_words_are_the_same_with_and_without_their_places(text: str) -> None:
    """What is searched for is told apart with their places, what is searched without."""
    assert folded_words(text) == [word.text for word in words(text)]


@given(TEXTS)
@settings(max_examples=300)
def test_the_words_of_plain_text_are_its_runs_of_letters_and_digits(text: str) -> None:
    """Whatever rule for words is asked for: what identifies an article may not change."""
    found = simple_words(text)
    assert found in (None, re.findall(r"[^\W_]+", normalize("NFC", text).casefold()))
    assert found is not None or not text.isascii()
