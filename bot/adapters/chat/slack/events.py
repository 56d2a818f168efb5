"""Slack's requests over HTTP: what people ask, signed by Slack, and the way to add workspaces.

Served at `/slack/` beside the page, and outside the page's door: Slack shows a signature instead of
a token. Whatever is not signed, too old, too large or too slow is refused before it is read.
"""

from collections.abc import Awaitable, Callable

import aiohttp
import structlog
from slack_bolt.adapter.starlette.async_handler import (
    to_async_bolt_request,
    to_starlette_response,
)
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.adapters.bodies import BodyError, whole_body
from bot.domain.errors import StoreError

log = structlog.get_logger()

PREFIX = "/slack/"
"""Where all of it is."""
EVENTS = "/slack/events"
INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
MOST_BYTES = 1 << 20
"""What a request may have: a modal at its limits has less than half of it."""
SLOWEST = 10.0
"""Seconds that a request may take to arrive; Slack itself gives up after 3."""

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src https://platform.slack-edge.com;"
        " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "referrer-policy": "no-referrer",  # an address of the installation has a code in it
    "x-content-type-options": "nosniff",
}

Answer = Callable[[Request], Awaitable[Response]]


def slack_app(app: AsyncApp, signing_secret: str, flow: AsyncOAuthFlow | None) -> ASGIApp:
    """Return what serves everything below `PREFIX`.

    Args:
        app: Who answers.
        signing_secret: What Slack signs with; "": what people ask does not come this way.
        flow: How workspaces are added; None: they are not.
    """
    routes = []
    if signing_secret:
        verifier = SignatureVerifier(signing_secret)
        routes.append(Route(EVENTS, _dressed(_Events(app, verifier).answer), methods=["POST"]))
    if flow is not None:
        routes += [
            Route(INSTALL, _dressed(_Install(flow).begun), methods=["GET"]),
            Route(REDIRECT, _dressed(_Install(flow).ended), methods=["GET"]),
        ]
    return Starlette(routes=routes)


class _Events:
    def __init__(self, app: AsyncApp, verifier: SignatureVerifier) -> None:
        self._app = app
        self._verifier = verifier

    async def answer(self, request: Request) -> Response:
        try:
            body = await whole_body(request, MOST_BYTES, SLOWEST)
        except BodyError as error:
            return PlainTextResponse(str(error), error.status)
        if not self._signed(request, body):
            log.info("slack_request_refused", reason="it is not signed by Slack, or too old")
            return PlainTextResponse("The request is not signed by Slack, or too old.", 401)
        return to_starlette_response(
            await self._app.async_dispatch(to_async_bolt_request(request, body))
        )

    def _signed(self, request: Request, body: bytes) -> bool:
        """Say whether Slack made the request, within the last 5 minutes.

        Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
        """
        at = request.headers.get("x-slack-request-timestamp", "")
        shown = request.headers.get("x-slack-signature", "")
        if not (at.isascii() and at.isdecimal() and len(at) <= 12 and shown.isascii()):
            return False  # the library would raise
        try:
            return self._verifier.is_valid(body, at, shown)
        except UnicodeDecodeError:
            return False


class _Install:
    def __init__(self, flow: AsyncOAuthFlow) -> None:
        self._flow = flow

    async def begun(self, request: Request) -> Response:
        return await _shown(self._flow.handle_installation, request)

    async def ended(self, request: Request) -> Response:
        return await _shown(self._flow.handle_callback, request)


async def _shown(
    step: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]], request: Request
) -> Response:
    try:
        return to_starlette_response(await step(to_async_bolt_request(request, b"")))
    except (StoreError, SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("slack_not_installed", reason=str(error))
        return PlainTextResponse("That did not work just now: please begin again later.", 503)


def _dressed(answer: Answer) -> Answer:
    async def dressed(request: Request) -> Response:
        response = await answer(request)
        response.headers.update(_HEADERS)
        return response

    return dressed
