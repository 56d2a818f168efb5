"""The Web API: faults, token, limits and scopes around every method."""

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.twins.slack.calls import Call, read
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError, TooManyError
from tests.twins.slack.faults import Fault, Kind
from tests.twins.slack.state import Json, Token
from tests.twins.wreck import hang_up, slowly

if TYPE_CHECKING:
    from tests.twins.slack.twin import SlackTwin

HTML = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Server Error</body></html>"
MALFORMED = {
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_form_data",
    "invalid_json",
    "invalid_metadata_format",
    "invalid_post_type",
    "metadata_too_large",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "unknown_method",
    "view_too_large",
}
"""Errors that mean a call should never have been made: they are violations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method: who carries it out, in which tier, with which kind of token and scopes.

    `scopes` may depend on what is asked for. `anyone` methods need no token; a `message` counts
    towards its channel's limit, and `tier` is None where that is the only one.
    """

    name: str
    handle: Callable[[Core, Call], Json]
    tier: int | None = 3
    kinds: tuple[str, ...] = ("bot",)
    scopes: Callable[[Core, Call], frozenset[str]] = lambda _core, _call: frozenset()
    anyone: bool = False
    message: bool = False


def scopes(*names: str) -> Callable[[Core, Call], frozenset[str]]:
    """Return what needs these scopes whatever is asked for."""
    needed = frozenset(names)
    return lambda _core, _call: needed


class Api:
    """Serves methods under `/api/`."""

    def __init__(self, core: Core, methods: tuple[Method, ...]) -> None:
        """Keep what the answers are made of."""
        self._core = core
        self._methods = {method.name: method for method in methods}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        name = request.match_info["method"]
        try:
            call = await read(request, name)
        except ApiError as refusal:
            self._refused(refusal, name)
            return answer(refusal.body())
        return await wrecked(
            self._core, request, name, call.word("channel"), lambda: self._work(name, call)
        )

    def _work(self, name: str, call: Call) -> web.Response:
        headers: dict[str, str] = {}
        try:
            body = {"ok": True} | self._carry_out(name, call, headers)
        except TooManyError as refusal:
            self._core.note("rate limited", **_about(call), retry_after=refusal.wait)
            return too_many(refusal.wait)
        except ApiError as refusal:
            body = refusal.body()
            self._refused(refusal, name, call)
        about = _about(call)
        self._core.note("request", **about, key=call.key, ok=body["ok"], error=body.get("error"))
        return answer(body, headers)

    def _carry_out(self, name: str, call: Call, headers: dict[str, str]) -> Json:
        method = self._methods.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        if not method.anyone:
            call.token = self._token(call, method)
            headers["X-OAuth-Scopes"] = ",".join(sorted(call.token.scopes))
        self._count(method, call)
        self._allow(method, call, headers)
        return method.handle(self._core, call)

    def _token(self, call: Call, method: Method) -> Token:
        if not call.secret:
            raise ApiError("not_authed")
        token = self._core.world.tokens.get(call.secret)
        if token is None:
            raise ApiError("invalid_auth")
        if token.revoked:
            raise ApiError("token_revoked")
        if token.team and not self._core.world.workspaces[token.team].installed:
            raise ApiError("account_inactive")
        if token.kind not in method.kinds:
            raise ApiError("not_allowed_token_type")
        return token

    def _count(self, method: Method, call: Call) -> None:
        limiter, channel = self._core.limiter, call.word("channel")
        wait = None if method.tier is None else limiter.call(call.team, method.name, method.tier)
        if wait is None and method.message and channel:
            wait = limiter.message(call.team, channel)
        if wait is not None:
            raise TooManyError(wait)

    def _allow(self, method: Method, call: Call, headers: dict[str, str]) -> None:
        needed = method.scopes(self._core, call)
        headers["X-Accepted-OAuth-Scopes"] = ",".join(sorted(needed))
        if needed and not needed <= call.granted:
            provided = ",".join(sorted(call.granted))
            missing = ",".join(sorted(needed - call.granted))
            raise ApiError("missing_scope", needed=missing, provided=provided)

    def _refused(self, refusal: ApiError, name: str, call: Call | None = None) -> None:
        if refusal.error in MALFORMED:
            self._core.note(
                "violation",
                method=name,
                what=refusal.error,
                messages=refusal.messages or [],
                key=None if call is None else call.key,
            )


async def wrecked(
    core: Core,
    request: web.Request,
    method: str,
    channel: str | None,
    work: Callable[[], web.Response],
) -> web.StreamResponse:
    """Carry a call out as the faults to come will have it; the answer has been read before."""
    fault = core.faults.strike(method, channel)
    if fault is None:
        return work()
    core.note("fault", method=method, channel=channel, fault=fault.kind, taken=fault.taken)
    if fault.kind is Kind.SLOW_BODY:
        return await slowly(request, work(), fault.seconds)
    if fault.kind is Kind.DELAY:
        done = work() if fault.taken else None
        await asyncio.sleep(fault.seconds)
        return done or work()
    if fault.taken:
        work()
    return _instead(fault, request)


def _instead(fault: Fault, request: web.Request) -> web.StreamResponse:
    match fault.kind:
        case Kind.RATE_LIMIT:
            return too_many(fault.retry_after)
        case Kind.ERROR:
            return answer(ApiError(fault.error).body())
        case Kind.HTML:
            return web.Response(status=fault.status, text=HTML, content_type="text/html")
        case Kind.DROP | Kind.RESET:
            return hang_up(request, reset=fault.kind is Kind.RESET)
        case _:
            return web.Response(status=fault.status, text="", content_type="text/plain")


def answer(body: Json, headers: dict[str, str] | None = None, status: int = 200) -> web.Response:
    """Return an answer as Slack's: JSON, status 200 whatever it says."""
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def too_many(wait: float) -> web.Response:
    """Return a 429 with the seconds to wait."""
    return answer({"ok": False, "error": "ratelimited"}, {"Retry-After": f"{wait:g}"}, 429)


def routes(twin: "SlackTwin", methods: tuple[Method, ...]) -> list[web.RouteDef]:
    """Return the routes of the Web API."""
    api = Api(twin.core, methods)
    return [web.get("/api/{method}", api.serve), web.post("/api/{method}", api.serve)]


def same(given: Any, secret: str) -> bool:
    """Return whether a secret is the right one."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), secret.encode())


def _about(call: Call) -> Json:
    return {"method": call.method, "team": call.team, "channel": call.word("channel")}
