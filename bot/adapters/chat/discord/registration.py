"""The bot's commands, made known to Discord: only when they are not what Discord has already.

The truth is asked for, not remembered: another program with the same token may have changed it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.adapters.chat.discord.rest import Rest

log = structlog.get_logger()


async def register(rest: Rest, application: str, commands: Sequence[Mapping[str, Any]]) -> bool:
    """Overwrite Discord's list of the application's commands if it differs; say whether it did.

    Raises:
        DeliveryError: Discord did not take the list, or did not say.
    """
    path = f"/applications/{application}/commands"
    known = await rest.request("GET", f"{path}?with_localizations=true")
    if isinstance(known, list) and same(commands, known):
        return False
    await rest.request("PUT", path, json=list(commands))
    log.info("discord_commands_registered", count=len(commands))
    return True


def same(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether Discord's list is ours, whatever it adds of its own (ids, versions, defaults)."""

    def key(command: Mapping[str, Any]) -> tuple[int, str]:
        return (int(command.get("type") or 1), str(command.get("name")))

    known = {key(command): command for command in theirs}
    return {key(command) for command in ours} == set(known) and all(
        _within(command, known[key(command)]) for command in ours
    )


def _within(ours: object, theirs: object) -> bool:
    """Say whether all that `ours` says is said by `theirs`; empty and absent are one."""
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(
            _within(value, theirs.get(name)) for name, value in ours.items()
        )
    if isinstance(ours, Sequence) and not isinstance(ours, str):
        if not isinstance(theirs, Sequence) or len(ours) != len(theirs):
            return not ours and not theirs
        return all(_within(one, other) for one, other in zip(ours, theirs, strict=True))
    return ours == theirs or (not ours and not theirs)
