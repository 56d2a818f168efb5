"""The chat platforms outside: which there are, and what a process does of them by its roles."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.adapters.store.database import SqlStore
from bot.adapters.store.shares import shares_of
from bot.domain.errors import ConfigError
from bot.domain.watches import Channel
from bot.environment import Environment
from bot.ports.desk import Dispatcher
from bot.ports.world import Chat, Clock, Places
from bot.roles import Role

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from bot.adapters.chat.discord.platform import Discord
    from bot.adapters.chat.slack.platform import Slack

Listen = Callable[[], Coroutine[Any, Any, None]]
"""Listens to a platform until it is cancelled."""
Greet = Callable[[Channel], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """Discord and Slack, where they are; None: not by this environment, or not for these roles."""

    roles: frozenset[Role]
    discord: "Discord | None"
    slack: "Slack | None"

    @property
    def places(self) -> Mapping[str, Places]:
        """What knows the channels, by platform."""
        return {one.chat.platform: one.places for one in self._all()}

    @property
    def chats(self) -> tuple[Chat, ...]:
        """What this process posts to."""
        return tuple(one.chat for one in self._all()) if Role.DELIVER in self.roles else ()

    @property
    def holding(self) -> frozenset[str]:
        """The platforms that have no silent messages: quiet hours hold alerts back."""
        return frozenset(one.chat.platform for one in self._all() if one.chat.holds_in_quiet_hours)

    def attend(self, dispatcher: Dispatcher, greet: Greet, clock: Clock) -> Mapping[str, Listen]:
        """Get ready to answer people; return what listens in this process, by platform.

        Args:
            dispatcher: Carries out commands.
            greet: Called with a channel that the bot has come into.
            clock: The time.
        """
        listeners: dict[str, Listen] = {}
        if not self.roles & {Role.CHAT, Role.WEB}:
            return listeners
        by_gateway = Role.CHAT in self.roles
        if self.discord is not None:
            self.discord.attend(dispatcher, greet)
            if by_gateway:
                listeners[self.discord.chat.platform] = self.discord.listen
            elif self.discord.by_http:
                listeners[self.discord.chat.platform] = self.discord.register
        if self.slack is not None:
            self.slack.attend(dispatcher, greet, clock)
            if by_gateway and self.slack.by_socket:
                listeners[self.slack.chat.platform] = self.slack.listen
        return listeners

    def beside(self, page: "ASGIApp") -> "ASGIApp":
        """Return what serves the platforms' own requests, and leaves all others to `page`."""
        for one in self._all():
            page = one.beside(page)
        return page

    def _all(self) -> tuple["Discord | Slack", ...]:
        return tuple(one for one in (self.discord, self.slack) if one is not None)


async def open_platforms(
    environment: Environment, store: SqlStore, roles: frozenset[Role], stack: AsyncExitStack
) -> Platforms:
    """Return the platforms that there are tokens for; whoever only collects needs none.

    Args:
        environment: Where the tokens are.
        store: Where Slack's installations are, and what shares Discord's shards out.
        roles: What this process does.
        stack: Closes them.

    Raises:
        ConfigError: Tokens are there by halves.
    """
    if roles <= {Role.COLLECT}:
        return Platforms(roles=roles, discord=None, slack=None)
    return Platforms(
        roles=roles,
        discord=await _discord(environment, store, stack),
        slack=await _slack(environment, store, stack),
    )


async def _discord(
    environment: Environment, store: SqlStore, stack: AsyncExitStack
) -> "Discord | None":
    """Return Discord, where there is a token for it."""
    token = environment.discord_token.get_secret_value()
    if not token:
        return None
    from bot.adapters.chat.discord.platform import Discord, Keys  # heavy: only where it is used

    keys = Keys(
        token=token,
        api_base=environment.discord_api_base,
        gateway_url=environment.discord_gateway_url,
        shards=environment.discord_shard_count,
        public_key=_public_key(environment),
    )
    shares = shares_of(store.engine)
    return await stack.enter_async_context(Discord.opened(keys, shares, _utc_now))


def _public_key(environment: Environment) -> str:
    key = environment.discord_public_key.strip()
    if key and re.fullmatch(r"[0-9a-fA-F]{64}", key) is None:
        raise ConfigError(
            "DISCORD_PUBLIC_KEY",
            "is no public key: it has 64 hexadecimal digits",
            "Copy it from the application's page General Information, or unset it",
        )
    return key


async def _slack(
    environment: Environment, store: SqlStore, stack: AsyncExitStack
) -> "Slack | None":
    """Return Slack, where there is a token for it, or workspaces may add it."""
    bot_token = environment.slack_bot_token.get_secret_value()
    client_secret = environment.slack_client_secret.get_secret_value()
    if not bot_token and not environment.slack_client_id:
        return None
    if environment.slack_client_id and not client_secret:
        raise ConfigError(
            "SLACK_CLIENT_SECRET",
            "is not set, but SLACK_CLIENT_ID is",
            "Copy it from the app's page Basic Information, or unset SLACK_CLIENT_ID",
        )
    from bot.adapters.chat.slack.platform import Keys, Slack  # heavy: only where it is used

    keys = Keys(
        api_base=environment.slack_api_base,
        bot_token=bot_token,
        app_token=environment.slack_app_token.get_secret_value(),
        signing_secret=environment.slack_signing_secret.get_secret_value(),
        client_id=environment.slack_client_id,
        client_secret=client_secret,
    )
    return await stack.enter_async_context(Slack.opened(keys, store.engine))


def _utc_now() -> datetime:
    return datetime.now(UTC)
