"""The person's half of the twin, joined: what people cause, how the app hears of it and answers."""

import asyncio

from aiohttp import web

from tests.twins.slack.core import Core
from tests.twins.slack.deliveries import Deliveries, Delivery, Outcome
from tests.twins.slack.events import HttpEvents
from tests.twins.slack.manifest import Manifest
from tests.twins.slack.modals import Filled
from tests.twins.slack.responses import ResponseUrls
from tests.twins.slack.sockets import Sockets
from tests.twins.slack.state import Json
from tests.twins.slack.triggers import GivenTriggers


class Ways:
    """Both ways in to the app, and the ways for its answers.

    Attributes:
        sockets: Socket Mode, which is used unless a request URL is set.
        http: The Events API; `await http.verify(url)`, or `http.url = url`, switches to it.
        deliveries: What the app was told and is told.
        triggers: What opens modals.
        responses: The response_urls.
        filled: What people have filled in, by view.
        loaded: What menus with external data have offered, by view or message, and element.
    """

    def __init__(self, core: Core) -> None:
        """Join the parts to the core."""
        self.core = core
        self.sockets = Sockets(core)
        self.http = HttpEvents(core=core)
        self.deliveries = Deliveries(core=core, way=self)
        self.triggers = GivenTriggers(core.clock)
        self.responses = ResponseUrls(core)
        self.filled: dict[str, Filled] = {}
        self.loaded: dict[tuple[str, str, str], list[Json]] = {}
        core.emit = self.deliveries.tell
        core.triggers = self.triggers
        core.socket_url = self.sockets.url

    @property
    def manifest(self) -> Manifest:
        """What the app has configured."""
        return self.deliveries.manifest

    async def carry(self, delivery: Delivery, within: float) -> Outcome:
        """Make one attempt, over HTTP where there is a request URL, else over a socket."""
        way = self.http if self.http.url else self.sockets
        return await way.carry(delivery, within)

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses of sockets and of answers."""
        return [*self.sockets.routes(), *self.responses.routes()]

    async def stop(self) -> None:
        """Cut everything off."""
        await asyncio.gather(self.deliveries.stop(), self.sockets.stop(), self.http.stop())
