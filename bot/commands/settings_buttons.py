"""What the buttons of settings do: those of all channels at once, and a line to be changed."""

from bot.commands.answers import (
    PAGE_PARAM,
    button,
    next_button,
    nothing,
    on_page,
    page_note,
    page_of,
)
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import channel_of
from bot.commands.settings import SETTINGS
from bot.domain.calls import Call, Kind, Param, Reply, Role, Usage
from bot.domain.layout_parts import DOT
from bot.domain.lines import write_line
from bot.domain.messages import Button, Fact, Message, say, text
from bot.domain.watches import Channel, ChannelSettings
from bot.ports.store import Transaction


async def list_settings(call: Call, desk: Desk) -> Reply:
    """Show the quiet hours of each channel of the workspace that has alerts or settings."""
    async with desk.store.reading() as tx:
        channels = await _used(tx, call)
        shown = [await tx.channels.get(one) for one in on_page(channels, page_of(call))]
    if not channels:
        return Reply(message=nothing("No watch posts anywhere yet. Make one: /watch add cecot"))
    return Reply(
        message=Message(
            title="Quiet hours",
            blocks=tuple(Fact(f"#{one.channel.id}", text(_said(one))) for one in shown),
            footer=page_note(call, len(channels)),
            buttons=(*_change_buttons(call, shown), *next_button(call, len(channels))),
            notice="Quiet hours of the channels here",
        ),
        replaces=page_of(call) > 1,
    )


async def change(call: Call, desk: Desk) -> Reply:
    """Put the settings of a channel into the input, to be changed."""
    channel = channel_of(call.arg("channel"), call.person.scope)
    async with desk.store.reading() as tx:
        settings = await tx.channels.get(channel)
        admin = await tx.channels.admin(call.person.scope)
    args = {
        "channel": channel.id,
        "quiet": str(settings.quiet) if settings.quiet else "off",
        "tz": settings.tz,
        "lang": settings.lang,
        "pings": "off" if settings.pings is None else str(settings.pings),
        "model": "on" if settings.model else "off",
        "admin": admin.id if admin else "",
    }
    line = write_line(SETTINGS.usage, args)
    return Reply(message=say(f"Change the line and send it again: {line}"), prefill=line)


async def _used(tx: Transaction, call: Call) -> list[Channel]:
    """Return the workspace's channels that watches post to, and those that have settings."""
    scope = call.person.scope
    posting = [one for watch in await tx.watches.list(scope) for one in watch.channels]
    kept = [settings.channel for settings in await tx.channels.list(scope)]
    return sorted({one for one in (*posting, *kept) if one.scope == scope})


def _said(settings: ChannelSettings) -> str:
    quiet = f"{settings.quiet} ({settings.tz})" if settings.quiet else "none"
    return f"{quiet}{DOT}told of trouble" if settings.admin else quiet


def _change_buttons(call: Call, shown: list[ChannelSettings]) -> tuple[Button, ...]:
    if call.person.role < Role.ADMIN:
        return ()
    ids = [one.channel.id for one in shown]
    return tuple(
        one for id_ in ids for one in button(f"Change #{id_}", "settings change", channel=id_)
    )


SETTINGS_LIST = Command(
    usage=Usage(
        verb="settings list",
        summary="Show the quiet hours of all channels here.",
        params=(PAGE_PARAM,),
    ),
    run=list_settings,
    button=True,
)
SETTINGS_CHANGE = Command(
    usage=Usage(
        verb="settings change",
        summary="Put a channel's settings into the input, to be changed.",
        params=(Param(name="channel", help="Whose settings", kind=Kind.CHANNEL, required=True),),
        role=Role.ADMIN,
    ),
    run=change,
    button=True,
)
