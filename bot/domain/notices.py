"""What a workspace's admin channel is told about its other channels: once each time."""

from bot.domain.messages import Button, Message, Tone, say
from bot.domain.records import Access, Standing
from bot.domain.text import shorten

_HEALTH = (Button("Health", "health"),)


def channel_notice(before: Standing, now: Standing) -> Message | None:
    """Return what is told when a channel's standing changes; None if there is nothing to tell.

    Args:
        before: As it was.
        now: As it is.
    """
    if before.access is now.access:
        return None
    name = f"#{now.channel.id}"
    if now.access is Access.OPEN:
        return say(f"Newsthread can post in {name} again.", tone=Tone.GOOD, buttons=_HEALTH)
    reason = shorten(" ".join(now.reason.split()), 300).rstrip(".")
    words = {
        Access.FORBIDDEN: (
            f"Newsthread may not post in {name} at present: {reason}. What is due there waits"
            " for a day. Give the bot its rights in that channel back, or point the watches"
            " elsewhere with /watch edit."
        ),
        Access.GONE: (
            f"{name} cannot be reached any more: {reason}. What was due there is given up."
            " Point its watches elsewhere with /watch edit; if the channel is there after all,"
            " press Retry in /health."
        ),
    }[now.access]
    return say(words, tone=Tone.TROUBLE, buttons=_HEALTH)
