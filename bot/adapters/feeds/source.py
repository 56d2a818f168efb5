"""A poll, from address to `PollResult`: fetch, tell what came, parse, and say it in one sentence.

Implements `bot.ports.FeedSource`. Decides how a poll ended, never when the next one is due.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from types import TracebackType
from typing import Self

from aiohttp.abc import AbstractResolver

from bot.adapters.feeds.discover import wall
from bot.adapters.feeds.http import Fetcher, FetchError, FetchSettings, Response
from bot.adapters.feeds.items import left_out, standing_after, standing_in
from bot.adapters.feeds.parse import Document, ParseError, Parsers
from bot.adapters.feeds.plain import one_line
from bot.adapters.feeds.websub import linked
from bot.domain.polls import Hints, Outcome, PollRequest, PollResult, Seen, Validators
from bot.domain.private import MASKED_ADDRESS, is_masked, scrubbed
from bot.domain.standing import Standing

MAX_HINT = timedelta(days=1)
_MAX_VALIDATOR = 2_000  # characters; a longer one is not stored
_STATUS_REASONS = {
    401: "The server asks for a user and a password (401): put them into the address.",
    402: "The server asks to be paid (402).",
    403: "The server forbids it (403); it may refuse bots: ask the outlet, or use another feed.",
    404: "There is nothing at this address (404): look for the feed's new address on its site.",
    406: "The server has no form of this that we read (406).",
    407: "A proxy stands in the way (407).",
    451: "The server may not show this for legal reasons (451).",
}


class HttpFeedSource:
    """Polls feeds over HTTP; an async context manager."""

    def __init__(
        self,
        settings: FetchSettings,
        clock: Callable[[], datetime],
        resolver: AbstractResolver | None = None,
    ) -> None:
        """Poll as `settings` say.

        Args:
            settings: Bounds and manners.
            clock: The time, UTC; for Retry-After and Expires.
            resolver: Stands in for the system's name resolution; None for that one.
        """
        self._clock = clock
        self._fetcher = Fetcher(settings, resolver)
        self._parsers = Parsers(
            count=settings.parsers,
            seconds=settings.parse_time.total_seconds(),
            memory=settings.parse_memory,
        )

    @property
    def fetcher(self) -> Fetcher:
        """What servers are asked with; whoever asks them for more takes turns with the feeds."""
        return self._fetcher

    async def __aenter__(self) -> Self:
        """Open the connections."""
        await self._fetcher.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections and end the children."""
        await self._fetcher.__aexit__(kind, error, trace)
        await self._parsers.close()

    async def poll(self, request: PollRequest) -> PollResult:
        """See `bot.ports.FeedSource.poll`: never raises for anything that a server does."""
        began = asyncio.get_running_loop().time()
        at = self._clock()
        try:
            result = await self._polled(request)
        except FetchError as error:
            result = PollResult(
                url=request.url,
                final_url=error.url,
                status=error.status,
                outcome=Outcome.REFUSED if error.refused else Outcome.ERROR,
                reason=error.reason,
            )
        except Exception as error:  # noqa: BLE001 - the port's promise: one feed cannot stop the rest
            result = PollResult(
                url=request.url,
                final_url=request.url,
                status=None,
                outcome=Outcome.ERROR,
                reason=f"Polling failed in a way that is our bug ({type(error).__name__}).",
            )
        took = timedelta(seconds=asyncio.get_running_loop().time() - began)
        return replace(scrubbed(result), took=took, at=at)

    async def pushed(self, url: str, kind: str, body: bytes) -> PollResult:
        """See `bot.ports.world.PushReader.pushed`."""
        result = PollResult(
            url=url, final_url=url, status=None, outcome=Outcome.ERROR, size=len(body)
        )
        response = Response(url=url, status=200, headers={"content-type": kind}, body=body)
        return scrubbed(await self._read(result, response, "", Standing()))

    async def document(self, url: str) -> bytes:
        """Return the document at an address, whole, bounded and guarded as a feed is.

        Raises:
            FetchError: There is none, or it is too large; the reason says which.
        """
        response = await self._fetcher.get(url, {})
        if response.status != 200:
            reason = _status_reason(response.status)
            raise FetchError(reason, url=response.url, status=response.status)
        if not response.complete:
            raise FetchError("The answer broke off, or is too large.", url=response.url)
        return response.body

    async def _polled(self, request: PollRequest) -> PollResult:
        if is_masked(request.url):
            raise FetchError(MASKED_ADDRESS, url=request.url, refused=True)
        response = await self._fetcher.get(request.url, _conditions(request.validators))
        result = PollResult(
            url=request.url,
            final_url=response.url,
            status=response.status,
            outcome=Outcome.ERROR,
            hints=_hints(response.headers, self._clock()),
            moved_to=response.moved_to,
            size=len(response.body),
            seen=_seen(response),
        )
        if response.status != 200:
            return _without_document(result, response, request.validators)
        digest = blake2b(response.body, digest_size=16).hexdigest()
        if digest == request.validators.body_hash and response.complete:
            return replace(
                result,
                outcome=Outcome.NOT_MODIFIED,
                reason="The same document as last time.",
                validators=_validators(response.headers, digest, request.validators.standing),
            )
        return await self._read(result, response, digest, request.validators.standing)

    async def _read(
        self, result: PollResult, response: Response, digest: str, standing: Standing
    ) -> PollResult:
        """Return the result with the document in it, but for those items that still stand."""
        if not response.body.strip():
            cut = "" if response.complete else " and broke off"
            return replace(result, reason=f"The server sent an empty document{cut}.")
        now = self._clock()
        marks = left_out(standing, now)
        try:
            document = await self._parsers.read(
                response.body,
                base=response.url,
                charset=_charset(response.headers),
                headers=_as_text(response.headers),
                seen=[mark.item for mark in marks],
            )
        except ParseError as error:
            return replace(result, reason=str(error))
        if not document.is_feed:
            return replace(result, reason=document.why, feeds=document.feeds)
        hub = result.seen.hub or document.hub
        topic = result.seen.topic or document.topic
        known = replace(result.seen, form=document.form, hub=hub, topic=topic)
        result = replace(result, seen=known)
        there = standing_in(document, marks)
        if not response.complete and not document.entries and not there:
            return replace(result, reason="The answer broke off before the first item.")
        last = standing.whole_at if there and standing.whole_at else now
        kept = _validators(response.headers, digest, standing_after(document, there, last))
        return _with_document(replace(result, standing=there), document, response, kept)


def _seen(response: Response) -> Seen:
    """Return what a response says of itself, for people."""
    links = linked(response.headers, response.url)
    return Seen(
        hops=response.hops,
        content_type=one_line(response.headers.get("content-type", ""), 100, markup=False),
        encoding=one_line(response.headers.get("content-encoding", ""), 40, markup=False),
        hub=links.get("hub", ""),
        topic=links.get("self", ""),
    )


def _with_document(
    result: PollResult, document: Document, response: Response, validators: Validators
) -> PollResult:
    loose = document.loose or not response.complete
    filled = replace(
        result,
        outcome=Outcome.OK,
        entries=document.entries,
        title=document.title,
        site_url=document.site_url,
        lang=document.lang,
        hints=replace(
            result.hints,
            ttl=document.hints.ttl,
            skip_hours=document.hints.skip_hours,
            skip_days=document.hints.skip_days,
        ),
    )
    if loose:
        what = "is damaged" if response.complete else "broke off"
        return replace(
            filled,
            outcome=Outcome.OK_LOOSE,
            reason=f"The document {what}: it was read as far as it goes.",
            validators=Validators(standing=validators.standing),
        )
    filled = replace(filled, validators=validators)
    if result.moved_to:
        return replace(
            filled, outcome=Outcome.MOVED, reason="The feed has moved for good to a new address."
        )
    return filled


def _without_document(result: PollResult, response: Response, validators: Validators) -> PollResult:
    """Return the result of a response that carries no document to read."""
    status = response.status
    if status == 304:
        if not validators.etag and not validators.last_modified:
            reason = "The server says “not modified” (304), but was not asked for changes only."
            return replace(result, reason=reason)
        kept = _validators(response.headers, validators.body_hash, validators.standing)
        return replace(
            result,
            outcome=Outcome.NOT_MODIFIED,
            reason="Nothing new (304).",
            validators=Validators(
                etag=kept.etag or validators.etag,
                last_modified=kept.last_modified or validators.last_modified,
                body_hash=validators.body_hash,
                standing=validators.standing,
            ),
        )
    if status == 410:
        reason = "The feed is gone for good (410): remove it, or give its new address."
        return replace(result, outcome=Outcome.GONE, reason=reason)
    asked = result.hints.retry_after
    if status == 429 or (status == 503 and asked):
        wait = f", for {int(asked.total_seconds())} s" if asked else ""
        reason = f"The server asks us to wait ({status}){wait}."
        return replace(result, outcome=Outcome.DEFERRED, reason=reason)
    blocked = wall(response.body.decode("utf-8", "replace"), _as_text(response.headers))
    if blocked and status in (401, 403, 503):
        return replace(result, reason=f"The server sent {blocked} ({status}): it refuses bots.")
    return replace(result, reason=_status_reason(status))


def _status_reason(status: int) -> str:
    if status in _STATUS_REASONS:
        return _STATUS_REASONS[status]
    if status >= 500:
        return f"The server has trouble of its own ({status}): it is asked again later."
    if status >= 400:
        return f"The server does not accept the request ({status})."
    if status >= 300:
        return f"The server redirects, but does not say where to ({status})."
    return f"The server sent no document ({status})."


def _conditions(validators: Validators) -> dict[str, str]:
    """Return the headers of a conditional request, what the server gave byte for byte."""
    headers = {}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def _validators(headers: Mapping[str, str], digest: str, standing: Standing) -> Validators:
    def kept(name: str) -> str:
        value = headers.get(name, "")
        good = len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable()
        return value if good else ""

    return Validators(
        etag=kept("etag"),
        last_modified=kept("last-modified"),
        body_hash=digest,
        standing=standing,
    )


def _hints(headers: Mapping[str, str], now: datetime) -> Hints:
    """Return what the response's headers ask for, each from zero to `MAX_HINT`."""
    return Hints(
        retry_after=_bounded(_retry_after(headers.get("retry-after", ""), now)),
        max_age=_bounded(_freshness(headers, now)),
    )


def _bounded(span: timedelta) -> timedelta:
    return min(max(span, timedelta(0)), MAX_HINT)


def _seconds(text: str) -> timedelta | None:
    text = text.strip().strip('"')
    if not (text.isascii() and text.isdigit()):
        return None
    return timedelta(seconds=min(int(text[:10]), 10**8))


def _retry_after(text: str, now: datetime) -> timedelta:
    seconds = _seconds(text)
    if seconds is not None:
        return seconds
    when = _http_date(text)
    return when - now if when else timedelta(0)


def _freshness(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return for how long the response says that it stays fresh from now on."""
    for directive in headers.get("cache-control", "").lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name in ("no-cache", "no-store"):
            return timedelta(0)
        if name == "max-age" and (seconds := _seconds(value)) is not None:
            return seconds - (_seconds(headers.get("age", "")) or timedelta(0))
    expires = _http_date(headers.get("expires", ""))
    return expires - (_http_date(headers.get("date", "")) or now) if expires else timedelta(0)


def _http_date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text[:100]) if text else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if when is None:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _charset(headers: Mapping[str, str]) -> str:
    _, _, rest = headers.get("content-type", "").lower().partition("charset=")
    return rest.partition(";")[0].strip(" \"'")[:40]


def _as_text(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())[:8_000]
