"""One call of the Web API, read from JSON, a form or a query, as slack_sdk sends each."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.twins.slack.check import dug
from tests.twins.slack.errors import ApiError
from tests.twins.slack.state import Token

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_BASIC = "Basic "


@dataclass(slots=True, kw_only=True)
class Call:
    """A method's arguments, and the token they came with."""

    method: str
    arguments: dict[str, Any]
    secret: str = ""
    basic: tuple[str, str] | None = None
    token: Token | None = None
    key: str | None = None

    @property
    def team(self) -> str:
        """The workspace's id; empty for an app's token and for none."""
        return "" if self.token is None else self.token.team

    @property
    def granted(self) -> frozenset[str]:
        """The token's scopes."""
        return frozenset() if self.token is None else self.token.scopes

    def word(self, name: str) -> str | None:
        """Return an argument as text, or None where it is missing or empty."""
        given = self.arguments.get(name)
        return None if given is None or given == "" else str(given)

    def need(self, name: str) -> str:
        """Return an argument as text.

        Raises:
            ApiError: invalid_arguments; it is missing.
        """
        given = self.word(name)
        if given is None:
            raise ApiError(
                "invalid_arguments",
                [f"[ERROR] missing required field: {name} [json-pointer:/{name}]"],
            )
        return given

    def flag(self, name: str) -> bool:
        """Return whether an argument is true, in any of the spellings that Slack takes."""
        return str(self.arguments.get(name, "")).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 1 on.

        Raises:
            ApiError: invalid_limit; it is none, or over the most.
        """
        given = self.word(name)
        if given is None:
            return default
        if not given.isdecimal() or not 1 <= int(given) <= most:
            raise ApiError("invalid_limit")
        return int(given)

    def parsed(self, name: str) -> Any:
        """Return an argument that is JSON, or text with JSON in it; None where it is missing.

        Raises:
            ApiError: invalid_arguments; it is no JSON.
        """
        given = self.arguments.get(name)
        if not isinstance(given, str):
            return given
        if not given:
            return None
        try:
            return _loaded(given)
        except ValueError as error:
            raise ApiError("invalid_arguments", [f"[ERROR] {name} is no JSON"]) from error


async def read(request: web.Request, method: str) -> Call:
    """Read a request.

    Raises:
        ApiError: The body is not what its content type says.
    """
    arguments: dict[str, Any] = dict(request.query)
    raw = await request.read()
    if raw:
        if request.content_type == "application/json":
            arguments |= _json(raw)
        elif request.content_type in _FORMS:
            arguments |= dict(await request.post())
        else:
            raise ApiError("invalid_post_type")
    header = request.headers.get("Authorization", "")
    secret = header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""
    if not secret and request.content_type in _FORMS:
        secret = str(arguments.get("token") or "")
    arguments.pop("token", None)
    call = Call(method=method, arguments=arguments, secret=secret, basic=_basic(header))
    metadata = call.parsed("metadata") if "metadata" in arguments else None
    key = dug(metadata, "event_payload", "key")
    call.key = key if isinstance(key, str) else None
    return call


def _json(raw: bytes) -> dict[str, Any]:
    try:
        given = _loaded(raw.decode())
    except ValueError as error:
        raise ApiError("invalid_json") from error
    if not isinstance(given, dict):
        raise ApiError("json_not_object")
    return given


def _basic(header: str) -> tuple[str, str] | None:
    if not header.startswith(_BASIC):
        return None
    try:
        name, _, secret = base64.b64decode(header.removeprefix(_BASIC)).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def _loaded(text: str) -> Any:
    """Return what JSON says; half of a surrogate pair makes it no text, and so a ValueError."""
    given = json.loads(text)
    if "\\u" in text:
        json.dumps(given, ensure_ascii=False).encode()
    return given
