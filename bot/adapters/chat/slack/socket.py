"""Slack's Socket Mode, kept open: what people ask comes in here. Nothing is posted through it.

slack_sdk reads, pings and acknowledges, bolt answers. Connecting is ours, because slack_sdk does
not come back from everything: it tries an address that is used up, and a token that is refused, for
ever, and closes the old connection before it has the new one.

Source: slackapi/python-slack-sdk issues 1379 and 1446; `slack_sdk.socket_mode.aiohttp`.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.adapters.chat.slack.refusals import AnswerError, error_of, refusal
from bot.adapters.chat.slack.wire import Wire
from bot.domain.errors import DeliveryError, ForbiddenError, RateLimitError

log = structlog.get_logger()

REMEDY = "SLACK_APP_TOKEN is refused: set it to an app-level token with the scope connections:write"
SWITCHED_OFF = "link_disabled"
"""Why Slack ends a connection for good: Socket Mode was switched off in the app's settings.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode/#disconnect
"""
ORDERLY = frozenset({"refresh_requested", "warning"})
"""Why Slack ends a connection every few hours; it still uses it for some seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vigil:
    """How long a connection may be silent before it is made anew."""

    silence: timedelta = timedelta(seconds=30)  # neither a message nor the answer to a ping
    ping_every: timedelta = timedelta(seconds=8)
    connect: timedelta = timedelta(seconds=20)  # until Slack has said hello
    drain: timedelta = timedelta(seconds=10)  # what is replaced in good order is still read so long
    steady: timedelta = timedelta(seconds=10)  # what lived shorter counts as a failure
    look_every: timedelta = timedelta(seconds=1)
    first_wait: timedelta = timedelta(seconds=2)  # doubles with each failure
    longest_wait: timedelta = timedelta(minutes=5)
    hopeless_wait: timedelta = timedelta(minutes=15)  # a refused token, Socket Mode switched off


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a connection ended."""

    reason: str
    hopeless: bool = False  # a person has to mend something first
    orderly: bool = False  # Slack wants another one, and still reads this one for a while
    wait: timedelta = timedelta(0)  # what Slack asked for


class Socket:
    """Listens to Slack until it is cancelled."""

    def __init__(self, app_token: str, wire: Wire, app: AsyncApp, vigil: Vigil = Vigil()) -> None:
        """Listen with an app-level token.

        Args:
            app_token: With the scope `connections:write`.
            wire: How an address to connect to is asked for.
            app: Who answers; whatever it raises is logged by bolt.
            vigil: When a connection counts as dead.
        """
        self._app_token = app_token
        self._wire = wire
        self._app = app
        self._vigil = vigil
        self._state = "not connected yet"

    @property
    def state(self) -> str:
        """How the connection stands, in words: "connected", "reconnecting", "down: …"."""
        return self._state

    async def run(self) -> None:
        """Connect, and connect again whenever the connection ends or dies; ends by cancelling."""
        failures = 0
        async with asyncio.TaskGroup() as leaving:
            while True:
                line = _Line(self._app_token, self._app, self._vigil, self._connected)
                try:
                    ending = await self._lived(line)
                except BaseException:
                    await line.close()
                    raise
                leaving.create_task(line.left(ending))
                failures = 0 if line.lived > self._vigil.steady else failures + 1
                wait = self._wait(ending, failures)
                self._state = "reconnecting" if ending.orderly else f"down: {ending.reason}"
                say = log.error if ending.hopeless else log.info if ending.orderly else log.warning
                say("slack_socket_down", reason=ending.reason, again_in_s=round(wait, 1))
                await asyncio.sleep(wait)

    def _connected(self) -> None:
        self._state = "connected"
        log.info("slack_socket_connected")

    async def _lived(self, line: "_Line") -> Ending:
        try:
            async with asyncio.timeout(self._vigil.connect.total_seconds()):
                await line.open(await self._address())
            return await line.ended()
        except RateLimitError as error:
            return Ending(reason=error.reason, wait=min(error.wait, self._vigil.hopeless_wait))
        except ForbiddenError as error:
            return Ending(reason=f"{REMEDY} ({error_of(error)})", hopeless=True)
        except DeliveryError as error:
            return Ending(reason=error.reason)
        except TimeoutError:
            return Ending(reason="Slack did not answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Ending(reason=f"{type(error).__name__}: {error}")

    async def _address(self) -> str:
        """Ask for an address, which is good for one connection."""
        answer = await self._wire.ask(self._app_token, "apps.connections.open", {})
        if not answer.ok:
            raise refusal(answer, "slack") from AnswerError(answer)
        return str(answer.said.get("url", ""))  # "" is refused where it is used

    def _wait(self, ending: Ending, failures: int) -> float:
        if ending.hopeless:
            return self._vigil.hopeless_wait.total_seconds()
        if ending.wait:
            return ending.wait.total_seconds()
        if ending.orderly and not failures:
            return 0
        wait = min(self._vigil.first_wait * (1 << min(failures, 12)), self._vigil.longest_wait)
        # many bots must not come back at once
        return wait.total_seconds() * random.SystemRandom().uniform(0.25, 0.5)


class _Line(SocketModeClient):
    """One connection, from its address to its end; it never connects again by itself."""

    def __init__(
        self,
        app_token: str,
        app: AsyncApp,
        vigil: Vigil,
        greeted: Callable[[], None],
    ) -> None:
        super().__init__(
            app_token=app_token,
            auto_reconnect_enabled=False,
            ping_interval=vigil.ping_every.total_seconds(),
        )
        self.proxy = None  # it reads HTTPS_PROXY; nothing else of ours does
        self._app = app
        self._vigil = vigil
        self._greeted = greeted
        self._hello = False
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Ending] = self._loop.create_future()
        self._heard_at = self._opened_at = self._loop.time()
        self._pong: float | None = None
        self.on_message_listeners.append(self._heard)
        self.on_error_listeners.append(self._dropped)
        self.on_close_listeners.append(self._dropped)
        self.socket_mode_request_listeners.append(self._ask)

    @property
    def lived(self) -> timedelta:
        """How long ago it was made."""
        return timedelta(seconds=self._loop.time() - self._opened_at)

    async def open(self, address: str) -> None:
        """Connect.

        Raises:
            aiohttp.ClientError, OSError, ValueError: It cannot be reached.
        """
        self.wss_uri = address
        await self.connect()

    async def connect(self) -> None:
        """Connect once; slack_sdk would try the same address for ever."""
        self.current_session = await self.aiohttp_client_session.ws_connect(
            str(self.wss_uri), autoping=False, timeout=aiohttp.ClientWSTimeout(ws_close=1)
        )
        self._heard_at = self._loop.time()
        self.current_session_monitor = asyncio.ensure_future(self.monitor_current_session())
        self.message_receiver = asyncio.ensure_future(self.receive_messages())

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002
        """Leave it to `Socket`, which makes a new one."""

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """Take what is said of the connection itself; the rest is for bolt."""
        kind = message.get("type")
        if kind == "hello":
            self._hello = True
            self._greeted()
        elif kind == "disconnect":
            self._end(_disconnected(message))
        else:
            await super().run_message_listeners(message, raw_message)

    async def ended(self) -> Ending:
        """Wait until the connection has ended, is to be left, or is dead; return why."""
        while not self._ended.done():
            await asyncio.wait({self._ended}, timeout=self._vigil.look_every.total_seconds())
            if self.current_session is None or self.current_session.closed:
                self._end(Ending(reason="the connection was closed"))
            if self.last_ping_pong_time != self._pong:  # slack_sdk notes it when a pong comes
                self._pong = self.last_ping_pong_time
                self._heard_at = self._loop.time()
            if not self._hello and self.lived > self._vigil.connect:
                self._end(Ending(reason="Slack did not say hello in time"))
            quiet = self._loop.time() - self._heard_at
            if quiet > self._vigil.silence.total_seconds():
                self._end(Ending(reason=f"nothing was heard for {quiet:.0f} s"))
        return self._ended.result()

    async def left(self, ending: Ending) -> None:
        """Close it; where Slack asked for another one, only when that has had time to come."""
        try:
            if ending.orderly:
                await asyncio.sleep(self._vigil.drain.total_seconds())
        finally:
            await self.close()

    async def close(self) -> None:
        """Close it, even where we are cancelled meanwhile; it may be dead already."""
        try:
            await super().close()  # type: ignore[no-untyped-call] # slack_sdk does not annotate it
        finally:  # what slack_sdk does last, after it has waited for Slack to say goodbye
            for task in (
                self.message_processor,
                self.current_session_monitor,
                self.message_receiver,
            ):
                if task is not None:
                    task.cancel()
            await self.aiohttp_client_session.close()

    async def _heard(self, _message: aiohttp.WSMessage) -> None:
        self._heard_at = self._loop.time()

    async def _dropped(self, message: aiohttp.WSMessage) -> None:
        if message.type is aiohttp.WSMsgType.CLOSE:
            self._end(Ending(reason=f"Slack closed it ({message.data} {message.extra or ''})"))
        else:
            self._end(Ending(reason=f"the connection broke: {message.data}"))

    def _end(self, ending: Ending) -> None:
        if not self._ended.done():  # the first reason is the cause of the others
            self._ended.set_result(ending)

    async def _ask(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        began = time.time()
        response = await run_async_bolt_app(self._app, request)
        try:
            await send_async_response(client, request, response, began)
        except (aiohttp.ClientError, OSError) as error:  # Slack sends the envelope again
            log.info("slack_not_acknowledged", envelope=request.envelope_id, reason=str(error))


def _disconnected(message: Mapping[str, Any]) -> Ending:
    reason = str(message.get("reason") or "no reason given")
    if reason == SWITCHED_OFF:
        return Ending(
            reason="Socket Mode is switched off: switch it on in the app's settings, page Socket"
            " Mode",
            hopeless=True,
        )
    return Ending(reason=f"Slack said: {reason}", orderly=reason in ORDERLY)
