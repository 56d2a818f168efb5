"""Takes a changed configuration over while the program runs; a faulty one is refused and told.

What is running goes on with the old configuration until the new one is whole: it is read and
checked first, and goes into the database in one transaction.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import structlog
from pydantic import SecretStr

from bot.config import Config, config_files, read_config
from bot.domain.errors import ConfigError
from bot.domain.messages import Alert, Message, Part, Tone, alert_key, say
from bot.logs import cleaned
from bot.ports.store import Store
from bot.ports.world import Clock

log = structlog.get_logger()

RELOAD_EVERY = timedelta(seconds=2)
_SHOWN = 1_500  # characters of what is wrong, in a chat


class Reloader:
    """Watches the configuration file and its packs."""

    def __init__(
        self,
        path: Path,
        running: Config,
        take: Callable[[Config], Awaitable[None]],
        store: Store,
        clock: Clock,
        secrets: Mapping[str, SecretStr] = {},
    ) -> None:
        """Watch a file.

        Args:
            path: The configuration file; packs are looked for where it has them.
            running: What was read from it at the start.
            take: Takes a configuration over, or raises a `ConfigError` and changes nothing.
            store: Where the admin channels are, and what they are told goes.
            clock: The time.
            secrets: What feeds' addresses in the file may name; read at the start only.
        """
        self._path = path
        self._running = running
        self._take = take
        self._store = store
        self._clock = clock
        self._secrets = secrets
        self._seen = ""
        self._done = ""
        self._refused = False

    async def tick(self) -> None:
        """Look once; a change is taken over at the second look that finds it the same.

        An editor may be half-way through writing: what it has written so far could well be a valid
        file, without the feeds that follow.
        """
        stamp = await asyncio.to_thread(_stamp, self._path)
        if stamp == self._done:
            return
        if stamp != self._seen:
            self._seen = stamp
            return
        try:
            config = await asyncio.to_thread(read_config, self._path, self._secrets)
            if config != self._running:
                await self._take(config)
        except ConfigError as error:
            log.error(  # noqa: TRY400 - where in our code it was found helps nobody
                "configuration_refused",
                where=error.where,
                problem=error.problem,
                remedy=error.remedy,
                instead="the configuration before it stays in force",
            )
            await self._tell(_refusal(error), stamp)
            self._refused = True
        else:
            if config != self._running:
                log.info("configuration_reloaded", **_counts(config))
            if config.model != self._running.model:
                log.warning("model_unchanged", why="[model] is read at the start", remedy="restart")
            if self._refused:
                await self._tell(say("The configuration is in order again.", tone=Tone.GOOD), stamp)
            self._running, self._refused = config, False
        self._done = stamp

    async def _tell(self, message: Message, stamp: str) -> None:
        """Tell the admin channels, once of each state of the files."""
        now = self._clock()
        async with self._store.transaction() as tx:
            await tx.outbox.add(
                [
                    Alert(
                        key=alert_key(settings.channel, "configuration", stamp),
                        channel=settings.channel,
                        part=Part.NOTICE,
                        message=message,
                        due_at=now,
                        created_at=now,
                    )
                    for settings in await tx.channels.list()
                    if settings.admin
                ]
            )


def _refusal(error: ConfigError) -> Message:
    words = f"{error.where}: {error.problem}. {error.remedy}"
    return say(
        "The changed configuration is refused, and the one before it stays in force."
        f" {str(cleaned(words))[:_SHOWN]}",
        tone=Tone.TROUBLE,
    )


def _counts(config: Config) -> dict[str, int]:
    return {
        "feeds": len(config.feeds),
        "watches": len(config.watches),
        "channels": len(config.channels),
        "packs": len(config.packs),
    }


def _stamp(path: Path) -> str:
    """Return what tells two states of the files apart: which there are, and when they changed."""
    digest = sha256()
    for file in config_files(path):
        try:
            is_ = file.stat()
        except OSError:
            continue  # it is gone, or cannot be reached: reading it will say so
        digest.update(f"{file} {is_.st_mtime_ns} {is_.st_size} {is_.st_ino}\n".encode())
    return digest.hexdigest()
