"""Where alerts may go: a channel that a person names exists, is of here, and can be posted to.

Asks the platform, so it is called in no transaction.
"""

from bot.commands.desk import Desk
from bot.commands.found import channel_of
from bot.domain.calls import Call
from bot.domain.errors import CallError
from bot.domain.lines import suggestion
from bot.domain.watches import Channel, Scope


async def postable(desk: Desk, call: Call, given: str) -> Channel:
    """Return the channel that a person named, or the one they call from; I can post there.

    Args:
        desk: What asks the platform.
        call: Whose workspace it has to be of.
        given: `#news`, the platform's id or mention of it, or "" for the channel of the call.

    Raises:
        CallError: There is none of that name there, or I may not post to it.
    """
    scope = call.person.scope
    channel = channel_of(given, scope) if given else here(call)
    places = desk.places[scope.platform]
    names = await places.names(scope)
    if channel.id in names:
        return channel
    named = [id_ for id_, name in names.items() if name.casefold() == channel.id.casefold()]
    if len(named) == 1:
        return Channel(scope, named[0])
    if named:
        raise CallError(f"Several channels are called #{channel.id}: name it by its id or mention.")
    why = await places.check(channel)
    hint = suggestion(channel.id, names.values())
    raise CallError(f"I cannot post in #{channel.id}: {why}{hint}")


def here(call: Call) -> Channel:
    """Return the channel that a command is called from, for what is about that channel.

    Raises:
        CallError: It is called from none: from the page of the bot itself.
    """
    if not call.channel.id:
        raise CallError("This is about a channel, and was asked from none: ask it there.")
    return call.channel


async def channel_names(desk: Desk, scope: Scope) -> list[str]:
    """Return what the channels are called where I can post, in order of the alphabet."""
    return sorted((await desk.places[scope.platform].names(scope)).values())
