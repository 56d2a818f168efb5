"""A twin of a WebSub hub: strict with subscribers, or hostile to them on demand.

Source: https://www.w3.org/TR/websub/ (§5 subscribing, §7 distribution, §8 signatures).
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
from aiohttp import web

LEASE = 3_600
"""Seconds that it gives, whatever it is asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was taken, or refused with a reason."""

    mode: str
    topic: str
    callback: str
    secret: str
    lease: str
    refused: str = ""


@dataclass(slots=True)
class Hub:
    """The hub; an async context manager. Its callbacks go by `client`."""

    client: httpx.AsyncClient
    topics: set[str] = field(default_factory=set)  # that it knows; of others it wants nothing
    journal: list[Asked] = field(default_factory=list)
    subscribers: dict[str, Asked] = field(default_factory=dict)  # verified, by callback
    answers: list[tuple[str, int]] = field(default_factory=list)  # to what it asked and sent
    status: int = 202  # of its answer; another: it refuses
    location: str = ""  # it redirects there, with `status`
    silent: bool = False  # it never asks back
    early: bool = False  # it asks back before it answers
    url: str = ""
    _runner: web.AppRunner | None = None
    _later: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        """Listen on a free port of the loopback."""
        app = web.Application()
        app.router.add_post("/{path:.*}", self._taken)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/hub"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more."""
        await self.settled()
        if self._runner is not None:
            await self._runner.cleanup()

    async def settled(self) -> None:
        """Wait until it has asked back wherever it means to."""
        await asyncio.gather(*self._later)

    async def ask_back(self, callback: str, **given: str | int) -> httpx.Response:
        """Ask a subscriber for whatever one likes."""
        params = {f"hub.{name}": str(value) for name, value in given.items()}
        response = await self.client.get(callback, params=params)
        self.answers.append(("GET", response.status_code))
        return response

    async def publish(
        self, topic: str, body: bytes, method: str = "sha256", **headers: str
    ) -> list[int]:
        """Send a document to all subscribers of a topic; return what they answer."""
        statuses = []
        for callback, one in list(self.subscribers.items()):
            if one.topic == topic:
                signature = hmac.new(
                    one.secret.encode(), body, getattr(hashlib, method)
                ).hexdigest()
                said = {
                    "Content-Type": "application/rss+xml",
                    "Link": f'<{self.url}>; rel="hub", <{topic}>; rel="self"',
                    "X-Hub-Signature": f"{method}={signature}",
                }
                sent = {
                    **said,
                    **{name.replace("_", "-"): value for name, value in headers.items()},
                }
                response = await self.client.post(callback, content=body, headers=sent)
                statuses.append(response.status_code)
                self.answers.append(("POST", response.status_code))
        return statuses

    async def _taken(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        one = Asked(
            mode=form.get("hub.mode", ""),
            topic=form.get("hub.topic", ""),
            callback=form.get("hub.callback", ""),
            secret=form.get("hub.secret", ""),
            lease=form.get("hub.lease_seconds", ""),
            refused=self._refusal(request, form),
        )
        self.journal.append(one)
        if one.refused:
            return web.Response(status=400, text=one.refused)
        if self.location or self.status != 202:
            there = {"Location": self.location} if self.location else {}
            return web.Response(status=self.status, headers=there)
        if self.silent:
            return web.Response(status=202)
        if self.early:
            await self._verify(one)
        else:
            task = asyncio.create_task(self._verify(one))
            self._later.add(task)
        return web.Response(status=202)

    def _refusal(self, request: web.Request, form: dict[str, str]) -> str:
        rules: tuple[tuple[bool, str], ...] = (
            (request.content_type == "application/x-www-form-urlencoded", "not a form"),
            (form.get("hub.mode") in ("subscribe", "unsubscribe"), "hub.mode"),
            (form.get("hub.topic") in self.topics, "hub.topic is not one of ours"),
            (urlsplit(form.get("hub.callback", "")).scheme in ("http", "https"), "hub.callback"),
            (form.get("hub.lease_seconds", "1").isdecimal(), "hub.lease_seconds"),
            (len(form.get("hub.secret", "").encode()) < 200, "hub.secret"),
        )
        return next((words for kept, words in rules if not kept), "")

    async def _verify(self, one: Asked) -> None:
        challenge = secrets.token_urlsafe(16)
        lease = {"lease_seconds": LEASE} if one.mode == "subscribe" else {}
        response = await self.ask_back(
            one.callback, mode=one.mode, topic=one.topic, challenge=challenge, **lease
        )
        if response.is_success and response.text == challenge:
            if one.mode == "subscribe":
                self.subscribers[one.callback] = one
            else:
                self.subscribers.pop(one.callback, None)
