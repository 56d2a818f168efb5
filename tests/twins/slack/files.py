"""Files: an address to send the bytes to, their completion in a channel, and their download.

Source: https://docs.slack.dev/messaging/working-with-files
"""

from typing import TYPE_CHECKING

from aiohttp import web

from tests.twins.slack.calls import Call
from tests.twins.slack.conversations import known
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.posting import Draft, post
from tests.twins.slack.rest import Method, scopes, wrecked
from tests.twins.slack.shapes import file_json
from tests.twins.slack.state import Channel, File, Json, Workspace

if TYPE_CHECKING:
    from tests.twins.slack.twin import SlackTwin

LOGIN = "<!DOCTYPE html><html><head><title>Sign in to Slack</title></head><body></body></html>"
"""What a download without a token that may read it gets, with status 200."""
MOST = 1024 * 1024 * 1024


def _begin(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    length = call.word("length")
    if length is None or not length.isdecimal() or not 1 <= int(length) <= MOST:
        raise ApiError("invalid_arguments", ["[ERROR] length must be a number of bytes"])
    made = File(
        id=core.world.id("F"),
        team=workspace.id,
        user=workspace.bot.id,
        name=call.need("filename"),
        length=int(length),
        alt=call.word("alt_txt"),
        created=int(core.clock.now()),
    )
    workspace.files[made.id] = made
    address = f"{core.address}/upload/v1/{workspace.id}/{made.id}"
    return {"upload_url": address, "file_id": made.id}


def _complete(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    asked = call.parsed("files")
    if not isinstance(asked, list) or not asked or not all(isinstance(f, dict) for f in asked):
        raise ApiError("invalid_arguments", ["[ERROR] files must be an array of objects"])
    found = [_uploaded(workspace, each) for each in asked]
    places = _places(workspace, call)
    for file, each in zip(found, asked, strict=True):
        file.complete, file.title = True, str(each.get("title") or file.name)
    for channel in places:
        for file in found:
            file.channels.append(channel.id)
        draft = Draft(
            user=workspace.bot,
            text=call.word("initial_comment") or "",
            blocks=call.parsed("blocks"),
            files=[file.id for file in found],
            thread_ts=call.word("thread_ts"),
            via="upload",
        )
        post(core, workspace, channel, draft)
    core.note("file", team=workspace.id, files=[f.id for f in found], names=[f.name for f in found])
    return {"files": [file_json(core, file) for file in found]}


def _info(core: Core, call: Call) -> Json:
    file = core.workspace(call.team).files.get(call.need("file"))
    if file is None or not file.complete:
        raise ApiError("file_not_found")
    return {"file": file_json(core, file, shares=True), "comments": []}


def _uploaded(workspace: Workspace, asked: Json) -> File:
    file = workspace.files.get(str(asked.get("id")))
    if file is None or file.data is None or file.complete:
        raise ApiError("file_not_found")
    return file


def _places(workspace: Workspace, call: Call) -> list[Channel]:
    names = (call.word("channels") or call.word("channel_id") or "").split(",")
    places = [known(workspace, name) for name in names if name]
    for channel in places:
        if channel.archived:
            raise ApiError("is_archived")
        if not channel.is_im and workspace.bot.id not in channel.members:
            raise ApiError("not_in_channel")
    thread = call.word("thread_ts")
    if thread is not None and any(thread not in channel.messages for channel in places):
        raise ApiError("thread_not_found")
    return places


class Bytes:
    """Takes and hands out the bytes of files."""

    def __init__(self, core: Core) -> None:
        """Serve for a twin."""
        self._core = core

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes of a file, raw or as a form's field, once the length is right."""
        workspace = self._core.world.workspaces.get(request.match_info["team"])
        file = None if workspace is None else workspace.files.get(request.match_info["file"])
        data = await _sent(request)
        return await wrecked(self._core, request, "upload", None, lambda: self._took(file, data))

    def _took(self, file: File | None, data: bytes) -> web.Response:
        if file is None or file.complete:
            return web.Response(status=404, text="file not found")
        if len(data) != file.length:
            return web.Response(status=400, text="length mismatch")
        file.data = data
        self._core.note("upload", team=file.team, file=file.id, length=len(data))
        return web.Response(text=f"OK - {len(data)}")

    async def hand_out(self, request: web.Request) -> web.StreamResponse:
        """Hand out a file's bytes to a token that may read files of its workspace."""
        team, _, number = request.match_info["file"].partition("-")
        secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return await wrecked(
            self._core, request, "download", None, lambda: self._given(team, number, secret)
        )

    def _given(self, team: str, number: str, secret: str) -> web.Response:
        workspace = self._core.world.workspaces.get(team)
        file = None if workspace is None else workspace.files.get(number)
        token = self._core.world.tokens.get(secret)
        allowed = token is not None and token.team == team and "files:read" in token.scopes
        if not allowed or token is None or token.revoked:
            return web.Response(text=LOGIN, content_type="text/html")
        if file is None or file.data is None:
            return web.Response(status=404, text="file not found")
        return web.Response(body=file.data, content_type="application/octet-stream")


async def _sent(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""


def routes(twin: "SlackTwin") -> list[web.RouteDef]:
    """Return where bytes go and come from."""
    bytes_ = Bytes(twin.core)
    return [
        web.post("/upload/v1/{team}/{file}", bytes_.take),
        web.get("/files-pri/{file}/{rest:.*}", bytes_.hand_out),
    ]


METHODS = (
    Method(name="files.getUploadURLExternal", handle=_begin, tier=4, scopes=scopes("files:write")),
    Method(
        name="files.completeUploadExternal", handle=_complete, tier=4, scopes=scopes("files:write")
    ),
    Method(name="files.info", handle=_info, tier=4, scopes=scopes("files:read")),
)
