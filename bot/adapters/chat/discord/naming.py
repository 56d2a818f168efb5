"""Channels and roles in our own words: by the name that people know instead of by their id; pure.

The bot's texts are the same on all platforms and write `#id`; on Discord ids are long numbers.
Names are text like any other, so nothing that somebody writes becomes a mention by this.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from bot.domain.messages import Block, Bullets, Code, Fact, Message, Paragraph, Text

_ID = re.compile(r"#(\d{15,20})\b|<@&(\d{15,20})>")


def names_ids(message: Message) -> bool:
    """Say whether there is an id in a message, so that names are worth asking for."""
    return any(_ID.search(words) for words in (message.notice, message.as_text()))


def named(message: Message, channels: Mapping[str, str], roles: Mapping[str, str]) -> Message:
    """Return a message with the names of channels and roles for their ids, where they are known."""

    def name(found: re.Match[str]) -> str:
        channel, role = found[1], found[2]
        if channel is not None:
            return f"#{channels[channel]}" if channel in channels else found[0]
        return f"@{roles[role]}" if roles.get(role) else found[0]

    def words(text: str) -> str:
        return _ID.sub(name, text)

    return replace(
        message,
        title=words(message.title),
        notice=words(message.notice),
        lead=_runs(message.lead, words),
        blocks=tuple(_blocks(message, words)),
        footer=_runs(message.footer, words),
    )


def _runs(runs: Text, words: Callable[[str], str]) -> Text:
    return tuple(
        replace(run, text=words(run.text)) if "#" in run.text or "@" in run.text else run
        for run in runs
    )


def _blocks(message: Message, words: Callable[[str], str]) -> Iterator[Block]:
    for block in message.blocks:
        match block:
            case Paragraph(text=runs):
                yield Paragraph(_runs(runs, words))
            case Bullets(items=items):
                yield Bullets(tuple(_runs(item, words) for item in items))
            case Fact(label=label, text=runs):
                yield Fact(label, _runs(runs, words))
            case Code():  # what can be copied and typed keeps its ids
                yield block
