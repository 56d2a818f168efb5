"""Reads config/newsthread.toml, and turns it into domain types.

An unknown key, a bad query or a missing file stops the start with a `ConfigError` that names file,
key and remedy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import (
    BaseModel,
    SecretStr,
    ValidationError,
)

from bot.config_tables import (
    ChannelTable,
    ConfigTable,
    DefaultsTable,
    FeedTable,
    ModelTable,
    WatchTable,
)
from bot.domain.articles import Feed, FeedId
from bot.domain.errors import ConfigError, QueryError
from bot.domain.models import Model
from bot.domain.packs import Packs
from bot.domain.private import is_masked
from bot.domain.query import parse
from bot.domain.urls import feed_address, masked
from bot.domain.watches import (
    DAYS,
    Channel,
    ChannelSettings,
    QuietHours,
    Watch,
    WatchId,
)
from bot.files import read_toml
from bot.shipped import pack_folders, read_packs

_CONFIGURED_AT = datetime(2000, 1, 1, tzinfo=UTC)  # replaced when a watch is stored

_PLACE = re.compile(r"\$\{(\w*)\}")  # of a secret in a feed's address

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What is configured, in domain types."""

    feeds: tuple[Feed, ...]
    watches: tuple[Watch, ...]
    channels: tuple[ChannelSettings, ...]
    packs: Packs
    every: timedelta  # for feeds added in chat
    backfill: int  # for watches added in chat
    pages: bool  # articles' pages are read
    model: Model | None = None  # writes summaries; None: they are extractive

    def places(self) -> tuple[Channel, ...]:
        """Return the channels that it names, each once."""
        named = [channel for watch in self.watches for channel in watch.channels]
        named += [settings.channel for settings in self.channels]
        return tuple(dict.fromkeys(named))


def read_config(path: Path, secrets: Mapping[str, SecretStr] = {}) -> Config:
    """Read a configuration file and the packs beside it and those that are shipped.

    Args:
        path: The configuration file.
        secrets: What `${FEED_…}` stands for in a feed's address, by name.

    Raises:
        ConfigError: With the file, the key, what is wrong and how to mend it.
    """
    table = _validated(ConfigTable, read_toml(path), path)
    packs = read_packs(*pack_folders(path))
    defaults = table.defaults
    feeds = tuple(
        _feed(
            feed, _filled(feed.url, secrets, f"{path}: feeds[{number}].url"), defaults, path, number
        )
        for number, feed in enumerate(table.feeds)
    )
    _refuse_twins([f"{feed.url} {feed.workspace}" for feed in feeds], path, "feeds", "url")
    _refuse_twins([watch.name for watch in table.watches], path, "watches", "name")
    _refuse_twins([channel.id for channel in table.channels], path, "channels", "id")
    names = {feed.name.casefold() for feed in feeds}
    for number, watch in enumerate(table.watches):
        try:
            parse(watch.query, packs)
        except QueryError as error:
            raise ConfigError(
                f"{path}: watches[{number}].query", str(error), error.explained()
            ) from error
        unknown = [name for name in watch.feeds if name.casefold() not in names]
        if unknown:
            raise ConfigError(
                f"{path}: watches[{number}].feeds",
                f"no feed is called {unknown[0]!r}",
                "Name feeds as in their [[feeds]] tables",
            )
    return Config(
        feeds=feeds,
        watches=tuple(_watch(watch, defaults) for watch in table.watches),
        channels=tuple(_settings(channel) for channel in table.channels),
        packs=packs,
        every=defaults.every,
        backfill=defaults.backfill,
        pages=defaults.pages,
        model=None if table.model is None else _model(table.model),
    )


def config_files(path: Path) -> tuple[Path, ...]:
    """Return the files that a configuration is read from: the file itself, and the packs."""
    packs = (file for folder in pack_folders(path) for file in folder.glob("*.toml"))
    return path, *sorted(set(packs))


def _validated(model: type[_M], table: Mapping[str, Any], path: Path) -> _M:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        errors = error.errors()
        unknown = (one for one in errors if one["type"] == "extra_forbidden")
        first = next(unknown, errors[0])  # a misspelt key first: it may be the one that is missing
        where = ""
        for part in first["loc"]:
            where += f"[{part}]" if isinstance(part, int) else f".{part}"
        known = ", ".join(_keys(model, first["loc"]))
        remedy = (
            f"Known keys here: {known}"
            if first["type"] == "extra_forbidden"
            else "See docs/operations.md, Configuration"
        )
        problem = "is no known key" if first["type"] == "extra_forbidden" else _lower(first["msg"])
        raise ConfigError(f"{path}: {where.lstrip('.')}", problem, remedy) from error


def _lower(message: str) -> str:
    return message.removeprefix("Value error, ")


def _keys(model: type[BaseModel], where: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are known where an unknown one stood."""
    tables: dict[str, type[BaseModel]] = {
        "defaults": DefaultsTable,
        "feeds": FeedTable,
        "watches": WatchTable,
        "channels": ChannelTable,
        "model": ModelTable,
    }
    inner = tables.get(str(where[0])) if len(where) > 1 else None
    return list((inner or model).model_fields)


def _refuse_twins(values: list[str], path: Path, table: str, key: str) -> None:
    seen: set[str] = set()
    for number, value in enumerate(values):
        if value in seen:
            raise ConfigError(
                f"{path}: {table}[{number}].{key}",
                f"{masked(value)!r} stands there twice",
                "Remove one",
            )
        seen.add(value)


def _filled(url: str, secrets: Mapping[str, SecretStr], where: str) -> str:
    """Return a feed's address with its secrets in place; an address may be one secret whole."""
    whole = _PLACE.fullmatch(url.strip())

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if not name.startswith("FEED_") or name not in secrets:
            raise ConfigError(
                where,
                f"names ${{{name}}}, which is not set",
                "Set the variable, or its _FILE; its name begins with FEED_",
            )
        plain = secrets[name].get_secret_value()
        return plain if whole else quote(plain, safe=":")

    return _PLACE.sub(value, url)


def _feed(table: FeedTable, given: str, defaults: DefaultsTable, path: Path, number: int) -> Feed:
    url = feed_address(given)
    if not url:
        raise ConfigError(
            f"{path}: feeds[{number}].url",
            f"{masked(table.url)!r} is no web address",
            "Write it as https://example.org/feed.xml",
        )
    if is_masked(url):
        raise ConfigError(
            f"{path}: feeds[{number}].url",
            f"{url!r} has *** in place of a secret",
            "Write the secret, better as ${FEED_…} from the environment, or export with --secrets",
        )
    every = table.every or defaults.every
    return Feed(
        id=FeedId(0),
        url=url,
        name=table.name,
        every=every,
        lang=table.lang,
        workspace=table.workspace,
        configured=True,
    )


def _watch(table: WatchTable, defaults: DefaultsTable) -> Watch:
    return Watch(
        id=WatchId(0),
        scope=None,
        name=table.name,
        query=table.query,
        channels=tuple(Channel.parse(channel) for channel in table.channels),
        mode=table.mode or defaults.mode,
        ping=table.ping,
        min_outlets=table.min_outlets or defaults.min_outlets,
        lang=table.lang,
        feeds=table.feeds,
        urgent=table.urgent,
        paused=table.paused,
        backfill=defaults.backfill if table.backfill is None else table.backfill,
        created_at=_CONFIGURED_AT,
    )


def _model(table: ModelTable) -> Model:
    return Model(
        url=table.url,
        name=table.name,
        tokens_a_day=table.tokens_a_day,
        timeout=table.timeout,
        answer_tokens=table.answer_tokens,
        answer_key=table.answer_key,
    )


def _settings(table: ChannelTable) -> ChannelSettings:
    return ChannelSettings(
        channel=Channel.parse(table.id),
        tz=table.tz,
        lang=table.lang,
        quiet=QuietHours.parse(table.quiet) if table.quiet else None,
        digest=tuple(time.fromisoformat(at) for at in table.digest),
        digest_days=tuple(sorted({DAYS.index(day) for day in table.digest_days})),
        admin=table.admin,
        model=table.model,
        pings=None if table.pings == "off" else table.pings,
    )
