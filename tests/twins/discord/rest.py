"""The REST side: faults, token, limits and the document's rules around every handler."""

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.twins.discord.core import Core
from tests.twins.discord.errors import ApiError, unauthorized
from tests.twins.discord.faults import Fault, Kind
from tests.twins.discord.limits import Verdict
from tests.twins.wreck import hang_up, slowly

HTML = "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"
MALFORMED = (50035, 50006, 50109, 40005, 30032)
"""Codes that mean a request should never have been sent: they are violations."""
_VIA = {"Via": "1.1 google"}


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, read: ids of its path, query, JSON body and files."""

    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    body: Any = None
    files: dict[str, bytes] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Return an id from the path; 50035 for what is none."""
        if not self.params[name].isdecimal():
            wrong = {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": "Not a snowflake."}]}
            raise ApiError(400, 50035, "Invalid Form Body", {name: wrong})
        return int(self.params[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A method and path, who handles it, its bucket, and whether it wants the bot's token."""

    method: str
    path: str
    handle: Callable[[Core, Call], Any]
    bucket: str = "others"
    token: bool = True
    schema: Callable[[Core, Call], str | None] = lambda _core, _call: None
    takes: type = dict
    status: int = 200


class Rest:
    """Serves endpoints under `/api/v10`."""

    def __init__(self, core: Core, endpoints: tuple[Endpoint, ...]) -> None:
        """Keep what the answers are made of."""
        self._core = core
        self._endpoints = endpoints

    def add_to(self, app: web.Application) -> None:
        """Enter the endpoints, and a 404 for all else, into an application's router."""
        for endpoint in self._endpoints:

            async def serve(request: web.Request, at: Endpoint = endpoint) -> web.StreamResponse:
                return await self._serve(at, request)

            app.router.add_route(endpoint.method, f"/api/v10{endpoint.path}", serve)
        app.router.add_route("*", "/api/{rest:.*}", self._nowhere)

    async def _nowhere(self, request: web.Request) -> web.StreamResponse:
        self._core.note("violation", method=request.method, path=request.path, what="no such route")
        return answer(404, {"message": "404: Not Found", "code": 0})

    async def _serve(self, at: Endpoint, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v10")
        fault = self._core.faults.strike(request.method, path)
        if fault is None:
            return await self._work(at, request, path)
        self._core.note(
            "fault", method=request.method, path=path, fault=fault.kind, taken=fault.taken
        )
        return await self._go_wrong(fault, at, request, path)

    async def _go_wrong(
        self, fault: Fault, at: Endpoint, request: web.Request, path: str
    ) -> web.StreamResponse:
        if fault.kind is Kind.DELAY and not fault.taken:
            await asyncio.sleep(fault.seconds)
            return await self._work(at, request, path)
        if not fault.taken and fault.kind is not Kind.SLOW_BODY:
            await request.read()
            return self._instead(fault, request)
        done = await self._work(at, request, path)
        if fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.seconds)
            return done
        if fault.kind is Kind.SLOW_BODY:
            return await slowly(request, done, fault.seconds)
        return self._instead(fault, request)

    def _instead(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        match fault.kind:
            case Kind.RATE_LIMIT:
                if fault.scope != "shared":
                    self._core.limiter.refused()
                return too_many(fault.scope, fault.retry_after, {}, via=fault.via)
            case Kind.HTML:
                return web.Response(
                    status=fault.status, text=HTML, content_type="text/html", headers=_VIA
                )
            case Kind.DROP | Kind.RESET:
                return hang_up(request, reset=fault.kind is Kind.RESET)
            case _:
                if fault.status in (401, 403):
                    self._core.limiter.refused()
                refusal = ApiError(
                    fault.status,
                    fault.code,
                    fault.message or f"{fault.status}: planned fault",
                    fault.errors,
                )
                return answer(fault.status, refusal.body())

    async def _work(self, at: Endpoint, request: web.Request, path: str) -> web.StreamResponse:
        core = self._core
        if core.limiter.banned:
            return web.Response(status=429, text=HTML, content_type="text/html")
        verdict = core.limiter.take(at.bucket, _key(at, request), exempt=not at.token)
        if verdict.scope is not None:
            core.limiter.refused()
            core.note("rate limited", method=request.method, path=path, scope=verdict.scope)
            return too_many(verdict.scope, verdict.retry_after, verdict.headers)
        try:
            body, status = await self._handled(at, request, path), at.status
        except ApiError as refusal:
            body, status = refusal.body(), refusal.status
            self._refused(refusal, request.method, path)
        if body is None:
            status = 204
        core.note("request", method=request.method, path=path, status=status)
        return answer(status, body, verdict)

    async def _handled(self, at: Endpoint, request: web.Request, path: str) -> Any:
        core = self._core
        if at.token and request.headers.get("Authorization") != f"Bot {core.world.token}":
            raise unauthorized()
        call = await _read(request, path)
        if at.method in ("POST", "PUT", "PATCH"):
            call.body = at.takes() if call.body is None else call.body
            if not isinstance(call.body, at.takes):
                raise ApiError(400, 50035, "Invalid Form Body")
            core.spec.check(at.method, at.path, at.schema(core, call), call.body)
        return at.handle(core, call)

    def _refused(self, refusal: ApiError, method: str, path: str) -> None:
        if refusal.status in (401, 403):
            self._core.limiter.refused()
        if refusal.code in MALFORMED:
            self._core.note(
                "violation",
                method=method,
                path=path,
                what=refusal.message,
                code=refusal.code,
                errors=refusal.errors,
            )


def answer(status: int, body: Any, verdict: Verdict | None = None) -> web.Response:
    """Return an answer as Discord's: JSON of exactly that content type, and a Via header."""
    headers = dict(_VIA) if verdict is None else _VIA | verdict.headers
    if body is None:
        return web.Response(status=204, headers=headers)
    text = json.dumps(body)
    headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=text.encode(), headers=headers)


def too_many(
    scope: str, retry_after: float, bucket: dict[str, str], *, via: bool = True
) -> web.Response:
    """Return a 429 of a scope: user (the route's), shared (the resource's) or global."""
    headers = {
        "Retry-After": str(math.ceil(retry_after)),
        "X-RateLimit-Scope": scope,
        "X-RateLimit-Reset-After": f"{retry_after:.3f}",
        "Content-Type": "application/json",
    } | bucket
    if via:
        headers |= _VIA
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after, 3),
        "global": scope == "global",
    }
    return web.Response(status=429, body=json.dumps(body).encode(), headers=headers)


def _key(at: Endpoint, request: web.Request) -> str:
    majors = ("channel_id", "guild_id", "webhook_id", "webhook_token")
    found = [request.match_info[m] for m in majors if m in request.match_info]
    return "/".join([at.bucket, *found])


async def _read(request: web.Request, path: str) -> Call:
    call = Call(
        method=request.method,
        path=path,
        params=dict(request.match_info),
        query=dict(request.query),
    )
    if request.content_type == "multipart/form-data":
        form = await request.post()
        call.body = {}
        for name, part in form.items():
            if name == "payload_json" and isinstance(part, str | bytes | bytearray):
                call.body = _json(part)
            elif isinstance(part, web.FileField):
                call.files[part.filename] = part.file.read()
    elif raw := await request.read():
        if request.content_type != "application/json":
            raise ApiError(400, 50035, "Invalid Form Body")
        call.body = _json(raw)
    return call


def _json(raw: str | bytes | bytearray) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from error


def found(places: dict[int, Any], number: int, refusal: ApiError) -> Any:
    """Return what has an id, or raise the refusal."""
    if number not in places:
        raise refusal
    return places[number]
