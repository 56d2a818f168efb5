"""Which story an article joins, and that the window stays what it says it is."""

from array import array
from datetime import timedelta

import pytest

from bot.domain.articles import ArticleId
from bot.domain.filing import Window
from bot.domain.judging import Weights
from bot.domain.reprints import print_of
from bot.domain.shelf import Kept, Shelf
from bot.domain.stories import StoryId
from tests.unit.filing_articles import NOON, article, file_in, new_window

EVENT = "Judge orders return of Pedrosa from Salvador prison"
SAME = "Pedrosa must return from prison, Salvador judge orders"
OTHER = "Floods close the harbour of Valparaiso for a week"
LEAD = (
    "The court in Marlow on Monday told the ministry to bring Pedrosa back within two days and to "
    "report on every step that it takes until then, according to a copy seen by reporters."
)


def window_with(*titles: str) -> Window:
    """Return a window with these filed half an hour apart, as `s1`, `s2`, … where they are new."""
    window = new_window()
    for number, title in enumerate(titles, 1):
        file_in(window, article(number, title, hours=number / 2))
    return window


def test_the_first_article_opens_a_story() -> None:
    """There is nothing to join."""
    placement = new_window().place(article(1, EVENT))
    assert placement.story is None
    assert placement.runner_up is None


def test_another_report_of_the_event_joins_and_says_why() -> None:
    """The words that tied it are for `/why`, the heaviest first, the rarest name among them."""
    placement = window_with(EVENT, OTHER).place(article(9, SAME, hours=2))
    assert placement.story == "s1"
    assert placement.score > 0
    assert placement.reprint_of is None
    assert placement.tied_by[0] == "pedrosa"
    assert len(placement.tied_by) == 5


def test_another_event_opens_a_story() -> None:
    """A shared common name is no shared event."""
    window = window_with(EVENT)
    placement = window.place(article(9, "Salvador coach resigns after cup defeat", hours=2))
    assert placement.story is None
    assert placement.score < 0


def test_a_single_shared_term_never_ties() -> None:
    """However rare it is: everything on one person would become one story."""
    window = window_with("Pedrosa freed")
    assert window.place(article(9, "Pedrosa sings")).story is None


def test_an_article_of_one_term_joins_its_like_within_hours_only() -> None:
    """`Pedrosa` says who, not what happened to him."""
    weights = Weights(one=50.0)  # all but the veto would let it in
    window = new_window(weights=weights)
    file_in(window, article(1, "Pedrosa"))
    assert window.place(article(2, "Pedrosa", hours=1)).story == "s1"
    assert window.place(article(3, "Pedrosa", hours=13)).story is None


def test_spanish_joins_english() -> None:
    """One event, two languages: the lexicon's words and the name tie them."""
    window = window_with("Judge says Pedrosa was deported to Marlow, arrest follows", OTHER)
    spanish = article(9, "El juez: Pedrosa fue deportado a Marlow, hay un detenido", hours=2)
    assert window.place(spanish).story == "s1"


def test_the_same_words_a_week_later_are_another_event() -> None:
    """Sagas repeat their names; time tells their chapters apart."""
    window = window_with(EVENT, OTHER)
    assert window.place(article(9, SAME, hours=150)).story is None


def test_where_all_articles_have_one_time_more_is_asked() -> None:
    """Time that says nothing must not count as nearness."""
    spread, crowd = new_window(), new_window()
    titles = (EVENT, OTHER, "Marlow bakers strike", "Comet seen above Tromso", "Pollen is late")
    for number, title in enumerate(titles, 1):
        file_in(spread, article(number, title, hours=number / 100))
        file_in(crowd, article(number, title))
    assert crowd.place(article(9, SAME)).score < spread.place(article(9, SAME, hours=0.1)).score


def test_a_higher_threshold_prefers_splits() -> None:
    """Operators who cannot bear a false merge have one number to raise; the near miss is told."""
    window = new_window(threshold=50.0)
    file_in(window, article(1, EVENT))
    placement = window.place(article(2, SAME))
    assert placement.story is None
    assert placement.runner_up == "s1"


def test_the_second_best_story_is_told() -> None:
    """`/why` shows what else it might have been."""
    window = new_window()
    window.add(article(1, EVENT), StoryId("s1"))
    window.add(article(2, "Pedrosa writes prison book on Salvador", hours=1), StoryId("s2"))
    placement = window.place(article(9, SAME, hours=2))
    assert placement.story == "s1"
    assert placement.runner_up == "s2"


def test_a_story_split_in_two_does_not_split_further() -> None:
    """Two halves of one event are no reason to doubt that a third report is of that event."""
    one, other = "Judge orders return of Pedrosa", "Judge orders Pedrosa return"
    window = new_window()
    window.add(article(1, one), StoryId("s1"))
    window.add(article(2, other, hours=1), StoryId("s2"))
    strict = new_window(same_event=2.0)
    strict.add(article(1, one), StoryId("s1"))
    strict.add(article(2, other, hours=1), StoryId("s2"))
    third = article(3, "Return of Pedrosa: judge orders it", hours=1.5)
    assert window.place(third).score > strict.place(third).score


def test_a_reprint_joins_the_text_it_reprints_and_names_the_first() -> None:
    """The third copy names the first article, not the second."""
    window = window_with(EVENT, EVENT)
    placement = window.place(article(9, EVENT, hours=100))
    assert placement.story == "s1"
    assert placement.reprint_of == 1
    assert placement.tied_by


def test_one_text_under_another_title_joins_its_story() -> None:
    """A wire's text is known by its beginning, whatever the desk wrote above it."""
    window = new_window()
    file_in(window, article(1, EVENT, summary=LEAD))
    placement = window.place(article(2, "Ministry is told to act", body=LEAD, hours=50))
    assert placement.story == "s1"
    assert placement.reprint_of == 1


def test_placing_changes_nothing() -> None:
    """A backtest may ask as often as it likes."""
    window = window_with(EVENT, OTHER)
    first = window.place(article(9, SAME, hours=2))
    for number in range(10, 30):
        window.place(article(number, SAME, hours=2))
    assert window.place(article(9, SAME, hours=2)) == first


def test_adding_an_article_again_changes_nothing() -> None:
    """A poll that is repeated after a crash adds what it added before."""
    window = window_with(EVENT, OTHER)
    before = window.place(article(9, SAME, hours=2))
    window.add(article(1, EVENT, hours=0.5), StoryId("elsewhere"))
    assert window.place(article(9, SAME, hours=2)) == before


def test_a_window_rebuilt_by_adding_decides_the_same() -> None:
    """After a restart the next article goes where it would have gone."""
    titles = (EVENT, OTHER, SAME, "Valparaiso harbour opens after floods")
    running, rebuilt = new_window(), new_window()
    for number, title in enumerate(titles, 1):
        filed = article(number, title, hours=number)
        story, placement = file_in(running, filed)
        rebuilt.add(filed, story, placement.reprint_of)
    late = article(9, "Pedrosa is back from prison, judge told", hours=6)
    assert rebuilt.place(late) == running.place(late)


def test_what_is_too_old_is_let_go() -> None:
    """After seven days a story is forgotten, with its title, its text and its words."""
    window = new_window()
    file_in(window, article(1, EVENT, summary=LEAD))
    file_in(window, article(2, SAME, hours=1))
    file_in(window, article(3, OTHER, hours=7 * 24 + 2))
    assert window.place(article(4, EVENT, summary=LEAD, hours=7 * 24 + 3)).reprint_of is None
    assert window.place(article(4, EVENT, hours=7 * 24 + 3)).story is None


def test_what_is_too_much_is_let_go() -> None:
    """The window holds so many articles, whatever their times; the oldest goes first."""
    window = new_window(articles=3)
    file_in(window, article(1, EVENT))
    for number in range(2, 5):
        file_in(window, article(number, f"{OTHER} {number}"))
    assert window.place(article(9, EVENT)).story is None


def test_a_story_outlives_its_first_article() -> None:
    """Its later articles still draw what follows."""
    window = new_window(window=timedelta(hours=10))
    file_in(window, article(1, EVENT))
    file_in(window, article(2, SAME, hours=8))
    file_in(window, article(3, OTHER, hours=12))
    assert window.place(article(9, "Judge orders Pedrosa return", hours=12)).story == "s1"


def test_moved_articles_draw_what_follows() -> None:
    """An editor splits and merges; later coverage follows the editor."""
    window = window_with(EVENT, OTHER, SAME)
    window.move([ArticleId(1), ArticleId(3), ArticleId(77)], StoryId("K7Q2"))
    assert window.place(article(9, "Judge orders Pedrosa return", hours=2)).story == "K7Q2"
    window.move([ArticleId(2)], StoryId("K7Q2"))
    assert window.place(article(9, "Floods close Valparaiso harbour", hours=2)).story == "K7Q2"


def test_moving_nothing_known_changes_nothing() -> None:
    """The articles of an old story have left the window."""
    window = window_with(EVENT, OTHER)
    window.move([ArticleId(77)], StoryId("K7Q2"))
    assert window.place(article(9, SAME, hours=2)).story == "s1"


def test_a_story_of_many_subjects_stays_bounded() -> None:
    """A merge of everything must not grow without end; its commonest words are what stays."""
    shelf = Shelf(timedelta(days=7), 1_000, timedelta(hours=96))
    for number in range(200):
        terms = ("pedrosa", *(f"w{number}x{place}" for place in range(8)))
        weights = array("d", [0.9] + [0.15] * 8)
        text = print_of(article(number, ""))
        at = NOON + timedelta(minutes=number)
        kept = Kept(
            id=ArticleId(number),
            at=at,
            terms=terms,
            weights=weights,
            print=text,
            origin=ArticleId(number),
        )
        shelf.add(kept, StoryId("s1"))
    story = shelf.stories[StoryId("s1")]
    assert len(story.centroid) <= 600
    assert max(story.centroid, key=lambda term: story.centroid[term]) == "pedrosa"
    assert story.square == pytest.approx(sum(weight**2 for weight in story.centroid.values()))


def test_of_many_copies_of_one_text_the_first_is_the_one_that_they_reprint() -> None:
    """However many there are: only so many are kept to compare with, the first among them."""
    window = new_window()
    for number in range(1, 30):
        file_in(window, article(number, EVENT, summary=LEAD, hours=number / 10))
    placement = window.place(article(99, EVENT, summary=LEAD, hours=4))
    assert placement.reprint_of == ArticleId(1)


@pytest.mark.parametrize("title", ["", "🔥", "the of a"])
def test_titles_without_words_open_stories(title: str) -> None:
    """They say nothing, so they belong with nothing."""
    window = new_window()
    stories = {file_in(window, article(number, title))[0] for number in range(5)}
    assert len(stories) == 5


def test_equal_candidates_are_ordered_by_story() -> None:
    """Two runs must give the same bytes."""
    window = new_window()
    for number in (3, 1, 2):
        window.add(article(number, "Pedrosa freed in Marlow"), StoryId(f"s{number}"))
    placement = window.place(article(9, "Pedrosa freed near Marlow today", first_seen=NOON))
    assert {placement.story, placement.runner_up} <= {None, "s1", "s2"}
    assert placement == window.place(article(9, "Pedrosa freed near Marlow today", first_seen=NOON))
