"""Socket Mode: sockets, envelopes and acknowledgements, and everything that goes wrong with them.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

import asyncio
import itertools
import json
import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from tests.twins.slack.core import Core
from tests.twins.slack.deliveries import Delivery, Kind, Outcome
from tests.twins.slack.errors import ApiError
from tests.twins.slack.socket_faults import Action, Moment, SocketFaults
from tests.twins.slack.state import Json, Token
from tests.twins.slack.wires import Wire

MOST = 10
"""Sockets that an app may have open at once."""
TICKET_LIFE = 30.0
"""Seconds for which an address from apps.connections.open is good; it works once."""
GRACE = 10.0
"""Seconds from a disconnect frame until the socket is closed from this side."""
LIFE = 18060
"""Seconds that a socket lasts, as hello says; the twin closes none of itself."""


@dataclass(slots=True, kw_only=True)
class _Waiting:
    """An envelope on its way: who waits for its acknowledgement, and on which socket it went."""

    delivery: Delivery
    wire: Wire
    done: asyncio.Future[Outcome]


class Sockets:
    """All sockets of the one app.

    Attributes:
        faults: What goes wrong at which moment.
        silent: No ping is answered, on any socket.
        disabled: Socket Mode is switched off in the app's settings.
        reroute: A command whose socket broke goes to another one, while its 3 s last. Slack's
            documents do not promise that; with False it is lost and the person is told.
        ping_every: Real seconds between pings from this side.
    """

    def __init__(self, core: Core) -> None:
        """Start with no socket open."""
        self._core = core
        self.faults = SocketFaults()
        self.silent = False
        self.disabled = False
        self.reroute = True
        self.ping_every = 5.0
        self.wires: list[Wire] = []
        self._numbers = itertools.count(1)
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._turn = 0
        self._opened = asyncio.Event()
        self._leaving: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the one address, which apps.connections.open hands out."""
        return [web.get("/link/", self._serve)]

    def url(self, token: Token) -> str:
        """Return a new address for one socket.

        Raises:
            ApiError: socket_mode_not_enabled; it is switched off.
        """
        if self.disabled:
            raise ApiError("socket_mode_not_enabled")
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = self._core.clock.now()
        address = self._core.address.replace("http", "ws", 1)
        return f"{address}/link/?ticket={ticket}&app_id={self._core.world.app_id}"

    def connected(self) -> list[Wire]:
        """Return the sockets that have said hello and take envelopes."""
        return [w for w in self.wires if w.greeted and not w.leaving and not w.socket.closed]

    async def until_connected(self, count: int = 1, within: float = 10.0) -> None:
        """Wait for so many sockets.

        Raises:
            TimeoutError: They are not there after so many real seconds.
        """
        async with asyncio.timeout(within):
            while len(self.connected()) < count:
                self._opened.clear()
                await self._opened.wait()

    async def close_all(self, code: int = 1000) -> None:
        """Close every socket with a code."""
        await asyncio.gather(*(w.close(code) for w in self.wires))

    def abort_all(self) -> None:
        """Cut every socket off, without a word."""
        for wire in self.wires:
            wire.abort()

    def fall_silent(self) -> None:
        """Say and hear nothing more on the sockets that are open now, which stay open."""
        for wire in self.wires:
            wire.silent = True

    async def disconnect_all(self, reason: str = "refresh_requested") -> None:
        """Ask for new sockets: `warning` (10 s ahead), `refresh_requested` or `link_disabled`.

        The last one means that Socket Mode was switched off: nothing connects any more.
        """
        self.disabled |= reason == "link_disabled"
        for wire in self.connected():
            await self._part(wire, reason)

    async def stop(self) -> None:
        """Cut everything off."""
        self.abort_all()
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def carry(self, delivery: Delivery, within: float) -> Outcome:
        """Send an envelope over one socket and wait for its acknowledgement.

        A command whose socket breaks meanwhile goes to another one, under the same envelope id.
        """
        envelope = secrets.token_hex(16)
        until = self._core.clock.now() + within
        tried: list[Wire] = []
        outcome = Outcome(acked=False, why="timeout")
        while (wire := await self._free(until, tried)) is not None:
            outcome = await self._over(wire, delivery, envelope, until)
            rerouted = self.reroute and delivery.kind is not Kind.EVENT
            if outcome.why != "broken" or not rerouted:
                break
            tried.append(wire)
        return Outcome(
            acked=outcome.acked, payload=outcome.payload, why="" if outcome.acked else "timeout"
        )

    async def _over(self, wire: Wire, delivery: Delivery, envelope: str, until: float) -> Outcome:
        """Send an envelope over this socket; a socket that breaks before the answer says so."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = _Waiting(delivery=delivery, wire=wire, done=done)
        self._core.note(
            "delivery",
            delivery=delivery.id,
            type=delivery.kind,
            by="socket",
            socket=wire.number,
            envelope=envelope,
            attempt=delivery.attempt,
            reason=delivery.reason,
        )
        text = json.dumps(_envelope(delivery, envelope))
        try:
            await wire.put(text)
            fault = self.faults.strike(Moment.SENT)
            if fault is not None and fault.action is Action.REPEAT:
                self._core.note("fault", moment=fault.moment, action=fault.action)
                await wire.put(text)
            elif fault is not None:
                await self._do(wire, fault.action, fault.moment, fault.code, fault.reason)
            left = self._core.clock.real(max(0.0, until - self._core.clock.now()))
            return await asyncio.wait_for(done, left)
        except TimeoutError:
            return Outcome(acked=False, why="timeout")
        finally:
            self._waiting.pop(envelope, None)

    async def _free(self, until: float, tried: list[Wire]) -> Wire | None:
        """Return the next socket in turn, one that was not tried if there is one; wait for it."""
        while not (free := self.connected()):
            left = self._core.clock.real(until - self._core.clock.now())
            if left <= 0:
                return None
            self._opened.clear()
            try:
                await asyncio.wait_for(self._opened.wait(), left)
            except TimeoutError:
                return None
        self._turn += 1
        fresh = [w for w in free if w not in tried] or free
        return fresh[self._turn % len(fresh)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it closes."""
        opened = self._core.journal.of("socket", what="open")
        if opened and (fault := self.faults.strike(Moment.RECONNECT)) is not None:
            self._core.note("fault", moment=fault.moment, action=Action.ABORT)
            _transport(request).abort()
            return web.Response(status=503)
        if not self._admit(request.query.get("ticket", "")):
            self._core.note("socket", what="refused")
            return web.Response(status=408)
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=1.0)
        await socket.prepare(request)
        wire = Wire(next(self._numbers), socket, _transport(request))
        self.wires.append(wire)
        self._core.note("socket", what="open", socket=wire.number)
        pings = asyncio.create_task(self._ping(wire))
        try:
            await self._greet(wire)
            await self._listen(wire)
        finally:
            pings.cancel()
            self.wires.remove(wire)
            self._break(wire)
            self._core.note("socket", what="closed", socket=wire.number, code=wire.code)
        return socket

    def _admit(self, ticket: str) -> bool:
        """Return whether a ticket is good, and use it up."""
        given = self._tickets.pop(ticket, None)
        return given is not None and self._core.clock.now() - given <= TICKET_LIFE

    async def _greet(self, wire: Wire) -> None:
        if len(self.connected()) >= MOST:
            await self._part(wire, "too_many_websockets")
            return
        if await self._struck(Moment.CONNECT, wire):
            return
        hello = {
            "type": "hello",
            "num_connections": len(self.connected()) + 1,
            "debug_info": {
                "host": f"twin-{wire.number}",
                "build_number": 1,
                "approximate_connection_time": LIFE,
            },
            "connection_info": {"app_id": self._core.world.app_id},
        }
        await wire.put(json.dumps(hello))
        if not await self._struck(Moment.HELLO, wire):
            wire.greeted = True
            self._opened.set()

    async def _listen(self, wire: Wire) -> None:
        """Hear one frame after the other until the socket closes."""
        while True:
            said = await wire.socket.receive()
            if said.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return
            if not wire.silent:
                await self._hear(wire, said)

    async def _hear(self, wire: Wire, said: WSMessage) -> None:
        match said.type:
            case WSMsgType.PING:
                if not self.silent and not await self._struck(Moment.PING, wire):
                    await wire.socket.pong(said.data)
            case WSMsgType.TEXT:
                await self._acknowledged(wire, said.data)
            case WSMsgType.PONG:
                wire.ponged += 1
            case _:
                self._core.note("violation", where="socket", what=f"a frame of {said.type!r}")

    async def _acknowledged(self, wire: Wire, text: str) -> None:
        """Take an acknowledgement, from any of the app's sockets."""
        try:
            ack = json.loads(text)
            envelope = ack["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._core.note("violation", where="socket", what="no acknowledgement", text=text)
            return
        if await self._struck(Moment.ACK, wire):
            return
        payload = ack.get("payload")
        waiting = self._waiting.get(envelope)
        if waiting is None or waiting.done.done():
            self._core.note("late ack", envelope=envelope, socket=wire.number)
            return
        delivery = waiting.delivery
        self._core.note(
            "ack",
            delivery=delivery.id,
            by="socket",
            socket=wire.number,
            envelope=envelope,
            attempt=delivery.attempt,
            payload=payload,
        )
        if payload and not delivery.answers:
            what = "a payload where none is taken"
            self._core.note("violation", where="ack", what=what, delivery=delivery.id)
            payload = None
        waiting.done.set_result(Outcome(acked=True, payload=payload))
        await self._struck(Moment.ACKED, wire)

    async def _ping(self, wire: Wire) -> None:
        """Ping, as Slack does; what comes back is only counted."""
        while True:
            await asyncio.sleep(self.ping_every)
            await wire.ping(f"Ping from twin-{wire.number}")

    async def _part(self, wire: Wire, reason: str) -> None:
        """Say that this socket will go, and let it go after a while."""
        await wire.put(
            json.dumps(
                {
                    "type": "disconnect",
                    "reason": reason,
                    "debug_info": {"host": f"twin-{wire.number}"},
                }
            )
        )
        wire.leaving = True
        grace = GRACE if reason in ("warning", "refresh_requested") else 0.0
        task = asyncio.create_task(self._leave(wire, self._core.clock.real(grace)))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _leave(self, wire: Wire, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await wire.close(1000)

    def _break(self, wire: Wire) -> None:
        """Tell who waits for an acknowledgement on this socket that it will not come."""
        for waiting in self._waiting.values():
            if waiting.wire is wire and not waiting.done.done():
                waiting.done.set_result(Outcome(acked=False, why="broken"))

    async def _struck(self, moment: Moment, wire: Wire) -> bool:
        """Carry out what is planned for this moment; return whether the moment is spoiled."""
        fault = self.faults.strike(moment)
        if fault is None:
            return False
        await self._do(wire, fault.action, moment, fault.code, fault.reason)
        return True

    async def _do(self, wire: Wire, action: Action, moment: Moment, code: int, reason: str) -> None:
        self._core.note("fault", moment=moment, action=action, socket=wire.number)
        match action:
            case Action.CLOSE:
                await wire.close(code)
            case Action.ABORT:
                wire.abort()
            case Action.SILENCE:
                wire.silent = True
            case Action.DISCONNECT:
                await self._part(wire, reason)


def _envelope(delivery: Delivery, envelope: str) -> Json:
    told: dict[str, Any] = {
        "envelope_id": envelope,
        "payload": delivery.payload,
        "type": delivery.kind,
        "accepts_response_payload": delivery.answers,
    }
    if delivery.kind is Kind.EVENT:
        told |= {"retry_attempt": delivery.attempt, "retry_reason": delivery.reason}
    return told


def _transport(request: web.Request) -> asyncio.Transport:
    if not isinstance(request.transport, asyncio.Transport):
        raise TypeError("a request without a transport")
    return request.transport
