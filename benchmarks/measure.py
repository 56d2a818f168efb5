"""What the benchmarks share: CPU and memory of a piece of work, medians, and one kind of table.

Seconds are of this machine on this day; the last column, a ratio within one run, is what can be
compared between machines.
"""

import os
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_UNITS_A_MB = 1 << 20 if sys.platform == "darwin" else 1 << 10  # getrusage: bytes there, else KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a piece of work took."""

    wall: float  # seconds
    own: float  # CPU seconds of this process
    children: float = 0.0  # CPU seconds of the processes it started and that have ended


class Meter:
    """Measures from when it is made until `read`; children count once they have ended."""

    def __init__(self) -> None:
        """Begin."""
        self._began = (
            time.perf_counter(),
            _cpu(resource.RUSAGE_SELF),
            _cpu(resource.RUSAGE_CHILDREN),
        )

    def read(self) -> Spent:
        """Return what was spent since the beginning."""
        wall, own, children = self._began
        return Spent(
            wall=time.perf_counter() - wall,
            own=_cpu(resource.RUSAGE_SELF) - own,
            children=_cpu(resource.RUSAGE_CHILDREN) - children,
        )


def spent_on(work: Callable[[], object]) -> Spent:
    """Return what a call took."""
    meter = Meter()
    work()
    return meter.read()


def median(spent: Sequence[Spent]) -> Spent:
    """Return the median of each figure."""
    return Spent(
        wall=statistics.median(one.wall for one in spent),
        own=statistics.median(one.own for one in spent),
        children=statistics.median(one.children for one in spent),
    )


def peak_mb() -> float:
    """Return the peak memory (resident) of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_A_MB


def largest_child_mb(module: str) -> float:
    """Return the peak memory of the largest child that runs a module now, MB; 0 off Linux.

    getrusage counts what a child held before it was a program of its own, which is our memory.
    """
    peaks = [0.0]
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            status = command.with_name("status").read_text()
            if f"\nPPid:\t{os.getpid()}\n" in status and module in command.read_text():
                kib = re.search(r"^VmHWM:\s+(\d+)", status, re.MULTILINE)
                peaks.append(int(kib.group(1)) / 1024 if kib else 0.0)
        except OSError:  # it ended meanwhile
            continue
    return max(peaks)


def header(unit: str, base: str) -> None:
    """Print a table's head: rates and CPU are a `unit`, ratios to the CPU of the row `base`."""
    print(
        f"{'':44}{unit + 's/s':>12}{'CPU ms':>9}{'in child':>10}{'MB':>6}   CPU, in units of {base}"
    )


def row(name: str, spent: Spent, units: int, base: Spent, base_units: int) -> None:
    """Print one row of a table."""
    own, child = (1_000 * seconds / units for seconds in (spent.own, spent.children))
    ratio = (own + child) / (1_000 * (base.own + base.children) / base_units)
    shown = f"{child:10.2f}" if child else f"{'–':>10}"
    print(f"{name:44}{units / spent.wall:12,.0f}{own:9.3f}{shown}{peak_mb():6.0f}{ratio:11.2f}")


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
