"""Whether a message stands somewhere already: the look before it is sent again.

Slack takes whatever it is sent, as often as it is sent. What it keeps with each message is our
key, as metadata. An app that is neither a workspace's own nor in Slack's marketplace may look once
a minute, at 15 messages: so a look goes on where the last one ended, and until it has come to its
end nobody says that an alert is not there.

Source: https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps/
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.chat.slack.render import EVENT_TYPE
from bot.adapters.chat.slack.web import Identity, Web
from bot.domain.errors import ForbiddenError, NotSentError, RateLimitError
from bot.domain.messages import Posted
from bot.domain.watches import Channel

SKEW = timedelta(minutes=2)
"""How far our clock may be ahead of Slack's."""
PAGE = 15
MOST_PAGES = 20
"""How many are read at once; a thread of a busy channel is read on with the next try."""
MOST_LOOKS = 1_000
HIDDEN = (
    "Slack does not show the metadata of messages: give the app the scope metadata.message:read"
)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How far was looked for a message."""

    since: datetime
    cursor: str = ""  # where to go on; "" for the beginning
    seen: int = 0  # messages


def is_it(found: Json, key: str, me: Identity) -> bool:
    """Say whether a message that stands there is ours and has this key."""
    payload = _metadata(found, me).get("event_payload")
    return isinstance(payload, dict) and payload.get("key") == key


def hides_its_key(found: Json, me: Identity) -> bool:
    """Say whether a message is an alert of ours, and Slack does not show which."""
    metadata = _metadata(found, me)
    return metadata.get("event_type") == EVENT_TYPE and "event_payload" not in metadata


def _metadata(found: Json, me: Identity) -> Json:
    """Return what we have attached to a message; nothing where it is not ours."""
    if found.get("user") != me.user and not (me.bot and found.get("bot_id") == me.bot):
        return {}
    metadata = found.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def stamp(at: datetime) -> str:
    """Return an instant (aware) as Slack counts: seconds with six places, less `SKEW`."""
    return f"{max((at - SKEW).timestamp(), 0):.6f}"


class History:
    """Looks through channels and threads."""

    def __init__(self, web: Web) -> None:
        """Ask `web`."""
        self._web = web
        self._looks: dict[str, Look] = {}  # those that are not at their end, by key

    async def find(
        self, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Json | None:
        """Return the message with a key that was posted to a channel or thread `since` (UTC).

        Raises:
            CardGoneError: There is no such thread.
            ChannelGoneError: There is no such channel.
            ForbiddenError: Slack shows the messages without our keys.
            RateLimitError: We are not at the end yet, and may go on later.
            DeliveryError: As for `Web.call`; NotSentError where there is more to read.
        """
        me = await self._web.identity(to.scope.workspace)
        look = self._looks.get(key)
        if look is None or look.since != since:
            look = Look(since=since)
        for _ in range(MOST_PAGES):
            try:
                page = await self._page(to, thread, look)
            except RateLimitError as error:
                self._keep(key, look)
                raise RateLimitError(str(to), error.wait, reason=_so_far(look)) from error
            found = next((one for one in page["messages"] if is_it(one, key, me)), None)
            if found is None and any(hides_its_key(one, me) for one in page["messages"]):
                raise ForbiddenError(str(to), HIDDEN)
            cursor = _next(page)
            if found is not None or not cursor:
                self._looks.pop(key, None)
                return found
            look = replace(look, cursor=cursor, seen=look.seen + len(page["messages"]))
        self._keep(key, look)
        raise NotSentError(str(to), _so_far(look))

    async def _page(self, to: Channel, thread: Posted | None, look: Look) -> Json:
        method = "conversations.history" if thread is None else "conversations.replies"
        return await self._web.call(
            to.scope.workspace,
            method,
            channel=to.id,
            ts=None if thread is None else thread.id,
            oldest=stamp(look.since),
            limit=PAGE,
            cursor=look.cursor or None,
            include_all_metadata=True,
        )

    def _keep(self, key: str, look: Look) -> None:
        if len(self._looks) >= MOST_LOOKS:
            self._looks.clear()  # those looks begin anew
        self._looks[key] = look


def _next(page: Json) -> str:
    about = page.get("response_metadata")
    return str(about.get("next_cursor") or "") if isinstance(about, dict) else ""


def _so_far(look: Look) -> str:
    return (
        f"it may have arrived: not among the {look.seen} messages that Slack let us look through so"
        " far, and not sent again before we have seen all since the first try"
    )
