"""Application commands by REST: register all at once, read, add, remove; global or a guild's."""

from typing import Any

from tests.twins.discord.commands import CHAT, check_commands, comparable
from tests.twins.discord.core import Core
from tests.twins.discord.errors import ApiError, Json, unknown
from tests.twins.discord.payloads import command_json
from tests.twins.discord.rest import Call, Endpoint
from tests.twins.discord.routes_guilds import guild_of
from tests.twins.discord.state import Command


def _scope(core: Core, call: Call) -> int | None:
    if call.number("application_id") != core.world.bot.id:
        raise ApiError(403, 20012, "You are not authorized to perform this action")
    return guild_of(core, call).id if "guild_id" in call.params else None


def _of(core: Core, scope: int | None) -> list[Command]:
    return [c for c in core.world.commands.values() if c.guild_id == scope]


def read(core: Core, call: Call) -> Any:
    """GET the registered commands."""
    return [command_json(core.world, c) for c in _of(core, _scope(core, call))]


def replace(core: Core, call: Call) -> Any:
    """PUT all commands of a scope; those not named are gone, those that changed get a version."""
    scope = _scope(core, call)
    wanted: list[Json] = call.body
    check_commands(wanted)
    before = {(c.body.get("type", CHAT), c.body["name"]): c for c in _of(core, scope)}
    for command in before.values():
        del core.world.commands[command.id]
    for body in wanted:
        _enter(core, scope, body, before.get((body.get("type", CHAT), body["name"])))
    core.note(
        "commands",
        guild=None if scope is None else str(scope),
        names=[str(b["name"]) for b in wanted],
    )
    return [command_json(core.world, c) for c in _of(core, scope)]


def _enter(core: Core, scope: int | None, body: Json, old: Command | None) -> Command:
    same = old is not None and comparable(old.body) == comparable(body)
    made = Command(
        id=core.world.snowflake() if old is None else old.id,
        guild_id=scope,
        version=old.version if old is not None and same else core.world.snowflake(),
        body=body,
    )
    core.world.commands[made.id] = made
    return made


def add(core: Core, call: Call) -> Any:
    """POST one command; one of that name is replaced."""
    scope = _scope(core, call)
    body: Json = call.body
    key = (body.get("type", CHAT), body["name"])
    others = [c for c in _of(core, scope) if (c.body.get("type", CHAT), c.body["name"]) != key]
    check_commands([*(c.body for c in others), body])
    old = next((c for c in _of(core, scope) if c not in others), None)
    return command_json(core.world, _enter(core, scope, body, old))


def one(core: Core, call: Call) -> Any:
    """GET one command."""
    return command_json(core.world, _found(core, call))


def remove(core: Core, call: Call) -> Any:
    """DELETE one command."""
    del core.world.commands[_found(core, call).id]


def _found(core: Core, call: Call) -> Command:
    scope = _scope(core, call)
    command = core.world.commands.get(call.number("command_id"))
    if command is None or command.guild_id != scope:
        raise unknown("application command")
    return command


def _endpoints(base: str) -> tuple[Endpoint, ...]:
    each = base + "/{command_id}"
    return (
        Endpoint(method="GET", path=base, handle=read),
        Endpoint(method="PUT", path=base, handle=replace, bucket="commands", takes=list),
        Endpoint(method="POST", path=base, handle=add, bucket="commands"),
        Endpoint(method="GET", path=each, handle=one),
        Endpoint(method="DELETE", path=each, handle=remove, bucket="commands"),
    )


COMMAND_ENDPOINTS = (
    *_endpoints("/applications/{application_id}/commands"),
    *_endpoints("/applications/{application_id}/guilds/{guild_id}/commands"),
)
