"""The workspaces that have installed the app: bolt's own stores, with tokens sealed at rest.

The tables are made by the migrations of the bot's database; bolt's stores only read and write them.
"""

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import structlog
from cryptography.fernet import Fernet, InvalidToken
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import ColumnElement, Dialect, Text, TypeDecorator, delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.adapters.chat.slack.events import INSTALL, REDIRECT
from bot.adapters.chat.slack.tokens import OneToken
from bot.domain.errors import NotSentError, StoreError

log = structlog.get_logger()

STATE_LIFE = 600
"""Seconds from the press of a button until the workspace must have said yes."""
MOST_STATES = 1_000
"""Installations that may be under way; whoever can reach the page can begin one."""
SKEW = timedelta(seconds=10)
"""How far our clock may be ahead of Slack's; nobody installs an app again sooner."""
KEPT = 30.0
"""Seconds for which a token is believed without asking the database again."""
PATIENCE = 1.0
"""Seconds that a token which is known waits for the database: Slack waits 3 s for an answer."""
_UNNEEDED = ("user_token", "incoming_webhook_url", "incoming_webhook_configuration_url")


class _Sealed(TypeDecorator[str]):
    """A column whose values only this bot can read."""

    impl = Text
    cache_ok = False

    def __init__(self, fernet: Fernet) -> None:
        super().__init__()
        self._fernet = fernet

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else self._fernet.encrypt(value.encode()).decode()

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return self._fernet.decrypt(str(value)).decode()
        except InvalidToken:
            log.error(  # noqa: TRY400 -- a traceback tells no more
                "slack_token_unreadable",
                reason="it was sealed with another SLACK_CLIENT_SECRET",
                remedy="set that one again, or install the app again at " + INSTALL,
            )
            return None


class _Installations(AsyncSQLAlchemyInstallationStore):
    """bolt's store, with the bot's token sealed and no token of the person who installed."""

    def __init__(
        self, client_id: str, client_secret: str, engine: AsyncEngine, saved: Callable[[str], None]
    ) -> None:
        super().__init__(client_id=client_id, engine=engine)
        sealed = _Sealed(_fernet(client_secret))
        for table in (self.bots, self.installations):
            table.c.bot_token.type = sealed
        self._saved = saved

    async def async_save(self, installation: Installation) -> None:
        """Save an installation in place of an earlier one.

        Raises:
            BoltError: It cannot be; whoever installs is told.
        """
        team = installation.team_id
        if team is None or installation.bot_token is None:
            raise _not_installed(team, "an installation for a whole organisation is not supported")
        if installation.bot_refresh_token is not None:
            raise _not_installed(team, "token rotation is on: turn it off in the app's settings")
        for unneeded in _UNNEEDED:
            setattr(installation, unneeded, None)
        try:
            await super().async_save(installation)
            await self.removed(team, older=True)
        except (SQLAlchemyError, OSError) as error:
            raise _not_installed(team, f"it could not be stored: {error}") from error
        self._saved(team)
        log.info("slack_installed", team=team, name=installation.team_name)

    async def removed(
        self, team: str, *, older: bool = False, until: datetime | None = None
    ) -> None:
        """Remove what is kept of a workspace.

        Args:
            team: The workspace.
            older: All but the newest.
            until: What was installed up to then (UTC, without a zone); None: whenever.
        """
        async with self.engine.begin() as connection:
            for table in (self.bots, self.installations):
                ours = (table.c.client_id == self.client_id) & (table.c.team_id == team)
                if older:
                    newest = select(func.max(table.c.id)).where(ours).scalar_subquery()
                    ours &= table.c.id < newest
                if until is not None:
                    ours &= table.c.installed_at <= until
                await connection.execute(delete(table).where(ours))

    async def token(self, team: str) -> str | None:
        """Return the token of a workspace, whichever organisation it belongs to."""
        bots = self.bots
        wanted = select(bots.c.bot_token).where(self._ours(), bots.c.team_id == team)
        async with self.engine.connect() as connection:
            found = await connection.execute(wanted.order_by(bots.c.id.desc()).limit(1))
            return found.scalar_one_or_none()

    async def teams(self) -> Sequence[str]:
        """Return the workspaces, in order."""
        wanted = select(self.bots.c.team_id).where(self._ours()).distinct()
        async with self.engine.connect() as connection:
            return sorted((await connection.execute(wanted)).scalars())

    def _ours(self) -> ColumnElement[bool]:
        return self.bots.c.client_id == self.client_id


class _States(AsyncSQLAlchemyOAuthStateStore):
    """bolt's store, which forgets what is old: whoever reaches the page can add to it."""

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Return a new state, good for `STATE_LIFE`.

        Raises:
            StoreError: It cannot be stored.
        """
        table, now = self.oauth_states, datetime.now(UTC).replace(tzinfo=None)
        newest = select(table.c.id).order_by(table.c.id.desc()).limit(MOST_STATES - 1)
        old = (table.c.expire_at < now) | table.c.id.not_in(newest)
        try:
            async with self.engine.begin() as connection:
                await connection.execute(delete(table).where(old))
            return await super().async_issue(*args, **kwargs)
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"An installation cannot be begun: {error}") from error


class Installed:
    """The tokens of all workspaces that have installed the app."""

    def __init__(self, client_id: str, client_secret: str, engine: AsyncEngine) -> None:
        """Keep them in the database behind `engine`.

        Args:
            client_id: The app's.
            client_secret: The app's; also what tokens are sealed with.
            engine: Of a database that has been migrated.
        """
        self._client_id = client_id
        self._client_secret = client_secret
        self._engine = engine
        self._kept: dict[str, tuple[float, str | None]] = {}  # since when, and the token, by team
        self._store = _Installations(client_id, client_secret, engine, self._drop)

    async def of(self, team: str) -> str | None:
        """See `bot.adapters.chat.slack.tokens.Tokens.of`."""
        now = time.monotonic()
        since, token = self._kept.get(team, (now - KEPT, None))
        if now - since < KEPT:
            return token
        try:
            async with asyncio.timeout(None if token is None else PATIENCE):
                found = await self._store.token(team)
        except (SQLAlchemyError, OSError) as error:
            if token is None or not isinstance(error, TimeoutError):
                raise _unread(error) from error
            log.info("slack_token_not_looked_up", team=team, reason="the database is slow")
            return token  # people wait: the one that was good half a minute ago has to do
        self._kept[team] = (now, found)
        return found

    async def teams(self) -> Sequence[str]:
        """See `bot.adapters.chat.slack.tokens.Tokens.teams`."""
        try:
            return await self._store.teams()
        except (SQLAlchemyError, OSError) as error:
            raise _unread(error) from error

    async def forget(self, team: str, at: datetime) -> None:
        """Drop a workspace whose people removed the app: its token is dead.

        Args:
            team: The workspace.
            at: When it was removed (UTC). What was installed after that stays: Slack repeats for
                minutes what it could not deliver.

        Raises:
            StoreError: The database cannot be written.
        """
        try:
            await self._store.removed(team, until=(at + SKEW).replace(tzinfo=None))
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"The installation of {team} cannot be removed: {error}") from error
        self._drop(team)
        log.warning("slack_uninstalled", team=team)

    def _drop(self, team: str) -> None:
        self._kept.pop(team, None)

    def flow(self, api_base: str, scopes: Sequence[str]) -> AsyncOAuthFlow:
        """Return how workspaces are added, by a page that a person opens.

        Args:
            api_base: Where the Web API is; people are sent to the same server.
            scopes: What the bot's token must be good for.
        """
        client = AsyncWebClient(base_url=api_base, retry_handlers=[])
        client.proxy = None  # it reads HTTPS_PROXY; nothing else of ours does
        return AsyncOAuthFlow(
            client=client,
            settings=AsyncOAuthSettings(
                client_id=self._client_id,
                client_secret=self._client_secret,
                scopes=list(scopes),
                user_scopes=[],
                install_path=INSTALL,
                redirect_uri_path=REDIRECT,
                authorization_url=urljoin(api_base, "/oauth/v2/authorize"),
                installation_store=self._store,
                installation_store_bot_only=True,
                state_store=_States(expiration_seconds=STATE_LIFE, engine=self._engine),
                state_expiration_seconds=STATE_LIFE,
            ),
        )


class Either:
    """Workspaces that installed the app, and the one whose token is in the environment."""

    def __init__(self, installed: Installed, one: OneToken) -> None:
        """Prefer what is `installed`: it is the newer."""
        self._installed = installed
        self._one = one

    async def of(self, team: str) -> str | None:
        """See `bot.adapters.chat.slack.tokens.Tokens.of`."""
        return await self._installed.of(team) or await self._one.of(team)

    async def teams(self) -> Sequence[str]:
        """See `bot.adapters.chat.slack.tokens.Tokens.teams`."""
        return sorted({*await self._installed.teams(), *await self._one.teams()})


def _fernet(secret: str) -> Fernet:
    """Return what seals tokens: its key is derived from the app's own secret."""
    digest = hashlib.sha256(b"newsthread slack installations\0" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _not_installed(team: str | None, reason: str) -> BoltError:
    log.warning("slack_not_installed", team=team, reason=reason)  # bolt shows no reason
    return BoltError(reason)


def _unread(error: Exception) -> NotSentError:
    return NotSentError("slack", f"the installations cannot be read: {error}")
