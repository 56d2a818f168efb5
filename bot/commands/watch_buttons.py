"""What the buttons of a watch's answers do: they work after a restart, and twice does no harm."""

from datetime import datetime, timedelta

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import own_watch
from bot.commands.watch import WATCH_ADD
from bot.commands.watch_form import new_watch
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.lines import write_line
from bot.domain.messages import Tone, say
from bot.domain.watches import WatchId

UNDO_FOR = timedelta(seconds=60)
_GONE = (
    "There is nothing to do any more: that watch was activated or cancelled before, or a day has"
    " passed. /watch list shows what there is."
)
_DRAFT = Param(name="draft", help="The draft's code", required=True)
_NAME = Param(name="name", help="Which watch", required=True)


async def activate(call: Call, desk: Desk) -> Reply:
    """Save the watch that was shown."""
    async with desk.store.transaction() as tx:
        words = await tx.drafts.take(call.person.scope, call.arg("draft"))
        if words is None:
            raise CallError(_GONE)
        watch = await tx.watches.add(await new_watch(tx, call, desk, words))
    where = ", ".join(f"#{channel.id}" for channel in watch.channels)
    return Reply(
        message=say(
            f"The watch “{watch.name}” is on and posts to {where}.",
            tone=Tone.GOOD,
            buttons=button("Watches", "watch list"),
        ),
        replaces=True,
    )


async def revise(call: Call, desk: Desk) -> Reply:
    """Put the line that made the watch back into the input; a form can be closed unsent."""
    async with desk.store.reading() as tx:
        words = await tx.drafts.get(call.person.scope, call.arg("draft"))
    if words is None:
        raise CallError(_GONE)
    line = write_line(WATCH_ADD.usage, words)
    said = say(f"Change the line and send it again: {line}")
    return Reply(message=said, replaces=True, prefill=line)


async def discard(call: Call, desk: Desk) -> Reply:
    """Forget the watch that was shown."""
    await _taken(call, desk)
    return Reply(message=say("Cancelled: nothing was saved."), replaces=True)


async def _taken(call: Call, desk: Desk) -> dict[str, str]:
    async with desk.store.transaction() as tx:
        words = await tx.drafts.take(call.person.scope, call.arg("draft"))
    if words is None:
        raise CallError(_GONE)
    return dict(words)


async def drop(call: Call, desk: Desk) -> Reply:
    """Remove the watch."""
    async with desk.store.transaction() as tx:
        watch = await own_watch(tx, call.person.scope, call.arg("name"))
        await tx.watches.remove(watch.id, call.at)
        words = {"watch": str(watch.id), "at": call.at.isoformat()}
        code = await tx.drafts.keep(call.person.scope, words, call.at)
    return Reply(
        message=say(
            f"The watch “{watch.name}” is removed.",
            tone=Tone.GOOD,
            buttons=button("Undo (60 s)", "watch restore", draft=code),
        ),
        replaces=True,
    )


async def keep(call: Call, desk: Desk) -> Reply:
    """Leave the watch as it is."""
    async with desk.store.reading() as tx:
        watch = await own_watch(tx, call.person.scope, call.arg("name"))
    return Reply(message=say(f"The watch “{watch.name}” is kept."), replaces=True)


async def restore(call: Call, desk: Desk) -> Reply:
    """Bring a watch back that was removed a moment ago."""
    async with desk.store.transaction() as tx:
        words = await tx.drafts.take(call.person.scope, call.arg("draft"))
        at = "" if words is None else words.get("at", "")
        if words is None or not at or call.at - datetime.fromisoformat(at) > UNDO_FOR:
            raise CallError("Too late to undo: a removed watch comes back for 60 seconds only.")
        watch = await tx.watches.get(WatchId(int(words["watch"])))
        if watch is None or await tx.watches.find(call.person.scope, watch.name) is not None:
            raise CallError("It cannot come back: its name is in use again.")
        await tx.watches.restore(watch.id)
    return Reply(message=say(f"The watch “{watch.name}” is back.", tone=Tone.GOOD), replaces=True)


def _button(verb: str, summary: str, param: Param) -> Usage:
    return Usage(verb=verb, summary=summary, params=(param,), role=Role.EDITOR)


WATCH_ACTIVATE = Command(
    usage=_button("watch activate", "Save the watch that was shown.", _DRAFT),
    run=activate,
    button=True,
)
WATCH_REVISE = Command(
    usage=_button("watch revise", "Put the watch's line back into the input.", _DRAFT),
    run=revise,
    button=True,
)
WATCH_DISCARD = Command(
    usage=_button("watch discard", "Forget the watch that was shown.", _DRAFT),
    run=discard,
    button=True,
)
WATCH_DROP = Command(
    usage=_button("watch drop", "Remove the watch, as was asked.", _NAME), run=drop, button=True
)
WATCH_KEEP = Command(
    usage=_button("watch keep", "Leave the watch as it is.", _NAME), run=keep, button=True
)
WATCH_RESTORE = Command(
    usage=_button("watch restore", "Bring a watch back for a minute after its removal.", _DRAFT),
    run=restore,
    button=True,
)
