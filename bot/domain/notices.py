"""What a workspace is told of its channels, and of the bot itself: once each time."""

from bot.domain.messages import (
    Bullets,
    Button,
    Message,
    Paragraph,
    Run,
    Style,
    Tone,
    plain,
    text,
)
from bot.domain.records import Access, Standing
from bot.domain.text import shorten
from bot.domain.watches import Channel

_HEALTH = (Button("Health", "health"),)


def channel_notice(before: Standing, now: Standing) -> Message | None:
    """Return what is told when a channel's standing changes; None if there is nothing to tell.

    Args:
        before: As it was.
        now: As it is.
    """
    if before.access is now.access:
        return None
    name = Run(f"#{now.channel.id}", Style.CHANNEL)
    if now.access is Access.OPEN:
        return _notice(Tone.GOOD, "Newsthread can post in ", name, " again.")
    reason = shorten(" ".join(now.reason.split()), 300).rstrip(".")
    if now.access is Access.FORBIDDEN:
        return _notice(
            Tone.TROUBLE,
            "Newsthread may not post in ",
            name,
            f" at present: {reason}. What is due there waits for a day. Give the bot its rights in"
            " that channel back, or point the watches elsewhere with /watch edit.",
        )
    return _notice(
        Tone.TROUBLE,
        name,
        f" cannot be reached any more: {reason}. What was due there is given up. Point its watches"
        " elsewhere with /watch edit; if the channel is there after all, press Retry in /health.",
    )


def card_notice(channel: Channel, said: Message) -> Message:
    """Return what is told once when somebody deleted a story's card, or the thread under it.

    Args:
        channel: Where it stood.
        said: What was to be said there.
    """
    story = said.topic or said.title or shorten(said.notice, 100)
    return _notice(
        Tone.NOTICE,
        f"The card of “{story}” was deleted in ",
        Run(f"#{channel.id}", Style.CHANNEL),
        ": the story is not followed there any more.",
    )


def _notice(tone: Tone, *parts: str | Run) -> Message:
    said = text(*parts)
    blocks = (Paragraph(said),)
    return Message(title="", blocks=blocks, notice=plain(said), tone=tone, buttons=_HEALTH)


def greeting() -> Message:
    """Return what a workspace is told once, when it has added the bot: how to start."""
    start = (
        "/feed add url:… polls a site or a feed (a site's feeds are found by themselves)",
        "/watch add query:… posts here what matches; the answer shows first what it would post",
        "/help shows all commands, /privacy what is stored and for how long",
    )
    return Message(
        title="Newsthread is ready",
        blocks=(
            Paragraph(
                text(
                    "It reads news feeds and keeps one thread a story: all outlets' coverage of an"
                    " event goes under one card, summarised with citations."
                )
            ),
            Bullets(tuple(text(line) for line in start)),
        ),
        notice="Newsthread is ready: /help shows how to start.",
        tone=Tone.GOOD,
        buttons=(Button("Help", "help"), Button("Health", "health")),
    )
