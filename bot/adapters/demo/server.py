"""The local server that plays the sample wire: one path a feed, one host an outlet, plain HTTP.

Owns the mapping from real time to the script's minutes, and the HTTP manners: validators, 304, and
an honest 503 where the script says so. What a feed says is `wire`'s, how it is written `render`'s.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.adapters.demo.render import MEDIA_TYPES, RIGHTS, document, page
from bot.adapters.demo.wire import Minute, Wire

Clock = Callable[[], datetime]  # now, with a time zone


def minute_at(now: datetime, started: datetime, speed: float) -> Minute:
    """Return the script's minute at `now`: never before 0, `speed` minutes in each real one."""
    return max(0.0, (now - started).total_seconds() / 60 * speed)


def moment_of(minute: Minute, started: datetime, speed: float) -> datetime:
    """Return when a minute of the script is: what came before 0 was at its natural pace, UTC.

    So no item is dated in the future, however fast the wire plays.
    """
    pace = speed if minute > 0 else 1.0
    return started.astimezone(UTC) + timedelta(minutes=minute / pace)


def wire_app(wire: Wire, started: datetime, speed: float, clock: Clock) -> Starlette:
    """Return the server of a wire.

    Args:
        wire: What it plays.
        started: When minute 0 is, with a time zone.
        speed: Minutes of the script in a real minute; positive. 5 plays 20 minutes in 4.
        clock: What says now.

    Raises:
        ValueError: `speed` is not positive.
    """
    if not speed > 0:
        raise ValueError("the speed of the wire must be positive")

    def when(minute: Minute) -> datetime:
        return moment_of(minute, started, speed)

    async def feed(request: Request) -> Response:
        slug = request.path_params["slug"]
        if wire.outlet(slug) is None:
            return PlainTextResponse(f"No feed here: {slug}\n", status_code=404)
        state = wire.at(slug, minute_at(clock(), started, speed))
        if state.status != 200:
            retry = {"retry-after": str(state.retry_after)} if state.retry_after else {}
            text = "The sample script has this feed fail for a while. It will be back.\n"
            return PlainTextResponse(text, status_code=state.status, headers=retry)
        body = document(state, when)
        tag = f'"{sha256(body).hexdigest()[:24]}"'
        changed = when(state.changed).replace(microsecond=0)
        headers = {
            "etag": tag,
            "last-modified": format_datetime(changed, usegmt=True),
            "cache-control": "no-cache",
        }
        if _unchanged(request, tag, changed):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=MEDIA_TYPES[state.outlet.format], headers=headers)

    async def article(request: Request) -> Response:
        slug = (request.url.hostname or "").partition(".")[0]  # each outlet is a host of its own
        if wire.outlet(slug) is not None:
            state = wire.at(slug, minute_at(clock(), started, speed))
            for item in state.items:
                if item.link.endswith(request.url.path):
                    return HTMLResponse(page(state, item))
        return PlainTextResponse("No such article.\n", status_code=404)

    async def index(_request: Request) -> Response:
        rows = "".join(
            f'<li><a href="/feeds/{outlet.slug}">{escape(outlet.name)}</a>'
            f" ({outlet.format}, {outlet.lang})</li>"
            for outlet in wire.outlets
        )
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sample wire</title>'
            f"<h1>Sample wire</h1><p>{RIGHTS}</p><ul>{rows}</ul></html>"
        )

    return Starlette(
        routes=[
            Route("/", index),
            Route("/feeds/{slug}", feed),
            Route("/sample/{name}", article),
        ]
    )


def _unchanged(request: Request, tag: str, changed: datetime) -> bool:
    """Whether the client has this document (RFC 9110 §13.2.2: the tag goes before the date)."""
    asked = request.headers.get("if-none-match")
    if asked is not None:
        tags = (part.strip().removeprefix("W/") for part in asked.split(","))
        return any(part in ("*", tag) for part in tags)
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return changed <= (since if since.tzinfo else since.replace(tzinfo=UTC))
