"""What people do in the sandbox: say something, press a button, complete a line.

Turns it into a `Call`, as Discord's and Slack's listeners do, and keeps the answers. Which commands
there are and what they do is the dispatcher's; who may do what, too: here a name gives the role.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from bot.adapters.chat.sandbox.hub import Hub
from bot.adapters.chat.sandbox.records import BOT, MissingError, Post
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.domain.calls import Call, Kind, Person, Reply, Role, Upload, Usage
from bot.domain.errors import CallError
from bot.domain.lines import parse_line, read_action
from bot.domain.messages import Posted, Tone, say
from bot.domain.private import without_secrets
from bot.domain.watches import LOCAL, Channel, Scope
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock

SCOPE = Scope("sandbox", LOCAL)
MOST_TEXT = 4_000  # characters that a person can say at once, as on Discord
MENTION = "@newsthread"


@dataclass(frozen=True, slots=True)
class Said:
    """What came of it."""

    message: Post  # what the person said, or whose button they pressed
    answers: tuple[Post, ...]
    pressed: bool = False


class Talk:
    """The people's side of the sandbox."""

    def __init__(self, rooms: Rooms, hub: Hub, dispatcher: Dispatcher, clock: Clock) -> None:
        """Keep messages in `rooms`, and let `dispatcher` answer."""
        self._rooms = rooms
        self._hub = hub
        self._dispatcher = dispatcher
        self._clock = clock

    async def say(
        self,
        channel: str,
        text: str,
        user: str,
        thread: int | None,
        files: Sequence[Upload] = (),
    ) -> Said:
        """Post what a person typed; a command is not posted but answered, and takes the files.

        Raises:
            MissingError: There is no such channel or thread.
        """
        line = command_line(text)
        echo, _ = await self._rooms.add(
            say(without_secrets(text) if line else text),  # a feed's password may be typed here
            channel,
            self._clock(),
            author=user,
            thread=thread,
            viewer=user if line else "",
        )
        answers: tuple[Post, ...] = ()
        if line:
            self._hub.ring()  # what was typed is seen at once, however long the answer takes
            reply = await self._carried_out(line, channel, user, thread, files)
            answers = (await self._keep(reply, channel, user, thread, echo),)
        self._hub.ring()
        return Said(await self._rooms.get(echo, user), answers)

    async def press(self, message: int, action: str, user: str) -> Said:
        """Press a button: its action, its verb, or its label in lower case with hyphens.

        Raises:
            MissingError: There is no such message or button.
        """
        post = await self._rooms.get(message, user)
        verb, args = read_action(_button(post, action))
        about = post.thread or (None if post.private else post.id)
        reply = await self._dispatcher.answer(self._call(verb, args, post.channel, user, about))
        if post.private and reply.replaces:
            answer = await self._replace(post, reply, user)
        else:
            under = post.under or post.id
            answer = await self._keep(reply, post.channel, user, post.thread, under)
        self._hub.ring()
        return Said(post, (answer,), pressed=True)

    async def values(
        self,
        verb: str,
        args: Mapping[str, str],
        param: str,
        *,
        channel: str,
        user: str,
        thread: int | None,
    ) -> tuple[str, ...]:
        """Return what fits the value of a parameter that is being typed."""
        call = self._call(verb, args, channel, user, thread)
        return await self._dispatcher.complete(call, param)

    def _call(
        self, verb: str, args: Mapping[str, str], channel: str, user: str, thread: int | None
    ) -> Call:
        where = Channel(SCOPE, channel)
        return Call(
            verb=verb,
            args=args,
            person=person(user),
            channel=where,
            thread=None if thread is None else Posted(where, str(thread)),
            at=self._clock(),
        )

    async def _carried_out(
        self, line: str, channel: str, user: str, thread: int | None, files: Sequence[Upload]
    ) -> Reply:
        try:
            verb, args = parse_line(line, self._dispatcher.usages)
            given = _by_param(verb, files, self._dispatcher.usages)
        except CallError as error:
            return Reply(message=say(str(error), tone=Tone.TROUBLE))
        call = self._call(verb, dict(args), channel, user, thread)
        return await self._dispatcher.answer(replace(call, files=given))

    async def _keep(
        self, reply: Reply, channel: str, user: str, thread: int | None, under: int
    ) -> Post:
        message, _ = await self._rooms.add(
            reply.message,
            channel,
            self._clock(),
            author=BOT,
            thread=thread,
            viewer=user if reply.private else "",
            under=under if reply.private else None,
            prefill=reply.prefill,
        )
        return await self._rooms.get(message, user)

    async def _replace(self, post: Post, reply: Reply, user: str) -> Post:
        """Put an answer in the place of the private one; a public one makes it go away."""
        if reply.private:
            await self._rooms.change(post.id, reply.message, self._clock(), reply.prefill)
            return await self._rooms.get(post.id, user)
        answer = await self._keep(reply, post.channel, user, post.thread, post.id)
        await self._rooms.dismiss(post.id, user)
        return answer


def person(user: str) -> Person:
    """Return who is meant by a name: `editor` and `admin` have those roles, all others read."""
    role = {"editor": Role.EDITOR, "admin": Role.ADMIN}.get(user, Role.READER)
    return Person(scope=SCOPE, id=user, name=user, role=role)


def command_line(text: str) -> str:
    """Return `/verb …` if the text is a command: it begins with a slash, or with `@newsthread`."""
    line = text.strip()
    if line.casefold().startswith(MENTION) and not line[len(MENTION) :][:1].strip():
        return f"/{line[len(MENTION) :].strip().removeprefix('/')}"
    return line if line.startswith("/") and not line.startswith("//") else ""


def _by_param(verb: str, files: Sequence[Upload], usages: Sequence[Usage]) -> dict[str, Upload]:
    """Return files by the names of the command's params that take one, in order.

    Raises:
        CallError: There are more files than it takes.
    """
    usage = next(one for one in usages if one.verb == verb)
    names = [param.name for param in usage.params if param.kind is Kind.FILE]
    if len(files) > len(names):
        raise CallError(f"/{verb} takes {len(names) or 'no'} file{'s' * (len(names) != 1)}.")
    return dict(zip(names, files, strict=False))


def _button(post: Post, action: str) -> str:
    asked = (action, unquote(action))
    buttons = post.message.buttons
    for name in (
        lambda b: b.action,
        lambda b: _slug(b.label),
        lambda b: _slug(b.label.rstrip("0123456789 ")),
        lambda b: b.action.partition(":")[0],
    ):
        for button in buttons:
            if name(button) in asked:
                return button.action
    known = ", ".join(_slug(button.label) for button in buttons) or "none"
    raise MissingError(
        f"Message {post.id} has no button “{action[:80]}”.", f"Its buttons are: {known}."
    )


def _slug(label: str) -> str:
    kept = "".join(c if c.isalnum() else " " for c in label.casefold().replace("'", ""))
    return "-".join(kept.split())
