"""Where outlets give different figures."""

import pytest

from bot.domain.conflicts import MOST, find_conflicts
from bot.domain.pieces import read
from tests.unit.summary_articles import article


def claims(*texts: str, site: str = "", lang: str = "en") -> list[tuple[str, ...]]:
    """Return the figures of each conflict between articles of these texts."""
    told = [article(n, text, site=site, lang=lang) for n, text in enumerate(texts)]
    return [tuple(claim for claim, _ in one.claims) for one in find_conflicts(read(told))]


def test_two_outlets_with_different_tolls_are_told_with_their_articles() -> None:
    """The reader sees both figures and who gives which."""
    told = [
        article(0, "The fire in the Orland hostel killed 14 people on Monday, police said."),
        article(1, "Police said the fire in the Orland hostel killed seventeen people on Monday."),
    ]
    (conflict,) = find_conflicts(read(told))
    assert conflict.what == "people"
    assert conflict.claims == (("14 people", told[0].id), ("seventeen people", told[1].id))


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (
            "El incendio en el hostal de Orland dejó 14 muertos el lunes, según la policía.",
            "La policía informó de 17 muertos en el incendio del hostal de Orland.",
            [("14 muertos", "17 muertos")],
        ),
        (
            "The city of Orland paid the owner $1.2 million for the burnt hostel last year.",
            "The owner was paid $1.5 million for the burnt hostel by the city of Orland.",
            [("$1.2 million", "$1.5 million")],
        ),
    ],
)
def test_counts_and_money_conflict_in_any_language(
    one: str, other: str, found: list[tuple[str, ...]]
) -> None:
    """The unit is what follows the figure, or its currency."""
    assert claims(one, other, lang="es" if "el " in one else "en") == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("killed 14 people on Monday", "killed 14 people on Monday"),
        ("killed 14 people on Monday", "killed 40 people on Monday"),
        ("killed 14 people on Monday", "killed 17 people on Tuesday"),
        ("killed 14 people on Monday", "burnt for 17 hours on Monday"),
        ("killed 14 people on Monday", "killed 17 people, not 14 people as first said, on Monday"),
        ("killed 14 people on Monday", "left 17% of the people homeless on Monday"),
        ("killed 14 people on Monday", "killed 17-year-old people on Monday"),
        ("killed 2019 people on Monday", "killed 2021 people on Monday"),
        ("hurt 1,402 people on Monday", "hurt 1,400 people on Monday"),
        ("hurt more than 1,100 people on Monday", "hurt 1,402 people on Monday"),
        ("hurt about 132 people on Monday", "hurt 141 people on Monday"),
        ("killed 0 people on Monday", "killed 1 people on Monday"),
        ("cost $14 million on Monday", "cost €17 million on Monday"),
        ("killed 14 on Monday", "killed 17 on Monday"),
        ("killed 14.5.6 people", "killed 17 people"),
        ("killed 14 per cent of people", "killed 17 people"),
        ("killed 14 from 17 January on", "killed 17 and 18 of them"),
    ],
)
def test_what_does_not_contradict_is_not_told(one: str, other: str) -> None:
    """Roundings, bounds, other days, other things, years, shares and ages are no conflict."""
    start = "The fire in the Orland hostel"
    assert claims(f"{start} {one}, police said.", f"{start} {other}, police said.") == []


def test_other_sentences_about_like_things_are_no_conflict() -> None:
    """Two counts of people need a common word nearby, and a common subject."""
    assert (
        claims(
            "The fire in the Orland hostel killed 14 people on a cold night, police said.",
            "Seventeen volunteers came; 17 people from Venn cooked soup for the crowd there.",
        )
        == []
    )
    assert (
        claims(
            "The fire in the Orland hostel killed 14 people on a cold night, police said.",
            "A ferry with many tourists sank far off the coast, where waves killed 17 people, "
            "injured others, and washed away boats, piers, huts and a lighthouse.",
        )
        == []
    )


def test_one_outlet_that_updates_its_figure_does_not_contradict_itself() -> None:
    """The later one simply holds."""
    assert (
        claims(
            "The fire in the Orland hostel killed 14 people, police said.",
            "The fire in the Orland hostel killed 17 people, police said.",
            site="outlet.example",
        )
        == []
    )


def test_a_conflict_is_told_once_and_no_more_than_a_few_are() -> None:
    """Two nouns of one figure are one conflict; a table of figures is not a summary."""
    things = ("people", "horses", "houses", "barns", "carts")
    lines = [
        " ".join(
            f"The fire in Orland destroyed {n + shift} {thing} dead there." for thing in things
        )
        for n, shift in ((14, 0), (17, 0))
    ]
    found = claims(*lines)
    assert len(found) == len(set(found)) == MOST
