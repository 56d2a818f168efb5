"""Which token is good for which workspace."""

from collections.abc import Sequence
from typing import Protocol

from bot.adapters.chat.slack.refusals import AnswerError, refusal
from bot.adapters.chat.slack.shared import Shared
from bot.adapters.chat.slack.wire import Wire


class Tokens(Protocol):
    """The bot's tokens, one a workspace."""

    async def of(self, team: str) -> str | None:
        """Return the token of a workspace; None where the app is not installed.

        Raises:
            DeliveryError: Nobody could say.
        """
        ...

    async def teams(self) -> Sequence[str]:
        """Return the workspaces where the app is installed.

        Raises:
            DeliveryError: Nobody could say.
        """
        ...


class OneToken:
    """The token of the environment, which is of one workspace: which, Slack says."""

    def __init__(self, token: str, wire: Wire) -> None:
        """Keep `token`; its workspace is asked for by `wire` when it is first needed."""
        self._token = token
        self._wire = wire
        self._team = ""
        self._asked: Shared[str] = Shared()

    async def of(self, team: str) -> str | None:
        """See `Tokens.of`."""
        return self._token if team == await self._home() else None

    async def teams(self) -> Sequence[str]:
        """See `Tokens.teams`."""
        return (await self._home(),)

    async def _home(self) -> str:
        if not self._team:
            self._team = await self._asked.of("team", self._ask)
        return self._team

    async def _ask(self) -> str:
        answer = await self._wire.ask(self._token, "auth.test", {})
        if not answer.ok:
            raise refusal(answer, "slack") from AnswerError(answer)
        return str(answer.said["team_id"])
