"""Slack's Web API: one request, one answer or one error of ours.

Never retries and never sleeps: what has to wait is told to the outbox, which alone knows what else
is waiting. Owns whose token is used, and what Slack has asked us to leave. What a refusal means is
in `refusals.py`, how a request reaches Slack in `wire.py`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot.adapters.chat.slack.refusals import (
    TOKEN_ERRORS,
    TOKEN_REFUSED,
    Answer,
    AnswerError,
    refusal,
)
from bot.adapters.chat.slack.shared import Shared
from bot.adapters.chat.slack.tokens import Tokens
from bot.adapters.chat.slack.wire import Wire
from bot.domain.errors import DeliveryError, ForbiddenError, NotSentError, RateLimitError
from bot.domain.messages import File
from bot.domain.watches import Channel, Scope

log = structlog.get_logger()

PLATFORM = "slack"
NOT_INSTALLED = "the app is not installed in this workspace"
TOKEN_PAUSE = 60.0
"""Seconds without a request after a token was refused; another token is used at once."""
READS = frozenset(
    {
        "apps.connections.open",
        "auth.test",
        "chat.getPermalink",
        "conversations.history",
        "conversations.info",
        "conversations.replies",
        "files.getUploadURLExternal",
        "files.info",
        "usergroups.list",
        "users.conversations",
        "users.info",
    }
)
"""Methods that change nothing: an answer that is lost does no harm."""
BY_CHANNEL = frozenset({"chat.postEphemeral", "chat.postMessage"})
"""Methods that are limited by channel; all others are limited by workspace. Source: Slack, Rate
limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot is in a workspace."""

    team: str
    name: str  # of the workspace
    url: str  # of the workspace, with a slash at its end
    user: str  # the bot's user
    bot: str  # what its messages are signed with
    scopes: frozenset[str]  # what its token may do


class Web:
    """The Web API with the bot's tokens."""

    def __init__(self, tokens: Tokens, wire: Wire, *, token_pause: float = TOKEN_PAUSE) -> None:
        """Ask by `wire`; nothing is asked yet.

        Args:
            tokens: Whose token a workspace's requests are made with.
            wire: How requests reach Slack.
            token_pause: Seconds in which nothing is asked with a token that was refused.
        """
        self._tokens = tokens
        self._wire = wire
        self._token_pause = token_pause
        self._shut: dict[tuple[str, ...], float] = {}  # until when, on the loop's clock
        self._identities: dict[str, Identity] = {}  # by token
        self._asking: Shared[Answer] = Shared()

    async def call(self, team: str, method: str, /, **arguments: Any) -> Mapping[str, Any]:
        """Call a method once; return what it answered.

        Args:
            team: The workspace.
            method: `chat.postMessage`.
            arguments: By name; None is left out.

        Raises:
            DeliveryError: As the tables of `refusals.py` say; of that class itself where it is
                unknown what became of the call. Where it changes nothing, that is a NotSentError.
        """
        channel = str(arguments.get("channel") or "")
        where = _where(team, channel)
        token = await self._token(team, where)
        return (await self._asked(token, team, method, arguments, where)).said

    async def identity(self, team: str) -> Identity:
        """Return who the bot is in a workspace; what was asked once is not asked anew.

        Raises:
            NotSentError: Slack did not say.
        """
        where = _where(team)
        token = await self._token(team, where)
        if token not in self._identities:
            ask = partial(self._asked, token, team, "auth.test", {}, where)
            self._identities[token] = _identity(await self._asking.of(token, ask))
        return self._identities[token]

    async def upload(self, team: str, file: File, channel: str, thread: str | None = None) -> str:
        """Put a file into a channel, or into a thread there; return the file's id.

        Raises:
            DeliveryError: As for `call`.
        """
        given = await self.call(
            team,
            "files.getUploadURLExternal",
            filename=file.name,
            length=len(file.data),
            alt_txt=file.alt or None,
        )
        await self._wire.upload(str(given["upload_url"]), file.data, _where(team, channel))
        await self.call(
            team,
            "files.completeUploadExternal",
            files=[{"id": given["file_id"], "title": file.alt or file.name}],
            channel_id=channel,
            thread_ts=thread,
        )
        return str(given["file_id"])

    async def _token(self, team: str, where: str) -> str:
        try:
            token = await self._tokens.of(team)
        except DeliveryError as error:
            raise _not_sent(error, where) from error
        if token is None:
            raise ForbiddenError(where, NOT_INSTALLED)
        if self._left("token", token) > 0:
            raise ForbiddenError(where, TOKEN_REFUSED)
        return token

    async def _asked(
        self, token: str, team: str, method: str, arguments: Mapping[str, Any], where: str
    ) -> Answer:
        limit = (team, method, where if method in BY_CHANNEL else "")
        if (left := self._left(*limit)) > 0:
            raise RateLimitError(where, timedelta(seconds=left))
        try:
            answer = await self._wire.ask(token, method, arguments, where)
            if not answer.ok:
                error = refusal(answer, where)
                self._learn(error, answer, limit, token)
                raise error from AnswerError(answer)
        except DeliveryError as error:
            if method in READS and type(error) is DeliveryError:
                raise _not_sent(error, where) from error
            raise
        return answer

    def _learn(
        self, error: DeliveryError, answer: Answer, limit: tuple[str, ...], token: str
    ) -> None:
        """Keep what Slack has asked us to leave."""
        now = asyncio.get_running_loop().time()
        if len(self._shut) > 1_000:
            self._shut = {key: until for key, until in self._shut.items() if until > now}
        if isinstance(error, RateLimitError):
            seconds = error.wait.total_seconds()
            self._shut[limit] = now + seconds
            log.warning("slack_rate_limited", team=limit[0], method=limit[1], wait_s=seconds)
        elif answer.error in TOKEN_ERRORS:
            self._identities.pop(token, None)
            self._shut["token", token] = now + self._token_pause
            log.error(
                "slack_token_refused",
                team=limit[0],
                error=answer.error,
                remedy="install the app again in this workspace, or set SLACK_BOT_TOKEN anew",
            )

    def _left(self, *key: str) -> float:
        return self._shut.get(key, 0.0) - asyncio.get_running_loop().time()


def _identity(answer: Answer) -> Identity:
    """Return what auth.test says."""
    said, scopes = answer.said, _header(answer, "X-OAuth-Scopes")
    return Identity(
        team=str(said["team_id"]),
        name=str(said.get("team", "")),
        url=str(said["url"]),
        user=str(said["user_id"]),
        bot=str(said.get("bot_id", "")),
        scopes=frozenset(one for part in scopes.split(",") if (one := part.strip())),
    )


def _not_sent(error: DeliveryError, where: str) -> DeliveryError:
    """Return an error of a request that changes nothing: nothing was sent, whatever happened."""
    return NotSentError(where, error.reason) if type(error) is DeliveryError else error


def _header(answer: Answer, name: str) -> str:
    return next((v for k, v in answer.headers.items() if k.lower() == name.lower()), "")


def _where(team: str, channel: str = "") -> str:
    """Return what an error is about, as channels are written."""
    return str(Channel(Scope(PLATFORM, team), channel)) if channel else f"{PLATFORM}:{team}"
