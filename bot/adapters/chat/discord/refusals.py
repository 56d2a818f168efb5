"""What Discord's refusals mean for delivery: one table, pure.

Sources: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json and
https://discord.com/developers/docs/topics/rate-limits
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
    ThreadLockedError,
)

DEFAULT_WAIT = timedelta(seconds=5)
"""How long to wait where a 429 does not say."""
BANNED_WAIT = timedelta(minutes=5)
"""The same, where the 429 is not Discord's but of the proxy before it, which shut us out."""
LONGEST_WAIT = timedelta(hours=24)
SHORTEST_WAIT = timedelta(milliseconds=50)

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_TAG = 10087
ACKNOWLEDGED = 40060
THREAD_ARCHIVED = 50083
THREAD_EXISTS = 160004
TOO_MANY_THREADS = 160006
INVALID_WEBHOOK_TOKEN = 50027
"""The token of an interaction, whose 15 minutes are over; a 401 that is not about the bot's own."""
TOKEN_REFUSED = "Discord refuses the token: set DISCORD_TOKEN anew"  # noqa: S105 -- words

CODES: Mapping[int, type[DeliveryError]] = {
    UNKNOWN_CHANNEL: ChannelGoneError,
    10004: ChannelGoneError,  # unknown guild
    10007: ChannelGoneError,  # unknown member, and we only ask for ourselves
    UNKNOWN_MESSAGE: CardGoneError,
    10062: RefusedError,  # unknown interaction: its 3 s or 15 min are over
    UNKNOWN_TAG: NotSentError,  # the forum's list has changed since it was read
    20009: RefusedError,  # explicit content
    20016: NotSentError,  # slow mode
    20028: NotSentError,  # the channel's write limit
    30046: NotSentError,  # too many edits of messages older than an hour: try again later
    40005: RefusedError,  # too large
    ACKNOWLEDGED: RefusedError,  # the interaction has its first answer
    40067: ForbiddenError,  # the forum wants a tag, and we may not add one
    50001: ForbiddenError,  # missing access
    50005: RefusedError,  # another bot's message cannot be edited
    50006: RefusedError,  # empty message
    50008: ChannelGoneError,  # no channel for messages
    50013: ForbiddenError,  # missing permissions
    50024: RefusedError,  # not in this kind of channel
    INVALID_WEBHOOK_TOKEN: RefusedError,
    50035: RefusedError,  # invalid form body
    50068: RefusedError,  # invalid message type
    THREAD_ARCHIVED: NotSentError,
    50109: RefusedError,  # invalid JSON
    160002: ForbiddenError,  # a reply needs Read Message History
    THREAD_EXISTS: NotSentError,
    160005: ThreadLockedError,
    TOO_MANY_THREADS: NotSentError,
    160007: NotSentError,  # the same of announcement channels
    200000: RefusedError,  # AutoMod blocks the message
    200001: RefusedError,  # AutoMod blocks the title
    240000: RefusedError,  # a harmful link
}
"""Codes of Discord's own that say more than the HTTP status does."""
STATUSES: Mapping[int, type[DeliveryError]] = {
    400: RefusedError,
    403: ForbiddenError,
    404: RefusedError,
    405: RefusedError,
    413: RefusedError,
    415: RefusedError,
}
"""What a status means where Discord gives no code that is known here."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request."""

    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether the body claims to be Discord's: others stand between, and speak HTML."""
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        return kind.strip().lower() == "application/json"

    def json(self) -> Any:
        """Return the body read; None where there is none.

        Raises:
            ValueError: It is not JSON.
        """
        if self.status == 204:
            return None
        if not self.is_json:
            raise ValueError("the answer is not JSON")
        return json.loads(self.body)

    def object(self) -> Mapping[str, Any]:
        """Return the body as an object, empty where it is none."""
        try:
            read = self.json()
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def code(self) -> int:
        """Discord's own code of an error; 0 where there is none."""
        code = self.object().get("code")
        return code if isinstance(code, int) else 0


class AnswerError(Exception):
    """Discord answered, and not with success; the cause of what `refusal` makes of it."""

    def __init__(self, answer: Answer) -> None:
        """Keep the answer."""
        super().__init__(said(answer))
        self.answer = answer


def refusal(answer: Answer, where: str) -> DeliveryError:
    """Return what an answer that is no success means.

    A 4xx of Discord's proves that the request was not carried out. A 3xx and a 5xx leave that
    open: the proxy before Discord sends them also when Discord took the request.

    Args:
        answer: Its status is 300 or more.
        where: The channel, for the error's text.
    """
    status = answer.status
    if status == 429:
        return limited(answer, where)
    if refuses_token(answer):
        return NotSentError(where, TOKEN_REFUSED)
    reason = said(answer)
    if not 400 <= status < 500:
        return DeliveryError(where, reason)
    if not answer.is_json:
        return NotSentError(where, reason)  # a proxy's word is none about the message
    kind = CODES.get(answer.code) or STATUSES.get(status, NotSentError)
    return kind(where, reason)


def refuses_token(answer: Answer) -> bool:
    """Say whether an answer refuses the bot's own token, so that nothing else would be taken."""
    return answer.status == 401 and answer.code != INVALID_WEBHOOK_TOKEN


def code_of(error: DeliveryError) -> int:
    """Return Discord's own code of the refusal behind an error; 0 where there is none."""
    cause = error.__cause__
    return cause.answer.code if isinstance(cause, AnswerError) else 0


def limited(answer: Answer, where: str) -> RateLimitError:
    """Return for how long, and where, a 429 wants no requests."""
    told = answer.object()
    scope = answer.headers.get("X-RateLimit-Scope", "").lower()
    everywhere = (
        told.get("global") is True
        or scope == "global"
        or answer.headers.get("X-RateLimit-Global", "").lower() == "true"
        or not told  # not Discord's: the proxy has shut out our whole address
    )
    given = told.get("retry_after", answer.headers.get("Retry-After"))
    wait = seconds(given, DEFAULT_WAIT if told else BANNED_WAIT)
    return RateLimitError(where, wait, everywhere=everywhere)


def seconds(given: object, default: timedelta) -> timedelta:
    """Read a number of seconds, kept between `SHORTEST_WAIT` and `LONGEST_WAIT`."""
    try:
        wait = float(given) if isinstance(given, int | float | str) else math.nan
    except (ValueError, OverflowError):  # words; an integer beyond all floats
        wait = math.nan
    if math.isnan(wait):
        return default
    longest, shortest = LONGEST_WAIT.total_seconds(), SHORTEST_WAIT.total_seconds()
    return timedelta(seconds=min(max(wait, shortest), longest))


def said(answer: Answer) -> str:
    """Return what Discord says is wrong, in a line for the log and for `/why`."""
    told = answer.object()
    words = [f"HTTP {answer.status}"]
    if code := answer.code:
        words.append(f"code {code}")
    message = str(told.get("message", "")) or ("" if answer.is_json else "an answer of no JSON")
    places = "; ".join(_places(told.get("errors"))[:3])
    told_of = ": ".join(part for part in (message, places) if part)
    return f"{' '.join(words)}: {told_of}"[:300] if told_of else words[0]


def _places(tree: object, path: str = "") -> list[str]:
    """Flatten the tree of a 50035, to lines such as `embeds.0.title: Must be shorter`."""
    if not isinstance(tree, dict) or path.count(".") > 8:
        return []
    found = []
    for name, below in tree.items():
        if name == "_errors" and isinstance(below, list):
            found += [f"{path}: {one.get('message')}" for one in below if isinstance(one, dict)]
        else:
            found += _places(below, f"{path}.{name}" if path else str(name))
    return found
