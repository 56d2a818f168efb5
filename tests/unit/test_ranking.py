"""What is read of articles, how it is scored, and how it is chosen."""

import pytest

from bot.domain.pieces import READ, is_opinion, piece, piece_of, read
from bot.domain.ranking import (
    FULL,
    SINGLE,
    THIN,
    Budget,
    Ranking,
    centrality,
    in_order,
    same,
    weights_for,
)
from bot.domain.style import penalty
from tests.unit.summary_articles import FERRY, article

LONG = " ".join(f"Report {n} told of the ferry in the harbour of Venn again." for n in range(90))


def test_stems_pairs_names_and_numbers_of_a_sentence() -> None:
    """Function words go; a first word is a name only where another sentence shows that it is."""
    one = piece("Orland paid the Lantern 1,400 crowns in 2019.")
    assert list(one.stems) == ["orland", "paid", "lanter", "#1400", "crowns", "#2019"]
    assert ("lanter", "#1400") in one.pairs
    assert one.names == {"lanter"}
    assert one.first == "orland"
    assert one.numbers == {"#1400"}
    shown = read([article(0, "Orland paid the Lantern's owner. All of the towns in Orland paid.")])
    assert "orland" in shown[0].pieces[0].names


def test_capitals_are_names_and_unspaced_script_is_read_in_pairs() -> None:
    """A first word in capitals is an abbreviation; Han words are not set apart."""
    assert "nato" in piece("NATO met in the harbour.").names
    assert set(piece("法院下令", lang="zh").stems) == {"法院", "院下", "下令"}
    assert set(piece("法", lang="zh").stems) == {"法"}


def test_a_sentence_without_stems_is_like_nothing() -> None:
    """Division by its length would fail."""
    assert piece("of the and").likeness(piece("harbour")) == 0.0
    assert piece("harbour").likeness(piece("Harbour")) == 1.0


def test_the_summary_is_not_read_twice_where_the_body_begins_with_it() -> None:
    """Many feeds carry the first paragraph as summary and again in the body."""
    lead = "A ferry ran aground near the port of Venn on Monday."
    shown = read([article(0, f"{lead[:40]}…", body=f"{lead}\nNobody was hurt in it, they said.")])
    assert [one.text for one in shown[0].pieces] == [lead, "Nobody was hurt in it, they said."]
    both = read([article(0, "A storm is coming to the port.", body=lead)])
    assert [one.text for one in both[0].pieces] == ["A storm is coming to the port.", lead]


def test_an_excerpt_that_stops_in_the_middle_is_left_out() -> None:
    """Half a sentence in a summary is a fault; the title stands in where nothing else does."""
    shown = read(
        [article(0, "The court ruled on Monday that the ferry [...]", title="Court rules")]
    )
    assert [one.text for one in shown[0].pieces] == ["Court rules"]


def test_a_text_that_is_cut_gives_no_cut_sentence() -> None:
    """The reading stops at a bound, which may fall in a word."""
    (shown,) = read([article(0, body=LONG * (2 * READ // len(LONG)))])
    assert len(shown.pieces) <= 80
    assert all(one.text.endswith("again.") for one in shown.pieces)
    (endless,) = read([article(0, body="word " * 1_000_000, title="A title")])
    assert [one.text for one in endless.pieces] == ["A title"]


@pytest.mark.parametrize(("count", "most"), [(1, 80), (2, 25), (3, 14), (10, 8), (40, 6)])
def test_the_more_articles_the_less_is_read_of_each(count: int, most: int) -> None:
    """So that the time for a story is bounded."""
    readings = read([article(n, body=LONG) for n in range(count)])
    assert max(len(one.pieces) for one in readings) <= most


@pytest.mark.parametrize(
    ("title", "url", "tags"),
    [
        ("Opinion: the ferry", "", ()),
        ("The ferry is a disgrace | Opinion: Jane Ferrow", "", ()),
        ("The ferry", "https://outlet.example/opinion/ferry", ()),
        ("The ferry", "", ("Opinión",)),
    ],
)
def test_comment_is_known_by_what_it_says_of_itself(
    title: str, url: str, tags: tuple[str, ...]
) -> None:
    """Its address, its title or its tags."""
    assert is_opinion(article(0, title=title, url=url, tags=tags))
    assert not is_opinion(article(0, title="The ferry of opinions", url="https://a.example/news"))


def test_opinion_does_not_lead_where_there_is_a_fact() -> None:
    """The reader wants to know what happened first."""
    views = "The ferry that ran aground near Porto Venn on Monday was an accident of greed."
    told = [
        article(5, views, title="Ferry aground at Porto Venn", url="https://o.example/opinion/a")
    ]
    ranking = Ranking(read([*told, *FERRY]))
    assert ranking.choose(Budget(sentences=1, words=60))[0].article != 0


def test_language_is_guessed_where_the_feed_does_not_say() -> None:
    """Stop words depend on it."""
    (spanish, english, none) = read(
        [
            article(0, "El barco encalló en la costa el lunes por la mañana.", lang=""),
            article(1, "The ferry ran aground on the coast on Monday morning.", lang=""),
            article(2, "律师说有十二名客户无法联系。", lang=""),
        ]
    )
    assert (spanish.lang, english.lang, none.lang) == ("es", "en", "")
    assert "encall" in piece_of("El barco encalló en la costa").stems
    assert "la" not in piece_of("El barco encalló en la costa").stems


def test_weights_follow_the_number_of_articles_and_their_length() -> None:
    """Each kind was fitted on its own."""
    assert weights_for(read(FERRY[:1])) is SINGLE
    assert weights_for(read(FERRY)) is THIN
    assert weights_for(read([article(n, body=LONG) for n in range(2)])) is FULL


def test_the_article_most_like_the_others_is_the_most_central() -> None:
    """One alone has no others."""
    stems = [piece(text).stems for text in ("ferry harbour", "ferry storm", "ferry storm harbour")]
    ranks = centrality(stems)
    assert max(ranks) == ranks[2]
    assert centrality(stems[:1]) == [0.0]


def test_a_card_stops_when_nothing_is_added_and_a_fixed_length_does_not() -> None:
    """A short card is read; one that is filled up is not."""
    text = "The ferry Lantern ran aground near Porto Venn on Monday with 212 aboard."
    filler = "But who knows what you or I or we would do on such a day in such a place?"
    ranking = Ranking(read([article(0, f"{text} {filler}"), article(1, text)]))
    card = ranking.choose(Budget(sentences=3, words=85, stops=True))
    fixed = ranking.choose(Budget(sentences=3, words=85))
    assert len(card) < len(fixed)


def test_a_budget_in_words_is_kept_but_for_a_first_sentence_that_has_no_shorter() -> None:
    """A card of 85 words must fit; an article whose one sentence is longer still has a card."""
    ranking = Ranking(read(FERRY))
    assert sum(one.words for one in ranking.choose(Budget(sentences=9, words=45))) <= 45
    assert len(ranking.choose(Budget(sentences=9, words=2))) == 1
    lengths = [one.words for one in ranking.pieces]
    assert ranking.choose(Budget(sentences=1, words=min(lengths)))[0].words == min(lengths)


def test_like_words_or_like_names_and_figures_are_the_same() -> None:
    """Two outlets' sentences need less than two of one article."""
    one = piece("Orland gave Jane Hale 14 boats of the Lantern Line on Monday.", article=0)
    names = "Jane Hale of Orland got 14 boats from the Lantern fleet, a gift this Monday."
    assert same(one, one)
    assert same(one, piece(names, article=0))
    part = "Hale gave Jane boats on Monday, as Venn, Orr, Dole and Cape Wick had asked of her."
    assert same(one, piece(part, article=1))
    assert not same(one, piece(part, article=0))
    assert not same(one, piece("Prosecutors opened an inquiry into the pilot.", article=1))


def test_sentences_of_one_article_stand_in_its_order_and_leads_come_first() -> None:
    """A summary is read from the top."""
    first, second = piece("One.", place=0), piece("Two.", place=1)
    lead = piece("Other.", article=1, place=0)
    assert in_order([second, first]) == [first, second]
    assert in_order([second, lead]) == [lead, second]


def test_a_sentence_that_follows_a_chosen_one_is_preferred() -> None:
    """It reads on."""
    text = "Hale sold the ship. The storm tore the sail. The storm tore the mast."
    words = [f"The harbour of {town} opened its gates to the boats." for town in ("Venn", "Orr")]
    ranking = Ranking(read([article(0, f"{words[0]} {text} {words[1]}")]))
    assert len(ranking.choose(Budget(sentences=4, words=90))) == 2


@pytest.mark.parametrize(
    ("plain", "worse"),
    [
        ("The captain left the ship.", "He left the ship."),
        ("The captain left the ship.", "But the captain left the ship."),
        ("El capitán dejó el barco.", "Sin embargo el capitán dejó el barco."),
        ("The captain left the ship.", "Has the captain left the ship?"),
        ("The captain left the ship.", "The captain left, I think, the ship."),
        ("The captain left the ship.", "The captain left your ship."),
        ("The captain must go, the court said.", "The captain must go."),
        ("“It is all over now”, said Hale.", "“It is all over now” for Hale."),
        ("The captain said “it is over”.", "The captain said “it is over."),
        ('The captain said "it is over".', 'The captain said it is over".'),
        ("Hale sagte: „Es ist jetzt vorbei“.", "Hale sagte: „Es ist jetzt vorbei."),
        ("The captain left the ship.", "The captain left the ship"),
        ("The captain left the ship.", "The captain left the ship!"),
    ],
)
def test_a_sentence_that_leans_asks_pleads_or_breaks_off_costs(plain: str, worse: str) -> None:
    """Each fault is weighed by hand, for the reader."""
    assert penalty(worse) < penalty(plain)


def test_a_sentence_of_no_words_has_a_penalty_too() -> None:
    """Han text has words but no first one that matters; digits alone have none."""
    assert penalty("12.") == 0.0
