"""What the bot calls: post, find, edit, over HTTP with a bearer token, as with any platform.

Behaves like Discord where it matters to delivery: the key of a message works like an enforced nonce
for two minutes, later one has to look; what is not there is a 404. It is never faulty on purpose.
"""

import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.adapters.chat.sandbox.codec import decoded, moment
from bot.adapters.chat.sandbox.hub import Hub
from bot.adapters.chat.sandbox.records import MissingError
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.domain.messages import Message
from bot.ports.world import Clock

MOST_BYTES = 8 << 20
"""What a message with its files may have; Discord takes 10 MiB."""

_View = Callable[[Request], Awaitable[Response]]


def bot_routes(rooms: Rooms, hub: Hub, clock: Clock, token: str) -> list[Route]:
    """Return the bot's part of the platform.

    Args:
        rooms: Where messages are kept.
        hub: Rung after each change.
        clock: What says now.
        token: What the bot has to show; not empty.
    """

    async def post(request: Request) -> Response:
        values = await _body(request)
        key, thread = values.get("key"), values.get("thread")
        if not isinstance(key, str) or not (thread is None or isinstance(thread, str)):
            raise ValueError("key and thread are texts")
        message, new = await rooms.add(
            _message(values),
            request.path_params["channel"],
            clock(),
            thread=_number(thread) if thread else None,
            key=key[:100],
        )
        hub.ring()
        return JSONResponse({"id": str(message)}, status_code=201 if new else 200)

    async def find(request: Request) -> Response:
        asked = request.query_params
        thread = asked.get("thread", "")
        found = await rooms.find(
            request.path_params["channel"],
            asked.get("key", ""),
            moment(asked.get("since", "")) - timedelta(seconds=1),
            _number(thread) if thread else None,
        )
        return JSONResponse({"id": None if found is None else str(found)})

    async def edit(request: Request) -> Response:
        message = _message(await _body(request))
        post = await rooms.get(_number(request.path_params["message"]))
        if post.channel != request.path_params["channel"]:
            raise MissingError(f"Message {post.id} is in another channel.", "Edit it there.")
        await rooms.change(post.id, message, clock())
        hub.ring()
        return JSONResponse({"id": str(post.id)})

    async def make(request: Request) -> Response:
        made = await rooms.open(request.path_params["channel"])
        hub.ring()
        return JSONResponse({}, status_code=201 if made else 200)

    def guarded(view: _View) -> _View:
        async def checked(request: Request) -> Response:
            shown = request.headers.get("authorization", "")
            if not secrets.compare_digest(shown.encode(), f"Bearer {token}".encode()):
                return _no(401, "The token is missing or wrong.", "Send it as a bearer token.")
            try:
                return await view(request)
            except MissingError as error:
                missing = "channel" if error.channel else "message"
                return _no(404, error.what, error.remedy, missing=missing)
            except ValueError as error:
                return _no(400, f"The request is malformed: {error}.", "See docs/sandbox.md.")

        return checked

    at = "/bot/v1/channels/{channel}"
    return [
        Route(at, guarded(make), methods=["PUT"]),
        Route(f"{at}/messages", guarded(post), methods=["POST"]),
        Route(f"{at}/messages", guarded(find), methods=["GET"]),
        Route(f"{at}/messages/{{message}}", guarded(edit), methods=["PATCH"]),
    ]


async def _body(request: Request) -> dict[str, object]:
    values = json.loads(await request.body())
    if not isinstance(values, dict):
        raise ValueError("an object was expected")  # noqa: TRY004 -- one error for all bad JSON
    return values


def _message(values: dict[str, object]) -> Message:
    return decoded(values.get("message"))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise MissingError(f"There is no message “{text[:20]}”.", "Ids are whole numbers.")
    return int(text)


def _no(status: int, what: str, remedy: str, **more: str) -> JSONResponse:
    return JSONResponse({"error": {"what": what, "remedy": remedy, **more}}, status_code=status)
