"""Reads config/newsthread.toml and the environment, and turns both into domain types.

Alone reads either. An unknown key, a bad query or a missing file stops the start with a
`ConfigError` that names file, key and remedy. Secrets stand in the environment or in files that
`NAME_FILE` names, never in the configuration file.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.articles import Feed, FeedId
from bot.domain.errors import CallError, ConfigError, QueryError
from bot.domain.lexicon import (
    Background,
    Lexicon,
    background_from_lines,
    lexicon_from_lines,
)
from bot.domain.models import Model
from bot.domain.packs import Pack, Packs, pack_from_table
from bot.domain.private import is_masked, is_private
from bot.domain.query import parse
from bot.domain.schedule import parse_span
from bot.domain.urls import feed_address, masked
from bot.domain.watches import (
    DAYS,
    PINGS_AN_HOUR,
    Channel,
    ChannelSettings,
    Mode,
    QuietHours,
    Watch,
    WatchId,
    watch_name,
)

SHIPPED = Path(__file__).parents[1] / "config"
"""The folder of packs, lexicon and starter configuration that comes with Newsthread."""

_CONFIGURED_AT = datetime(2000, 1, 1, tzinfo=UTC)  # replaced when a watch is stored
_FEED_SECRETS = "FEED_*"
_PLACE = re.compile(r"\$\{(\w*)\}")  # of a secret in a feed's address
_M = TypeVar("_M", bound=BaseModel)


def _channel(text: str) -> str:
    Channel.parse(text)
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone: write one such as Europe/Madrid") from error
    return name


def _quiet(text: str) -> str:
    QuietHours.parse(text)
    return text


def _workspace(text: str) -> str:
    if re.fullmatch(r"[a-z]+/[\w.-]+", text) is None:
        raise ValueError(f"{text!r} is no workspace: write it as discord/ID or slack/ID")
    return text


def _day(text: str) -> str:
    if text not in DAYS:
        raise ValueError(f"{text!r} is no day: write {', '.join(DAYS)}")
    return text


def _time_of_day(text: str) -> str:
    if re.fullmatch(r"[0-2]\d:[0-5]\d", text) is None or text >= "24":
        raise ValueError(f"{text!r} is no time of day: write it as 08:00")
    return text


def _base(url: str) -> str:
    parts = urlsplit(url)  # a ValueError of its own says what is wrong
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{masked(url)!r} is no web address: write https://api.example.org/v1")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("has more than an address: the key goes into MODEL_API_KEY")
    return url


def _span(value: object) -> object:
    return parse_span(value) if isinstance(value, str) else value


def _name(text: str) -> str:
    try:
        named = watch_name(text)
    except CallError as error:
        raise ValueError(str(error)) from error
    if named != text:
        raise ValueError(f"write it as {named!r}")
    return text


Span = Annotated[timedelta, BeforeValidator(_span)]  # "30s", "10m", "2h", "3d"
Day = Annotated[str, AfterValidator(_day)]
ChannelName = Annotated[str, AfterValidator(_channel)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)  # a misspelt key is an error


class FeedTable(_Table):
    """One `[[feeds]]` table."""

    url: str = Field(min_length=1, max_length=2_000, description="The feed's address.")
    name: str = Field(min_length=1, max_length=80, description="Shown as an alert's source.")
    every: Span | None = Field(
        None,
        ge=timedelta(minutes=5),
        le=timedelta(days=1),
        description="How often it is polled, 5m to 1d; else as in defaults.",
    )
    lang: str = Field("", max_length=8, description="Its language, where entries do not say.")
    workspace: Annotated[str, AfterValidator(_workspace)] = Field(
        "", validate_default=False, description="The only workspace that sees it; else all do."
    )


class WatchTable(_Table):
    """One `[[watches]]` table."""

    name: Annotated[str, AfterValidator(_name)] = Field(
        max_length=40, description="What people call it: lower case, digits, hyphens."
    )
    query: str = Field(max_length=2_000, description="See docs/queries.md.")
    channels: tuple[ChannelName, ...] = Field(
        min_length=1, max_length=50, description="Where its alerts go."
    )
    mode: Mode | None = Field(None, description="thread, forum, digest or silent.")
    ping: str = Field("", max_length=80, description="The role to ping for a new story.")
    min_outlets: int | None = Field(
        None, ge=1, le=10, description="Independent outlets needed before a card is posted."
    )
    lang: tuple[str, ...] = Field((), description="Only articles in these languages.")
    feeds: tuple[str, ...] = Field((), description="Only feeds of these names.")
    urgent: bool = Field(default=False, description="Exempt from quiet hours.")
    paused: bool = Field(default=False, description="It rests: nothing is matched for it.")
    backfill: int | None = Field(
        None, ge=0, le=10, description="Stories of the last day to post once, when it is new."
    )


class ChannelTable(_Table):
    """One `[[channels]]` table."""

    id: ChannelName = Field(description="As in a watch's `channels`.")
    tz: Annotated[str, AfterValidator(_zone)] = Field("UTC", description="Its time zone.")
    lang: str = Field("en", max_length=3, description="The language of its summaries.")
    quiet: Annotated[str, AfterValidator(_quiet)] = Field(
        "", validate_default=False, description="Its quiet hours, such as 22:00-07:00."
    )
    digest: tuple[Annotated[str, AfterValidator(_time_of_day)], ...] = Field(
        (), max_length=24, description="The times of day of its digest."
    )
    digest_days: tuple[Day, ...] = Field(
        DAYS, min_length=1, max_length=7, description="The days of its digest."
    )
    admin: bool = Field(default=False, description="Is told what goes wrong.")
    model: bool = Field(default=True, description="Whether a model may write its summaries.")
    pings: Annotated[int, Field(ge=0, le=60)] | Literal["off"] = Field(
        PINGS_AN_HOUR, description="Cards that may ping within an hour, or off: all of them."
    )


class DefaultsTable(_Table):
    """The `[defaults]` table."""

    every: Span = Field(
        timedelta(minutes=15),
        ge=timedelta(minutes=5),
        le=timedelta(days=1),
        description="How often a feed is polled.",
    )
    backfill: int = Field(
        0, ge=0, le=10, description="Stories of the last day that a new watch posts once."
    )
    mode: Mode = Field(Mode.THREAD, description="How alerts are shown.")
    min_outlets: int = Field(1, ge=1, le=10, description="Independent outlets a card needs.")
    pages: bool = Field(
        default=False, description="Whether articles' pages are read, for better summaries."
    )


class ModelTable(_Table):
    """The `[model]` table; without it summaries are extractive."""

    url: Annotated[str, AfterValidator(_base)] = Field(
        min_length=1, max_length=500, description="The base of an OpenAI-compatible endpoint."
    )
    name: str = Field(
        min_length=1, max_length=80, pattern=r"^[\w.:/@+-]+$", description="The model's name there."
    )
    tokens_a_day: int = Field(
        200_000,
        ge=0,
        le=1_000_000_000,
        description="What it may cost in a day of UTC, read and written together.",
    )
    timeout: Span = Field(
        timedelta(seconds=30),
        ge=timedelta(seconds=1),
        le=timedelta(minutes=5),
        description="How long one answer may take in all, 1s to 5m.",
    )
    answer_tokens: int = Field(1_500, ge=100, le=100_000, description="How long one answer may be.")
    answer_key: Literal["max_tokens", "max_completion_tokens"] = Field(
        "max_tokens", description="What the endpoint calls that bound."
    )


class ConfigTable(_Table):
    """The whole of config/newsthread.toml."""

    defaults: DefaultsTable = Field(default_factory=lambda: DefaultsTable())
    model: ModelTable | None = None
    feeds: tuple[FeedTable, ...] = ()
    watches: tuple[WatchTable, ...] = ()
    channels: tuple[ChannelTable, ...] = ()


class Environment(BaseSettings):
    """What comes from the environment; a variable `X_FILE` gives `X` by a file."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    config: Path = Field(
        SHIPPED / "newsthread.toml",
        alias="NEWSTHREAD_CONFIG",
        description="The configuration file.",
    )
    database_url: str = Field(
        "sqlite+aiosqlite:///var/newsthread.db",
        alias="DATABASE_URL",
        description="Where everything is stored.",
    )
    key: SecretStr = Field(
        SecretStr(""),
        alias="NEWSTHREAD_KEY",
        description="What private feeds' addresses are sealed with in the database.",
    )
    feed_secrets: Mapping[str, SecretStr] = Field(
        default_factory=dict,
        alias=_FEED_SECRETS,
        description="What `${FEED_…}` stands for in the address of a feed in the configuration.",
    )
    sandbox_path: Path = Field(
        Path("var/sandbox.db"),
        alias="NEWSTHREAD_SANDBOX",
        description="Where the sandbox chat keeps its messages.",
    )
    host: str = Field(
        "127.0.0.1", alias="HOST", description="The address that the sandbox page listens on."
    )
    port: int = Field(
        8080, ge=0, le=65_535, alias="PORT", description="The port of the sandbox page."
    )
    web_token: SecretStr = Field(
        SecretStr(""),
        alias="NEWSTHREAD_WEB_TOKEN",
        description="What the sandbox page asks for; needed where HOST is not loopback.",
    )
    web_hosts: str = Field(
        "",
        alias="NEWSTHREAD_WEB_HOSTS",
        description="Names by which people reach the sandbox page, comma-separated.",
    )
    health_port: int | None = Field(
        None,
        ge=0,
        le=65_535,
        alias="NEWSTHREAD_HEALTH_PORT",
        description="The port of /healthz and /metrics; none: they are not served.",
    )
    health_host: str = Field(
        "127.0.0.1",
        alias="NEWSTHREAD_HEALTH_HOST",
        description="The address that /healthz and /metrics are served on.",
    )
    public_url: str = Field(
        "",
        alias="NEWSTHREAD_PUBLIC_URL",
        description="Where the page's port is reached from outside; for hubs of feeds (WebSub).",
    )
    allow_addresses: str = Field(
        "",
        alias="NEWSTHREAD_ALLOW_ADDRESSES",
        description="Networks that feeds may be on although they are not public, comma-separated.",
    )
    contact_url: str = Field(
        "https://github.com/newsthread/newsthread",
        alias="NEWSTHREAD_CONTACT_URL",
        description="Told to feeds' servers in the User-Agent.",
    )
    discord_token: SecretStr = Field(
        SecretStr(""),
        alias="DISCORD_TOKEN",
        description="The Discord bot's token; none: no Discord.",
    )
    discord_api_base: str = Field(
        "https://discord.com/api/v10",
        alias="DISCORD_API_BASE",
        description="Where Discord's REST API is.",
    )
    discord_gateway_url: str = Field(
        "wss://gateway.discord.gg/",
        alias="DISCORD_GATEWAY_URL",
        description="Where Discord's gateway is.",
    )
    discord_shard_count: int = Field(
        0,
        ge=0,
        le=100_000,
        alias="DISCORD_SHARD_COUNT",
        description="How many shards Discord's servers are in; 0: as many as Discord recommends.",
    )
    discord_public_key: str = Field(
        "",
        alias="DISCORD_PUBLIC_KEY",
        description="The Discord application's public key: listen at /discord/interactions.",
    )
    slack_bot_token: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_BOT_TOKEN",
        description="The bot's token in its one Slack workspace.",
    )
    slack_app_token: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_APP_TOKEN",
        description="The app-level token: listen by Socket Mode.",
    )
    slack_signing_secret: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_SIGNING_SECRET",
        description="What Slack signs its requests with: listen at /slack/events.",
    )
    slack_client_id: str = Field(
        "",
        alias="SLACK_CLIENT_ID",
        description="The app's client id: workspaces are added at /slack/install.",
    )
    slack_client_secret: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_CLIENT_SECRET",
        description="What goes with SLACK_CLIENT_ID.",
    )
    slack_api_base: str = Field(
        "https://slack.com/api/",
        alias="SLACK_API_BASE",
        description="Where Slack's Web API is.",
    )
    model_api_key: SecretStr = Field(
        SecretStr(""),
        alias="MODEL_API_KEY",
        description="The key for the endpoint of `[model]`; none: it asks for none.",
    )
    log_level: str = Field("info", alias="LOG_LEVEL", description="debug, info, warning, error.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- given by pydantic
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given, and nothing from the process's own environment behind it."""
        return (init_settings,)

    def public(self) -> str:
        """Return `NEWSTHREAD_PUBLIC_URL` without a last slash; "" where it is not set.

        Raises:
            ConfigError: It is no address that hubs could send to.
        """
        given = self.public_url.strip()
        address = feed_address(given) if given.startswith(("http://", "https://")) else ""
        if given and (not address or "?" in given or "#" in given or is_private(address)):
            raise ConfigError(
                "NEWSTHREAD_PUBLIC_URL",
                f"{masked(given)!r} is no address that hubs could send to",
                "Write it as https://news.example.org",
            )
        return address.rstrip("/")

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the networks of `NEWSTHREAD_ALLOW_ADDRESSES`.

        Raises:
            ConfigError: One of them is no network.
        """
        try:
            return tuple(
                ip_network(part.strip()) for part in self.allow_addresses.split(",") if part.strip()
            )
        except ValueError as error:
            raise ConfigError(
                "NEWSTHREAD_ALLOW_ADDRESSES", str(error), "Write it as 127.0.0.0/8,10.0.0.0/8"
            ) from error


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


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Read the environment, following `*_FILE`.

    Raises:
        ConfigError: A variable has a value that cannot be, or its file cannot be read.
    """
    values: dict[str, object] = {}
    for field in Environment.model_fields.values():
        if (value := _variable(environ, str(field.alias))) is not None:
            values[str(field.alias)] = value
    values[_FEED_SECRETS] = _feed_secrets(environ)
    try:
        return Environment.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "environment"
        raise ConfigError(where, first["msg"], "Mend or unset the variable") from error


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    """Return a variable's value, or what is in the file that its `_FILE` names."""
    if name in environ:
        return environ[name]
    if f"{name}_FILE" in environ:
        return _text(Path(environ[f"{name}_FILE"]), f"{name}_FILE").strip()
    return None


def _feed_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    names = {name.removesuffix("_FILE") for name in environ if name.startswith("FEED_")}
    found = {name: _variable(environ, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def read_config(path: Path, secrets: Mapping[str, SecretStr] = {}) -> Config:
    """Read a configuration file and the packs beside it and those that are shipped.

    Args:
        path: The configuration file.
        secrets: What `${FEED_…}` stands for in a feed's address, by name.

    Raises:
        ConfigError: With the file, the key, what is wrong and how to mend it.
    """
    table = _validated(ConfigTable, _toml(path), path)
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


def pack_folders(path: Path) -> tuple[Path, Path]:
    """Return where the packs of a configuration file are: those that are shipped, and its own."""
    return SHIPPED / "packs", path.parent / "packs"


def config_files(path: Path) -> tuple[Path, ...]:
    """Return the files that a configuration is read from: the file itself, and the packs."""
    packs = (file for folder in pack_folders(path) for file in folder.glob("*.toml"))
    return path, *sorted(set(packs))


def read_packs(*folders: Path) -> Packs:
    """Read every `*.toml` in the folders that exist; a later folder's pack replaces an earlier's.

    Raises:
        ConfigError: A file is no pack.
    """
    packs: dict[str, Pack] = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        for path in sorted(folder.glob("*.toml")):
            try:
                pack = pack_from_table(_toml(path))
            except ValueError as error:
                raise ConfigError(str(path), str(error), "See docs/queries.md, Packs") from error
            packs[pack.name] = pack
    return packs


def read_lexicon(folder: Path = SHIPPED / "lexicon") -> tuple[Lexicon, Background]:
    """Read the word lists that filing uses.

    Raises:
        ConfigError: A file is missing.
    """
    lines = {path.stem: _text(path, "lexicon").splitlines() for path in folder.glob("*.tsv")}
    missing = {"stopwords", "background"} - lines.keys()
    if missing:
        raise ConfigError(
            str(folder), f"{min(missing)}.tsv is missing", "Restore config/lexicon from the release"
        )
    stop, tiers = lines.pop("stopwords"), lines.pop("background")
    simplified = lines.pop("traditional", [])
    lexicon = lexicon_from_lines(stop, lines, simplified)
    return lexicon, background_from_lines(tiers, lexicon)


def _text(path: Path, key: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{key}: {path}",
            f"cannot be read ({error})",
            "Check the path and that it is a readable UTF-8 file",
        ) from error


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path, "configuration"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            str(path), f"is not valid TOML: {error}", "Mend the line that it names"
        ) from error


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
