"""Slack's API for tests of conversations: it remembers what it was asked, and refuses as told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.errors import DeliveryError
from bot.domain.messages import File


@dataclass(slots=True)
class FakeSlack:
    """See `bot.adapters.chat.slack.web.Web` and `bot.adapters.chat.slack.respond.Responses`."""

    team: str = "T0TEAM0001"
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuses: dict[str, list[DeliveryError | None]] = field(default_factory=dict)  # None: taken
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    uploads: list[tuple[str, str, str | None]] = field(default_factory=list)

    async def call(self, team: str, method: str, /, **arguments: Any) -> Mapping[str, Any]:
        self._asked(method, arguments)
        match method:
            case "users.info":
                user = str(arguments["user"])
                known: dict[str, Any] = {"id": user, "team_id": team, "name": user.lower()}
                return {"user": known | self.users.get(user, {})}
            case "views.open":
                return {"view": {"id": "V0OPEN0001"}}
            case "chat.postMessage":
                return {"ts": f"{len(self.of(method))}.1"}
            case "conversations.open":
                return {"channel": {"id": "D0DIRECT01"}}
            case _:
                return {}

    async def upload(self, team: str, file: File, channel: str, thread: str | None = None) -> str:
        self._asked("upload", {"team": team})
        self.uploads.append((file.name, channel, thread))
        return "F0FILE0001"

    async def send(self, url: str, body: Mapping[str, Any]) -> None:
        self._asked("respond", {"url": url, **body})

    def of(self, method: str) -> list[dict[str, Any]]:
        """Return what a method was called with, in order."""
        return [arguments for name, arguments in self.calls if name == method]

    def _asked(self, method: str, arguments: dict[str, Any]) -> None:
        self.calls.append((method, arguments))
        if self.refuses.get(method):
            refused = self.refuses[method].pop(0)
            if refused is not None:
                raise refused
