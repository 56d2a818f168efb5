"""Whether a message stands somewhere already: the look before it is sent again.

Discord takes a nonce once, for some minutes, and then forgets it; a forum post has none at all.
What it keeps for ever are our own words, and each alert's are written once. So a message is known
by its author, its time, its nonce where Discord still shows it, and else by its words.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.chat.discord.rest import Rest
from bot.domain.errors import DeliveryError

EPOCH = 1_420_070_400_000
"""Milliseconds from 1970 to the first second of 2015, where Discord's ids begin. Source: Discord,
Snowflakes."""
SKEW = timedelta(minutes=2)
"""How far our clock may be ahead of Discord's."""
PAGE = 100
MOST_PAGES = 20

Json = Mapping[str, Any]


def snowflake(at: datetime) -> int:
    """Return the smallest id that Discord gave out `at` an instant (aware), less `SKEW`."""
    milliseconds = int((at - SKEW).timestamp() * 1000) - EPOCH
    return max(milliseconds, 0) << 22


def words(message: Json) -> str:
    """Return what a message says, without all that Discord may write otherwise.

    Letters and digits alone, of the content and of the embeds that are ours: blanks are trimmed,
    signs are escaped, and embeds for links are added.
    """
    said = [message.get("content") or ""]
    for embed in message.get("embeds") or ():
        if embed.get("type", "rich") != "rich":
            continue
        said += [(embed.get("author") or {}).get("name"), embed.get("title")]
        said.append(embed.get("description"))
        for field in embed.get("fields") or ():
            said += [field.get("name"), field.get("value")]
        said.append((embed.get("footer") or {}).get("text"))
    whole = "".join(part for part in said if part)
    return "".join(sign for sign in whole if sign.isalnum()) or "".join(whole.split())


def is_it(found: Json, sent: Json, me: str) -> bool:
    """Say whether a message that stands there is the one that was sent.

    Args:
        found: As Discord has it.
        sent: The body that was sent.
        me: The id of the bot's user.
    """
    if str((found.get("author") or {}).get("id")) != me:
        return False
    nonce = found.get("nonce")
    if nonce is not None and sent.get("nonce") is not None:
        return str(nonce) == str(sent["nonce"])
    return words(found) == words(sent)


async def search(
    rest: Rest, channel: str, sent: Sequence[Json], since: datetime, where: str
) -> Json | None:
    """Return the message in a channel or thread that is one of those `sent` after `since`.

    Raises:
        ChannelGoneError: There is no such channel.
        DeliveryError: Discord did not say, or there is too much to read.
    """
    me = await rest.me()
    async for found in _after(rest, channel, snowflake(since), where):
        if any(is_it(found, one, me) for one in sent):
            return found
    return None


async def _after(rest: Rest, channel: str, after: int, where: str) -> AsyncIterator[Json]:
    for _ in range(MOST_PAGES):
        path = f"/channels/{channel}/messages?after={after}&limit={PAGE}"
        page: list[Json] = await rest.request("GET", path, where=where)
        for found in page:
            yield found
        if len(page) < PAGE:
            return
        after = max(int(found["id"]) for found in page)
    raise DeliveryError(where, "too many messages were posted since to look through them all")
