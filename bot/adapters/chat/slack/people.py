"""Who a person is on Slack: their name, and whether they are an admin or a stranger.

Slack vouches for it by `users.info`, which is kept for some minutes. Who may edit is not Slack's to
say: the workspace's own list does, which the commands keep.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bot.adapters.chat.slack.asked import Asked
from bot.adapters.chat.slack.web import NOT_INSTALLED
from bot.domain.calls import Person, Role
from bot.domain.errors import CallError, DeliveryError

log = structlog.get_logger()

FRESH_FOR = 300.0
"""Seconds for which what is known of a person is taken as true."""
KEPT = 5_000
"""People that are kept in mind."""
STRANGER = (
    "Newsthread answers only people of the workspace that added it: you share this channel from"
    " another one. Add Newsthread to yours, or ask somebody here."
)


class Api(Protocol):
    """What asks Slack; see `bot.adapters.chat.slack.web.Web`."""

    async def call(self, team: str, method: str, /, **arguments: Any) -> Mapping[str, Any]:
        """Call a method once."""
        ...


@dataclass(frozen=True, slots=True)
class _Known:
    at: float  # on the loop's clock
    user: Mapping[str, Any]


class People:
    """The people who ask."""

    def __init__(self, web: Api, fresh_for: float = FRESH_FOR) -> None:
        """Ask by `web`; what it says is true for `fresh_for` seconds."""
        self._web = web
        self._fresh_for = fresh_for
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()

    async def person(self, asked: Asked) -> Person:
        """Return who asks.

        Raises:
            CallError: They are of another workspace, or Slack does not say who they are.
        """
        if asked.user_team.startswith("T") and asked.user_team != asked.team:
            raise CallError(STRANGER)
        user = await self._user(asked.team, asked.user)
        if user.get("is_stranger") or not _belongs(user, asked.team):
            raise CallError(STRANGER)
        may_all = user.get("is_admin") or user.get("is_owner") or user.get("is_primary_owner")
        return Person(
            scope=asked.scope,
            id=asked.user,
            name=_name(user) or asked.name or asked.user,
            role=Role.ADMIN if may_all else Role.READER,
        )

    async def names(self, team: str, users: Iterable[str]) -> Mapping[str, str]:
        """Return the names of people by their ids, as far as Slack tells them."""
        found = {}
        for user in users:
            try:
                found[user] = _name(await self._user(team, user)) or user
            except CallError as error:
                log.info("person_without_name", reason=str(error))
        return found

    def forget(self, team: str) -> None:
        """Ask for a workspace's people anew."""
        for key in [key for key in self._known if key[0] == team]:
            del self._known[key]

    async def _user(self, team: str, user: str) -> Mapping[str, Any]:
        now = asyncio.get_running_loop().time()
        known = self._known.get((team, user))
        if known is not None and now - known.at < self._fresh_for:
            return known.user
        try:
            said = await self._web.call(team, "users.info", user=user)
        except DeliveryError as error:
            if error.reason == NOT_INSTALLED:  # the team of who asks is not the bot's
                raise CallError(STRANGER) from error
            raise CallError(
                f"Slack does not say at present who you are ({error.reason}), so I cannot tell what"
                " you may do. Nothing was changed; please try again."
            ) from error
        found: Mapping[str, Any] = said.get("user") or {}
        self._known[team, user] = _Known(now, found)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found


def _belongs(user: Mapping[str, Any], team: str) -> bool:
    """Say whether a person is of a workspace; in an Enterprise Grid they may be of several."""
    teams = (user.get("enterprise_user") or {}).get("teams") or ()
    return user.get("team_id") == team or team in teams


def _name(user: Mapping[str, Any]) -> str:
    profile = user.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or user.get("name") or ""
    return str(name)[:80]
