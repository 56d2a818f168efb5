"""What each request to the sandbox passes first: Host, token, Origin, size; and answers' headers.

A page on this machine is reached by every web page that its user visits: so a foreign Host (DNS
rebinding) and a foreign Origin are refused, and nothing may be framed, sniffed or run inline.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.adapters.chat.sandbox.door import Door
from bot.domain.calls import MAX_UPLOAD

MOST_BYTES = 64 << 10
"""What a person's request may have."""
MOST_WITH_FILE = MAX_UPLOAD * 3 // 2
"""What one may have that says something: a file comes along as base64."""
_SAYING = ("/say", "/messages")

_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none';"
        " form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware around the whole sandbox."""

    def __init__(self, app: ASGIApp, door: Door, bot_bytes: int) -> None:
        """Let through what is meant for us.

        Args:
            app: What is guarded.
            door: By which names people reach the page, and what they have to show.
            bot_bytes: What a request of the bot may have; it shows a token of its own, so any host
                will do.
        """
        self._app = app
        self._door = door
        self._bot_bytes = bot_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bot = scope["path"].startswith("/bot/")
        refusal = None if bot else self._refused(scope)
        if refusal is None and scope["method"] not in ("GET", "HEAD"):
            saying = scope["path"].endswith(_SAYING)
            most = self._bot_bytes if bot else MOST_WITH_FILE if saying else MOST_BYTES
            body = await _read(scope, receive, most)
            if body is None:
                room = "a file of at most 1 MiB" if saying else "at most 64 kB"
                refusal = (413, "The request is too large.", f"Send {room}.")
            else:
                receive = _again(body, receive)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
            await send(message)

        if refusal is None:
            await self._app(scope, receive, dressed)
            return
        status, what, remedy = refusal
        asks = {"www-authenticate": 'Basic realm="Newsthread", charset="UTF-8"'}
        answer = JSONResponse(
            {"error": {"what": what, "remedy": remedy}}, status, asks if status == 401 else None
        )
        await answer(scope, receive, dressed)

    def _refused(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").casefold()
        if not self._door.serves(host):
            names = ", ".join(sorted(self._door.hosts))
            return 421, "The page is not served under this host name.", f"Open it as {names}."
        if not self._door.admits(headers.get("authorization", "")):
            return 401, "The token is missing or wrong.", "Show NEWSTHREAD_WEB_TOKEN as password."
        if scope["method"] in ("GET", "HEAD"):
            return None
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc.casefold() != host
        if foreign or headers.get("sec-fetch-site", "none") in ("cross-site", "same-site"):
            return 403, "The request comes from another site.", "Send it from the page itself."
        return None


def token(secret: str, session: str) -> str:
    """Return what a form of a session must send back."""
    return hmac.new(secret.encode(), session.encode(), hashlib.sha256).hexdigest()[:40]


def token_fits(secret: str, session: str, shown: str) -> bool:
    """Say whether a form was ours, in this session."""
    return bool(session) and hmac.compare_digest(
        token(secret, session).encode(), shown.encode("utf-8", "replace")
    )


async def _read(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """Return the whole body, or None if it is too large or was not sent to its end."""
    length = Headers(scope=scope).get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length[:18]) > most:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
