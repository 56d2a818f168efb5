"""response_url: where the app may answer a command or a press, 5 times within 30 minutes.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import json
import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web

from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.posting import Draft, delete, edit, post
from tests.twins.slack.rest import wrecked
from tests.twins.slack.state import Channel, Json, Message, User, Workspace

USES, LIFE = 5, 1800.0
"""How often one is good, and for how many seconds."""
_KNOWN = {
    "attachments",
    "blocks",
    "delete_original",
    "metadata",
    "replace_original",
    "response_type",
    "text",
    "thread_ts",
    "unfurl_links",
    "unfurl_media",
}


@dataclass(slots=True, kw_only=True)
class Answering:
    """What one response_url may answer, and what came over it.

    `message` is what was pressed on; a command has none, so that nothing of it can be replaced.
    `replaces`: an answer that does not say replaces the message. Slack's documents once said so
    and now say nothing; an app that always says is right either way.
    """

    id: str
    workspace: Workspace
    channel: Channel
    user: User
    at: float
    message: Message | None = None
    replaces: bool = False
    thread_ts: str | None = None
    uses: int = 0
    posted: list[Message] = field(default_factory=list)
    changed: bool = False
    deleted: bool = False


class ResponseUrls:
    """All addresses that were given out."""

    def __init__(self, core: Core) -> None:
        """Start with none."""
        self._core = core
        self._given: dict[str, Answering] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses: of commands, and of everything else."""
        return [
            web.post("/commands/{team}/{number}/{secret}", self._serve),
            web.post("/actions/{team}/{number}/{secret}", self._serve),
        ]

    def give(self, answering: Answering, kind: str) -> str:
        """Return a new address; `kind` is commands or actions."""
        secret = secrets.token_urlsafe(18)
        path = f"/{kind}/{answering.workspace.id}/{len(self._given) + 1}/{secret}"
        self._given[path] = answering
        return self._core.address + path

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Take one answer, as the faults to come will have it."""
        answering, body = self._given.get(request.path), await request.read()
        channel = None if answering is None else answering.channel.id
        take = partial(self._take, request.path, answering, body)
        return await wrecked(self._core, request, "response_url", channel, take)

    def _take(self, path: str, answering: Answering | None, body: bytes) -> web.Response:
        refusal = "no_service" if answering is None else self._spent(answering)
        if answering is None or refusal:
            self._core.note("response refused", path=path, error=refusal)
            return web.json_response({"ok": False, "error": refusal}, status=404)
        try:
            given = _read(body)
            self.answer(answering, given, via="response_url")
        except ApiError as refused:
            self._core.note(
                "violation",
                where="response_url",
                what=refused.error,
                messages=refused.messages or [],
                asked=answering.id,
            )
            return web.json_response(refused.body(), status=400)
        answering.uses += 1
        return web.Response(text="ok")

    def answer(self, answering: Answering, given: Json, *, via: str) -> None:
        """Show an answer: in place of the message, beside it, or by taking it away.

        Raises:
            ApiError: It is no message, or there is nothing to replace or to delete.
        """
        if unknown := sorted(set(given) - _KNOWN):
            raise ApiError("invalid_payload", [f"[ERROR] unknown field {n}" for n in unknown])
        replace = _flag(given, "replace_original", answering.replaces)
        remove = _flag(given, "delete_original", otherwise=False)
        note = {"asked": answering.id, "via": via, "given": given}
        self._core.note("response", **note)
        if remove:
            self._delete(answering, via)
        elif replace and answering.message is not None:
            whole: Json = {"blocks": [], "attachments": []} | given  # nothing of the old one stays
            message = answering.message
            edit(self._core, answering.workspace, answering.channel, message, whole, via)
            answering.changed = True
        else:
            self._post(answering, given, via)

    def _delete(self, answering: Answering, via: str) -> None:
        if answering.message is None or answering.deleted:
            raise ApiError("message_not_found")
        delete(self._core, answering.workspace, answering.channel, answering.message, via)
        answering.deleted = True

    def _post(self, answering: Answering, given: Json, via: str) -> None:
        kind = given.get("response_type", "ephemeral")
        if kind not in ("ephemeral", "in_channel"):
            raise ApiError("invalid_payload", [f"[ERROR] response_type {kind!r}"])
        draft = Draft(
            user=answering.workspace.bot,
            text=str(given.get("text") or ""),
            blocks=given.get("blocks"),
            attachments=given.get("attachments"),
            metadata=given.get("metadata"),
            thread_ts=given.get("thread_ts") or answering.thread_ts,
            only_for=answering.user.id if kind == "ephemeral" else None,
            via=via,
        )
        answering.posted.append(post(self._core, answering.workspace, answering.channel, draft))

    def _spent(self, answering: Answering) -> str:
        if self._core.clock.now() - answering.at > LIFE:
            return "expired_url"
        return "used_url" if answering.uses >= USES else ""


def _read(raw: bytes) -> Json:
    try:
        given: Any = json.loads(raw)
    except ValueError as error:
        raise ApiError("invalid_payload") from error
    if not isinstance(given, dict):
        raise ApiError("invalid_payload")
    return given


def _flag(given: Json, name: str, otherwise: bool) -> bool:  # noqa: FBT001 (a flag's default)
    said = given.get(name)
    if said is None:
        return otherwise
    if said not in (True, False, "true", "false"):
        raise ApiError("invalid_payload", [f"[ERROR] {name} must be true or false"])
    return said in (True, "true")
