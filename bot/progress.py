"""Progress bars for people who wait: on stderr, and only where that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Advance = Callable[[float], None]
"""Says that so much more is done."""


@contextmanager
def progress(what: str, total: float, *, streaming: bool = False) -> Iterator[Advance]:
    """Show how far something is, until the block ends; the bar is gone then.

    Args:
        what: What is being done: "Polling".
        total: How much there is to do.
        streaming: Lines are printed to stdout meanwhile, so that a bar on the same terminal would
            stand in their way, and counts nobody would read (bytes).
    """
    shown = sys.stderr.isatty() and not (streaming and sys.stdout.isatty())
    count = TextColumn("{task.percentage:>3.0f} %") if streaming else MofNCompleteColumn()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        count,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not shown,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)
