"""The gateway: sessions, heartbeats, replay, and everything that goes wrong with sockets.

Source: https://discord.com/developers/docs/events/gateway
"""

import asyncio
import json
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from tests.twins.discord.core import Core, new_token
from tests.twins.discord.gateway_faults import Action, GatewayFaults, Moment
from tests.twins.discord.payloads import guild_create_json, user_json
from tests.twins.discord.state import Json
from tests.twins.discord.wires import CloseSocketError, Op, Session, Wire

PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
_KNOWN_INTENTS = (1 << 26) - 1
_KEPT_EVENTS = 5000
_SESSION_ENDS = (1000, 1001, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014)
"""Close codes, of either side, after which a session cannot be resumed."""
_COMMANDS, _COMMANDS_TIME = 120, 60.0
"""How many frames a client may send in so many seconds."""
_GUILDS, _GUILD_MESSAGES = 1 << 0, 1 << 9


class Gateway:
    """All sessions and sockets of the one bot."""

    def __init__(self, core: Core, *, heartbeat: float = 41.25) -> None:
        """Take the interval of heartbeats in real seconds."""
        self._core = core
        self.heartbeat = heartbeat
        self.faults = GatewayFaults()
        self.sessions: dict[str, Session] = {}
        self.wires: set[Wire] = set()
        self.silent = False
        self.refuse_identify: int | None = None
        core.emit = self.emit

    def connected(self) -> list[Wire]:
        """Return the sockets that have a session."""
        return [w for w in self.wires if w.session is not None and w.session.wire is w]

    def close_all(self, code: int = 4000) -> None:
        """Close every socket with a code; their sessions can be resumed, if the code allows."""
        for wire in self.wires:
            wire.close(code)

    def abort_all(self) -> None:
        """Cut every socket off, without a word."""
        for wire in list(self.wires):
            wire.abort()

    def reconnect_all(self) -> None:
        """Send op 7: the client is to come back and resume."""
        for wire in self.connected():
            wire.send(Op.RECONNECT)

    def invalidate_all(self, *, resumable: bool = False) -> None:
        """Send op 9; without `resumable` the sessions are gone and the client must identify."""
        for wire in self.connected():
            wire.send(Op.INVALID_SESSION, resumable)
            if not resumable and wire.session is not None:
                wire.session.dead = True

    def fall_silent(self) -> None:
        """Say nothing more on the sockets that are open now: no events, no heartbeat answers."""
        for wire in self.wires:
            wire.silent = True

    def emit(self, guild_id: int, event: str, data: Json) -> None:
        """Tell each session that covers a guild, has the intent, and is or can be resumed."""
        for session in list(self.sessions.values()):
            if session.dead or not session.covers(guild_id) or not _wants(session, event):
                continue
            text = self._event(session, event, data)
            wire = session.wire
            if wire is None:
                continue
            moment = Moment.BEFORE_INTERACTION if event == "INTERACTION_CREATE" else None
            if moment and self._struck(moment, wire):
                continue
            wire.put(text)
            if moment:
                self._struck(Moment.AFTER_INTERACTION, wire)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it closes."""
        socket = web.WebSocketResponse(autoping=True, compress=False, max_msg_size=4096 * 4)
        await socket.prepare(request)
        wire = Wire(socket, request)
        self.wires.add(wire)
        pump = asyncio.create_task(wire.pump())
        self._core.note("socket", what="open")
        try:
            if not self._struck(Moment.CONNECT, wire):
                wire.send(Op.HELLO, {"heartbeat_interval": int(self.heartbeat * 1000)})
                self._struck(Moment.HELLO, wire)
            await self._listen(wire)
        except CloseSocketError as closing:
            wire.close(closing.code)
            wire.finish()
            await pump
        finally:
            pump.cancel()
            self.wires.discard(wire)
            if wire.session is not None and wire.session.wire is wire:
                wire.session.wire = None
                wire.session.dead |= wire.code in _SESSION_ENDS
                if wire.session.dead:
                    self.sessions.pop(wire.session.id, None)
            self._core.note("socket", what="closed", code=wire.code)
        return socket

    async def _listen(self, wire: Wire) -> None:
        """Hear one frame after the other; a client that misses two heartbeats is gone."""
        if wire.request.query.get("v") != "10":
            raise CloseSocketError(4012)
        recent: deque[float] = deque(maxlen=_COMMANDS)
        while True:
            try:
                said = await wire.socket.receive(timeout=self.heartbeat * 2)
            except TimeoutError:
                raise CloseSocketError(4009) from None
            now = self._core.clock.now()
            if len(recent) == _COMMANDS and now - recent[0] < _COMMANDS_TIME:
                raise CloseSocketError(4008)
            recent.append(now)
            if said.type is not WSMsgType.TEXT:
                if said.type is WSMsgType.BINARY:
                    raise CloseSocketError(4002)
                return
            try:
                heard = json.loads(said.data)
                op = heard["op"]
            except (ValueError, KeyError, TypeError):
                raise CloseSocketError(4002) from None
            self._hear(wire, op, heard.get("d"))

    def _hear(self, wire: Wire, op: int, data: Any) -> None:
        if op in (Op.IDENTIFY, Op.RESUME) and not isinstance(data, dict):
            raise CloseSocketError(4002)
        match op:
            case Op.HEARTBEAT:
                if not self._struck(Moment.HEARTBEAT, wire) and not self.silent:
                    wire.send(Op.HEARTBEAT_ACK)
            case Op.IDENTIFY:
                self._identify(wire, data)
            case Op.RESUME:
                self._resume(wire, data)
            case Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS:
                if wire.session is None:
                    raise CloseSocketError(4003)
            case _:
                raise CloseSocketError(4001)

    def _identify(self, wire: Wire, data: Json) -> None:
        core = self._core
        if wire.session is not None:
            raise CloseSocketError(4005)
        intents = int(data.get("intents", -1))
        shard = data.get("shard") or [0, 1]
        core.note("identify", intents=intents, shard=shard)
        if self.refuse_identify is not None:
            raise CloseSocketError(self.refuse_identify)
        if data.get("token") != core.world.token:
            raise CloseSocketError(4004)
        if intents < 0 or intents & ~_KNOWN_INTENTS:
            raise CloseSocketError(4013)
        if intents & PRIVILEGED & ~core.privileged:
            raise CloseSocketError(4014)
        if not 0 <= shard[0] < shard[1]:
            raise CloseSocketError(4010)
        if not core.limiter.identify(shard[0] % core.sharding.at_once):
            core.note("refused", what="identify", shard=shard)
            wire.send(Op.INVALID_SESSION, False)  # noqa: FBT003 (the gateway's own argument)
            return
        session = Session(id=new_token(), intents=intents, shard=(shard[0], shard[1]))
        if sum(map(session.covers, core.world.guilds)) > core.sharding.most_guilds:
            raise CloseSocketError(4011)
        if self._struck(Moment.IDENTIFY, wire):
            return
        self.sessions[session.id] = session
        session.wire, wire.session = wire, session
        self._ready(session, wire)

    def _ready(self, session: Session, wire: Wire) -> None:
        core = self._core
        bot = core.world.bot
        guilds = [
            g for g in core.world.guilds.values() if bot.id in g.members and session.covers(g.id)
        ]
        ready = {
            "v": 10,
            "user": user_json(bot) | {"verified": True, "mfa_enabled": False},
            "session_id": session.id,
            "resume_gateway_url": core.address.replace("http", "ws") + "/gateway",
            "guilds": [{"id": str(g.id), "unavailable": True} for g in guilds],
            "application": {"id": str(bot.id), "flags": 0},
            "shard": list(session.shard),
            "private_channels": [],
            "relationships": [],
            "_trace": [],
        }
        wire.put(self._event(session, "READY", ready))
        if self._struck(Moment.READY, wire):
            return
        for guild in guilds:
            whole = guild_create_json(core.world, guild, core.visible(guild.id))
            wire.put(self._event(session, "GUILD_CREATE", whole))
        core.note("ready", session=session.id, shard=list(session.shard))
        self._struck(Moment.GUILDS, wire)

    def _resume(self, wire: Wire, data: Json) -> None:
        core = self._core
        session = self.sessions.get(data.get("session_id", ""))
        core.note("resume", session=data.get("session_id"), seq=data.get("seq"))
        if data.get("token") != core.world.token:
            raise CloseSocketError(4004)
        if self._struck(Moment.RESUME, wire):
            return
        if session is None or session.dead:
            wire.send(Op.INVALID_SESSION, False)  # noqa: FBT003 (the gateway's own argument)
            return
        seq = int(data.get("seq") or 0)
        if seq > session.seq:
            raise CloseSocketError(4007)
        if session.wire is not None:
            session.wire.session = None
        session.wire, wire.session = wire, session
        missed = [text for n, text in session.events if n > seq]
        for text in missed:
            wire.put(text)
        wire.put(self._event(session, "RESUMED", {"_trace": []}))
        core.note("resumed", session=session.id, replayed=len(missed))
        self._struck(Moment.RESUMED, wire)

    def _event(self, session: Session, event: str, data: Json) -> str:
        session.seq += 1
        text = json.dumps({"op": Op.DISPATCH, "t": event, "s": session.seq, "d": data})
        session.events.append((session.seq, text))
        del session.events[:-_KEPT_EVENTS]
        return text

    def _struck(self, moment: Moment, wire: Wire) -> bool:
        """Carry out what is planned for this moment; return whether the moment is spoiled."""
        planned = self.faults.strike(moment)
        if planned is None:
            return False
        self._core.note("fault", moment=moment, action=planned.action)
        match planned.action:
            case Action.CLOSE:
                wire.close(planned.code)
            case Action.ABORT:
                wire.abort()
            case Action.SILENCE:
                wire.silent = True
            case Action.RECONNECT:
                wire.send(Op.RECONNECT)
            case Action.INVALID:
                wire.send(Op.INVALID_SESSION, planned.resumable)
                if wire.session is not None and not planned.resumable:
                    wire.session.dead = True
        return True


def _wants(session: Session, event: str) -> bool:
    if event in ("INTERACTION_CREATE", "GUILD_CREATE", "GUILD_DELETE"):
        return True
    wanted = _GUILD_MESSAGES if event.startswith("MESSAGE_") else _GUILDS
    return bool(session.intents & wanted)
