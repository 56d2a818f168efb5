"""A feed's whole life, in any order of things: each story is told once, whatever becomes of it.

The real fetching, parsing, collecting, composing and delivering, over a loopback server; see
`feed_life` for the world and the model.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.articles import Entry
from bot.domain.sift import Known, Sifted, sift
from bot.domain.standing import Mark
from tests.property.feed_life import EVENTS, PATHS, Item, Nursery, Reader, nursery

MOODS = ("well", "trouble", "page", "detour", "cut", "damaged", "reset", "wait")
Do = Callable[[Coroutine[Any, Any, Any]], Any]  # does something on the loop of the lives
CI = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


class FeedLife(RuleBasedStateMachine):
    """What can happen to a feed, and what must be true of the channel after each of it."""

    def __init__(self, do: Do, nursery: Nursery) -> None:
        """Begin with a feed of three items that was read once, so that nothing was told."""
        super().__init__()
        self.do = do
        self.reader: Reader = do(nursery.reader())
        self.outlet = self.reader.outlet
        do(self.reader.poll())
        self.outlet.seeded, self.outlet.served = self.outlet.served, set()
        for item in self.outlet.items:
            item.pending.clear()

    def teardown(self) -> None:
        """Whatever went before: once all is well, all is told."""
        try:
            self.poll()
            self.poll()
            self.nothing_is_told_twice_or_unasked()
        finally:
            self.do(self.reader.store.close())

    def one(self, data: st.DataObject, *without: str) -> Item | None:
        """Draw an item to which none of these was done since it was last read.

        An item that has two of its marks changed at once is another item, for all that anybody
        can see.
        """
        free = [item for item in self.outlet.items if item.pending.isdisjoint(without)]
        return free[data.draw(st.integers(0, len(free) - 1))] if free else None

    @precondition(lambda self: len(self.outlet.items) + len(self.outlet.gone) < len(EVENTS))
    @rule()
    def add(self) -> None:
        self.outlet.new()

    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        if item := self.one(data, "edit", "new id", "new address"):
            item.edits += 1
            item.pending.add("edit")

    @precondition(lambda self: len(self.outlet.items) > 1)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.outlet.items) - 1))
        self.outlet.gone.append(self.outlet.items.pop(at))

    @precondition(lambda self: self.outlet.gone)
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.outlet.gone) - 1))
        self.outlet.items.append(self.outlet.gone.pop(at))

    @rule(data=st.data())
    def reorder(self, data: st.DataObject) -> None:
        items = self.outlet.items
        order = data.draw(st.permutations(range(len(items))))
        self.outlet.items = [items[at] for at in order]

    @rule(twice=st.booleans())
    def say_twice(self, *, twice: bool) -> None:
        self.outlet.twice = twice

    @rule(data=st.data(), hours=st.integers(-48, 48))
    def redate(self, data: st.DataObject, hours: int) -> None:
        if item := self.one(data, "new address"):
            item.date += timedelta(hours=hours)
            item.pending.add("new date")

    @rule(data=st.data())
    def give_one_a_new_id(self, data: st.DataObject) -> None:
        if item := self.one(data, "edit", "new address"):
            new_id(item)

    @rule(data=st.data())
    def move_one_into_another_section(self, data: st.DataObject) -> None:
        item = self.one(data, "edit", "new id", "new date")
        if item and item.word not in self.outlet.aged:
            new_address(item)

    @rule()
    def give_all_new_ids(self) -> None:
        if all(item.pending.isdisjoint({"edit", "new address"}) for item in self.outlet.items):
            for item in self.outlet.items:
                new_id(item)

    @rule()
    def move_all(self) -> None:
        aged = self.outlet.aged
        if all(one.pending <= {"new"} and one.word not in aged for one in self.outlet.items):
            for item in self.outlet.items:
                new_address(item)

    @rule(to=st.sampled_from(PATHS))
    def move_the_feed(self, to: str) -> None:
        self.outlet.at = f"/{self.outlet.at.split('/')[1]}{to}"

    @rule()
    def months_pass(self) -> None:
        """What was deleted is known by its id, address and headline, but not by its date.

        All is told before: an alert that a dead process leaves for a day is given up.
        """
        self.poll()
        there = (*self.outlet.items, *self.outlet.gone)
        self.outlet.aged |= {item.word for item in there}
        self.do(self.reader.age())

    @rule()
    def restart(self) -> None:
        self.do(self.reader.start())

    @rule(mood=st.sampled_from(MOODS), kept=st.floats(0.1, 0.95), dies_in=st.integers(0, 7))
    def poll(self, mood: str = "well", kept: float = 1.0, dies_in: int = 0) -> None:
        outlet = self.outlet
        outlet.mood, outlet.kept = mood, kept
        poll = self.do(self.reader.poll(dies_in))
        outlet.mood = "well"
        if poll is not None and poll.result.outcome.healthy and mood in ("well", "detour"):
            for item in outlet.items:
                item.pending &= {"new date"}  # a move is known by the date that we first saw
            self.everything_was_told()

    @rule()
    def poll_in_peace(self) -> None:
        self.poll()

    @rule(times=st.integers(2, 4))
    def poll_a_few_times(self, times: int) -> None:
        """A permanent move is believed in after three polls."""
        for _ in range(times):
            self.poll()

    def everything_was_told(self) -> None:
        owed = {item.word for item in self.outlet.items} - self.outlet.seeded
        assert owed <= self.reader.told().keys()

    @invariant()
    def nothing_is_told_twice_or_unasked(self) -> None:
        told = self.reader.told()
        assert {word for word, times in told.items() if times > 1} == set()
        assert told.keys() <= self.outlet.served - self.outlet.seeded
        matched = self.do(self.reader.hits())
        assert {word for word, times in matched.items() if times > 1} == set()


def new_id(item: Item) -> None:
    item.guid += "+"
    item.pending.add("new id")


def new_address(item: Item) -> None:
    item.guid += "+"
    item.link += "-moved"
    item.pending.add("new address")


@pytest.fixture
def lives() -> Iterator[type[FeedLife]]:
    """Lives that share a loop, a server and a source."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        shared = runner.run(stack.enter_async_context(nursery()))

        class Life(FeedLife):
            def __init__(self) -> None:
                super().__init__(runner.run, shared)

        yield Life
        runner.run(stack.aclose())


@pytest.mark.slow
def test_each_story_is_told_once_whatever_becomes_of_its_feed(lives: type[FeedLife]) -> None:
    """The promise to a channel: nothing twice, nothing unasked, nothing lost."""
    run_state_machine_as_test(lives, settings=CI)


@pytest.mark.soak
def test_each_story_is_told_once_in_many_more_lives(lives: type[FeedLife]) -> None:
    """The same, longer, and other ones each time."""
    run_state_machine_as_test(
        lives,
        settings=settings(CI, max_examples=1_000, stateful_step_count=60, derandomize=False),
    )


def by_id_alone(
    entries: Sequence[Entry],
    known: Known,
    standing: Sequence[Mark],
    identified: Sequence[tuple[str, ...]],
) -> Sifted:
    """Another id is another article, as for most readers of feeds."""
    ids = {key: seen for key, seen in known.by_key.items() if key.startswith("id:")}
    return sift(entries, Known(by_key=ids), standing, identified)


def by_date(
    entries: Sequence[Entry],
    known: Known,
    standing: Sequence[Mark],
    _identified: Sequence[tuple[str, ...]],
) -> Sifted:
    """Another date is another article."""
    dated = [(entry, f"{entry.published:%d%H}") for entry in entries]
    return sift(
        [replace(one, id=f"{one.id} {at}", link=f"{one.link}/{at}") for one, at in dated],
        known,
        standing,
    )


def one_short(
    entries: Sequence[Entry],
    known: Known,
    standing: Sequence[Mark],
    identified: Sequence[tuple[str, ...]],
) -> Sifted:
    """What is new is cut by one, and that one waits for the document to change."""
    sifted = sift(entries, known, standing, identified)
    return replace(sifted, new=sifted.new[1:])


@pytest.mark.slow
@pytest.mark.parametrize("sabotaged", [by_id_alone, by_date, one_short])
def test_a_reader_that_errs_about_what_is_new_is_found_out(
    lives: type[FeedLife],
    sabotaged: Callable[..., Sifted],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So it is known that the lives above can bite."""
    monkeypatch.setattr("bot.pipeline.collect.sift", sabotaged)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(lives, settings=CI)
