"""Forums on Discord: a post a story, with tags for its state and its languages.

A forum post has no nonce, so it is looked for by its words before it is made a second time.
Source: https://discord.com/developers/docs/resources/channel#start-thread-in-forum-or-media-channel
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from bot.adapters.chat.discord import render
from bot.adapters.chat.discord.history import PAGE, is_it, snowflake
from bot.adapters.chat.discord.known import FRESH_FOR, KnownChannels
from bot.adapters.chat.discord.refusals import UNKNOWN_TAG, code_of
from bot.adapters.chat.discord.rest import Rest
from bot.adapters.chat.discord.threads import Threads
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
)
from bot.domain.messages import Message, Posted
from bot.domain.text import shorten
from bot.domain.watches import Channel

log = structlog.get_logger()

Json = Mapping[str, Any]

MOST_TAGS = 20  # that a forum may have
MOST_TAG_NAME = 20
STATES = frozenset({"developing", "closed"})
"""Tags of which a post has one at a time; all others on it stay, also those that people gave."""
MOST_ARCHIVED_PAGES = 5


class Forum:
    """Posts in forums, by REST."""

    def __init__(self, rest: Rest, threads: Threads, known: KnownChannels) -> None:
        """Ask `rest`."""
        self._rest = rest
        self._threads = threads
        self._known = known
        self._untaggable: dict[str, float] = {}  # forums whose tags cannot be changed, until when

    async def post(self, message: Message, to: Channel, role: str | None) -> str:
        """Make a post; return its id, which is that of its thread and of its first message.

        Args:
            message: The opening card.
            to: The forum.
            role: The id of the role to ping.

        Raises:
            DeliveryError: As Discord says.
        """
        where = str(to)
        tags = await self._tags(to, message.tags)
        body = render.forum_post(message, tags=tags, ping_role=role)

        async def begin() -> Any:
            path = f"/channels/{to.id}/threads"
            return await self._rest.request(
                "POST", path, json=body, files=message.files, where=where
            )

        try:
            made = await self._threads.with_room(Posted(to, ""), begin)
        except NotSentError as error:
            if code_of(error) == UNKNOWN_TAG:
                self._known.forget(to)
            raise
        if not isinstance(made, dict) or "id" not in made:
            raise DeliveryError(where, "the answer names no post")
        return str(made["id"])

    async def find(self, sent: Sequence[Json], to: Channel, since: datetime) -> str | None:
        """Return the id of the post whose first message is one of `sent`, made after `since` (UTC).

        Raises:
            DeliveryError: Discord did not say.
        """
        me = await self._rest.me()
        after = snowflake(since)
        async for thread in self._made(to):
            if str(thread.get("owner_id")) != me or int(thread["id"]) < after:
                continue
            first = await self._first(str(thread["id"]), str(to))
            if first is not None and any(is_it(first, one, me) for one in sent):
                return str(thread["id"])
        return None

    async def retag(self, thread: Json, to: Channel, message: Message) -> None:
        """Let a post's tags say what its card says; what fails is logged, and left to the next.

        Discord limits changes of a thread to few in ten minutes: that must not delay the card.
        """
        if not message.tags:
            return
        post = str(thread["id"])
        try:
            wanted = await self._tags(to, message.tags)
            applied = [str(tag) for tag in thread.get("applied_tags") or ()]
            known = _ids(await self._known.get(to))
            states = {known.get(state) for state in STATES}
            kept = [tag for tag in applied if tag not in states or tag in wanted]
            tags = list(dict.fromkeys((*wanted, *kept)))[: render.MOST_TAGS]
            if set(tags) == set(applied):
                return
            change = {"applied_tags": tags}
            await self._rest.request("PATCH", f"/channels/{post}", json=change, where=str(to))
        except DeliveryError as error:
            log.info("post_keeps_its_tags", post=post, reason=error.reason)

    async def _tags(self, to: Channel, names: Sequence[str]) -> list[str]:
        """Return the ids of the tags of these names; those that are missing are made if we may."""
        known = _ids(await self._known.get(to))
        wanted = [shorten(name, MOST_TAG_NAME) for name in names if name.strip()]
        missing = [name for name in dict.fromkeys(wanted) if name.casefold() not in known]
        if missing and asyncio.get_running_loop().time() >= self._untaggable.get(to.id, 0.0):
            await self._make(to, missing)
            known = _ids(await self._known.get(to))
        found = (known.get(name.casefold()) for name in wanted)
        return list(dict.fromkeys(tag for tag in found if tag is not None))[: render.MOST_TAGS]

    async def _make(self, to: Channel, missing: Sequence[str]) -> None:
        """Make tags, as many as there is room for; what fails is logged: posts do without."""
        try:
            there = list((await self._known.ask(to)).get("available_tags") or ())
            names = {str(tag["name"]).casefold() for tag in there}
            new = [{"name": name} for name in missing if name.casefold() not in names]
            fitting = new[: MOST_TAGS - len(there)]
            if len(fitting) < len(new):
                self._leave_tags(to)
            if fitting:
                change = {"available_tags": [*there, *fitting]}
                path = f"/channels/{to.id}"
                made = await self._rest.request("PATCH", path, json=change, where=str(to))
                self._known.keep(to, made)
        except DeliveryError as error:
            if isinstance(error, ForbiddenError):
                self._leave_tags(to)
            log.info("forum_keeps_its_tags", forum=to.id, reason=error.reason)

    def _leave_tags(self, to: Channel) -> None:
        """Make no tags for some minutes: the right to may be given, or room be made."""
        self._untaggable[to.id] = asyncio.get_running_loop().time() + FRESH_FOR

    async def _made(self, to: Channel) -> AsyncIterator[Json]:
        """Yield the forum's posts, the active ones and then the archived, latest first."""
        path = f"/guilds/{to.scope.workspace}/threads/active"
        active = await self._rest.request("GET", path, where=str(to))
        for thread in active["threads"]:
            if str(thread.get("parent_id")) == to.id:
                yield thread
        before = ""
        for _ in range(MOST_ARCHIVED_PAGES):
            path = f"/channels/{to.id}/threads/archived/public?limit={PAGE}{before}"
            page = await self._rest.request("GET", path, where=str(to))
            for thread in page["threads"]:
                yield thread
            if not page.get("has_more") or not page["threads"]:
                return
            last = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
            before = f"&before={str(last).replace('+00:00', 'Z')}"

    async def _first(self, post: str, where: str) -> Json | None:
        """Return a post's first message; None where it is deleted."""
        try:
            path = f"/channels/{post}/messages/{post}"
            found: Json = await self._rest.request("GET", path, where=where)
        except (CardGoneError, ChannelGoneError):
            return None
        return found


def _ids(place: Json) -> dict[str, str]:
    return {
        str(tag["name"]).casefold(): str(tag["id"]) for tag in place.get("available_tags") or ()
    }
