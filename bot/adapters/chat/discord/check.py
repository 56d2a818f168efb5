"""Whether Discord is set up as the bot needs it: rows with what is wrong and how to mend it.

For `python -m bot check --discord`, before anything runs: it asks the REST API only, and posts
nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.adapters.chat.discord.places import WANTED, DiscordPlaces
from bot.adapters.chat.discord.rest import Rest
from bot.domain.errors import DeliveryError
from bot.domain.watches import Channel

SCOPES = ("bot", "applications.commands")
"""Source: https://discord.com/developers/docs/topics/oauth2#shared-resources-oauth2-scopes"""
PRIVILEGED = {
    "Presence": 1 << 12 | 1 << 13,
    "Server Members": 1 << 14 | 1 << 15,
    "Message Content": 1 << 18 | 1 << 19,
}
"""Application flags by the portal's names of the intents, for large bots and for small ones.

Source: https://discord.com/developers/docs/resources/application#application-object-application-flags
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was looked at."""

    what: str
    ok: bool
    says: str
    remedy: str = ""  # how to mend it; "" where nothing is wrong


def invite(application: str) -> str:
    """Return the address that adds the bot to a server, with exactly what it needs."""
    asked = {"client_id": application, "scope": " ".join(SCOPES), "permissions": WANTED}
    return f"https://discord.com/oauth2/authorize?{urlencode(asked)}"


async def check(rest: Rest, channels: Iterable[Channel], public_key: str = "") -> tuple[Row, ...]:
    """Return what there is to say of the token, the application and the channels, in that order.

    Args:
        rest: With the token that is to be checked.
        channels: Where the configuration has the bot post; all on Discord.
        public_key: DISCORD_PUBLIC_KEY; "": people's requests come by the gateway.
    """
    rows: list[Row] = []
    try:
        await rest.me()
        application = await rest.request("GET", "/applications/@me")
    except DeliveryError as error:
        return (
            Row(
                what="token",
                ok=False,
                says=error.reason,
                remedy="Copy the token from the developer portal, page Bot, to DISCORD_TOKEN;"
                " if it is right, check that Discord can be reached from here.",
            ),
        )
    rows.append(Row(what="token", ok=True, says="Discord takes it"))
    number = str(application["id"])
    rows.append(Row(what="application", ok=True, says=f"{application.get('name')} ({number})"))
    rows.append(_intents(int(application.get("flags") or 0)))
    rows += _requests(application, public_key)
    places = DiscordPlaces(rest)
    for channel in sorted(set(channels)):
        wrong, _, advice = (await places.check(channel)).partition(". ")
        else_ = f"Check the channel's link; if the bot is not in the server: {invite(number)}"
        rows.append(
            Row(
                what=str(channel),
                ok=not wrong,
                says=wrong or "the bot can post there",
                remedy=(advice or else_) if wrong else "",
            )
        )
    rows.append(Row(what="invite", ok=True, says=invite(number)))
    return tuple(rows)


def _requests(application: Mapping[str, Any], public_key: str) -> tuple[Row, ...]:
    """Say whether people's requests come as they are waited for: by HTTP, or by the gateway."""
    address = application.get("interactions_endpoint_url") or ""
    what, portal = "requests", "the application's page General Information"
    if not public_key and not address:
        return ()
    if not public_key:
        says = f"Discord sends them to {address}, and DISCORD_PUBLIC_KEY is not set here"
        remedy = f"Copy Public Key from {portal}, or empty Interactions Endpoint URL there."
        return (Row(what=what, ok=False, says=says, remedy=remedy),)
    if str(application.get("verify_key", "")).lower() != public_key.lower():
        says = "DISCORD_PUBLIC_KEY is not this application's: what Discord signs is refused"
        remedy = f"Copy Public Key from {portal}; DISCORD_TOKEN is to be of the same application."
        return (Row(what=what, ok=False, says=says, remedy=remedy),)
    says = (
        f"come to {address}, signed with the key that is set"
        if address
        else "come by the gateway until an Interactions Endpoint URL is entered; the key is right"
    )
    return (Row(what=what, ok=True, says=says),)


def _intents(flags: int) -> Row:
    on = [name for name, bits in PRIVILEGED.items() if flags & bits]
    if not on:
        return Row(what="intents", ok=True, says="none is privileged, and none is needed")
    return Row(
        what="intents",
        ok=True,
        says=f"{', '.join(on)} on, and not needed: turn off on the page Bot of the portal",
    )
