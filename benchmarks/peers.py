"""Newsthread beside other programs that poll feeds: `make bench-peers`.

Each program (see `benchmarks.programs`) polls the same local farm, one process a cycle, and stores
all it gets; that it did is checked by counting. CPU is user and system time of the process and of
all it started, the start included; memory is the peak of all of them together. The farm is a
process of its own and is not counted. The cycles:

  cold       nothing is known yet: 30 new items a feed
  304        nothing is new, and the server says so
  unchanged  nothing is new, and a server without validators sends it all again
  changed    one to three of the 30 items are new
  mixed      half of the feeds 304, three in ten unchanged, two in ten changed
  idle       nothing is due: what a start alone costs, contained in each of the others (ours only)
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.farm import ITEMS, address, new_items
from benchmarks.poll import farm, grow_farm
from benchmarks.programs import Newsthread, Program, programs

CYCLES = ("cold", "304", "unchanged", "changed", "mixed", "idle")
_LOOK_EVERY = 0.1  # seconds
_LEAST_STORED = 0.99  # of what the farm gave, for a cycle to count


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What one process took for one cycle."""

    cpu: float  # seconds, user and system, with children
    wall: float  # seconds
    peak: float  # MiB, of all its processes at a time


class Bench:
    """One program on one farm."""

    def __init__(self, program: Program, feeds: int, ports: Mapping[str, int]) -> None:
        """Begin with nothing measured."""
        self._program = program
        self._feeds = feeds
        self._ports = ports
        self.taken: defaultdict[str, list[Cycle]] = defaultdict(list)

    def run(self, rounds: int, generation: int) -> int:
        """Run every cycle `rounds` times; return the generation that the farm then has."""
        with TemporaryDirectory() as first, TemporaryDirectory() as second:
            still = [self._url(n, "without", "still.xml") for n in range(self._feeds)]
            self._set_up(Path(first), still)
            self._set_up(Path(second), [self._mixed(n) for n in range(self._feeds)])
            for _ in range(rounds):
                with TemporaryDirectory() as third:
                    self._set_up(Path(third), [self._url(n, "with") for n in range(self._feeds)])
                    self._cycle("304", Path(third))
                    if isinstance(self._program, Newsthread):
                        self.taken["idle"].append(self._process(Path(third)))
                    self._cycle("unchanged", Path(first))
                    generation += 1
                    grow_farm(self._ports["with"], generation)
                    before = self._program.stored(Path(third))
                    self._cycle("changed", Path(third))
                    new = self._program.stored(Path(third)) - before
                    if self._program.name != "sfeed":  # it keeps what the feed has now, no more
                        self._check("changed", new, sum(map(new_items, range(self._feeds))))
                    self._cycle("mixed", Path(second))
        return generation

    def _set_up(self, folder: Path, urls: Sequence[str]) -> None:
        self._program.set_up(folder, urls)
        self._cycle("cold", folder)
        self._check("cold", self._program.stored(folder), ITEMS * self._feeds)

    def _check(self, cycle: str, stored: int, given: int) -> None:
        if stored < _LEAST_STORED * given:
            raise SystemExit(
                f"{self._program.name} stored {stored:,} of {given:,} items when {cycle}: "
                "what it took would say nothing."
            )

    def _cycle(self, name: str, folder: Path) -> None:
        if name != "cold":
            self._program.make_due(folder)
        self.taken[name].append(self._process(folder))

    def _process(self, folder: Path) -> Cycle:
        command, environment = self._program.command(folder)
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - a fixed command
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        peak = Peak(process.pid)
        assert process.stderr is not None
        with process.stderr:
            said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        highest = peak.read()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            shown = said.decode("utf-8", "replace")[-500:]
            raise SystemExit(f"{self._program.name} ended with {process.returncode}: {shown}")
        return Cycle(cpu=used.ru_utime + used.ru_stime, wall=wall, peak=highest)

    def _url(self, n: int, port: str, path: str = "feed.xml") -> str:
        return f"http://{address(n)}:{self._ports[port]}/{path}"

    def _mixed(self, n: int) -> str:
        if n % 10 < 5:
            return self._url(n, "with", "still.xml")
        return self._url(n, "without", "still.xml") if n % 10 < 8 else self._url(n, "with")


class Peak:
    """Watches the memory of a process and of all that it starts."""

    def __init__(self, pid: int) -> None:
        """Begin."""
        self._pid = pid
        self._peak = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def read(self) -> float:
        """End; return the most that was seen, MiB resident, pages that are shared counted twice."""
        self._ended.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE") / (1 << 20)
        while not self._ended.wait(_LOOK_EVERY):
            self._peak = max(self._peak, page * sum(map(_pages, _family(self._pid))))


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for one in found:
        with suppress(OSError):  # it ended meanwhile
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0


def table(taken: Mapping[str, Mapping[str, Sequence[Cycle]]], feeds: int) -> None:
    """Print a row a program: CPU by cycle, feeds a second when cold and when mixed, memory."""
    print(f"{'CPU ms a feed':24}" + "".join(f"{cycle:>11}" for cycle in CYCLES), end="")
    print(f"{'cold, f/s':>11}{'304, f/s':>11}{'MiB':>7}")
    for name, cycles in taken.items():
        cells = [_median(cycles.get(cycle, ()), attrgetter("cpu")) for cycle in CYCLES]
        shown = (f"{1_000 * cpu / feeds:11.2f}" if cpu else f"{'–':>11}" for cpu in cells)
        walls = [_median(cycles[one], attrgetter("wall")) for one in ("cold", "304")]
        rates = (f"{feeds / wall:11,.0f}" for wall in walls)
        peak = max(_median(its, attrgetter("peak")) for its in cycles.values())
        print(f"{name:24}{''.join(shown)}{''.join(rates)}{peak:7.0f}")


def _median(cycles: Sequence[Cycle], figure: Callable[[Cycle], float]) -> float:
    return statistics.median(map(figure, cycles)) if cycles else 0.0


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[], help="names of programs; all")
    parser.add_argument("--fast", action="store_true", help="8 feeds, one round, ours alone")
    home = Path(".venv/peers/reader")
    parser.add_argument("--home", type=Path, default=home, help="where `reader` is installed")
    asked: Any = parser.parse_args()
    feeds, rounds, only = asked.feeds, asked.rounds, asked.only
    if asked.fast:
        feeds, rounds, only = 8, 1, ["newsthread"]
    taken: dict[str, Mapping[str, Sequence[Cycle]]] = {}
    generation = 0
    with farm(feeds) as ports:
        for program in programs(asked.home.absolute()):
            if only and program.name not in only:
                continue
            if why := program.missing():
                print(f"{program.name} is missing: {why}")
                continue
            bench = Bench(program, feeds, ports)
            generation = bench.run(rounds, generation)
            taken[program.name] = bench.taken
            print(f"{program.name} is done", file=sys.stderr)
    print(f"{feeds:,} feeds, medians of {rounds} rounds; one process a cycle")
    table(taken, feeds)


if __name__ == "__main__":
    main()
