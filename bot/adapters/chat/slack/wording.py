"""The bot's words as people on Slack know them: `/news watch add`, `#channel`, `@person`; pure.

The bot's texts are the same on all platforms: they name commands by their verb, and channels and
people by ids. Slack has but one slash command for all verbs. Names are text like any other, so
nothing that somebody writes becomes a mention by this.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from bot.domain.messages import Block, Bullets, Code, Fact, Message, Paragraph, Style, Text

COMMAND = "/news"
ALIAS = "summary"
"""The verb that is a slash command of its own, too."""
FIRST_WORDS = (
    "catchup",
    "digest",
    "export",
    "feed",
    "health",
    "help",
    "irrelevant",
    "keywords",
    "latest",
    "mute",
    "privacy",
    "search",
    "settings",
    "story",
    "trend",
    "unmute",
    "watch",
    "why",
)
"""What commands begin with, but for the alias."""
_COMMAND = re.compile(rf"(?<![\w/.])/(?=(?:{'|'.join(FIRST_WORDS)})\b)(?!\w+[/.]\w)")
_ID = re.compile(r"#([CDG][A-Z0-9]{6,20})\b|<?@([UW][A-Z0-9]{6,20})\b>?")


def people_named(message: Message) -> frozenset[str]:
    """Return the ids of the people that are named in a message."""
    return frozenset(one[2] for one in _ID.finditer(message.as_text()) if one[2])


def names_channels(message: Message) -> bool:
    """Say whether there is a channel's id in a message, so that names are worth asking for."""
    return any(one[1] for text in (message.notice, message.as_text()) for one in _ID.finditer(text))


def commands_named(text: str) -> str:
    """Return a text with `/news watch add` for `/watch add`."""
    return _COMMAND.sub(f"{COMMAND} ", text)


def worded(
    message: Message,
    channels: Mapping[str, str] | None = None,
    people: Mapping[str, str] | None = None,
) -> Message:
    """Return a message in the words of Slack.

    Args:
        message: Any message.
        channels: Names by id, without the sign, as far as they are known.
        people: Names by id, as far as they are known.
    """

    def name(found: re.Match[str]) -> str:
        channel, person = found[1], found[2]
        if channel is not None and channel.startswith("D"):
            return "our direct messages"
        if channel is not None:
            return f"#{(channels or {}).get(channel, channel)}"
        return f"@{(people or {}).get(person, person)}"

    def words(text: str) -> str:
        return _ID.sub(name, commands_named(text))

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
        run if run.style is Style.CHANNEL else replace(run, text=words(run.text)) for run in runs
    )


def _blocks(message: Message, words: Callable[[str], str]) -> Iterator[Block]:
    for block in message.blocks:
        match block:
            case Paragraph(text=runs):
                yield Paragraph(_runs(runs, words))
            case Bullets(items=items):
                yield Bullets(tuple(_runs(item, words) for item in items))
            case Fact(label=label, text=runs):
                yield Fact(words(label), _runs(runs, words))
            case Code(text=text):  # what can be copied and typed keeps its ids
                yield Code(commands_named(text))
