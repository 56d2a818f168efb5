"""Which channels the bot can use on Slack, what it lacks where it cannot, and whom it can ping."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from bot.adapters.chat.fresh import Fresh
from bot.adapters.chat.slack.render import group_id
from bot.adapters.chat.slack.web import Web
from bot.domain.errors import ChannelGoneError, DeliveryError, ForbiddenError
from bot.domain.watches import Channel, Scope

FRESH_FOR = 60.0
"""Seconds for which a workspace's lists of channels and of groups are good enough."""
PAGE = 200
MOST_PAGES = 20
_CHANNELS = "public_channel,private_channel"

Json = Mapping[str, Any]


class SlackPlaces:
    """The channels of the workspaces that the app is in; see `bot.ports.world.Places`."""

    def __init__(self, web: Web) -> None:
        """Ask `web`."""
        self._web = web
        self._names: Fresh[Mapping[str, str]] = Fresh(FRESH_FOR)
        self._groups: Fresh[Mapping[str, str]] = Fresh(FRESH_FOR)

    async def names(self, scope: Scope) -> Mapping[str, str]:
        """See `bot.ports.world.Places.names`; what was asked within a minute is not asked anew."""
        known = self._names.get(scope.workspace)
        if known is None:
            try:
                known = {
                    str(one["id"]): str(one["name"])
                    async for one in self._mine(scope.workspace)
                    if not one.get("is_archived")
                }
            except ForbiddenError:
                return {}
            self._names.keep(scope.workspace, known)
        return known

    async def check(self, channel: Channel) -> str:
        """See `bot.ports.world.Places.check`; always asks anew, since it may just be mended."""
        team = channel.scope.workspace
        try:
            found = await self._web.call(team, "conversations.info", channel=channel.id)
            name = (await self._web.identity(team)).name
        except ChannelGoneError:
            return (
                "there is no channel with such an id in this workspace, or it is private and the"
                " bot is not in it. Invite the bot there, with /invite."
            )
        except ForbiddenError as error:
            return f"the bot cannot look ({error.reason}). Install the app again."
        except DeliveryError as error:
            return f"Slack does not answer at present ({error.reason}). Try again soon."
        about = found["channel"]
        if about.get("is_archived"):
            return "it is archived. Unarchive it, or take another channel."
        if about.get("is_im") or about.get("is_mpim"):
            return f"it is a conversation of people. Take a channel of {name}."
        if not about.get("is_member"):
            return "the bot is not in it. Invite the bot there, with /invite."
        return ""

    def forget(self, team: str) -> None:
        """Ask for a workspace's channels anew: they are not what they were."""
        self._names.drop(team)

    async def group(self, team: str, named: str) -> str | None:
        """Return the id of the user group to ping: watches name it by id, mention or handle.

        Args:
            team: The workspace.
            named: `S…`, `<!subteam^S…>` or `@handle`.

        Raises:
            DeliveryError: Slack did not say.
        """
        given = group_id(named)
        if given is not None:
            return given
        handles = self._groups.get(team)
        if handles is None:
            listed = await self._web.call(team, "usergroups.list")
            handles = {
                str(one["handle"]).casefold(): str(one["id"]) for one in listed["usergroups"]
            }
            self._groups.keep(team, handles)
        return handles.get(named.strip().removeprefix("@").casefold())

    async def _mine(self, team: str) -> AsyncIterator[Json]:
        """Return the channels that the bot is in."""
        cursor = None
        for _ in range(MOST_PAGES):
            page = await self._web.call(
                team,
                "users.conversations",
                types=_CHANNELS,
                exclude_archived=True,
                limit=PAGE,
                cursor=cursor,
            )
            for one in page["channels"]:
                yield one
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return
