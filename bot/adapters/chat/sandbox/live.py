"""The page's live events: what changed for one person, from a number on, until they leave.

Each event carries the number it brings the page up to, which the browser sends back when it
reconnects (Last-Event-ID): so nothing is lost between two connections, and nothing shown twice.
"""

import json
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.adapters.chat.sandbox.parts import Parts
from bot.adapters.chat.sandbox.records import BOT, Post


def live(parts: Parts, user: str, after: int, csrf: str, tick: float) -> EventSourceResponse:
    """Return the stream.

    Args:
        parts: What the page is made of.
        user: Who looks.
        after: The last number that the page has seen.
        csrf: The token for the buttons of messages.
        tick: How often the status is sent, in seconds.
    """
    return EventSourceResponse(
        _events(parts, user, after, csrf, tick),
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        ping=15,
        send_timeout=30,
    )


async def _events(
    parts: Parts, user: str, after: int, csrf: str, tick: float
) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(retry=1_000, comment="welcome")
    news = True
    while not parts.hub.closed:
        ticket = parts.hub.ticket()  # before looking: what comes meanwhile rings it
        if news:
            while posts := await parts.rooms.changes(after, user):
                for post in posts:
                    after = post.rev
                    last = post is posts[-1]
                    yield _message(parts, post, csrf, str(after) if last else None)
            rooms = await parts.rooms.rooms(user)
            yield _event("rooms", [[room.id, room.unread] for room in rooms])
        yield _event("status", dict(await parts.status()))
        news = await parts.hub.wait(ticket, tick)


def _message(parts: Parts, post: Post, csrf: str, number: str | None) -> ServerSentEvent:
    values = {
        "id": post.id,
        "rev": post.rev,
        "channel": post.channel,
        "thread": post.thread,
        "under": post.under,
        "gone": post.gone,
        "bot": post.author == BOT,
        "author": post.author,
        "edited": post.edited_at is not None,
        "notice": post.message.notice,
        "html": "" if post.gone else parts.renderer.html(post, csrf=csrf),
    }
    return ServerSentEvent(json.dumps(values), event="message", id=number)


def _event(name: str, values: object) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(values), event=name)
