"""Entries that are left out while they stand as they stood, in thousands of lives of feeds."""

import random
from dataclasses import replace

import pytest

from bot.domain.articles import ArticleId, Entry
from bot.domain.sift import Known, Seen, lead_mark, sift
from tests.unit.test_sift import entry
from tests.unit.test_standing import marks


def life(chance: random.Random) -> tuple[list[Entry], list[Entry]]:
    """Return a document and a later one of the same feed."""
    texts = [f"{word} happened" for word in ("Ash", "Rain", "Snow", "Frost", "Hail", "Fog", "Mist")]
    before = [
        entry(
            n,
            id=chance.choice(("", *[f"guid-{n}"] * 5)),
            link=chance.choice(("", "https://news.example/", *[f"https://news.example/{n}"] * 5)),
            title=chance.choice((texts[n % 7], f"{texts[n % 7]} {n}")),
            summary=chance.choice(("", f"Of {texts[n % 5]}.", f"Text {n}.")),
        )
        for n in range(chance.randint(0, 9))
    ]
    after = []
    for one in before:
        match chance.randrange(9):
            case 0:
                after.append(replace(one, title=f"{one.title} again"))
            case 1:
                after.append(replace(one, id=f"re-{one.id}"))
            case 2:
                after.append(replace(one, summary="Rewritten."))
            case 3:
                after += [one, one]
            case 4:
                pass
            case _:
                after.append(one)
    after += [entry(20 + n) for n in range(chance.randint(0, 3))]
    chance.shuffle(after)
    return before, after


@pytest.mark.parametrize("start", range(0, 2_000, 500))
def test_leaving_out_what_stands_changes_nothing_of_what_is_found(start: int) -> None:
    """Two thousand lives of feeds, ids and addresses missing; none of what stands is new."""
    for number in range(start, start + 500):
        before, after = life(random.Random(number))  # noqa: S311 - test data
        by_key: dict[str, Seen] = {}
        first = sift(before, Known())
        for at, fresh in enumerate(first.new):
            one = fresh.entry
            seen = Seen(
                article=ArticleId(at), title=one.title, lead=lead_mark(one.summary, one.body)
            )
            by_key |= dict.fromkeys(fresh.keys, seen)
        whole = sift(after, Known(by_key))
        there = [one for one in after if one in before]
        part = sift([one for one in after if one not in before], Known(by_key), marks(there))
        assert {f.entry for f in part.new} == {f.entry for f in whole.new} - {*there}, number
        assert {e.entry for e in part.edited} == {e.entry for e in whole.edited} - {*there}, number
