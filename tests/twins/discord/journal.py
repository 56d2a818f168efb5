"""What the twin took, in order: the only judge of "exactly once". Nothing is ever taken back."""

import json
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

Entry = dict[str, Any]


class Journal:
    """An append-only list of entries, each with `n`, `at` (seconds since 1970) and `kind`.

    With a path, each entry is also a line of JSON in that file before the request is answered,
    so that it can be read after whatever was killed.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Keep entries in memory and, where a path is given, append them to that file."""
        self.entries: list[Entry] = []
        self._file: IO[str] | None = None if path is None else path.open("a", encoding="utf-8")

    def write(self, kind: str, at: float, **fields: Any) -> Entry:
        """Append an entry and return it; values must be JSON."""
        entry: Entry = {"n": len(self.entries), "at": at, "kind": kind, **fields}
        self.entries.append(entry)
        if self._file is not None:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
        return entry

    def of(self, kind: str, **fields: Any) -> list[Entry]:
        """Return the entries of a kind whose fields equal those given, in order."""
        return [e for e in self.entries if e["kind"] == kind and _agrees(e, fields)]

    @property
    def violations(self) -> list[Entry]:
        """What the real Discord would have refused as malformed."""
        return self.of("violation")

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        """Use as a context manager: closed at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


def read_journal(path: Path) -> list[Entry]:
    """Return the entries of a journal's file, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def _agrees(entry: Entry, fields: dict[str, Any]) -> bool:
    return all(entry.get(name) == value for name, value in fields.items())
