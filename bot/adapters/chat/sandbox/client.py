"""The sandbox as a chat platform: the `Chat` port over HTTP, as Discord's and Slack's are.

Owns the translation of what HTTP says into what follows from it for delivery. Never retries.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx

from bot.adapters.chat.sandbox.codec import encoded
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
)
from bot.domain.messages import Message, Posted
from bot.domain.watches import Channel
from bot.ports.world import Clock

TIMEOUT = httpx.Timeout(10, connect=5)
"""In seconds; after it, nobody knows what became of the message."""
_DEFAULT_WAIT = timedelta(seconds=5)  # where a 429 does not say
_LONGEST_WAIT = timedelta(hours=1)  # whatever a 429 says
_NEVER_LEFT = (  # errors that prove that no byte of the request arrived
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_REFUSED = frozenset({400, 413, 422})  # this message will never be taken
_MISSING = {"channel": ChannelGoneError, "message": CardGoneError}


class SandboxChat:
    """Posts to the sandbox; see `bot.ports.world.Chat`."""

    platform = "sandbox"
    holds_in_quiet_hours = False
    gap = timedelta(0)

    def __init__(
        self, http: httpx.AsyncClient, token: str, clock: Clock, page: str = "http://127.0.0.1:8080"
    ) -> None:
        """Talk to a sandbox.

        Args:
            http: Its `base_url` is the sandbox's.
            token: What the sandbox wants to see from its bot.
            clock: What says now, for a Retry-After that is a date.
            page: Where people open the page, for links to messages.
        """
        self._http = http
        self._page = page.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._clock = clock

    async def open(self, channel: Channel) -> None:
        """Make a channel, unless it is there already.

        Raises:
            DeliveryError: That did not succeed.
        """
        await self._ask("PUT", _path(channel), channel)

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        """See `bot.ports.world.Chat.post`."""
        body = {"message": encoded(message), "thread": thread.id if thread else None, "key": key}
        answer = await self._ask("POST", f"{_path(to)}/messages", to, json=body)
        return self._posted(to, answer.get("id"))

    async def find(
        self,
        message: Message,  # noqa: ARG002 -- the sandbox keeps keys
        to: Channel,
        thread: Posted | None,
        key: str,
        since: datetime,
    ) -> Posted | None:
        """See `bot.ports.world.Chat.find`."""
        asked = {"key": key, "since": since.isoformat(), "thread": thread.id if thread else ""}
        answer = await self._ask("GET", f"{_path(to)}/messages", to, params=asked)
        if "id" in answer and answer["id"] is None:
            return None
        return self._posted(to, answer.get("id"))

    async def edit(self, posted: Posted, message: Message) -> None:
        """See `bot.ports.world.Chat.edit`."""
        where = f"{_path(posted.channel)}/messages/{quote(posted.id, safe='')}"
        await self._ask("PATCH", where, posted.channel, json={"message": encoded(message)})

    def _posted(self, to: Channel, message: object) -> Posted:
        if not isinstance(message, str):
            raise DeliveryError(str(to), "the answer names no message")
        return Posted(to, message, f"{self._page}/m/{quote(message, safe='')}")

    async def _ask(
        self,
        method: str,
        path: str,
        channel: Channel,
        *,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Mapping[str, object]:
        try:
            response = await self._http.request(
                method,
                path,
                json=json,
                params=params,
                headers=self._headers,
                timeout=TIMEOUT,
                follow_redirects=False,
            )
        except _NEVER_LEFT as error:
            raise NotSentError(str(channel), f"not connected: {_said(error)}") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise DeliveryError(str(channel), _said(error)) from error
        if not response.is_success:
            raise _refused(response, channel, self._clock())
        try:
            answer = response.json()
        except ValueError as error:
            raise DeliveryError(str(channel), "the answer is not JSON") from error
        if not isinstance(answer, dict):
            raise DeliveryError(str(channel), "the answer is no JSON object")
        return answer


def _path(channel: Channel) -> str:
    return f"/bot/v1/channels/{quote(channel.id, safe='')}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()


def _refused(response: httpx.Response, channel: Channel, now: datetime) -> DeliveryError:
    """Return what a status that is no success means.

    Source: RFC 9110 §15.5: a 4xx says that the request was not carried out; a 5xx and a 3xx that
    did not come from the sandbox itself leave that open.
    """
    status = response.status_code
    if status == 429:
        return RateLimitError(str(channel), _wait(response.headers.get("retry-after", ""), now))
    reason = f"HTTP {status}: {_reason(response)}"
    if status in _REFUSED:
        return RefusedError(str(channel), reason)
    if status == 403:
        return ForbiddenError(str(channel), reason)
    if status == 404 and (gone := _MISSING.get(_error(response, "missing"))) is not None:
        return gone(str(channel), reason)
    if 400 <= status < 500:
        return NotSentError(str(channel), reason)
    return DeliveryError(str(channel), reason)


def _reason(response: httpx.Response) -> str:
    return _error(response, "what") or response.reason_phrase


def _error(response: httpx.Response, key: str) -> str:
    """Return what the sandbox says of an error; "" where the answer is not the sandbox's."""
    try:
        return str(response.json()["error"][key])[:300]
    except (ValueError, LookupError, TypeError):
        return ""


def _wait(header: str, now: datetime) -> timedelta:
    """Read Retry-After: seconds, or a date (RFC 9110 §10.2.3); from 1 s to an hour."""
    try:
        wait = timedelta(seconds=float(header))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(header)
        except (ValueError, TypeError):
            return _DEFAULT_WAIT
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(seconds=1)), _LONGEST_WAIT)
