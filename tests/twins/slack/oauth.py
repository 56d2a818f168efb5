"""Installing the app: the page that asks for consent, and the codes that it hands out.

Source: https://docs.slack.dev/authentication/installing-with-oauth
"""

import html
import secrets
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from tests.twins.slack.core import Core
from tests.twins.slack.state import Grant, World


class Consent:
    """The consent page, as an admin's browser sees it.

    Attributes:
        redirects: The redirect URLs in the app's settings; others are refused. Empty: any.
    """

    def __init__(self, core: Core) -> None:
        """Ask on behalf of the app."""
        self._core = core
        self._world: World = core.world
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
                code=secrets.token_hex(16),
                team=user.team,
                user=user.id,
                scopes=frozenset(_scopes(request)),
                redirect_uri=request.query.get("redirect_uri"),
                at=self._core.clock.now(),
            )
            self._world.grants[grant.code] = grant
            back["code"] = grant.code
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
