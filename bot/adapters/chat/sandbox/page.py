"""The sandbox for people: the chat page, its forms, its files and its live events.

Every view gives a whole page, and every form works without a script: htmx takes the part that it
needs, the page's own script the events. What a message looks like is `render`'s.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.adapters.chat.sandbox.api import (
    BadRequestError,
    channel_name,
    failed,
    files_for,
    number,
    said_text,
    user_name,
)
from bot.adapters.chat.sandbox.guard import token, token_fits
from bot.adapters.chat.sandbox.live import live
from bot.adapters.chat.sandbox.parts import Parts
from bot.adapters.chat.sandbox.records import MissingError, Post
from bot.adapters.chat.sandbox.render import PICTURES, by_parent, viewed
from bot.adapters.chat.sandbox.talk import Said

SESSION, USER, THEME = "newsthread_session", "newsthread_user", "newsthread_theme"
USERS = ("reader", "editor", "admin")
PAGE = 50  # messages at once

_View = Callable[[Request], Awaitable[Response]]


class _ForeignFormError(Exception):
    """A form without the token of its session."""


class Page:
    """The views."""

    def __init__(self, parts: Parts, tick: float) -> None:
        """Use `page_routes`."""
        self._parts = parts
        self._tick = tick

    async def home(self, request: Request) -> Response:
        """Lead to the first channel with messages, or say that there is no channel yet."""
        rooms = await self._parts.rooms.rooms()
        if rooms:
            first = next((room for room in rooms if room.messages), rooms[0])
            return RedirectResponse(f"/c/{quote(first.id)}", 303)
        return await self._shown(request, channel="", posts=(), rev=0)

    async def channel(self, request: Request) -> Response:
        """Show a channel, with a thread of it if the path names one."""
        channel, user = request.path_params["channel"], _user(request)
        rooms = self._parts.rooms
        rev = await rooms.rev()  # before reading: what changes meanwhile comes as an event
        before = request.query_params.get("before")
        posts = await rooms.read(
            channel, person=user, before=number(before) if before else None, limit=PAGE
        )
        root: Post | None = None
        replies: tuple[Post, ...] = ()
        if thread := request.path_params.get("thread"):
            root = await rooms.get(number(thread), user)
            replies = await rooms.read(channel, thread=root.id, person=user, limit=200)
        if posts:
            await rooms.saw(user, channel, posts[-1].id)
        return await self._shown(
            request,
            channel=channel,
            posts=posts,
            rev=rev,
            root=root,
            replies=replies,
            past=bool(before),
        )

    async def permalink(self, request: Request) -> Response:
        """Lead to where a message stands."""
        post = await self._parts.rooms.get(number(request.path_params["message"]), _user(request))
        at = f"/c/{quote(post.channel)}"
        if post.thread is not None:
            return RedirectResponse(f"{at}/t/{post.thread}#m{post.id}", 303)
        newest = await self._parts.rooms.read(post.channel, person=_user(request), limit=PAGE)
        past = "" if post.id in {other.id for other in newest} else f"?before={post.id + 1}"
        return RedirectResponse(f"{at}{past}#m{post.id}", 303)

    async def file(self, request: Request) -> Response:
        """Give a file of a message to whoever sees the message."""
        post = await self._parts.rooms.get(number(request.path_params["message"]), _user(request))
        files, index = post.message.files, number(request.path_params["number"])
        if index >= len(files):
            raise MissingError("There is no such file.", "The message may have changed.")
        file = files[index]
        shown = file.mime in PICTURES
        where = "inline" if shown else f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        return Response(
            file.data,
            media_type=file.mime if shown else "application/octet-stream",
            headers={"content-disposition": where},
        )

    async def say(self, request: Request) -> Response:
        """Take what a person typed."""
        form = await self._form(request)
        thread, text = form.get("thread", ""), said_text(form.get("text", ""))
        given = {"name": form.get("file_name", ""), "data": form.get("file", "")}
        said = await self._parts.talk.say(
            request.path_params["channel"],
            text,
            _user(request),
            number(thread) if thread else None,
            files_for(text, [given] if given["data"] else []),
        )
        return self._answered(request, said)

    async def press(self, request: Request) -> Response:
        """Take the press of a button."""
        form = await self._form(request)
        said = await self._parts.talk.press(
            number(request.path_params["message"]), form.get("action", ""), _user(request)
        )
        return self._answered(request, said)

    async def dismiss(self, request: Request) -> Response:
        """Take a private answer away, with the command that it answered."""
        await self._form(request)
        rooms, user = self._parts.rooms, _user(request)
        post = await rooms.get(number(request.path_params["message"]), user)
        await rooms.dismiss(post.id, user)
        gone = [post.id]
        if post.under is not None:
            above = await rooms.get(post.under, None)
            if above.viewer == user and above.author == user:
                await rooms.dismiss(above.id, user)
                gone.append(above.id)
        self._parts.hub.ring()
        if _by_htmx(request):
            return HTMLResponse("".join(f'<i data-gone="{number}"></i>' for number in gone))
        return RedirectResponse(_back(post), 303)

    async def seen(self, request: Request) -> Response:
        """Note that a person has a message before their eyes."""
        form = await self._form(request)
        channel = request.path_params["channel"]
        await self._parts.rooms.saw(_user(request), channel, number(form.get("message", "")))
        self._parts.hub.ring()
        return Response(status_code=204)

    async def be(self, request: Request) -> Response:
        """Become another person."""
        form = await self._form(request)
        name = user_name(form.get("user", "")) or "reader"
        back = urlsplit(form.get("back", "")).path
        answer = RedirectResponse(back if back.startswith("/c/") else "/", 303)
        answer.set_cookie(USER, quote(name), max_age=31_536_000, samesite="lax")
        return answer

    async def make(self, request: Request) -> Response:
        """Make a channel."""
        form = await self._form(request)
        name = channel_name(form.get("name", ""))
        await self._parts.rooms.open(name)
        self._parts.hub.ring()
        return RedirectResponse(f"/c/{quote(name)}", 303)

    async def events(self, request: Request) -> Response:
        """Send what changes, as it changes."""
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        after = number(last) if last else await self._parts.rooms.rev()
        csrf = await self._token(request.cookies.get(SESSION, ""))
        return live(self._parts, _user(request), after, csrf, self._tick)

    def answering(self, view: _View) -> _View:
        """Return a view whose errors are pages, or JSON where a script asked."""

        async def answered(request: Request) -> Response:
            try:
                return await view(request)
            except MissingError as error:
                return await self._no(request, 404, error.what, error.remedy)
            except BadRequestError as error:
                return await self._no(request, 400, error.what, error.remedy)
            except _ForeignFormError:
                return await self._no(
                    request, 403, "This page is out of date.", "Reload it, then try again."
                )

        return answered

    async def _no(self, request: Request, status: int, what: str, remedy: str) -> Response:
        if _by_htmx(request) or "text/html" not in request.headers.get("accept", "text/html"):
            return failed(status, what, remedy)
        page = self._parts.renderer.templates.get_template("error.html")
        theme = _theme(request)
        return HTMLResponse(page.render(what=what, remedy=remedy, theme=theme), status)

    async def _shown(
        self,
        request: Request,
        *,
        channel: str,
        posts: tuple[Post, ...],
        rev: int,
        root: Post | None = None,
        replies: tuple[Post, ...] = (),
        past: bool = False,
    ) -> Response:
        parts, user = self._parts, _user(request)
        session = request.cookies.get(SESSION, "") or secrets.token_urlsafe(18)
        csrf = await self._token(session)
        topics = await parts.topics()
        page = parts.renderer.templates.get_template("page.html")
        html = page.render(
            channel=channel,
            topic=topics.get(channel, ""),
            rooms=await parts.rooms.rooms(user),
            topics=topics,
            messages=self._list(posts, csrf),
            older=posts[0].id if len(posts) == PAGE else None,
            past=past,
            root=root,
            root_view=viewed(root.message) if root else None,
            replies=self._list(replies, csrf),
            user=user,
            users=USERS if user in USERS else (*USERS, user),
            status=await parts.status(),
            theme=_theme(request),
            csrf=csrf,
            rev=rev,
        )
        answer = HTMLResponse(html, headers={"vary": "cookie"})
        if SESSION not in request.cookies:
            answer.set_cookie(SESSION, session, max_age=31_536_000, httponly=True, samesite="lax")
        return answer

    def _list(self, posts: tuple[Post, ...], csrf: str) -> list[str]:
        """Return the HTML of messages, private answers under theirs; their template escapes it."""
        alone, below = by_parent(posts)
        html = self._parts.renderer.html
        return [
            html(
                post, csrf=csrf, under=[html(other, csrf=csrf) for other in below.get(post.id, ())]
            )
            for post in alone
        ]

    def _answered(self, request: Request, said: Said) -> Response:
        last = said.answers[-1] if said.answers else said.message
        if not _by_htmx(request):
            return RedirectResponse(_back(last), 303)
        csrf = str(request.state.csrf)
        posts = said.answers if said.pressed else (said.message, *said.answers)
        html = "".join(self._parts.renderer.html(post, csrf=csrf) for post in posts)
        return HTMLResponse(html)

    async def _form(self, request: Request) -> Mapping[str, str]:
        body = (await request.body()).decode("utf-8", "replace")
        try:
            values = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=20))
        except ValueError as error:
            raise BadRequestError("The form has too many fields.", "Reload the page.") from error
        session, csrf = request.cookies.get(SESSION, ""), values.get("csrf", "")
        if not token_fits(await self._parts.rooms.secret(), session, csrf):
            raise _ForeignFormError
        request.state.csrf = csrf
        return values

    async def _token(self, session: str) -> str:
        return token(await self._parts.rooms.secret(), session) if session else ""


def page_routes(parts: Parts, tick: float) -> list[BaseRoute]:
    """Return the page and all that belongs to it."""
    page = Page(parts, tick)
    views: list[tuple[str, _View, str]] = [
        ("/", page.home, "GET"),
        ("/c/{channel}", page.channel, "GET"),
        ("/c/{channel}/t/{thread}", page.channel, "GET"),
        ("/m/{message}", page.permalink, "GET"),
        ("/files/{message}/{number}", page.file, "GET"),
        ("/events", page.events, "GET"),
        ("/c/{channel}/say", page.say, "POST"),
        ("/c/{channel}/seen", page.seen, "POST"),
        ("/messages/{message}/press", page.press, "POST"),
        ("/messages/{message}/dismiss", page.dismiss, "POST"),
        ("/user", page.be, "POST"),
        ("/channels", page.make, "POST"),
    ]
    return [
        *(Route(path, page.answering(view), methods=[method]) for path, view, method in views),
        Mount("/static", StaticFiles(packages=[("bot.adapters.chat.sandbox", "static")])),
    ]


def _user(request: Request) -> str:
    name = request.cookies.get(USER, "")
    try:
        return user_name(unquote(name)) or "reader"
    except BadRequestError:
        return "reader"


def _theme(request: Request) -> str:
    theme = request.cookies.get(THEME, "")
    return theme if theme in ("light", "dark") else ""


def _by_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _back(post: Post) -> str:
    thread = f"/t/{post.thread}" if post.thread is not None else ""
    return f"/c/{quote(post.channel)}{thread}#m{post.id}"
