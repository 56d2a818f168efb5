"""The way in over HTTP: signed requests to the app's own address.

Events are JSON; commands and interactions are forms. Every request is signed with the app's
signing secret; the timestamp is real time, which is what the app compares it with.
Sources: https://docs.slack.dev/apis/events-api/using-http-request-urls and
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from tests.twins.slack.core import Core
from tests.twins.slack.deliveries import ANSWER_WITHIN, Delivery, Kind, Outcome
from tests.twins.slack.payloads import VERIFICATION_TOKEN
from tests.twins.slack.state import Json

AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
_REDIRECTS = 2
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it was sent, so that a test can send it again."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the app answered."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Json | None:
        """The body, where it is a JSON object."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return None
        return said if isinstance(said, dict) else None


@dataclass(slots=True, kw_only=True)
class HttpEvents:
    """Requests to the app.

    Attributes:
        core: The twin's parts.
        url: The app's request URL, such as `http://127.0.0.1:3000/slack/events`.
        lose: How many of the next answers get lost after the app has given them.
        refuse: How many of the next requests never reach the app.
        sent: The requests so far.
    """

    core: Core
    url: str = ""
    lose: int = 0
    refuse: int = 0
    sent: list[Sent] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None

    async def stop(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def verify(self, url: str) -> bool:
        """Enter a request URL in the app's settings; return whether the app proved it is its own.

        It must send back the challenge within 3 s. A URL that does is used from then on.
        """
        challenge = secrets.token_hex(16)
        told = {"token": VERIFICATION_TOKEN, "challenge": challenge, "type": "url_verification"}
        request = self.signed(json.dumps(told).encode(), "application/json")
        good = False
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            answer = await self.post(request, url, self.core.clock.real(ANSWER_WITHIN))
            echoed = challenge in (answer.body, (answer.json or {}).get("challenge"))
            good = answer.status == 200 and echoed
        self.core.note("url verification", url=url, good=good)
        if good:
            self.url = url
        return good

    async def carry(self, delivery: Delivery, within: float) -> Outcome:
        """Send a request and read what the app answers."""
        body, kind = _body(delivery)
        more = {}
        if delivery.attempt:
            more = {
                "X-Slack-Retry-Num": str(delivery.attempt),
                "X-Slack-Retry-Reason": delivery.reason,
            }
        request = self.signed(body, kind, more)
        self.core.note(
            "delivery",
            delivery=delivery.id,
            type=delivery.kind,
            by="http",
            attempt=delivery.attempt,
            reason=delivery.reason,
        )
        if self.refuse:
            self.refuse -= 1
            return Outcome(acked=False, why="connection_failed")
        self.sent.append(request)
        return await self._exchange(delivery, request, self.core.clock.real(within))

    async def _exchange(self, delivery: Delivery, request: Sent, seconds: float) -> Outcome:
        try:
            answer = await self.post(request, self.url, seconds)
        except TimeoutError:
            return Outcome(acked=False, why="http_timeout")
        except aiohttp.TooManyRedirects:
            return Outcome(acked=False, why="too_many_redirects")
        except aiohttp.ClientError:
            return Outcome(acked=False, why="connection_failed")
        if self.lose:
            self.lose -= 1
            self.core.note("fault", moment="after the answer", action="lose", delivery=delivery.id)
            return Outcome(acked=False, why="connection_failed")
        if not 200 <= answer.status < 300:
            retry = answer.headers.get("X-Slack-No-Retry") != "1"
            return Outcome(acked=False, why="http_error", retry=retry)
        return self._taken(delivery, answer)

    def _taken(self, delivery: Delivery, answer: Received) -> Outcome:
        payload: object = answer.json
        if payload is None and answer.body:
            payload = {"text": answer.body}
        self.core.note(
            "ack",
            delivery=delivery.id,
            by="http",
            attempt=delivery.attempt,
            payload=payload,
        )
        if payload and not delivery.answers and delivery.kind is Kind.INTERACTIVE:
            what = "a body where none is taken"
            self.core.note("violation", where="ack", what=what, delivery=delivery.id)
            payload = None
        return Outcome(acked=True, payload=payload)

    def signed(
        self,
        body: bytes,
        kind: str,
        more: Mapping[str, str] | None = None,
        *,
        secret: str | None = None,
        age: int = 0,
    ) -> Sent:
        """Return a request with its signature.

        Args:
            body: The bytes that are signed.
            kind: The content type.
            more: Other headers.
            secret: Another secret than the app's, as a forger would have.
            age: How many seconds ago it pretends to have been sent.
        """
        at = str(int(time.time()) - age)
        base = b":".join((b"v0", at.encode(), body))
        key = (secret or self.core.world.signing_secret).encode()
        signature = "v0=" + hmac.new(key, base, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": kind,
            "User-Agent": AGENT,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature,
            **(more or {}),
        }
        return Sent(body=body, headers=headers)

    async def post(self, request: Sent, url: str = "", seconds: float = 10.0) -> Received:
        """Send a request as it is, in so many real seconds; nothing is journaled.

        Raises:
            TimeoutError: The app took longer.
            aiohttp.ClientError: It was not reached, or what it said is no HTTP.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        async with (
            asyncio.timeout(seconds),
            self._session.post(
                url or self.url,
                data=request.body,
                headers=dict(request.headers),
                max_redirects=_REDIRECTS,
            ) as answer,
        ):
            body = await answer.content.read(_LARGEST)
            return Received(status=answer.status, headers=answer.headers, body=body.decode())


def _body(delivery: Delivery) -> tuple[bytes, str]:
    """Return a request's body and its content type."""
    if delivery.kind is Kind.EVENT:
        return json.dumps(delivery.payload).encode(), "application/json"
    form = delivery.payload
    if delivery.kind is Kind.INTERACTIVE:
        form = {"payload": json.dumps(delivery.payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"
