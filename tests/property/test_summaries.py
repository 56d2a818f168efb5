"""Whatever the articles hold, a summary is made of their own sentences."""

import os
import subprocess
import sys
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.articles import Article
from bot.domain.summaries import BUDGETS, Length, Sentence, adds, summarise, whats_new
from tests.unit.summary_articles import START, article

SOURCE = (
    "ferry Lantern Venn aground 212 1,400 people the of in said not “it is” over. over! (AW) — "
    "Sr. EE. UU. el barco de la 法院下令。 قالت المحكمة <b> &amp; | • https://a.example/ @x … "
    "[...] \n \n\n \u00a0 \u2028 14 17 million $1.5 U.S. J. Monday, killed? „so“ "
    "👩\u200d👧 \u200f \u202e a\u0301"
)
WORDS = SOURCE.split(" ")
TEXT = st.one_of(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join), st.text(max_size=120))
ARTICLES = st.lists(
    st.tuples(TEXT, TEXT, TEXT, st.sampled_from(["en", "es", "", "zh"])), max_size=5
).map(
    lambda rows: [
        article(n, summary, title=title, body=body, lang=lang)
        for n, (title, summary, body, lang) in enumerate(rows)
    ]
)
LENGTHS: st.SearchStrategy[Length] = st.sampled_from(["card", "short", "normal", "long"])


def occurs(sentence: Sentence, articles: list[Article]) -> bool:
    """Whether the sentence is in the title, summary or body of an article it cites."""
    cited = [one for one in articles if one.id in sentence.cites]
    parts = [part for one in cited for part in (one.title, one.summary, one.body)]
    return any(sentence.text in " ".join(part.split()) for part in parts)


@given(articles=ARTICLES, length=LENGTHS, shown=st.lists(TEXT, max_size=3))
@settings(deadline=None, max_examples=100)
def test_every_sentence_occurs_in_an_article_that_it_cites(
    articles: list[Article], length: Length, shown: list[str]
) -> None:
    """This is the promise of an extractive summary, and it is kept without exception."""
    summary = summarise(articles, length, shown)
    ids = {one.id for one in articles}
    for sentence in summary.sentences:
        assert sentence.text.strip()
        assert set(sentence.cites) <= ids
        assert len(set(sentence.cites)) == len(sentence.cites)
        assert occurs(sentence, articles)
    assert len(summary.sentences) <= BUDGETS[length].sentences
    assert summary == summarise(articles, length, shown)
    for conflict in summary.conflicts:
        assert len({text for text, _ in conflict.claims}) >= 2
        assert {id_ for _, id_ in conflict.claims} <= ids


@given(articles=ARTICLES, shown=st.lists(TEXT, max_size=3))
@settings(deadline=None, max_examples=100)
def test_what_is_new_and_what_is_added_occur_in_their_articles(
    articles: list[Article], shown: list[str]
) -> None:
    """And nothing is new that came before, or that was shown."""
    new = whats_new(articles, shown, START).sentences
    told = [" ".join(text.split()) for text in shown]
    for sentence in new:
        assert occurs(sentence, articles[1:])
        assert sentence.text not in told
    if articles:
        added = adds(articles[-1], articles[:-1])
        assert added is None or occurs(added, articles[-1:])


def test_hostile_texts_of_five_megabytes_take_no_longer_than_a_page() -> None:
    """Each of these would make a careless pattern or loop take minutes."""
    size = 5_000_000
    units = (
        ".",
        "a",
        "A",
        "A ",
        "a\n",
        "“",
        "(",
        "<",
        "1,",
        "。",
        "Sr. ",
        "A.B",
        ". ",
        "… ",
        "EE. UU. ",
    )
    for unit in units:
        text = unit * (size // len(unit))
        start = time.process_time()
        told = [article(n, text, title=text, body=text) for n in range(3)]
        summarise(told, "long", [text])
        adds(told[0], told[1:])
        assert time.process_time() - start < 1.0, unit[:5]


def test_two_processes_give_the_same_bytes() -> None:
    """Sets of words are hashed anew in each process, and must not decide anything."""
    code = (
        "from tests.unit.summary_articles import FERRY\n"
        "from bot.domain.summaries import summarise, whats_new\n"
        "print(summarise(FERRY, 'long'), whats_new(FERRY, (), None))\n"
    )
    outputs = {
        subprocess.run(  # noqa: S603 - our own interpreter, our own words
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
