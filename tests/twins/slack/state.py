"""What exists on the twin: workspaces, channels, people, messages, files, views. No rules here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

BOT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:read",
        "team:read",
        "usergroups:read",
        "users:read",
    }
)
"""What the bot's token may do unless a test says otherwise."""


@dataclass(slots=True, kw_only=True)
class User:
    """A person, or a bot's user; `team` is where they belong, which may be another workspace."""

    id: str
    team: str
    name: str
    real_name: str = ""
    admin: bool = False
    owner: bool = False
    bot: bool = False
    bot_id: str | None = None
    deleted: bool = False
    restricted: bool = False
    tz: str = "Europe/Madrid"
    locale: str = "en-US"
    home: str | None = None
    """The id of the view on their App Home, once one is published."""
    stack: list[str] = field(default_factory=list)
    """The ids of the modals that are open before them, the one on top last."""


@dataclass(slots=True, kw_only=True)
class Message:
    """A message; `only_for` names the one person who sees it, where it is ephemeral."""

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    bot_id: str | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    edited: Json | None = None
    files: list[str] = field(default_factory=list)
    subtype: str | None = None
    only_for: str | None = None
    tombstone: bool = False
    """Deleted, but its replies still hang on it."""


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel, or a conversation with one person (`peer`); messages are in the order of `ts`."""

    id: str
    team: str
    name: str
    private: bool = False
    peer: str | None = None
    members: set[str] = field(default_factory=set)
    archived: bool = False
    created: int = 0
    creator: str = ""
    topic: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)
    """The `ts` of each parent's replies, in order."""
    ephemerals: dict[str, Message] = field(default_factory=dict)
    """What only one person sees; no call reads it back."""
    gone: set[str] = field(default_factory=set)
    """The `ts` of messages that were deleted."""
    last: tuple[int, int] = (0, 0)
    """The second and number of the last `ts` given out."""

    @property
    def is_im(self) -> bool:
        """Whether this is a conversation with one person."""
        return self.peer is not None

    def stamp(self, now: float) -> str:
        """Return a new `ts`: larger than all before in this channel, though not in others."""
        second, number = self.last
        if (whole := int(now)) > second:
            second, number = whole, 0
        self.last = (second, number + 1)
        return f"{second}.{number + 1:06d}"


@dataclass(slots=True, kw_only=True)
class File:
    """A file; `upload` is where its bytes are taken until it is completed."""

    id: str
    team: str
    user: str
    name: str
    length: int
    title: str = ""
    alt: str | None = None
    data: bytes | None = None
    complete: bool = False
    channels: list[str] = field(default_factory=list)
    created: int = 0


@dataclass(slots=True, kw_only=True)
class View:
    """A modal or an App Home: what was sent, who sees it, and where it stands in the stack."""

    id: str
    team: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    app_id: str = ""
    bot_id: str = ""


@dataclass(slots=True, kw_only=True)
class Usergroup:
    """A group of people that can be mentioned at once."""

    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)
    enabled: bool = True


@dataclass(slots=True, kw_only=True)
class Token:
    """A token: `kind` is bot or app; `user` is the bot's user."""

    value: str
    kind: str
    team: str
    user: str = ""
    scopes: frozenset[str] = BOT_SCOPES
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a person agreed to: the code of an install, good once, for ten minutes."""

    code: str
    team: str
    user: str
    scopes: frozenset[str]
    redirect_uri: str | None
    at: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Workspace:
    """A workspace ("team"); `bot` is the user that the app has there while it is installed."""

    id: str
    name: str
    domain: str
    bot: User
    installed: bool = True
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    usergroups: dict[str, Usergroup] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The workspace's address."""
        return f"https://{self.domain}.slack.com/"

    def named(self, name: str) -> Channel | None:
        """Return the channel of a name, with or without `#`."""
        bare = name.removeprefix("#")
        for channel in self.channels.values():
            if not channel.is_im and channel.name == bare:
                return channel
        return None

    def person(self, name: str) -> User | None:
        """Return the user of a name."""
        return next((u for u in self.users.values() if u.name == name), None)

    def im(self, user: str) -> Channel | None:
        """Return the app's conversation with one person, if it was opened."""
        return next((c for c in self.channels.values() if c.peer == user), None)


class World:
    """All there is, and the numbers to name more."""

    def __init__(self) -> None:
        """Start empty but for the app itself."""
        self.app_id = "A0TWIN00000"
        self.client_id = "100000000000.200000000000"
        self.client_secret = "twin-client-secret"  # noqa: S105 (the twin's own)
        self.signing_secret = "twin-signing-secret"  # noqa: S105 (the twin's own)
        self.workspaces: dict[str, Workspace] = {}
        self.tokens: dict[str, Token] = {}
        self.grants: dict[str, Grant] = {}
        self._last = 0

    def id(self, prefix: str) -> str:
        """Return a new id, such as C0TWIN00012."""
        self._last += 1
        return f"{prefix}0TWIN{self._last:05d}"

    def everyone(self) -> Iterator[User]:
        """Return the users of all workspaces."""
        for workspace in self.workspaces.values():
            yield from workspace.users.values()
