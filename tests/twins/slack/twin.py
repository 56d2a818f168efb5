"""The twin as a whole: a server on loopback, a world to fill, and people to play."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.twins.discord.clock import TwinClock
from tests.twins.slack import auth, chat, conversations, files, rest, users, views
from tests.twins.slack.core import Core
from tests.twins.slack.faults import FaultPlan
from tests.twins.slack.journal import Journal
from tests.twins.slack.limits import Limiter, Limits
from tests.twins.slack.manifest import Manifest
from tests.twins.slack.oauth import Consent
from tests.twins.slack.person import Person
from tests.twins.slack.state import BOT_SCOPES, Channel, Token, User, Usergroup, Workspace, World
from tests.twins.slack.ways import Ways

METHODS = (
    *auth.METHODS,
    *chat.METHODS,
    *conversations.METHODS,
    *files.METHODS,
    *users.METHODS,
    *views.METHODS,
)
APP_SCOPES = frozenset({"connections:write"})


class SlackTwin:
    """A strict Slack of our own; make one with `async with SlackTwin.running() as twin`."""

    def __init__(self, core: Core) -> None:
        """Join the parts."""
        self.core = core
        self.state = core.world
        self.journal = core.journal
        self.faults = core.faults
        self.limits = core.limiter.limits
        self.clock = core.clock
        self.ways = Ways(core)
        self.sockets = self.ways.sockets
        self.http = self.ways.http
        self.consent = Consent(core)
        self.signing_secret = core.world.signing_secret
        self.app_token = f"xapp-1-{core.world.app_id}-twin"
        core.world.tokens[self.app_token] = Token(
            value=self.app_token, kind="app", team="", scopes=APP_SCOPES
        )

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        *,
        port: int = 0,
        journal: Path | None = None,
        limits: Limits | None = None,
        speed: float = 1.0,
    ) -> AsyncIterator["SlackTwin"]:
        """Serve on 127.0.0.1 until the block ends.

        Args:
            port: The port; 0 takes a free one.
            journal: A file that the journal is written to as well.
            limits: Other rate limits than Slack's.
            speed: Twin seconds per real second, for limits and deadlines.
        """
        clock = TwinClock(speed)
        with Journal(journal) as written:
            core = Core(
                world=World(),
                clock=clock,
                journal=written,
                limiter=Limiter(limits or Limits(), clock),
                faults=FaultPlan(),
            )
            twin = cls(core)
            app = web.Application(client_max_size=64 * 1024 * 1024)
            app.add_routes([*rest.routes(twin, METHODS), *files.routes(twin)])
            app.add_routes([*twin.ways.routes(), *twin.consent.routes()])
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", port).start()
                bound = runner.addresses[0][1]
                core.address = f"http://127.0.0.1:{bound}"
                yield twin
            finally:
                await twin.ways.stop()
                await runner.cleanup()

    @property
    def api_base(self) -> str:
        """The Web API's address, for SLACK_API_BASE."""
        return f"{self.core.address}/api/"

    @property
    def bot_token(self) -> str:
        """The bot's token in the first workspace."""
        return self.token_of(self.workspace()).value

    def token_of(self, workspace: Workspace) -> Token:
        """Return the bot's last token in a workspace."""
        tokens = [t for t in self.state.tokens.values() if t.team == workspace.id]
        return [t for t in tokens if t.kind == "bot"][-1]

    def environment(self) -> dict[str, str]:
        """Return the variables that point the bot here."""
        return {
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
            "SLACK_CLIENT_ID": self.state.client_id,
            "SLACK_CLIENT_SECRET": self.state.client_secret,
            "SLACK_API_BASE": self.api_base,
        }

    def workspace(self, name: str | None = None, *, installed: bool = True) -> Workspace:
        """Return the workspace of a name, made if it is not there; the first one without a name.

        A new one has the app installed, with a token of its own, unless `installed` is False.
        """
        if name is None and self.state.workspaces:
            return next(iter(self.state.workspaces.values()))
        wanted = name or "Newsroom"
        for workspace in self.state.workspaces.values():
            if workspace.name == wanted:
                return workspace
        team = self.state.id("T")
        bot = User(
            id=self.state.id("U"),
            team=team,
            name="newsthread",
            real_name="Newsthread",
            bot=True,
            bot_id=self.state.id("B"),
        )
        made = Workspace(
            id=team, name=wanted, domain=wanted.lower().replace(" ", "-"), bot=bot, installed=False
        )
        made.users[bot.id] = bot
        self.state.workspaces[team] = made
        if installed:
            self.install(made)
        return made

    def install(self, workspace: Workspace, scopes: frozenset[str] = BOT_SCOPES) -> Token:
        """Install the app in a workspace and return the bot's new token there."""
        return auth.install(self.core, workspace, scopes)

    def channel(
        self,
        name: str = "deportations",
        workspace: Workspace | None = None,
        *,
        private: bool = False,
        member: bool = True,
    ) -> Channel:
        """Return the channel of a name, made if it is not there; `member`: with the bot in it."""
        home = workspace or self.workspace()
        if (found := home.named(name)) is not None:
            return found
        made = Channel(
            id=self.state.id("C"),
            team=home.id,
            name=name.removeprefix("#"),
            private=private,
            created=int(self.clock.now()),
        )
        if member:
            made.members.add(home.bot.id)
        home.channels[made.id] = made
        return made

    def usergroup(self, handle: str, workspace: Workspace | None = None, *users: User) -> Usergroup:
        """Return the user group of a handle, made with these users if it is not there."""
        home = workspace or self.workspace()
        for group in home.usergroups.values():
            if group.handle == handle:
                return group
        made = Usergroup(id=self.state.id("S"), handle=handle, name=handle)
        made.users = [u.id for u in users]
        home.usergroups[made.id] = made
        return made

    def member(
        self, name: str, workspace: Workspace | None = None, *, team: str | None = None
    ) -> User:
        """Return the user of a name in a workspace, made if it is not there.

        `admin` and `owner` are what they are called; everybody else is an ordinary member.
        `team` is another workspace that they belong to (Slack Connect).
        """
        home = workspace or self.workspace()
        if (found := home.person(name)) is not None:
            return found
        made = User(
            id=self.state.id("U"),
            team=team or home.id,
            name=name,
            real_name=name.title(),
            admin=name in ("admin", "owner"),
            owner=name == "owner",
        )
        home.users[made.id] = made
        return made

    @property
    def manifest(self) -> Manifest:
        """What the app has configured: commands, shortcuts, events."""
        return self.ways.deliveries.manifest

    @manifest.setter
    def manifest(self, manifest: Manifest) -> None:
        self.ways.deliveries.manifest = manifest

    def user(
        self,
        name: str,
        workspace: Workspace | None = None,
        *,
        channel: Channel | None = None,
        team: str | None = None,
    ) -> Person:
        """Return somebody to play, as `member` makes them.

        Args:
            name: `admin` and `owner` are what they are called.
            workspace: Where; the first one where None.
            channel: What is open before them; the first channel there where None.
            team: Another workspace that they belong to (Slack Connect).
        """
        home = workspace or self.workspace()
        user = self.member(name, home, team=team)
        first = next((c for c in home.channels.values() if not c.is_im), None)
        return Person(self.ways, home, user, channel or first)

    def advance(self, seconds: float) -> None:
        """Move the twin's clock on: deadlines, limits."""
        self.clock.advance(seconds)

    def messages(self, **fields: Any) -> list[dict[str, Any]]:
        """Return the bot's messages that the journal has, in order."""
        return self.journal.of("message", bot=True, **fields)
