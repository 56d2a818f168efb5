"""What a person's client sends: options checked against the registered command, and `resolved`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.twins.discord.commands import CHAT, GROUP, SUBCOMMAND
from tests.twins.discord.core import Core
from tests.twins.discord.payloads import channel_json, member_json, role_json, user_json
from tests.twins.discord.permissions import channel_permissions
from tests.twins.discord.rules import units
from tests.twins.discord.state import Channel, Command, Guild, Json, Role, User

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
_PLAIN: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    NUMBER: (int, float),
}


class CannotAskError(Exception):
    """A person's client would not have let them do this."""


@dataclass(slots=True)
class Resolved:
    """The things that options name, as the interaction carries them."""

    core: Core
    guild: Guild
    found: dict[str, Json] = field(default_factory=dict)

    def channel(self, channel: Channel, user: User) -> str:
        """Add a channel, with what this person may do there; return its id."""
        told = channel_json(self.core.world, channel)
        bits = channel_permissions(self.core.world, channel, user.id)
        kept = ("id", "name", "type", "parent_id", "thread_metadata", "flags")
        partial = {k: told[k] for k in kept if k in told} | {"permissions": str(int(bits))}
        self.found.setdefault("channels", {})[str(channel.id)] = partial
        return str(channel.id)

    def role(self, role: Role) -> str:
        """Add a role; return its id."""
        self.found.setdefault("roles", {})[str(role.id)] = role_json(role)
        return str(role.id)

    def user(self, user: User) -> str:
        """Add a user, and the member if there is one; return the id."""
        self.found.setdefault("users", {})[str(user.id)] = user_json(user)
        member = self.guild.members.get(user.id)
        if member is not None:
            told = {k: v for k, v in member_json(member).items() if k != "user"}
            self.found.setdefault("members", {})[str(user.id)] = told | {"permissions": "0"}
        return str(user.id)

    def attachment(self, name: str, data: bytes) -> str:
        """Upload a file; return its id."""
        number = str(self.core.world.snowflake())
        path = f"/ephemeral-attachments/{number}/{name}"
        self.core.files[path] = data
        self.found.setdefault("attachments", {})[number] = {
            "id": number,
            "filename": name,
            "size": len(data),
            "url": self.core.address + path,
            "proxy_url": self.core.address + path,
            "content_type": "application/octet-stream",
            "ephemeral": True,
        }
        return number


def find_command(core: Core, guild: Guild, name: str, kind: int) -> Command:
    """Return the registered command of a name: the guild's own, else the global one."""
    if core.world.bot.id not in guild.members:
        raise CannotAskError("the bot is not in this server")
    for scope in (guild.id, None):
        for command in core.world.commands.values():
            if (
                command.guild_id == scope
                and command.body["name"] == name
                and command.body.get("type", CHAT) == kind
            ):
                return command
    raise CannotAskError(f"no command {name!r} is registered here")


def command_data(
    command: Command, path: list[str], given: Mapping[str, Any], resolved: Resolved, user: User
) -> Json:
    """Return an interaction's data for a slash command with all its options in order."""
    place, wraps = _descend(command, path)
    options = _options(place, given, resolved, user)
    return _wrapped(command, wraps, options, resolved)


def autocomplete_data(
    command: Command, path: list[str], given: Mapping[str, Any], resolved: Resolved, user: User
) -> Json:
    """Return an interaction's data while the last of the given options is being typed."""
    place, wraps = _descend(command, path)
    known = {o["name"]: o for o in place.get("options") or []}
    focused = list(given)[-1]
    if not known.get(focused, {}).get("autocomplete"):
        raise CannotAskError(f"option {focused!r} has no autocomplete")
    before = {n: v for n, v in given.items() if n != focused}
    missing = {**place, "options": [o | {"required": False} for o in known.values()]}
    options = _options(missing, before, resolved, user)
    kind = known[focused]["type"]
    options.append({"name": focused, "type": kind, "value": str(given[focused]), "focused": True})
    return _wrapped(command, wraps, options, resolved)


def _descend(command: Command, path: list[str]) -> tuple[Json, list[tuple[int, str]]]:
    place, wraps = command.body, []
    for name in path:
        inner = [o for o in place.get("options") or [] if o["name"] == name]
        if not inner or inner[0]["type"] not in (SUBCOMMAND, GROUP):
            raise CannotAskError(f"/{command.body['name']} has no {name!r}")
        place = inner[0]
        wraps.append((place["type"], name))
    if any(o["type"] in (SUBCOMMAND, GROUP) for o in place.get("options") or []):
        raise CannotAskError(f"/{command.body['name']} wants one of its sub-commands")
    return place, wraps


def _wrapped(
    command: Command, wraps: list[tuple[int, str]], options: list[Json], resolved: Resolved
) -> Json:
    for kind, name in reversed(wraps):
        options = [{"type": kind, "name": name, "options": options}]
    data: Json = {
        "id": str(command.id),
        "name": command.body["name"],
        "type": CHAT,
        "options": options,
    }
    if command.guild_id is not None:
        data["guild_id"] = str(command.guild_id)
    return data | ({"resolved": resolved.found} if resolved.found else {})


def _options(place: Json, given: Mapping[str, Any], resolved: Resolved, user: User) -> list[Json]:
    known = {o["name"]: o for o in place.get("options") or []}
    if strange := set(given) - set(known):
        raise CannotAskError(f"no such option: {', '.join(sorted(strange))}")
    for name, option in known.items():
        if option.get("required") and name not in given:
            raise CannotAskError(f"option {name!r} is required")
    return [
        {
            "name": name,
            "type": known[name]["type"],
            "value": _value(known[name], value, resolved, user),
        }
        for name, value in given.items()
    ]


def _value(option: Json, value: Any, resolved: Resolved, user: User) -> Any:
    kind, name = option["type"], option["name"]
    if kind in _PLAIN:
        fits = isinstance(value, _PLAIN[kind])
        if not fits or (isinstance(value, bool) and kind != BOOLEAN):
            raise CannotAskError(f"option {name!r} does not take {value!r}")
        _check_plain(option, value)
        return value
    match kind, value:
        case 7, Channel():
            allowed = option.get("channel_types")
            if allowed and value.kind not in allowed:
                raise CannotAskError(f"option {name!r} does not offer #{value.name}")
            return resolved.channel(value, user)
        case ((8 | 9), Role()):
            return resolved.role(value)
        case ((6 | 9), User()):
            return resolved.user(value)
        case 11, (str() as filename, bytes() as data):
            return resolved.attachment(filename, data)
        case _:
            raise CannotAskError(f"option {name!r} does not take {value!r}")


def _check_plain(option: Json, value: Any) -> None:
    name = option["name"]
    choices = [c["value"] for c in option.get("choices") or []]
    if choices and value not in choices:
        raise CannotAskError(f"option {name!r} does not offer {value!r}")
    if isinstance(value, str):
        least, most = option.get("min_length") or 0, option.get("max_length") or 6000
        if not least <= units(value) <= most:
            raise CannotAskError(f"option {name!r} wants {least} to {most} characters")
    elif not isinstance(value, bool):
        least, most = option.get("min_value"), option.get("max_value")
        if (least is not None and value < least) or (most is not None and value > most):
            raise CannotAskError(f"option {name!r} wants {least} to {most}")
