"""What is offered while a person types: only what is of that person's scope."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import islice
from zoneinfo import available_timezones

from bot.commands.desk import Desk
from bot.commands.help import topics
from bot.commands.where import channel_names
from bot.domain.calls import Call, Param, Usage
from bot.domain.stories import StoryId
from bot.domain.text import fold, shorten, words
from bot.ports.store import Transaction

MOST = 25
"""Choices. Source: Discord's autocomplete takes at most 25, of at most 100 characters."""
_LONGEST = 100
_STORIES = 100
_CHANNELS = 10  # of a workspace that are looked through, the caller's own first
_REACH = timedelta(days=7)


async def complete(
    call: Call, param: Param, desk: Desk, usages: Sequence[Usage]
) -> tuple[str, ...]:
    """Return at most 25 values that fit what is typed so far for a param."""
    typed = call.arg(param.name)
    if param.choices:
        return _fitting(param.choices, typed)
    match param.complete:
        case "pack":
            return _fitting(sorted(desk.packs), typed)
        case "topic":
            return _fitting(topics(usages), typed)
        case "tz":
            return _fitting(sorted(available_timezones()), typed)
        case "channel":
            return _fitting(await channel_names(desk, call.person.scope), typed)
        case "watch" | "story" | "feed" | "target":
            return _fitting(await _stored(call, desk, param.complete, typed), typed)
        case _:
            return ()


async def _stored(call: Call, desk: Desk, kind: str, typed: str) -> list[str]:
    scope = call.person.scope
    found: list[str] = []
    async with desk.store.reading() as tx:
        if kind in ("watch", "target"):
            found += [watch.name for watch in await tx.watches.list(scope)]
        if kind in ("story", "target"):
            found += await _stories(tx, call, typed)
        if kind == "feed":
            found += await tx.feeds.names(scope)
        return found


async def _stories(tx: Transaction, call: Call, typed: str) -> list[str]:
    """Return the newest stories of the channel, then of the workspace's other channels.

    Of each the newest of all, and those with the words typed. The code alone is read; the headline
    is for the person.
    """
    scope, start = call.person.scope, call.at - _REACH
    posting = [one for watch in await tx.watches.list(scope) for one in watch.channels]
    channels = dict.fromkeys((call.channel, *(one for one in posting if one.scope == scope)))
    titles: dict[StoryId, str] = {}
    for channel in islice(channels, _CHANNELS):
        titles = dict(await tx.stories.titles(channel, start, "", _STORIES)) | titles
        if words(typed):
            titles |= await tx.stories.titles(channel, start, typed, MOST)
    return [shorten(f"{code} {title}", _LONGEST) for code, title in titles.items()]


def _fitting(values: Iterable[str], typed: str) -> tuple[str, ...]:
    """Return the values that contain what is typed, those that begin with it first."""
    wanted = fold(typed)
    begins: Callable[[str], bool] = lambda value: not fold(value).startswith(wanted)  # noqa: E731
    found = [value for value in values if wanted in fold(value) and len(value) <= _LONGEST]
    return tuple(sorted(found, key=begins)[:MOST])
