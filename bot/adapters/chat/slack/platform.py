"""Slack, put together: what delivers, what knows the channels, and what listens, in two ways."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.adapters.chat.slack.check import SCOPES
from bot.adapters.chat.slack.client import SlackChat
from bot.adapters.chat.slack.events import PREFIX, slack_app
from bot.adapters.chat.slack.installs import Either, Installed
from bot.adapters.chat.slack.listeners import register
from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.socket import Socket, Vigil
from bot.adapters.chat.slack.talk import Talk
from bot.adapters.chat.slack.tokens import OneToken, Tokens
from bot.adapters.chat.slack.web import Web
from bot.adapters.chat.slack.wire import Wire
from bot.domain.errors import DeliveryError
from bot.domain.watches import Channel
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock

log = structlog.get_logger()

NOT_HERE = (
    "Newsthread cannot answer in this workspace: it is not installed here any more, or Slack does"
    " not say who it is. Try again in a minute; else have somebody install it again."
)

Greet = Callable[[Channel], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What Slack knows the app by; "" for what is not used."""

    api_base: str  # where the Web API is
    bot_token: str = field(default="", repr=False)  # of the one workspace
    app_token: str = field(default="", repr=False)  # to listen by Socket Mode
    signing_secret: str = field(default="", repr=False)  # to listen by HTTP
    client_id: str = ""  # for several workspaces
    client_secret: str = field(default="", repr=False)


class Slack:
    """The platform; make one with `async with Slack.opened(…) as slack`."""

    def __init__(
        self, keys: Keys, wire: Wire, http: httpx.AsyncClient, engine: AsyncEngine
    ) -> None:
        """Join the parts."""
        self._keys = keys
        self._wire = wire
        self._http = http
        self._installed = (
            Installed(keys.client_id, keys.client_secret, engine) if keys.client_id else None
        )
        self._tokens: Tokens = OneToken(keys.bot_token, wire)
        if self._installed is not None:
            one = self._tokens
            self._tokens = Either(self._installed, one) if keys.bot_token else self._installed
        self._web = Web(self._tokens, wire)
        self.places = SlackPlaces(self._web)
        self.chat = SlackChat(self._web, self.places)
        flow = self._installed.flow(keys.api_base, SCOPES) if self._installed else None
        self._app = _bolt(keys, _Known(self._tokens, self._web), flow)
        self._web_app = slack_app(self._app, keys.signing_secret, flow)
        self._talk: Talk | None = None  # once it answers people

    @classmethod
    @asynccontextmanager
    async def opened(cls, keys: Keys, engine: AsyncEngine) -> AsyncIterator["Slack"]:
        """Make the platform, and close its connections when the block ends; asks nothing yet.

        Args:
            keys: What Slack knows the app by.
            engine: Of the bot's database, where installations are kept.
        """
        wire = Wire(keys.api_base)
        async with httpx.AsyncClient(trust_env=False) as http:
            slack = cls(keys, wire, http, engine)
            try:
                yield slack
            finally:
                if slack._talk is not None:
                    await slack._talk.stop()
                await wire.close()

    @property
    def by_socket(self) -> bool:
        """Whether `listen` has anything to do."""
        return bool(self._keys.app_token)

    def attend(self, dispatcher: Dispatcher, greet: Greet, clock: Clock) -> None:
        """Answer people from now on, whichever way they come; called once.

        Args:
            dispatcher: Carries out commands.
            greet: Called with a channel that the bot has come into.
            clock: The time.
        """
        api_base = self._keys.api_base
        talk = self._talk = Talk.of(
            dispatcher, self._web, self.places, self._tokens, self._http, api_base, clock
        )

        async def gone(team: str, at: datetime) -> None:
            if self._installed is not None:
                await self._installed.forget(team, at)

        register(
            self._app,
            talk,
            bot=self._user,
            greet=greet,
            changed=self.places.forget,
            gone=gone,
        )
        if not self._keys.app_token and not self._keys.signing_secret:
            log.warning(
                "slack_not_listened_to",
                reason="neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set: alerts are"
                " posted, but nobody is answered",
            )

    def beside(self, page: ASGIApp) -> ASGIApp:
        """Return what serves Slack's requests, and leaves all others to `page`."""

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            ours = scope["type"] == "http" and scope["path"].startswith(PREFIX)
            await (self._web_app if ours else page)(scope, receive, send)

        return served

    async def listen(self, vigil: Vigil | None = None) -> None:
        """Listen by Socket Mode, until cancelled; `vigil` says when a connection is dead."""
        await Socket(self._keys.app_token, self._wire, self._app, vigil or Vigil()).run()

    async def _user(self, team: str) -> str:
        return (await self._web.identity(team)).user


class _Known(AsyncAuthorize):
    """Says by which token a workspace is answered, without asking Slack each time."""

    def __init__(self, tokens: Tokens, web: Web) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # bolt does not annotate it
        self._tokens = tokens
        self._web = web

    async def __call__(
        self, *, enterprise_id: str | None, team_id: str | None, **_: Any
    ) -> AuthorizeResult | None:
        """Return who the bot is in a workspace; None where it is nobody."""
        team = team_id or ""
        try:
            token = await self._tokens.of(team)
            if token is None:
                return None
            me = await self._web.identity(team)
        except DeliveryError as error:
            log.warning("slack_not_authorised", team=team, reason=error.reason)
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team,
            bot_token=token,
            bot_id=me.bot,
            bot_user_id=me.user,
        )


def _bolt(keys: Keys, authorize: AsyncAuthorize, flow: AsyncOAuthFlow | None) -> AsyncApp:
    """Return an app without listeners, which asks Slack nothing by itself."""
    client = AsyncWebClient(base_url=keys.api_base, retry_handlers=[])
    client.proxy = None  # it reads HTTPS_PROXY; nothing else of ours does
    return AsyncApp(
        name="newsthread",
        logger=logging.getLogger("slack_bolt"),  # else each of its parts sets a level of its own
        client=client,
        signing_secret=keys.signing_secret,
        authorize=authorize,  # type: ignore[arg-type] # bolt takes an AsyncAuthorize, too
        oauth_flow=flow,
        user_facing_authorize_error_message=NOT_HERE,
    )
