"""The people's side of the sandbox as JSON, for tests and scripts; docs/sandbox.md describes it."""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.adapters.chat.sandbox.completion import place, value_offers
from bot.adapters.chat.sandbox.parts import Parts
from bot.adapters.chat.sandbox.records import MissingError
from bot.adapters.chat.sandbox.talk import MOST_TEXT, Said, command_line
from bot.domain.calls import Upload, Usage
from bot.domain.lines import spelled

_View = Callable[[Request], Awaitable[Response]]


class BadRequestError(Exception):
    """The request is malformed: what, and how to mend it."""

    def __init__(self, what: str, remedy: str) -> None:
        """Keep both, for a person."""
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy


def api_routes(parts: Parts) -> list[Route]:
    """Return the JSON interface."""
    rooms, talk, renderer = parts.rooms, parts.talk, parts.renderer
    dispatcher = parts.dispatcher

    async def channels(request: Request) -> Response:
        about = await parts.topics()
        listed = await rooms.rooms(user_name(request.query_params.get("user", "")))
        return JSONResponse(
            {
                "channels": [
                    {
                        "id": room.id,
                        "name": room.id,
                        "messages": room.messages,
                        "unread": room.unread,
                        "about": about.get(room.id, ""),
                    }
                    for room in listed
                ]
            }
        )

    async def make(request: Request) -> Response:
        name = channel_name(_text(await _values(request), "name"))
        made = await rooms.open(name)
        parts.hub.ring()
        return JSONResponse({"id": name, "name": name}, 201 if made else 200)

    async def messages(request: Request) -> Response:
        asked = request.query_params
        posts = await rooms.read(
            request.path_params["channel"],
            thread=number(asked["thread"]) if asked.get("thread") else None,
            person=user_name(asked.get("user", "")),
            before=number(asked["before"]) if asked.get("before") else None,
            limit=min(max(number(asked.get("limit", "50")), 1), 500),
        )
        return JSONResponse({"messages": [renderer.json(post) for post in posts]})

    async def say(request: Request) -> Response:
        values = await _values(request)
        thread, text = values.get("thread"), said_text(_text(values, "text"))
        said = await talk.say(
            request.path_params["channel"],
            text,
            user_name(_text(values, "user") or "reader"),
            None if thread in (None, "") else number(str(thread)),
            files_for(text, values.get("files") or []),
        )
        return _said(said)

    async def press(request: Request) -> Response:
        values = await _values(request) if await request.body() else {}
        said = await talk.press(
            number(request.path_params["message"]),
            request.path_params["action"],
            user_name(_text(values, "user") or "reader"),
        )
        return _said(said)

    def _said(said: Said) -> JSONResponse:
        return JSONResponse(
            {
                "message": renderer.json(said.message),
                "answers": [renderer.json(answer) for answer in said.answers],
            }
        )

    async def commands(_: Request) -> Response:
        return JSONResponse({"commands": [_command(usage) for usage in dispatcher.usages]})

    async def complete(request: Request) -> Response:
        asked = request.query_params
        at = place(asked.get("text", "")[:MOST_TEXT], dispatcher.usages)
        offers = at.offers
        if at.usage is not None and at.param is not None and at.param.complete:
            thread = number(asked["thread"]) if asked.get("thread") else None
            values = await talk.values(
                at.usage.verb,
                {**at.args, at.param.name: at.typed},
                at.param.name,
                channel=asked.get("channel", ""),
                user=user_name(asked.get("user", "") or "reader"),
                thread=thread,
            )
            offers = value_offers(values, at) + offers
        return JSONResponse(
            {
                "offers": [{"label": o.label, "hint": o.hint, "line": o.line} for o in offers],
                "usage": spelled(at.usage) if at.usage else "",
                "summary": at.usage.summary if at.usage else "",
                "param": f"{at.param.name}: {at.param.help}" if at.param else "",
            }
        )

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", **await parts.status()})

    routes: list[tuple[str, _View, str]] = [
        ("/api/channels", channels, "GET"),
        ("/api/channels", make, "POST"),
        ("/api/channels/{channel}/messages", messages, "GET"),
        ("/api/channels/{channel}/messages", say, "POST"),
        ("/api/messages/{message}/actions/{action:path}", press, "POST"),
        ("/api/commands", commands, "GET"),
        ("/api/complete", complete, "GET"),
        ("/healthz", health, "GET"),
    ]
    return [Route(path, _answering(view), methods=[method]) for path, view, method in routes]


def failed(status: int, what: str, remedy: str) -> JSONResponse:
    """Return an error as every part of the JSON interface gives it."""
    return JSONResponse({"error": {"what": what, "remedy": remedy}}, status_code=status)


def user_name(text: str) -> str:
    """Return a person's name.

    Raises:
        BadRequestError: It is none.
    """
    name = text.strip()
    if len(name) > 40 or not name.isprintable() or name.casefold() == "newsthread":
        raise BadRequestError("That is no user's name.", "Use 1 to 40 characters.")
    return name


def channel_name(text: str) -> str:
    """Return a channel's name.

    Raises:
        BadRequestError: It is none.
    """
    name = text.strip().removeprefix("#").strip().casefold().replace(" ", "-")
    if not name or len(name) > 60 or not all(c.isalnum() or c in "-_" for c in name):
        raise BadRequestError(
            "That is no channel's name.", "Use up to 60 letters, digits and hyphens."
        )
    return name


def said_text(text: str) -> str:
    """Return what a person said.

    Raises:
        BadRequestError: It is empty or too long.
    """
    if not text.strip():
        raise BadRequestError("There is nothing to say.", 'Put it into "text".')
    if len(text) > MOST_TEXT:
        raise BadRequestError(f"The text has {len(text)} characters.", f"Use at most {MOST_TEXT}.")
    return text.strip()


def number(text: str) -> int:
    """Return an id or a count.

    Raises:
        MissingError: It is none, so nothing has it.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise MissingError(f"“{text[:20]}” is no number.", "Ids and counts are whole numbers.")
    return int(text)


def _answering(view: _View) -> _View:
    async def answered(request: Request) -> Response:
        try:
            return await view(request)
        except MissingError as error:
            return failed(404, error.what, error.remedy)
        except BadRequestError as error:
            return failed(400, error.what, error.remedy)

    return answered


async def _values(request: Request) -> Mapping[str, object]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":  # a form of a foreign page cannot send this without asking us
        raise BadRequestError("The body is not JSON.", "Send Content-Type: application/json.")
    try:
        values = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"The body is not JSON: {error}.", "Send an object.") from error
    if not isinstance(values, dict):
        raise BadRequestError("The body is no JSON object.", 'Send {"text": "…"}.')
    return values


def _text(values: Mapping[str, object], name: str) -> str:
    text = values.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise BadRequestError(f'"{name}" is no text.', f'Send {{"{name}": "…"}}.')
    return text


def files_for(text: str, given: object) -> tuple[Upload, ...]:
    """Return the files that go along with what a person said, as they were given.

    Raises:
        BadRequestError: They have another form, or there is no command to take them.
    """
    remedy = 'Send "files": [{"name": "…", "data": "…"}], the data as base64.'
    if not isinstance(given, list):
        raise BadRequestError('"files" is no list.', remedy)
    files = []
    for one in given:
        if not isinstance(one, dict):
            raise BadRequestError("A file is no object.", remedy)
        try:
            data = base64.b64decode(_text(one, "data"), validate=True)
        except ValueError as error:
            raise BadRequestError("A file's data is no base64.", remedy) from error
        files.append(Upload(name=_text(one, "name")[:100], data=data))
    if files and not command_line(text):
        raise BadRequestError("Only a command takes a file.", "Write /feed import, for one.")
    return tuple(files)


def _command(usage: Usage) -> Mapping[str, object]:
    return {
        "verb": usage.verb,
        "summary": usage.summary,
        "usage": spelled(usage),
        "role": usage.role.name.lower(),
        "example": usage.example,
        "params": [
            {
                "name": param.name,
                "help": param.help,
                "kind": param.kind.value,
                "required": param.required,
                "default": param.default,
                "choices": list(param.choices),
            }
            for param in usage.params
        ],
    }
