"""`watch pause`, `resume` and `remove`."""

from dataclasses import replace

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import own_watch
from bot.commands.watch_form import facts
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.messages import Look, Message, Tone, say

_NAME = Param(name="name", help="Which watch", required=True, complete="watch", rest=True)


async def pause(call: Call, desk: Desk) -> Reply:
    """Stop a watch until it is resumed."""
    return await _set(call, desk, paused=True)


async def resume(call: Call, desk: Desk) -> Reply:
    """Let a paused watch go on."""
    return await _set(call, desk, paused=False)


async def _set(call: Call, desk: Desk, *, paused: bool) -> Reply:
    async with desk.store.transaction() as tx:
        watch = await own_watch(tx, call.person.scope, call.arg("name"))
        if watch.paused != paused:
            await tx.watches.save(replace(watch, paused=paused))
    if paused:
        words = f"The watch “{watch.name}” is paused. What comes in meanwhile is not posted later."
        other = button("Resume", "watch resume", name=watch.name)
    else:
        words = f"The watch “{watch.name}” is on."
        other = button("Pause", "watch pause", name=watch.name)
    return Reply(message=say(words, tone=Tone.GOOD, buttons=other), replaces=True)


async def remove(call: Call, desk: Desk) -> Reply:
    """Ask before a watch is removed."""
    async with desk.store.reading() as tx:
        watch = await own_watch(tx, call.person.scope, call.arg("name"))
    return Reply(
        message=Message(
            title=f"Remove the watch “{watch.name}”?",
            blocks=facts(watch, desk.packs),
            buttons=(
                *button("Remove", "watch drop", Look.DANGER, name=watch.name),
                *button("Keep", "watch keep", name=watch.name),
            ),
            notice=f"Remove the watch “{watch.name}”?",
        )
    )


WATCH_PAUSE = Command(
    usage=Usage(
        verb="watch pause",
        summary="Stop a watch until it is resumed.",
        params=(_NAME,),
        role=Role.EDITOR,
        example="/watch pause cecot",
    ),
    run=pause,
)
WATCH_RESUME = Command(
    usage=Usage(
        verb="watch resume",
        summary="Let a paused watch go on.",
        params=(_NAME,),
        role=Role.EDITOR,
        example="/watch resume cecot",
    ),
    run=resume,
)
WATCH_REMOVE = Command(
    usage=Usage(
        verb="watch remove",
        summary="Remove a watch: asks first, and can be undone for a minute.",
        params=(_NAME,),
        role=Role.EDITOR,
        example="/watch remove cecot",
    ),
    run=remove,
)
