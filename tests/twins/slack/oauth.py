"""Installing the app: the page that asks for consent, and the codes that it hands out.

Source: https://docs.slack.dev/authentication/installing-with-oauth
"""

import html
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from tests.twins.discord.clock import TwinClock
from tests.twins.slack.errors import ApiError
from tests.twins.slack.state import World

CODE_LIFE = 600.0
"""Seconds for which a code is good; it works once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody agreed to: the app in their workspace, with these scopes."""

    team: str
    user: str
    scopes: frozenset[str]
    redirect_uri: str | None


class Grants:
    """The codes that are out."""

    def __init__(self, clock: TwinClock) -> None:
        """Start with none."""
        self._clock = clock
        self._given: dict[str, tuple[Grant, float]] = {}
        self._used: set[str] = set()

    def give(self, grant: Grant) -> str:
        """Return a new code."""
        code = secrets.token_hex(16)
        self._given[code] = (grant, self._clock.now())
        return code

    def redeem(self, code: str, redirect_uri: str | None) -> Grant:
        """Use a code up.

        Raises:
            ApiError: invalid_code (unknown, or older than 10 min), code_already_used, or
                bad_redirect_uri (not the one that the consent page was given).
        """
        if code in self._used:
            raise ApiError("code_already_used")
        grant, at = self._given.get(code, (None, 0.0))
        if grant is None or self._clock.now() - at > CODE_LIFE:
            raise ApiError("invalid_code")
        if redirect_uri != grant.redirect_uri:
            raise ApiError("bad_redirect_uri")
        self._used.add(code)
        return grant


class Consent:
    """The consent page, as an admin's browser sees it.

    Attributes:
        redirects: The redirect URLs in the app's settings; others are refused. Empty: any.
    """

    def __init__(self, world: World, grants: Grants) -> None:
        """Ask on behalf of the app."""
        self._world = world
        self._grants = grants
        self.redirects: tuple[str, ...] = ()

    def routes(self) -> list[web.RouteDef]:
        """Return the page's address."""
        return [
            web.get("/oauth/v2/authorize", self._page),
            web.post("/oauth/v2/authorize", self._decide),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        """Show who asks for what; a form that cannot be filled in says why."""
        wrong = self._wrong(request)
        if wrong:
            return web.Response(status=400, text=wrong)
        asked = "".join(f"<li>{html.escape(s)}</li>" for s in _scopes(request))
        page = f"<h1>Newsthread asks for</h1><ul>{asked}</ul><form method='post'></form>"
        return web.Response(text=page, content_type="text/html")

    async def _decide(self, request: web.Request) -> web.Response:
        """Send the browser back with a code, or with `access_denied`, and with the state."""
        wrong = self._wrong(request)
        form = await request.post()
        user = next((u for u in self._world.everyone() if u.id == form.get("user")), None)
        if wrong or user is None:
            return web.Response(status=400, text=wrong or "nobody is logged in")
        back: dict[str, str] = {}
        if form.get("allow") == "yes":
            grant = Grant(
                team=user.team,
                user=user.id,
                scopes=frozenset(_scopes(request)),
                redirect_uri=request.query.get("redirect_uri"),
            )
            back["code"] = self._grants.give(grant)
        else:
            back["error"] = "access_denied"
        if "state" in request.query:
            back["state"] = request.query["state"]
        target = request.query.get("redirect_uri") or next(iter(self.redirects))
        joined = "&" if urlsplit(target).query else "?"
        raise web.HTTPFound(f"{target}{joined}{urlencode(back)}")

    def _wrong(self, request: web.Request) -> str:
        if request.query.get("client_id") != self._world.client_id:
            return "invalid_client_id"
        if not _scopes(request):
            return "invalid_scope: no scopes were asked for"
        target = request.query.get("redirect_uri")
        if target is None and not self.redirects:
            return "bad_redirect_uri: none is configured"
        if target and self.redirects and not target.startswith(self.redirects):
            return "bad_redirect_uri: it is not among the configured ones"
        return ""


def _scopes(request: web.Request) -> list[str]:
    return sorted(s for s in request.query.get("scope", "").split(",") if s)
