"""Summaries with citations, what is new, what an article adds."""

from datetime import timedelta

import pytest

from bot.domain.articles import Article
from bot.domain.summaries import (
    BUDGETS,
    MOST_ARTICLES,
    Length,
    Sentence,
    Summary,
    adds,
    summarise,
    whats_new,
)
from tests.unit.summary_articles import FERRY, START, article

STORY = " ".join(
    f"The {thing} of Venn {verb} {n} new boats for the harbour in the spring of that year."
    for n, (thing, verb) in enumerate(
        (a, b)
        for a in ("mayor", "council", "guard", "school")
        for b in ("bought", "painted", "sank", "raised")
    )
)


def test_a_card_tells_the_event_once_and_cites_who_tells_it() -> None:
    """Three outlets report one accident: it is told in one sentence, not in three."""
    summary = summarise(FERRY, "card")
    texts = [one.text for one in summary.sentences]
    assert summary.by == "extractive"
    assert sum("ran aground" in text for text in texts) == 1
    assert {101, 100} & set(summary.sentences[0].cites)
    assert all("(AW)" not in text for text in texts)


@pytest.mark.parametrize("length", ["card", "short", "normal", "long"])
def test_each_length_keeps_its_budget(length: Length) -> None:
    """The card must fit; a longer form must be longer."""
    summary = summarise([article(0, body=STORY), article(1, body=STORY[200:])], length)
    budget = BUDGETS[length]
    assert budget.least <= len(summary.sentences) <= budget.sentences
    assert sum(len(one.text.split()) for one in summary.sentences) <= budget.words


def test_a_story_of_titles_is_told_by_a_title() -> None:
    """Many feeds carry nothing else."""
    told = [article(n, title=f"Ferry Lantern runs aground near Porto Venn {n}") for n in range(3)]
    (sentence,) = summarise(told, "card").sentences
    assert sentence.text in {one.title for one in told}


@pytest.mark.parametrize("told", [[], [article(0)], [article(0, title="…", body=" \n ")]])
def test_nothing_said_is_nothing_told(told: list[Article]) -> None:
    """An empty summary, never an empty sentence or an error."""
    assert summarise(told, "card").sentences == ()
    assert whats_new(told, (), None).sentences == ()


def test_the_language_asked_for_is_told_where_there_is_one() -> None:
    """Else the one most articles are in; never a fact and its translation side by side."""
    spanish = article(
        7, "Un ferri con 212 personas encalló el lunes cerca de Porto Venn.", lang="es"
    )
    told = (*FERRY, spanish)
    assert summarise(told, "card", lang="es").sentences[0].cites == (spanish.id,)
    for lang in (None, "fr"):
        cites = {id_ for one in summarise(told, "long", lang=lang).sentences for id_ in one.cites}
        assert spanish.id not in cites


def test_what_is_shown_is_not_repeated_unless_nothing_is_left() -> None:
    """The button "Longer" should not begin with what stands above it."""
    shown = [one.text for one in summarise(FERRY, "card").sentences]
    more = [one.text for one in summarise(FERRY, "normal", shown).sentences]
    assert more
    assert not set(more) & set(shown)
    one = FERRY[:1]
    every = [each.text for each in summarise(one, "long").sentences]
    assert [each.text for each in summarise(one, "long", every).sentences] == every


def test_conflicting_figures_are_told() -> None:
    """The card shows both, and chooses neither."""
    told = [
        article(0, "The fire in the Orland hostel killed 14 people on Monday, police said."),
        article(1, "The fire in the Orland hostel killed 17 people on Monday, officials said."),
    ]
    (conflict,) = summarise(told, "card").conflicts
    assert conflict.claims == (("14 people", told[0].id), ("17 people", told[1].id))


def test_of_a_large_story_the_central_and_the_newest_articles_are_read() -> None:
    """Time is bounded, and a summary must not miss the news of the last hour."""
    crowd = [article(n, title=f"Ferry Lantern aground at Venn {n}") for n in range(60)]
    off = article(60, title="A recipe for pears in wine", body="Pears are cooked in wine for long.")
    late = article(61, "Divers raised the Lantern off the reef at Venn on Friday.", title="Raised")
    told = [off, *crowd[:MOST_ARTICLES], late]
    cites = {id_ for one in summarise(told, "long").sentences for id_ in one.cites}
    assert late.id in cites
    assert off.id not in cites


def test_new_is_what_later_articles_say_and_earlier_ones_did_not() -> None:
    """An article that repeats the known is no news."""
    since = START + timedelta(minutes=2)
    again = article(3, FERRY[1].summary)
    news = article(4, "The owner of the Lantern, Hale Lines, offered each passenger 900 crowns.")
    told = (*FERRY, again, news)
    assert [one.text for one in whats_new(told, (), since).sentences] == [news.summary]
    assert whats_new((*FERRY, again), (), since).sentences == ()
    assert whats_new(FERRY, (), since).sentences == ()
    assert whats_new(told, [news.summary], since).sentences == ()


def test_a_new_figure_is_news_though_the_words_are_known() -> None:
    """A toll that rises is the news of the hour."""
    shown = ["The fire in the Orland hostel killed 14 people on Monday night, police said."]
    told = [article(0, "The fire in the Orland hostel has killed 17 people, the police said.")]
    assert whats_new(told, shown, None).sentences[0].text == told[0].summary
    same = [article(0, "The fire in the Orland hostel has killed 14 people, the police said.")]
    assert whats_new(same, shown, None).sentences == ()


def test_news_in_another_language_than_the_story_is_still_told() -> None:
    """All that came since may be in one."""
    late = article(
        9, "El capitán del Lantern quedó detenido en Venn por orden del juez.", lang="es"
    )
    new = whats_new((*FERRY, late), (), START + timedelta(minutes=5))
    assert [one.cites for one in new.sentences] == [(late.id,)]


def test_a_reply_tells_the_one_thing_that_an_article_adds() -> None:
    """Not the accident, which the story told before; the inquiry."""
    added = adds(FERRY[2], FERRY[:2])
    assert added == Sentence(
        text="Prosecutors in Venn have opened an inquiry into the captain and the harbour pilot.",
        cites=(FERRY[2].id,),
    )


@pytest.mark.parametrize(
    "later",
    [
        article(5, FERRY[0].summary, title="Ferry aground"),
        article(5, title="Captain of the Lantern held by the police in Venn"),
        article(5, "Captain of the Lantern held", title="Captain of the Lantern held"),
        article(5),
    ],
)
def test_a_reprint_a_title_and_an_empty_article_add_nothing(later: Article) -> None:
    """The reply shows the headline anyway."""
    assert adds(later, FERRY) is None


def test_the_first_article_of_a_story_adds_its_lead() -> None:
    """There was nothing before it."""
    assert adds(FERRY[1], ()) is not None


def test_a_translation_adds_only_what_names_or_figures_show() -> None:
    """Every word of another language looks new, and most of them are not."""
    same = article(
        8, "El barco encalló el lunes cerca de Porto Venn y nadie resultó herido.", lang="es"
    )
    more = article(
        9, "La empresa Hale Lines pagará 900 coronas a cada pasajero del Lantern.", lang="es"
    )
    assert adds(same, FERRY) is None
    assert adds(more, FERRY) is not None


def test_the_same_articles_give_the_same_summary() -> None:
    """A card that is composed again must not change."""
    assert summarise(FERRY, "long") == summarise(tuple(FERRY), "long")


@pytest.mark.parametrize(
    ("dropped", "label"),
    [
        (0, "model llama3"),
        (1, "model llama3 · 1 sentence dropped"),
        (3, "model llama3 · 3 sentences dropped"),
    ],
)
def test_the_label_says_who_wrote_it_and_what_was_dropped(dropped: int, label: str) -> None:
    """A drop is never silent."""
    assert Summary(sentences=(), by="model llama3", dropped=dropped).label == label
