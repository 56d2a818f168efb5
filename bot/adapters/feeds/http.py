"""One guarded, bounded, polite GET: redirects by hand, a deadline over all, the body decoded.

Owns how a response is got. What its headers ask for and what its body is, is decided by others.
Used for feeds, and for whatever else must be fetched from strangers.
"""

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from httpx_aiohttp import AiohttpTransport

from bot.adapters.feeds.decode import BodyReader, DecodeError, TooLargeError
from bot.adapters.feeds.guard import Guard, GuardedResolver, Network, refusal_in
from bot.adapters.feeds.turns import Turns
from bot.domain.errors import FeedError
from bot.domain.urls import absolute_url, host_key, masked

MIB = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_SAME_METHOD = frozenset({307, 308})
_WALL_STATUSES = frozenset({401, 403, 404, 429, 503})  # their page may say who stands in the way
_PORTS = {"http": 80, "https": 443}
_WALL_BYTES = 64 << 10
_HEADER_BYTES = 32 << 10
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """Bounds and manners of fetching; the defaults are those of the documentation."""

    user_agent: str
    allow_addresses: tuple[Network, ...] = ()  # private networks that the operator lets through
    max_wire: int = 5 * MIB  # bytes as sent
    max_body: int = 10 * MIB  # bytes after decoding
    deadline: timedelta = timedelta(seconds=30)  # over all hops; waiting for a turn not counted
    connect: timedelta = timedelta(seconds=10)
    silence: timedelta = timedelta(seconds=15)  # longest wait for the next byte
    max_hops: int = 10
    at_once: int = 20  # requests in flight, each to another host
    gap: timedelta = timedelta(seconds=1)  # between two requests to a host
    parsers: int = 2  # child processes
    parse_time: timedelta = timedelta(seconds=10)
    parse_memory: int = 768 * MIB  # address space of a child


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back at the end of the redirects."""

    url: str  # the final one, without user and password
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""  # decoded; of an error page only its beginning
    complete: bool = True  # False: cut short, by whatever sign
    moved_to: str = ""  # where permanent redirects alone lead, "" if nowhere
    hops: tuple[tuple[int, str], ...] = ()  # redirects: the status, and where it led


Leave = Callable[[str], Awaitable[None]]
"""Waits until an address may be asked for; a `FetchError` where it may not."""


class FetchError(FeedError):
    """There is no response to read."""

    def __init__(
        self, reason: str, *, url: str, status: int | None = None, refused: bool = False
    ) -> None:
        """Keep why.

        Args:
            reason: A plain sentence for people.
            url: The address of the hop that failed.
            status: Of the last response; None when there was none.
            refused: We did not ask, as opposed to having got no answer.
        """
        super().__init__(reason)
        self.reason = reason
        self.url = url
        self.status = status
        self.refused = refused


class Fetcher:
    """Fetches from strangers; an async context manager."""

    def __init__(self, settings: FetchSettings, resolver: AbstractResolver | None = None) -> None:
        """Fetch as `settings` say; `resolver` stands in for the system's name resolution."""
        self._settings = settings
        self._guard = Guard(settings.allow_addresses)
        self._resolver = resolver
        # The transport without httpx's client: that resolves redirects and keeps cookies even where
        # it follows none, and costs as much CPU as all the rest of a 304.
        self._transport: AiohttpTransport | None = None
        self._turns: Turns | None = None

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        settings = self._settings
        context = httpx.create_ssl_context(trust_env=False)
        self._turns = Turns(at_once=settings.at_once, gap=settings.gap.total_seconds())
        self._transport = AiohttpTransport(verify=context, client=self._session(context))
        return self

    def _session(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=context,
            resolver=GuardedResolver(self._resolver or aiohttp.ThreadedResolver(), self._guard),
            socket_factory=self._guard.socket,
            limit=self._settings.at_once,
            keepalive_timeout=5,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._transport is not None:
            await self._transport.aclose()

    async def get(
        self, url: str, headers: Mapping[str, str], leave: Leave | None = None
    ) -> Response:
        """Get `url`, following redirects.

        Args:
            url: Absolute; user and password in it are sent to that origin only.
            headers: More of them, as they shall stand in the request.
            leave: Asked before each request, with no turn held; then each redirect is a turn.

        Raises:
            FetchError: There is no response to read.
        """
        try:
            chain = _Chain(url)
        except ValueError as error:
            raise FetchError("The address is not valid.", url=url, refused=True) from error
        left = self._settings.deadline.total_seconds()
        loop = asyncio.get_running_loop()
        while True:
            self._check(chain.url)
            if leave is not None:
                await leave(chain.url)
            assert self._turns is not None  # noqa: S101 - used outside `async with`: our own bug
            async with self._turns.of(host_key(chain.url)):
                start = loop.time()
                ask = self._same_host if leave is None else self._one
                response, location = await ask(chain, headers, left)
                left -= loop.time() - start
            if response is not None:
                return response
            chain.follow(location, self._settings.max_hops)

    async def post(self, url: str, form: Mapping[str, str]) -> Response:
        """Send a form; only a redirect that says so (307, 308) has it sent on.

        Args:
            url: Absolute; user and password in it are sent to that origin only.
            form: Names and values.

        Raises:
            FetchError: There is no response to read.
        """
        try:
            chain = _Chain(url, urlencode(form).encode())
        except ValueError as error:
            raise FetchError("The address is not valid.", url=url, refused=True) from error
        left = self._settings.deadline.total_seconds()
        loop = asyncio.get_running_loop()
        while True:
            self._check(chain.url)
            assert self._turns is not None  # noqa: S101 - used outside `async with`: our own bug
            async with self._turns.of(host_key(chain.url)):
                start = loop.time()
                response, location = await self._one(chain, {}, left)
                left -= loop.time() - start
            if response is not None:
                return response
            if chain.status not in _SAME_METHOD:
                reason = (
                    f"The server redirects a form in a way that asks for a page ({chain.status})."
                )
                raise FetchError(reason, url=chain.url, status=chain.status)
            chain.follow(location, self._settings.max_hops)

    async def _same_host(
        self, chain: "_Chain", headers: Mapping[str, str], left: float
    ) -> tuple[Response | None, str]:
        """Ask one host, and again while it redirects to itself, within its one turn.

        The address was checked by who asks.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + left
        host = host_key(chain.url)
        while True:
            response, location = await self._one(chain, headers, end - loop.time())
            if response is not None or host_key(absolute_url(location, chain.url)) != host:
                return response, location
            chain.follow(location, self._settings.max_hops)
            self._check(chain.url)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https"):
            raise FetchError("Only http and https addresses are fetched.", url=url, refused=True)
        if not host_key(url) or port == -1:
            raise FetchError("The address has no valid host.", url=url, refused=True)
        refusal = self._guard.refusal(url, port)
        if refusal:
            raise FetchError(refusal, url=url, refused=True)

    async def _one(
        self, chain: "_Chain", headers: Mapping[str, str], left: float
    ) -> tuple[Response | None, str]:
        """Make one request; return the response, or None and where it redirects to."""
        seconds = self._settings.deadline.total_seconds()
        try:
            async with asyncio.timeout(max(left, 0.001)):
                return await self._exchange(chain, headers)
        except TimeoutError as error:
            raise FetchError(
                f"The server took longer than {seconds:g} s over its answer.",
                url=chain.url,
                status=chain.status,
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
            refusal = refusal_in(error)
            raise FetchError(
                refusal or _plain(error, chain.url),
                url=chain.url,
                status=chain.status,
                refused=bool(refusal),
            ) from error
        except (ValueError, AssertionError) as error:  # yarl and h11-like checks of odd input
            raise FetchError(
                f"The address or the answer is not valid HTTP ({_short(error)}).",
                url=chain.url,
                status=chain.status,
            ) from error

    async def _exchange(
        self, chain: "_Chain", headers: Mapping[str, str]
    ) -> tuple[Response | None, str]:
        assert self._transport is not None  # noqa: S101 - used outside `async with`: our own bug
        settings = self._settings
        request = httpx.Request(
            "GET" if chain.form is None else "POST",
            chain.url,
            content=chain.form,
            headers={
                "User-Agent": settings.user_agent,
                "Accept": ACCEPT,
                "Accept-Encoding": "gzip, deflate",
                **headers,
                **chain.kind(),
                **chain.auth(),
            },
            extensions={
                "timeout": {
                    "connect": settings.connect.total_seconds(),
                    "read": settings.silence.total_seconds(),
                    "pool": settings.deadline.total_seconds(),
                }
            },
        )
        response = await self._transport.handle_async_request(request)
        try:
            chain.status = status = response.status_code
            if status in _REDIRECTS and response.headers.get("location"):
                return None, response.headers["location"]
            body, complete = await self._body(response, chain.url)
        finally:
            await response.aclose()
        received = Response(
            url=chain.url,
            status=status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            complete=complete,
            moved_to=chain.moved_to,
            hops=tuple(chain.hops),
        )
        return received, ""

    async def _body(self, response: httpx.Response, url: str) -> tuple[bytes, bool]:
        """Return the decoded body, and whether it is whole."""
        status = response.status_code
        if status in (204, 205, 304) or (status >= 300 and status not in _WALL_STATUSES):
            return b"", True
        page = status >= 300
        try:
            reader = BodyReader(
                response.headers.get("content-encoding", ""),
                max_wire=self._settings.max_wire,
                max_body=self._settings.max_body,
            )
            complete = True
            try:
                async for chunk in response.aiter_raw():
                    reader.feed(chunk)
                    if page and reader.wire > _WALL_BYTES:
                        break
            except httpx.ReadTimeout:
                raise
            except (httpx.TransportError, aiohttp.ClientError, OSError):
                complete = False  # cut: reset, wrong length, no last chunk
            body, whole = reader.finish()
        except TooLargeError as error:
            raise FetchError(self._too_large(), url=url, status=status) from error
        except DecodeError as error:
            if page:
                return b"", False
            raise FetchError(
                f"The document cannot be read: {error}.", url=url, status=status
            ) from error
        return body, complete and whole

    def _too_large(self) -> str:
        wire, body = self._settings.max_wire / MIB, self._settings.max_body / MIB
        return f"The document is larger than is read ({wire:g} MiB as sent, {body:g} MiB unpacked)."


class _Chain:
    """A request's way through redirects."""

    def __init__(self, url: str, form: bytes | None = None) -> None:
        parts = urlsplit(url)
        self.form = form  # what is sent; None: something is asked for
        user, at, _ = parts.netloc.rpartition("@")
        self._auth = ""
        if at:
            name, _, word = user.partition(":")
            pair = f"{unquote(name)}:{unquote(word)}".encode()
            self._auth = f"Basic {base64.b64encode(pair).decode()}"
        self.url = _bare(url)
        self.status: int | None = None
        self.moved_to = ""
        self.hops: list[tuple[int, str]] = []
        self._home = _origin(self.url)
        self._permanent = True
        self._seen = {self.url}

    def kind(self) -> dict[str, str]:
        """Return the header that names what is sent, if anything is."""
        if self.form is None:
            return {}
        return {"Content-Type": "application/x-www-form-urlencoded"}

    def auth(self) -> dict[str, str]:
        """Return the credentials, only for the origin that they were given for."""
        here = self._auth and _origin(self.url) == self._home
        return {"Authorization": self._auth} if here else {}

    def follow(self, location: str, max_hops: int) -> None:
        """Go where a redirect points.

        An answer that leads from https to http is followed, as browsers do, but is never taken
        for a permanent move, and credentials are not sent there.

        Raises:
            FetchError: It points nowhere, in a circle, or there were too many.
        """
        target = absolute_url(location, self.url).partition("#")[0]
        if not target:
            shown = masked(location[:100])
            raise FetchError(
                f"The server redirects to “{shown}”, which is not a web address.",
                url=self.url,
                status=self.status,
                refused=True,
            )
        target = _bare(target)
        if target in self._seen:
            raise FetchError("The server redirects in a circle.", url=self.url, status=self.status)
        if len(self._seen) > max_hops:
            raise FetchError(
                f"The server redirects more than {max_hops} times.",
                url=self.url,
                status=self.status,
            )
        downgrade = self.url.startswith("https:") and target.startswith("http:")
        self._permanent &= self.status in _PERMANENT and not downgrade and not self._auth
        if self._permanent:
            self.moved_to = target
        self._seen.add(target)
        self.hops.append((self.status or 0, target))
        self.url = target


def _bare(url: str) -> str:
    """Return `url` without user and fragment, its host in the one form that is checked and dialled.

    Raises:
        ValueError: It is not an address.
    """
    parts = urlsplit(url)
    host = host_key(url)
    if not host:
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
    bracketed = f"[{host}]" if ":" in host else host
    port = "" if parts.port is None else f":{parts.port}"
    return urlunsplit(parts._replace(netloc=bracketed + port, path=parts.path or "/", fragment=""))


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, host_key(url), parts.port or _PORTS.get(parts.scheme)


def _plain(error: BaseException, url: str) -> str:
    """Return a foreign error as a sentence for people."""
    host = host_key(url)
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and len(chain) < 10:
        chain.append(at)
        at = at.__cause__
    if any(isinstance(one, aiohttp.ClientConnectorDNSError) for one in chain):
        return f"The name {host} is not known: check the address."
    if any(isinstance(one, ssl.SSLError | ssl.CertificateError) for one in chain):
        return f"The certificate of {host} is not valid, or it does not speak TLS."
    if any(isinstance(one, ConnectionRefusedError) for one in chain):
        return f"{host} refused the connection: nothing listens there."
    if any(isinstance(one, aiohttp.ClientConnectorError | httpx.ConnectError) for one in chain):
        return f"{host} cannot be reached ({_short(chain[-1])})."
    if any(isinstance(one, aiohttp.ServerTimeoutError) for one in chain):
        return f"{host} did not answer in time."
    with suppress(StopIteration):
        bad = next(one for one in chain if isinstance(one, aiohttp.ClientResponseError))
        return f"{host} did not answer in valid HTTP ({_short(bad)})."
    return f"{host} broke off the connection ({_short(error)})."


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return masked(text[:120]) if "://" in text else text[:120]
