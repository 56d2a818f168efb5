"""`digest now` and `digest set`: a channel's stories as one list."""

import re
from dataclasses import replace
from datetime import time, timedelta

from bot.commands.answers import PUBLIC_PARAM, nothing, share_button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import seen_rows
from bot.commands.settings import digest_said, zone
from bot.commands.where import here, postable
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout import digest
from bot.domain.messages import Fact, Message, Tone, say
from bot.domain.watches import DAYS

MOST = 25
MOST_TIMES = 6
_REACH = timedelta(days=1)
_EVERY = {
    "daily": tuple(range(7)),
    "weekdays": tuple(range(5)),
    "weekends": (5, 6),
}


async def now(call: Call, desk: Desk) -> Reply:
    """List the channel's stories since its last digest, most independent outlets first."""
    channel = here(call)
    async with desk.store.reading() as tx:
        settings = await tx.channels.get(channel)
        since = call.at - _REACH
        if settings.digest_last is not None and settings.digest_last < call.at:
            since = max(settings.digest_last, call.at - 7 * _REACH)
        rows = await tx.stories.in_channel(channel, since, MOST)
        stories = await seen_rows(tx, call.person.scope, rows)
    if not stories:
        words = f"No story in #{channel.id} has had news since its last digest."
        return Reply(message=nothing(words))
    message = digest(stories, since, f"#{channel.id}")
    return Reply(message=replace(message, buttons=(*message.buttons, *share_button(call))))


async def set_times(call: Call, desk: Desk) -> Reply:
    """Set when the channel's digest comes; I have to be able to post there."""
    times = _times(call.arg("time"))
    channel = await postable(desk, call, "") if times else here(call)
    async with desk.store.transaction() as tx:
        before = await tx.channels.get(channel)
        after = replace(before, digest=times)
        if call.arg("tz"):
            after = replace(after, tz=zone(call.arg("tz")))
        if call.arg("days"):
            after = replace(after, digest_days=_days(call.arg("days")))
        after = replace(after, digest_next=after.next_digest(call.at))
        await tx.channels.save(after)
    if not after.digest:
        return Reply(message=say(f"#{channel.id} gets no digest any more.", tone=Tone.GOOD))
    return Reply(
        message=Message(
            title=f"Digest of #{channel.id} set",
            blocks=(Fact("Comes", digest_said(after)),),
            notice=f"Digest of #{channel.id} set",
            tone=Tone.GOOD,
        )
    )


def _times(given: str) -> tuple[time, ...]:
    """Return the times of day of `08:00, 18:00`; none for `off`.

    Raises:
        CallError: They are no times, or too many.
    """
    if given.casefold() in ("off", "none"):
        return ()
    times = set()
    for part in re.split(r"[\s,]+", given.strip(" ,")):
        found = re.fullmatch(r"(\d{1,2})[:.h](\d{2})", part, re.ASCII)
        if found is None or int(found[1]) > 23 or int(found[2]) > 59:
            raise CallError(f"time: “{part[:20]}” is no time of day: write 08:00 or 08:00,18:00.")
        times.add(time(int(found[1]), int(found[2])))
    if len(times) > MOST_TIMES:
        raise CallError(f"time: at most {MOST_TIMES} digests a day.")
    return tuple(sorted(times))


def _days(given: str) -> tuple[int, ...]:
    """Return the days of `mon,wed`, `mon-fri`, `daily`, `weekdays` or `weekends`; Monday is 0.

    Raises:
        CallError: They are none.
    """
    if given.casefold() in _EVERY:
        return _EVERY[given.casefold()]
    days: set[int] = set()
    for part in re.split(r"[\s,]+", given.casefold().strip(" ,")):
        first, _, last = part.replace("–", "-").partition("-")
        if first[:3] not in DAYS or (last and last[:3] not in DAYS):
            raise CallError(f"days: “{part[:20]}”: write mon,wed, mon-fri, daily or weekdays.")
        start = DAYS.index(first[:3])
        end = DAYS.index(last[:3]) if last else start
        days |= {day % 7 for day in range(start, (end if end >= start else end + 7) + 1)}
    return tuple(sorted(days))


DIGEST_NOW = Command(
    usage=Usage(
        verb="digest now",
        summary="List this channel's stories since its last digest.",
        params=(PUBLIC_PARAM,),
        role=Role.EDITOR,
        example="/digest now",
    ),
    run=now,
)
DIGEST_SET = Command(
    usage=Usage(
        verb="digest set",
        summary="Set the times of this channel's digest, or off.",
        params=(
            Param(name="time", help="08:00, or 08:00,18:00, or off", required=True, rest=True),
            Param(name="tz", help="Time zone, such as Europe/Madrid", complete="tz"),
            Param(name="days", help="mon-fri, mon,wed, daily, weekdays, weekends"),
        ),
        role=Role.EDITOR,
        example="/digest set 08:00 tz:Europe/Madrid days:mon-fri",
    ),
    run=set_times,
)
