"""How processes share numbered parts among them, by what each sees of the others."""

import pytest

from bot.adapters.store.shares import dealt

Held = dict[int, frozenset[int]]


def looked(held: Held, me: int, parts: int) -> Held:
    """Return who has what after one of them has looked."""
    return {**held, me: dealt(held, me, parts)}


@pytest.mark.parametrize("parts", range(9))
@pytest.mark.parametrize("processes", range(1, 6))
def test_all_parts_are_somebodys_and_shares_differ_by_one(parts: int, processes: int) -> None:
    """Whoever comes and goes, and in whatever order they look: after two looks each."""
    held: Held = {1: frozenset()}
    for number in range(1, processes + 1):  # they come one after the other
        held.setdefault(number, frozenset())
        for me in [*held, *held]:
            held = looked(held, me, parts)
        settled(held, parts)
    while len(held) > 1:  # and go
        del held[min(held)]
        for me in reversed([*held, *held]):
            held = looked(held, me, parts)
        settled(held, parts)


def settled(held: Held, parts: int) -> None:
    assert sorted(part for has in held.values() for part in has) == list(range(parts))
    sizes = [len(has) for has in held.values()]
    assert max(sizes) - min(sizes) <= 1
    assert all(looked(held, me, parts) == held for me in held)  # and nothing moves any more


def test_nothing_moves_without_need() -> None:
    """A shard that changes hands has to be listened to anew."""
    assert dealt({7: frozenset({0}), 3: frozenset()}, 3, 1) == frozenset()
    assert dealt({7: frozenset({0}), 3: frozenset()}, 7, 1) == {0}
    assert dealt({7: frozenset({0, 1, 2}), 3: frozenset()}, 7, 3) == {0, 1}


def test_what_is_still_anothers_is_not_taken() -> None:
    assert dealt({7: frozenset({0, 1, 2, 3}), 3: frozenset()}, 3, 4) == frozenset()
