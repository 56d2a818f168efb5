"""`settings`: how a channel wants its alerts."""

import re
from dataclasses import replace
from difflib import get_close_matches
from zoneinfo import available_timezones

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.editors import change_editors, editors_fact
from bot.commands.where import here, postable
from bot.domain.calls import Call, Kind, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import moment
from bot.domain.messages import Block, Fact, Message, Paragraph, Text, Tone, text
from bot.domain.models import Model, Spent, day_of, spending
from bot.domain.watches import DAYS, Channel, ChannelSettings, QuietHours
from bot.ports.store import Transaction

_NIGHT = "22:00-07:00"
_MOST_PINGS = 60
CHANGES = ("quiet", "tz", "lang", "pings", "model", "admin", "editor", "no_editor")
"""What changes something, where it is given."""


async def run(call: Call, desk: Desk) -> Reply:
    """Show the settings of a channel, or change some."""
    told = await _told(call, desk)
    channel = await postable(desk, call, call.arg("channel")) if call.arg("channel") else here(call)
    given = [name for name in CHANGES if call.arg(name)]
    async with desk.store.transaction() as tx:
        before = await tx.channels.get(channel)
        after = changed(call, before)
        if after != before:
            await tx.channels.save(after)
        if call.arg("admin"):
            await _name_admin(tx, call, told)
        await change_editors(tx, call)
        admin = await tx.channels.admin(call.person.scope)
        shown = await tx.channels.get(channel)
        editors = await editors_fact(tx, call)
        spent = await tx.spending.of(day_of(call.at))
    model = Fact("Summaries", text(_written_by(shown, desk.model, spent)))
    message = _shown(shown, admin, (model, editors), call, saved=bool(given))
    return Reply(message=message, replaces=bool(given))


def changed(call: Call, before: ChannelSettings) -> ChannelSettings:
    """Return the settings with what the call gives changed.

    Raises:
        CallError: Something is no time span, time zone, language or number of pings.
    """
    after = before
    if call.arg("quiet"):
        after = replace(after, quiet=_quiet(call.arg("quiet")))
    if call.arg("tz"):
        after = replace(after, tz=zone(call.arg("tz")))
        after = replace(after, digest_next=after.next_digest(call.at))
    if call.arg("lang"):
        lang = call.arg("lang").casefold()
        if not re.fullmatch(r"[a-z]{2,3}", lang):
            raise CallError(f"lang: “{lang[:20]}” is no language: write en or es.")
        after = replace(after, lang=lang)
    if call.arg("pings"):
        after = replace(after, pings=_pings(call.arg("pings")))
    if call.arg("model"):
        after = replace(after, model=call.arg("model") == "on")
    return after


def _pings(given: str) -> int | None:
    if given.casefold() in ("off", "none"):
        return None
    if not re.fullmatch("[0-9]{1,2}", given) or int(given) > _MOST_PINGS:
        raise CallError(f"pings: “{given[:20]}”: write 0 to {_MOST_PINGS}, or off for no cap.")
    return int(given)


def pings_said(settings: ChannelSettings) -> str:
    """Return how many cards may ping in a channel."""
    if settings.pings is None:
        return "every card that is to ping does"
    return f"{settings.pings} an hour at most; cards beyond go without"


def _written_by(settings: ChannelSettings, model: Model | None, spent: Spent) -> str:
    """Return who writes a channel's summaries, and what of the day's budget is used."""
    if model is None:
        return "extractive: no model is configured"
    return spending(model, spent) if settings.model else f"extractive; model {model.name} is off"


def _quiet(given: str) -> QuietHours | None:
    if given.casefold() in ("off", "none"):
        return None
    try:
        return QuietHours.parse(given)
    except ValueError as error:
        raise CallError(f"quiet: “{given[:40]}”: write {_NIGHT}, or off.") from error


def zone(given: str) -> str:
    """Return the IANA name of a time zone, whatever its case.

    Raises:
        CallError: There is none; with the nearest that there is.
    """
    names = sorted(available_timezones())
    known = {name.rpartition("/")[2].casefold(): name for name in names if "/" in name}
    known |= {name.casefold(): name for name in names}
    wanted = "_".join(given.split()).casefold()
    if wanted not in known:
        near = get_close_matches(wanted, known, n=1)
        hint = f" Did you mean {known[near[0]]}?" if near else " Write it as Europe/Madrid."
        raise CallError(f"tz: there is no time zone “{given[:40]}”.{hint}")
    return known[wanted]


async def _told(call: Call, desk: Desk) -> Channel | None:
    """Return the channel that is to be told of what goes wrong; None for no channel.

    Raises:
        CallError: I cannot post there.
    """
    wanted = call.arg("admin")
    if not wanted or wanted.casefold() in ("off", "none"):
        return None
    return await postable(desk, call, wanted)


async def _name_admin(tx: Transaction, call: Call, channel: Channel | None) -> None:
    """Have one channel of the scope told of what goes wrong, and no other."""
    for settings in await tx.channels.list(call.person.scope):
        if settings.admin and settings.channel != channel:
            await tx.channels.save(replace(settings, admin=False))
    if channel is not None:
        await tx.channels.save(replace(await tx.channels.get(channel), admin=True))


def _shown(
    settings: ChannelSettings,
    admin: Channel | None,
    more: tuple[Fact, ...],
    call: Call,
    *,
    saved: bool,
) -> Message:
    name = f"#{settings.channel.id}"
    elsewhere = {} if settings.channel == call.channel else {"channel": settings.channel.id}
    facts: list[Block] = [
        Fact(
            "Quiet hours", text(f"{settings.quiet} ({settings.tz})" if settings.quiet else "none")
        ),
        Fact("Time zone", text(settings.tz)),
        Fact("Language", text(f"{settings.lang}: summaries take sentences in it first")),
        Fact("Digest", digest_said(settings)),
        Fact("Pings", text(pings_said(settings))),
        Fact(
            "Told of trouble", text(f"#{admin.id}" if admin else "no channel yet: admin:#channel")
        ),
        *more,
    ]
    hint = (
        "Change them with quiet:22:00-07:00, tz:Europe/Madrid, lang:es, pings:6, model:off,"
        " admin:#channel."
    )
    quiet_button = (
        button("No quiet hours", "settings", quiet="off", **elsewhere)
        if settings.quiet
        else button(f"Quiet {_NIGHT}", "settings", quiet=_NIGHT, **elsewhere)
    )
    return Message(
        title=f"Settings of {name}{' saved' if saved else ''}",
        blocks=(*facts, Paragraph(text(hint))),
        buttons=(
            *quiet_button,
            *button("Change", "settings change", channel=settings.channel.id),
            *(
                button("Tell nobody of trouble", "settings", admin="off", **elsewhere)
                if admin == settings.channel
                else button("Trouble goes here", "settings", admin=settings.channel.id, **elsewhere)
            ),
        ),
        notice=f"Settings of {name}{' saved' if saved else ''}",
        tone=Tone.GOOD if saved else Tone.NOTICE,
    )


def digest_said(settings: ChannelSettings) -> Text:
    """Return when a channel's digest comes: `08:00, 18:00 (Europe/Madrid), next Mon …`."""
    if not settings.digest:
        return text("none: /digest set 08:00")
    days = ", ".join(DAYS[day] for day in settings.digest_days)
    times = ", ".join(f"{at:%H:%M}" for at in settings.digest)
    every = "daily" if len(settings.digest_days) == len(DAYS) else days
    following = ("; next ", moment(settings.digest_next)) if settings.digest_next else ()
    return text(f"{times} ({settings.tz}), {every}", *following)


SETTINGS = Command(
    usage=Usage(
        verb="settings",
        summary="Show or change a channel's quiet hours, language, pings, model, and editors.",
        params=(
            Param(name="quiet", help="Quiet hours, such as 22:00-07:00, or off"),
            Param(name="tz", help="Time zone, such as Europe/Madrid", complete="tz"),
            Param(name="lang", help="Language of summaries where there is a choice: en, es"),
            Param(name="pings", help="Cards that may ping within an hour, 0 to 60, or off: no cap"),
            Param(
                name="model",
                help="Whether a model may write this channel's summaries",
                choices=("on", "off"),
            ),
            Param(
                name="admin",
                help="The channel that is told of trouble, or off",
                kind=Kind.CHANNEL,
                complete="channel",
            ),
            Param(
                name="editor",
                help="Who may edit watches, feeds and mutes from now on",
                kind=Kind.PERSON,
            ),
            Param(name="no_editor", help="Who may edit no more", kind=Kind.PERSON),
            Param(
                name="channel",
                help="Whose settings these are; this channel's if left out",
                kind=Kind.CHANNEL,
                complete="channel",
            ),
        ),
        role=Role.ADMIN,
        example="/settings quiet:22:00-07:00 tz:Europe/Madrid",
    ),
    run=run,
)
