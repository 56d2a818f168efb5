"""What the twin took, in order: the only judge of "exactly once". Nothing is ever taken back."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.twins.discord.journal import Entry, read_journal
from tests.twins.discord.journal import Journal as PlainJournal

__all__ = ["Entry", "Journal", "read_journal"]


class Journal(PlainJournal):
    """An append-only list of entries, and who waits for more of them.

    A message's entry has the `key` of its metadata, by which "twice" is told from "once".
    """

    def __init__(self, path: Path | None = None) -> None:
        """Keep entries in memory and, where a path is given, append them to that file."""
        super().__init__(path)
        self._changed: list[Callable[[], None]] = []

    def write(self, kind: str, at: float, **fields: Any) -> Entry:
        """Append an entry, wake who waits, and return it; values must be JSON."""
        entry = super().write(kind, at, **fields)
        for wake in self._changed:
            wake()
        return entry

    def times(self, key: str) -> int:
        """Return how many messages with this key were taken: 1 is what a bot should reach."""
        return len(self.of("message", key=key))

    def keys(self) -> list[str]:
        """Return the keys of all messages that have one, in the order in which they were taken."""
        return [e["key"] for e in self.entries if e["kind"] == "message" and e["key"] is not None]

    async def until(
        self, kind: str, *, since: int = 0, within: float = 10.0, **fields: Any
    ) -> Entry:
        """Wait for an entry of a kind whose fields equal those given, and return the first.

        Args:
            kind: The entry's kind.
            since: The number (`n`) from which entries count; `len(journal.entries)` means new ones.
            within: How many real seconds to wait.
            fields: What the entry has to say.

        Raises:
            TimeoutError: None came in time.
        """
        found: list[Entry] = []

        def there() -> bool:
            found[:] = [e for e in self.of(kind, **fields) if e["n"] >= since]
            return bool(found)

        await self.when(there, within)
        return found[0]

    async def when(self, true: Callable[[], bool], within: float = 10.0) -> None:
        """Wait until something is true; it is looked at after each entry.

        Args:
            true: What to look at.
            within: How many real seconds to wait.

        Raises:
            TimeoutError: It was not true in time.
        """
        changed = asyncio.Event()
        self._changed.append(changed.set)
        try:
            async with asyncio.timeout(within):
                while not true():
                    changed.clear()
                    await changed.wait()
        finally:
            self._changed.remove(changed.set)
