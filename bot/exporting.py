"""What is set up, as a configuration file: the other direction of `bot.config`.

Pure. What the file cannot say is left out and named in its first lines: mutes, what people have
seen, and names of feeds that are gone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import tomli_w

from bot.domain.articles import Feed
from bot.domain.models import Model
from bot.domain.schedule import MAX_WAIT, MIN_EVERY, format_span
from bot.domain.watches import DAYS, ChannelSettings, Mode, Watch

_LONGEST_NAME = 40  # characters of a watch's name
_HEAD = (
    "Feeds, watches and channels of a Newsthread database, set up in chat, imported or configured.",
    "Packs are read from packs/ beside this file, and from those that come with Newsthread.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a database keeps of what is set up."""

    feeds: Sequence[Feed]
    watches: Sequence[Watch]
    channels: Sequence[ChannelSettings]
    every: timedelta  # for feeds added in chat
    backfill: int  # for watches added in chat
    pages: bool  # articles' pages are read
    model: Model | None = None  # writes summaries


def to_toml(kept: Kept) -> str:
    """Return everything as the text of a configuration file, in an order of its own: by name."""
    feeds = sorted(kept.feeds, key=lambda feed: (feed.name, feed.url, feed.workspace))
    names = {feed.name.casefold() for feed in feeds}
    watches = sorted(
        kept.watches, key=lambda watch: (watch.name, watch.scope is not None, watch.id)
    )
    table = {
        "defaults": {
            "every": format_span(kept.every),
            "backfill": kept.backfill,
            "pages": kept.pages,
        },
        "model": {} if kept.model is None else _model(kept.model),
        "feeds": [_feed(feed) for feed in feeds],
        "watches": [_watch(watch, name, names) for name, watch in _named(watches).items()],
        "channels": [
            row
            for settings in sorted(kept.channels, key=lambda one: one.channel)
            if len(row := _channel(settings)) > 1
        ],
    }
    gone = [line for watch in watches for line in _gone(watch, names)]
    head = "".join(f"# {line}\n" for line in (*_HEAD, *gone))
    body = tomli_w.dumps({key: value for key, value in table.items() if value})
    return f"{head}\n{body}"


def _model(model: Model) -> dict[str, Any]:
    return asdict(model) | {"timeout": format_span(model.timeout)}


def _named(watches: Iterable[Watch]) -> Mapping[str, Watch]:
    """Return watches by name, each name once: two workspaces may have one of the same name."""
    named: dict[str, Watch] = {}
    for watch in watches:
        name, number = watch.name, 1
        while name in named:
            number += 1
            end = f"-{number}"
            name = watch.name[: _LONGEST_NAME - len(end)].rstrip("-") + end
        named[name] = watch
    return named


def _feed(feed: Feed) -> dict[str, Any]:
    every = min(max(feed.every, MIN_EVERY), MAX_WAIT)  # the demo's feeds are faster
    row = {"url": feed.url, "name": feed.name, "every": format_span(every)}
    optional = {"lang": feed.lang, "workspace": feed.workspace}
    return row | {key: value for key, value in optional.items() if value}


def _watch(watch: Watch, name: str, names: Collection[str]) -> dict[str, Any]:
    limited = [feed for feed in watch.feeds if feed.casefold() in names]
    optional = {
        "mode": watch.mode.value if watch.mode is not Mode.THREAD else "",
        "ping": watch.ping,
        "min_outlets": watch.min_outlets if watch.min_outlets > 1 else 0,
        "lang": list(watch.lang),
        "feeds": limited,
        "urgent": watch.urgent,
        "paused": watch.paused or bool(watch.feeds and not limited),
    }
    return {
        "name": name,
        "query": watch.query,
        "channels": [str(channel) for channel in watch.channels],
        **{key: value for key, value in optional.items() if value},
        "backfill": watch.backfill,
    }


def _channel(settings: ChannelSettings) -> dict[str, Any]:
    plain = ChannelSettings(channel=settings.channel)
    every_day = settings.digest_days == plain.digest_days
    optional = {
        "tz": settings.tz if settings.tz != "UTC" else "",
        "lang": settings.lang if settings.lang != "en" else "",
        "quiet": str(settings.quiet) if settings.quiet else "",
        "digest": [f"{at:%H:%M}" for at in settings.digest],
        "digest_days": [] if every_day else [DAYS[day] for day in settings.digest_days],
        "admin": settings.admin,
    }
    row = {"id": str(settings.channel)} | {key: value for key, value in optional.items() if value}
    if not settings.model:
        row["model"] = False
    if settings.pings != plain.pings:
        row["pings"] = "off" if settings.pings is None else settings.pings
    return row


def _gone(watch: Watch, names: Collection[str]) -> Iterable[str]:
    """Yield what is to be said of feeds that a watch is limited to and that are not there."""
    gone = [feed for feed in watch.feeds if feed.casefold() not in names]
    if gone:
        rest = " It had no other, so it is paused." if len(gone) == len(watch.feeds) else ""
        yield f"The watch {watch.name} was limited to feeds that are gone: {gone!r}.{rest}"
