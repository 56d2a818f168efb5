"""The tables of a configuration file, each value checked; an unknown key is an error."""

import re
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from bot.domain.errors import CallError
from bot.domain.schedule import parse_span
from bot.domain.urls import masked
from bot.domain.watches import (
    DAYS,
    PINGS_AN_HOUR,
    Channel,
    Mode,
    QuietHours,
    watch_name,
)


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
