"""What `check` found: a row a part, the table of them, and the exit code that they come to."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.exits import Exit

_WIDTH = 160  # characters, where the output is no terminal


class Verdict(StrEnum):
    """How a part is."""

    OK = "ok"
    NOTE = "note"  # it works, and there is something to know
    WRONG = "wrong"


_STYLES = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.WRONG: "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row of the table."""

    part: str
    what: str
    verdict: Verdict
    said: str = ""
    remedy: str = ""
    code: Exit = Exit.WRONG  # the exit code, if it is wrong

    def row(self) -> dict[str, str]:
        """Return what `--json` prints."""
        return {
            "part": self.part,
            "what": self.what,
            "state": self.verdict.value,
            "said": self.said,
            "remedy": self.remedy,
        }


def exit_code(findings: Iterable[Finding]) -> Exit:
    """Return 0 if nothing is wrong; else what is to be mended first."""
    codes = {finding.code for finding in findings if finding.verdict is Verdict.WRONG}
    return next(
        (code for code in (Exit.WRONG, Exit.NO_STORE, Exit.FAILED) if code in codes), Exit.WELL
    )


def show(findings: Iterable[Finding]) -> None:
    """Print findings as a table; what is wrong is said in words, not by colour alone."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("part", "what", "state", "what is to be known", "how to mend it"):
        table.add_column(title, overflow="fold")
    for one in findings:
        state = Text(one.verdict.value, style=_STYLES[one.verdict])
        table.add_row(one.part, Text(one.what), state, Text(one.said), Text(one.remedy))
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)
