"""The comparison with other programs counts only what was really done."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from benchmarks.farm import FAULTS, ITEMS, document, fault
from benchmarks.peers import Bench


class Idle:
    """A program that ends at once, and stores nothing or fails."""

    name = "idle"

    def __init__(self, code: int = 0) -> None:
        """End with a code."""
        self._code = code

    def missing(self) -> str:
        """See `benchmarks.programs.Program`."""
        return ""

    def set_up(self, folder: Path, urls: Sequence[str]) -> None:
        """See `benchmarks.programs.Program`."""

    def make_due(self, folder: Path) -> None:
        """See `benchmarks.programs.Program`."""

    def command(self, folder: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        """See `benchmarks.programs.Program`."""
        return [sys.executable, "-S", "-c", f"raise SystemExit({self._code})"], {}

    def stored(self, folder: Path) -> int:
        """See `benchmarks.programs.Program`."""
        return 0


@pytest.mark.parametrize(
    ("code", "why"), [(0, "idle stored 0 of 60 items when cold"), (3, "idle ended with 3")]
)
def test_a_program_that_did_not_do_its_work_is_no_row_of_the_table(code: int, why: str) -> None:
    """What is fast because it fails must not look good."""
    with pytest.raises(SystemExit, match=why):
        Bench(Idle(code), 2, {"with": 1, "without": 2}).run(1, 0)


def test_a_feed_of_the_farm_has_thirty_items_in_the_sizes_that_are_told() -> None:
    """20 to 45 kB, and other items in the next generation."""
    made = [document(n) for n in range(100)]
    assert {body.count(b"<item>") for body in made} == {ITEMS}
    assert 20_000 <= min(map(len, made)) <= max(map(len, made)) <= 45_000
    assert document(1, 1) != document(1)


def test_one_feed_in_ten_is_faulty_and_every_fault_has_its_turn() -> None:
    """Half an hour shows each of them."""
    faults = [fault(n, 10) for n in range(1_000)]
    assert len([one for one in faults if one]) == 100
    assert {*faults} == {"", *FAULTS}
    assert {fault(n, 0) for n in range(100)} == {""}
