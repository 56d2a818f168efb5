"""Whether a process is well, and what it counts: a small HTTP server beside its work.

Says numbers and states only, and takes nothing: `GET /healthz` and `GET /metrics`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from time import monotonic

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import __version__
from bot.app import App
from bot.domain.errors import StoreError
from bot.metrics import CONTENT_TYPE_LATEST
from bot.pulse import Pulses

COUNTED_FOR = 10.0
"""Seconds that what was counted in the database is good for at least: counting costs something."""
COUNTING = 1 / 100
"""Of the time, at most: with a million feeds it takes half a second."""
DEAD_SHOWN = 10
"""Jobs given up that are listed, the newest first."""
PATIENCE = 3.0
"""Seconds that the database has to answer."""


class Health:
    """How a process is; serve `web`."""

    def __init__(self, app: App, pulses: Pulses, host: str) -> None:
        """Look at a process.

        Args:
            app: What runs.
            pulses: How its steps go.
            host: The address that is listened on. On loopback only requests to it by a name of
                loopback are answered, so that no page in a browser can read along.
        """
        self._app = app
        self._pulses = pulses
        self._count_at = float("-inf")
        self._counting = asyncio.Lock()
        names = ["127.0.0.1", "localhost"] if _is_loopback(host) else ["*"]
        self.web = Starlette(
            routes=[Route("/healthz", self._healthz), Route("/metrics", self._metrics)],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=names)],
        )

    async def _healthz(self, _: Request) -> Response:
        steps = self._pulses.steps()
        database, jobs = await self._database()
        well = not database and all(step["state"] == "ok" for step in steps.values())
        said = {
            "state": "ok" if well else "trouble",
            "version": __version__,
            "roles": sorted(self._app.roles),
            "database": database or "ok",
            "jobs": jobs,
            "steps": steps,
        }
        return JSONResponse(said, status_code=200 if well else 503)

    async def _metrics(self, _: Request) -> Response:
        async with self._counting:
            if monotonic() >= self._count_at:
                await self._count()
        return Response(self._app.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    async def _database(self) -> tuple[str, Sequence[Mapping[str, str]]]:
        """Return what is wrong with the database, "" where nothing is; and jobs given up.

        A job that was given up does not make a process unwell: to start it anew would not help.
        """
        try:
            async with asyncio.timeout(PATIENCE), self._app.store.reading() as tx:
                await tx.watches.revision()
                dead = await tx.hints.dead(DEAD_SHOWN)
        except TimeoutError:
            return f"no answer in {PATIENCE:.0f} s", ()
        except StoreError as error:
            return str(error), ()
        return "", [
            {"queue": one.hint.queue, "given_up": one.at.isoformat(), "reason": one.reason}
            for one in dead
        ]

    async def _count(self) -> None:
        began = monotonic()
        try:
            async with asyncio.timeout(PATIENCE), self._app.store.reading() as tx:
                self._app.metrics.totals(await tx.housekeeping.totals())
                self._app.metrics.counted(await tx.hints.counts())
        except (TimeoutError, StoreError):
            self._app.metrics.reached(yes=False)  # what was counted before stays, and is marked
        else:
            self._app.metrics.reached(yes=True)
            ended = monotonic()
            self._count_at = ended + max(COUNTED_FOR, (ended - began) / COUNTING)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False  # a name that is not loopback's
