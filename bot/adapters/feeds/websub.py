"""WebSub: what names a hub, how one is asked, and where it answers and sends what is new.

A hub is a stranger like any other: it is asked under the guard and the bounds of every request.
What it sends is believed if it is signed with the secret that it was given, and not before. Nothing
in here decides what follows: that is `bot.domain.subscriptions`.
Source: https://www.w3.org/TR/websub/
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import timedelta

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.adapters.bodies import BodyError, whole_body
from bot.adapters.feeds.http import Fetcher, FetchError
from bot.domain.subscriptions import (
    LEASE,
    Intent,
    Subscription,
    confirmed,
    denied,
    remembered,
)
from bot.domain.urls import absolute_url
from bot.ports.store import Store
from bot.ports.world import Clock

log = structlog.get_logger()

PREFIX = "/websub/"
"""Where hubs reach us, below the public address."""
MOST_BYTES = 2 << 20
"""What a hub may send at once."""
MOST_WAITING = 20
"""Documents of a feed that wait to be read; more are to be sent again later."""
SLOWEST = 10.0
"""Seconds that a document may take to arrive."""

_METHODS = {"sha1", "sha256", "sha384", "sha512"}
_LINK = re.compile(r'<([^<>]{1,2000})>((?:[^,"<>]|"[^"]{0,500}"){0,500})')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)
_LONGEST = 4_000  # characters of a Link header, of a challenge
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}


def linked(headers: Mapping[str, str], base: str) -> Mapping[str, str]:
    """Return the first address of each relation (`hub`, `self`) that the Link headers name.

    Args:
        headers: Of a response, names in lower case.
        base: The address that was asked for.
    """
    found: dict[str, str] = {}
    for url, rest in _LINK.findall(headers.get("link", "")[:_LONGEST]):
        rel = _REL.search(rest)
        for name in (rel.group(1) or rel.group(2)).lower().split() if rel else ():
            found.setdefault(name, absolute_url(url, base))
    return found


def signed(secret: str, body: bytes, shown: str) -> bool:
    """Say whether a document is signed with a secret, over its bytes as they came.

    Args:
        secret: What the hub was given.
        body: The document.
        shown: The header X-Hub-Signature: `sha256=…`.
    """
    method, _, digest = shown.partition("=")
    if method.strip().lower() not in _METHODS or not digest.isascii():
        return False
    made = hmac.new(secret.encode(), body, method.strip().lower()).hexdigest()
    return hmac.compare_digest(made, digest.strip().lower())


class HttpHubs:
    """Asks hubs; see `bot.ports.world.Hubs`."""

    def __init__(self, fetcher: Fetcher) -> None:
        """Ask by `fetcher`, which takes turns with the feeds."""
        self._fetcher = fetcher

    async def ask(self, one: Subscription) -> str:
        """See `bot.ports.world.Hubs.ask`."""
        form = {
            "hub.mode": one.intent.value,
            "hub.topic": one.topic,
            "hub.callback": one.callback,
        }
        if one.intent is Intent.SUBSCRIBE:
            form |= {
                "hub.lease_seconds": str(int(LEASE.total_seconds())),
                "hub.secret": one.secret,
            }
        try:
            response = await self._fetcher.post(one.hub, form)
        except FetchError as error:
            return error.reason
        if 200 <= response.status < 300:
            return ""
        return f"The hub does not accept the request ({response.status})."


def websub_app(store: Store, clock: Clock) -> ASGIApp:
    """Return what serves everything below `PREFIX`."""
    door = _Door(store, clock)
    path = PREFIX + "{code}"
    return Starlette(
        routes=[
            Route(path, door.asked, methods=["GET"]),
            Route(path, door.sent, methods=["POST"]),
        ]
    )


def beside(page: ASGIApp, ours: ASGIApp) -> ASGIApp:
    """Return what serves hubs' requests by `ours`, and leaves all others to `page`."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (ours if mine else page)(scope, receive, send)

    return served


class _Door:
    """Where hubs ask whether we asked, and send what is new."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def asked(self, request: Request) -> Response:
        """Answer a hub that asks whether we want what it was asked for, or says that it will not.

        Only what we asked for is confirmed: else anyone could sign us up for anything.
        """
        code, now = request.path_params["code"], self._clock()
        if await self._known(code) is None:
            return _said("There is no such subscription.", 404)
        mode, topic = _given(request, "mode"), _given(request, "topic")
        challenge = _given(request, "challenge")
        async with self._store.transaction() as tx:
            one = await tx.subscriptions.behind(code)
            if one is None:
                return _said("There is no such subscription.", 404)
            if mode == "denied":
                reason = f"The hub refuses: {_given(request, 'reason')[:200] or 'no reason given'}."
                refused = denied(one, topic, reason, now)
                if refused is not None:
                    await tx.subscriptions.save(refused)
                    log.warning("hub_denied", feed=one.feed, reason=reason)
                return _said("", 200 if refused is not None else 404)
            after = confirmed(one, mode, topic, _lease(request), now)
            if after is None or not 0 < len(challenge) <= _LONGEST:
                log.info("hub_not_confirmed", feed=one.feed, mode=mode[:20])
                return _said("That was not asked for.", 404)
            if after.intent is Intent.UNSUBSCRIBE:
                await tx.subscriptions.remove(after.feed)
            else:
                await tx.subscriptions.save(after)
        log.info("hub_confirmed", feed=one.feed, mode=mode, until=str(after.lease_until))
        return _said(challenge, 200)

    async def sent(self, request: Request) -> Response:
        """Take a document that a hub sends; one that is not signed is taken, and thrown away."""
        code = request.path_params["code"]
        one = await self._known(code)
        if one is None:
            return _said("There is no such subscription.", 404)
        if not one.live(self._clock()):
            return _said("The subscription has ended.", 410)
        try:
            body = await whole_body(request, MOST_BYTES, SLOWEST)
        except BodyError as error:
            return _said(str(error), error.status)
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            return _dropped(one, "it is encoded")
        if not signed(one.secret, body, request.headers.get("x-hub-signature", "")):
            return _dropped(one, "it is not signed with our secret")
        return await self._kept(code, body, request.headers.get("content-type", "")[:200])

    async def _kept(self, code: str, body: bytes, kind: str) -> Response:
        digest = hashlib.sha256(body).hexdigest()[:16]
        async with self._store.transaction() as tx:
            one = await tx.subscriptions.behind(code)
            if one is None:
                return _said("The subscription has ended.", 410)
            if digest in one.seen:
                return _dropped(one, "it was sent before")
            if await tx.subscriptions.waiting(one.feed) >= MOST_WAITING:
                return _said("Too many documents wait to be read.", 503, {"retry-after": "60"})
            await tx.subscriptions.push(one.feed, kind, body)
            await tx.subscriptions.save(remembered(one, digest))
        return _said("", 202)

    async def _known(self, code: str) -> Subscription | None:
        async with self._store.reading() as tx:
            return await tx.subscriptions.behind(code)


def _given(request: Request, name: str) -> str:
    """Return a parameter that is there once."""
    values = request.query_params.getlist(f"hub.{name}")
    return values[0] if len(values) == 1 else ""


def _lease(request: Request) -> timedelta:
    text = _given(request, "lease_seconds")
    return timedelta(seconds=int(text)) if re.fullmatch(r"[0-9]{1,9}", text) else LEASE


def _dropped(one: Subscription, reason: str) -> Response:
    log.info("push_dropped", feed=one.feed, reason=reason)
    return _said("", 202)


def _said(words: str, status: int, headers: Mapping[str, str] = {}) -> Response:
    return PlainTextResponse(words, status, headers={**_HEADERS, **headers})
