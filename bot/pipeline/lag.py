"""Lag: how long an article takes from when it was first seen to the message that tells of it."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.messages import Alert, AlertState, Part
from bot.ports.store import Transaction

TELLING = (Part.CARD, Part.BURST, Part.REPLY)
"""What tells of articles as soon as it may; a digest waits for its time."""


async def lags(tx: Transaction, alerts: Sequence[Alert]) -> tuple[tuple[Part, timedelta], ...]:
    """Return the parts that were posted and tell of articles, each with its lag.

    It is measured from the newest article that the message tells of: one that waited for a second
    outlet, or to be batched, waited for that.

    Args:
        tx: Where the articles are.
        alerts: As they were settled.
    """
    sent = [one for one in alerts if one.state is AlertState.SENT and one.part in TELLING]
    told = await tx.decisions.carried_by([alert.key for alert in sent])
    found = await tx.articles.get(sorted({decision.article for decision in told}))
    seen = {article.id: article.first_seen for article in found}
    measured = []
    for alert in sent:
        own = [
            seen[decision.article]
            for decision in told
            if decision.alert == alert.key and decision.article in seen
        ]
        if own:
            measured.append((alert.part, alert.due_at - max(own)))
    return tuple(measured)
