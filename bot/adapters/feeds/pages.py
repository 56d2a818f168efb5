"""Article pages: asked for as politely as feeds are, where robots.txt allows it; read in a child.

Implements `bot.ports.world.PageSource`. Guard, redirects, bounds, deadlines and turns are the
fetcher's, which feeds are asked with, too: one request in flight a host over both.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from bot.adapters.feeds.children import Children, UnreadableError
from bot.adapters.feeds.http import MIB, Fetcher, FetchError, Response
from bot.adapters.feeds.robots import EVERYTHING, NOTHING, Robots, read_robots
from bot.domain.pages import LONGEST, Page

_CHILD = "bot.adapters.feeds.page_worker"
_SECONDS = 10.0  # over one page, and over the first the library's import
_MEMORY = 1024 * MIB  # address space of the child
_ORIGINS = 1_000  # whose rules are remembered; the longest unused go first
_KEPT = timedelta(hours=24)  # for how long rules hold. Source: RFC 9309 §2.4
_KEPT_BAD = timedelta(hours=1)  # the same, where they could not be read
_PATIENCE = 60.0  # seconds that a page waits for its turn by Crawl-delay
_HTML = {"Accept": "text/html, application/xhtml+xml;q=0.9"}
_TEXT = {"Accept": "text/plain, */*;q=0.1"}
_TYPES = ("text/html", "application/xhtml+xml", "")


@dataclass(slots=True)
class _Origin:
    """What is remembered of one origin."""

    robots: Robots
    until: datetime  # UTC
    free_at: float = 0.0  # on the loop's clock


class HttpPages:
    """Reads article pages; an async context manager."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], datetime]) -> None:
        """Ask with `fetcher`, which is open as long as this is; `clock` tells the time."""
        self._fetcher = fetcher
        self._clock = clock
        self._origins: OrderedDict[str, _Origin] = OrderedDict()
        self._children = Children(_CHILD, count=1, seconds=_SECONDS, memory=_MEMORY)

    async def __aenter__(self) -> Self:
        """Begin; the child starts with the first page."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child."""
        await self._children.close()

    async def read(self, url: str) -> Page:
        """See `bot.ports.world.PageSource.read`."""
        try:
            response = await self._fetcher.get(url, _HTML, self._leave)
            refusal = _refusal(response)
            return Page(reason=refusal) if refusal else await self._text(response)
        except FetchError as error:
            return Page(reason=error.reason)
        except UnreadableError as error:
            return Page(reason=str(error))
        except Exception as error:  # noqa: BLE001 - the port's promise: one page cannot stop the rest
            name = type(error).__name__
            return Page(reason=f"Reading the page failed in a way that is our bug ({name}).")

    async def _text(self, response: Response) -> Page:
        kind = response.headers.get("content-type", "")
        asked = {
            "charset": kind.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")[:40],
            "headers": "\n".join(f"{k}: {v}" for k, v in response.headers.items())[:8_000],
        }
        said = await self._children.ask(asked, response.body)
        text, why = (_said(said, key) for key in ("text", "why"))
        return Page(text=text[:LONGEST], reason="" if text else why[:300])

    async def _leave(self, url: str) -> None:
        """Wait until an address may be asked for, by the rules of its origin.

        Raises:
            FetchError: It may not be at all, or not soon.
        """
        origin = await self._origin(url)
        if not origin.robots.allows(url):
            raise FetchError("The site's robots.txt keeps us from the page.", url=url, refused=True)
        now = asyncio.get_running_loop().time()
        at = max(now, origin.free_at)
        delay = origin.robots.delay.total_seconds()
        if at - now > _PATIENCE:
            reason = f"The site's robots.txt asks for {delay:g} s between two pages."
            raise FetchError(reason, url=url, refused=True)
        origin.free_at = at + delay
        await asyncio.sleep(at - now)

    async def _origin(self, url: str) -> _Origin:
        """Return what is known of an address's origin; its robots.txt is read first, if need be."""
        parts = urlsplit(url)
        name = f"{parts.scheme}://{parts.netloc}"
        known = self._origins.get(name)
        if known is None or known.until <= self._clock():
            robots, kept = await self._robots(name)
            free_at = known.free_at if known else 0.0
            known = _Origin(robots, self._clock() + kept, free_at)
            self._origins[name] = known
        with suppress(KeyError):  # another page's origin may have pushed it out meanwhile
            self._origins.move_to_end(name)
        while len(self._origins) > _ORIGINS:
            self._origins.popitem(last=False)
        return known

    async def _robots(self, origin: str) -> tuple[Robots, timedelta]:
        """Read the rules of an origin: without any all is allowed, with trouble nothing is.

        Source: RFC 9309 §2.3.1; that 401 and 403 forbid everything is our own caution.
        """
        try:
            response = await self._fetcher.get(f"{origin}/robots.txt", _TEXT)
        except FetchError:
            return NOTHING, _KEPT_BAD
        if response.status == 200:
            return read_robots(response.body), _KEPT
        if 400 <= response.status < 500 and response.status not in (401, 403, 429):
            return EVERYTHING, _KEPT
        return NOTHING, _KEPT_BAD


def _refusal(response: Response) -> str:
    """Return why a response is no page to read, or ""."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status != 200:
        return f"The server did not send the page ({response.status})."
    if not response.complete:
        return "The answer broke off."
    if kind not in _TYPES:
        return f"What the article links to is no web page ({kind[:40]})."
    return ""


def _said(answer: Any, key: str) -> str:
    found = answer.get(key) if isinstance(answer, dict) else None
    return found if isinstance(found, str) else ""
