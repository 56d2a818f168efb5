"""What composing comes to: a thread as it is now, with the alerts and decisions that follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.messages import Alert
from bot.domain.records import Decision, Fate, Thread
from bot.domain.stories import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What one claimed thread came to."""

    thread: Thread
    alerts: tuple[Alert, ...] = ()
    decisions: tuple[Decision, ...] = ()
    takes_over: str | None = None  # the key of a card whose waiting replies follow the new one


def decided(
    members: Sequence[Member], thread: Thread, fate: Fate, reason: str, key: str, now: datetime
) -> tuple[Decision, ...]:
    """Return one decision a member: that the alert with `key` carries it."""
    return tuple(
        Decision(
            article=member.article.id,
            channel=thread.channel,
            story=thread.story,
            fate=fate,
            reason=reason,
            alert=key,
            at=now,
        )
        for member in members
    )
