"""The application itself, the gateway's address, guilds, roles and members by REST."""

from typing import Any

from tests.twins.discord.core import MESSAGE_CONTENT, Core
from tests.twins.discord.errors import missing_access, unknown
from tests.twins.discord.payloads import (
    application_json,
    guild_json,
    member_json,
    role_json,
    user_json,
)
from tests.twins.discord.rest import Call, Endpoint
from tests.twins.discord.state import Guild, Json

_LIMITED_CONTENT = 1 << 19


def guild_of(core: Core, call: Call) -> Guild:
    """Return the guild that a path names, if the bot is in it."""
    guild = core.world.guilds.get(call.number("guild_id"))
    if guild is None:
        raise unknown("Guild")
    if core.world.bot.id not in guild.members:
        raise missing_access()
    return guild


def me(core: Core, _: Call) -> Any:
    """GET the bot's user."""
    return user_json(core.world.bot) | {"verified": True, "mfa_enabled": False, "locale": "en-US"}


def my_guilds(core: Core, _: Call) -> Any:
    """GET the guilds that the bot is in."""
    bot = core.world.bot.id
    return [guild_json(core.world, g) for g in core.world.guilds.values() if bot in g.members]


def application(core: Core, _: Call) -> Any:
    """GET the bot's application, with the flags of its privileged intents."""
    flags = _LIMITED_CONTENT if core.privileged & MESSAGE_CONTENT else 0
    about: Json = {
        "verify_key": core.outgoing.public_key,
        "interactions_endpoint_url": core.outgoing.url or None,
    }
    return application_json(core.world, flags) | about


def gateway(core: Core, _: Call) -> Any:
    """GET where the gateway is, and how many sessions may still begin."""
    started = len(core.journal.of("identify"))
    return {
        "url": core.address.replace("http", "ws") + "/gateway",
        "shards": core.sharding.shards,
        "session_start_limit": {
            "total": 1000,
            "remaining": max(1000 - started, 0),
            "reset_after": 86_400_000,
            "max_concurrency": core.sharding.at_once,
        },
    }


def guild(core: Core, call: Call) -> Any:
    """GET a guild."""
    return guild_json(core.world, guild_of(core, call))


def channels(core: Core, call: Call) -> Any:
    """GET a guild's channels that the bot sees, without threads."""
    seen = core.visible(guild_of(core, call).id)
    return [core.channel_json(c) for c in seen if not c.is_thread]


def roles(core: Core, call: Call) -> Any:
    """GET a guild's roles."""
    return [role_json(r) for r in guild_of(core, call).roles.values()]


def member(core: Core, call: Call) -> Any:
    """GET a member; `@me` is the bot."""
    named = call.params["user_id"]
    number = core.world.bot.id if named == "@me" else call.number("user_id")
    found = guild_of(core, call).members.get(number)
    if found is None:
        raise unknown("Member")
    return member_json(found)


def user(core: Core, call: Call) -> Any:
    """GET a user."""
    found = core.world.users.get(call.number("user_id"))
    if found is None:
        raise unknown("User")
    return user_json(found)


def leave(core: Core, call: Call) -> Any:
    """DELETE the bot's own membership."""
    left = guild_of(core, call)
    del left.members[core.world.bot.id]
    core.note("left", guild=str(left.id))
    core.emit(left.id, "GUILD_DELETE", {"id": str(left.id)})


GUILD_ENDPOINTS = (
    Endpoint(method="GET", path="/users/@me", handle=me),
    Endpoint(method="GET", path="/users/@me/guilds", handle=my_guilds),
    Endpoint(method="DELETE", path="/users/@me/guilds/{guild_id}", handle=leave),
    Endpoint(method="GET", path="/users/{user_id}", handle=user),
    Endpoint(method="GET", path="/oauth2/applications/@me", handle=application),
    Endpoint(method="GET", path="/applications/@me", handle=application),
    Endpoint(method="GET", path="/gateway", handle=gateway, token=False),
    Endpoint(method="GET", path="/gateway/bot", handle=gateway),
    Endpoint(method="GET", path="/guilds/{guild_id}", handle=guild),
    Endpoint(method="GET", path="/guilds/{guild_id}/channels", handle=channels),
    Endpoint(method="GET", path="/guilds/{guild_id}/roles", handle=roles),
    Endpoint(method="GET", path="/guilds/{guild_id}/members/{user_id}", handle=member),
)
