"""The watch language against anything that can be typed or printed."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import QueryError
from bot.domain.matching import Matcher
from bot.domain.query import Query, parse
from bot.domain.query_subject import FIELDS, SEARCHED
from bot.domain.text import fold, shorten, utf16_length, words
from tests.unit.query_articles import PACKS, subject

SIGNS = [
    "OR", "AND", "NOT", "NEAR/3", "NEAR", "(", ")", '"', "“", "-", "*", "/", "=", ",", ":",
    "title:", "body:", "body:full", "site:", "lang:es", "feed:", "pack:cecot", "pack:x", "cecot",
    "judge",
    "Deportación",
    "deport", "🚨", "地震", "'", " ", " ", " ", "~2", "|", "i", "\\b", "[", "\u0301", "é",
]  # fmt: skip
TYPED = st.lists(st.sampled_from(SIGNS), max_size=25).map("".join)
WORDS = ("cecot", "judge", "deportation", "halts", "football", "ten", "salvador", "de")
TERMS = st.sampled_from([*WORDS, "deport*", '"judge halts"', "=cecot", "lang:en", "/jud.e/i"])


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(parts, st.sampled_from([" OR ", " AND ", " ", " -"]), parts)
    return pairs.map(lambda pair: f"({pair[0]}{pair[1]}{pair[2]})")


QUERIES = st.recursive(TERMS, _joined, max_leaves=6)
TITLES = st.lists(st.sampled_from([*WORDS, "deportations", "Judge", "."]), max_size=12).map(
    " ".join
)


@settings(deadline=None, max_examples=100)
@given(TYPED | st.text(max_size=60))
def test_anything_typed_is_parsed_or_refused_with_a_place_and_a_query_that_parses(
    typed: str,
) -> None:
    """No input makes the parser fail in another way; no suggestion leads to a second refusal."""
    query, refusal = _parsed(typed)
    if query is not None:
        hits = query.match(subject())
        assert query.explained()
        assert (hits is None) == bool(query.near_miss(subject()))
    if refusal is not None:
        assert 0 <= refusal.at <= len(typed)
        assert refusal.explained().encode()
        assert refusal.suggestion is None or _parsed(refusal.suggestion)[0] is not None


def _parsed(typed: str) -> tuple[Query | None, QueryError | None]:
    try:
        return parse(typed, PACKS), None
    except QueryError as error:
        return None, error


@settings(deadline=None, max_examples=100)
@given(st.lists(QUERIES, max_size=8), TITLES)
def test_the_index_agrees_with_a_loop(sources: list[str], title: str) -> None:
    """A watch that hangs on the wrong key would be silent, and nobody would know."""
    article, index, asked = subject(title), Matcher[int](), {}
    for number, source in enumerate(sources):
        query, _ = _parsed(source)
        if query is None:
            continue
        index.add(number, query)
        if (hits := query.match(article)) is not None:
            asked[number] = hits
    assert index.match(article) == asked


@settings(deadline=None, max_examples=100)
@given(QUERIES, TITLES, TITLES)
def test_what_is_certain_without_the_page_stays_so_with_it(
    source: str, title: str, page: str
) -> None:
    """Else a page that could decide would not be read, or one that cannot be asked for."""
    query, _ = _parsed(f"({source}) body:full")
    if query is not None:
        before = query.root.certain(subject(title), SEARCHED)
        after = query.match(subject(title, page=page)) is not None
        assert before in (None, after)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=80))
def test_every_word_of_a_text_is_found_where_it_stands(text: str) -> None:
    """Exact words are found in any script, and their hits are the text's own characters."""
    article = subject(text)
    title = article.within(("title",))
    for word in words(text)[:5]:
        written = text[word.start : word.end]
        hits = parse(f'"{written}"', PACKS).match(article)
        assert hits is not None
        assert any(hit.start <= word.start < word.end <= hit.end for hit in hits)
        assert all(title[0].text[hit.start : hit.end] == hit.text for hit in hits)
        assert {hit.field for hit in hits} <= set(FIELDS)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=80))
def test_folding_twice_changes_nothing(text: str) -> None:
    """Query and text meet in one form, however often each was folded."""
    assert fold(fold(text)) == fold(text)


@settings(deadline=None, max_examples=100)
@given(
    st.text(alphabet=st.sampled_from(string.ascii_letters + " \n,😀\u0301"), max_size=60),
    st.integers(0, 40),
)
def test_shortened_text_never_exceeds_the_limit(text: str, limit: int) -> None:
    """A message that is one unit too long is refused whole."""
    assert utf16_length(shorten(text, limit)) <= limit
