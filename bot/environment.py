"""Reads the environment: where things are, and secrets, which `NAME_FILE` may name the files of."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.errors import ConfigError
from bot.domain.private import is_private
from bot.domain.urls import feed_address, masked
from bot.files import read_text
from bot.shipped import SHIPPED

_FEED_SECRETS = "FEED_*"


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
        return read_text(Path(environ[f"{name}_FILE"]), f"{name}_FILE").strip()
    return None


def _feed_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    names = {name.removesuffix("_FILE") for name in environ if name.startswith("FEED_")}
    found = {name: _variable(environ, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}
