"""Somebody on the twin: where they are, what they see, and how what they do reaches the app."""

from tests.twins.slack.answer import Answer
from tests.twins.slack.asking import CannotAskError
from tests.twins.slack.check import dug
from tests.twins.slack.conversations import open_im
from tests.twins.slack.deliveries import Kind, Outcome
from tests.twins.slack.errors import ApiError
from tests.twins.slack.responses import Answering
from tests.twins.slack.state import Channel, File, Json, Message, User, View, Workspace
from tests.twins.slack.ways import Ways

On = Message | Answer | View
"""What is pressed on: a message, a modal or an App Home, or the answer that showed it."""


class Somebody:
    """A person in one workspace; they may belong to another one (Slack Connect).

    Attributes:
        workspace: Where they are.
        user: Who they are.
        home: The channel that is open before them unless another is named.
    """

    def __init__(self, ways: Ways, workspace: Workspace, user: User, home: Channel | None) -> None:
        """Be somebody."""
        self._ways = ways
        self._core = ways.core
        self.workspace = workspace
        self.user = user
        self.home = home

    @property
    def id(self) -> str:
        """Their id."""
        return self.user.id

    @property
    def stranger(self) -> bool:
        """Whether they belong to another workspace."""
        return self.user.team != self.workspace.id

    @property
    def view(self) -> View | None:
        """The modal that is open on top."""
        return self.workspace.views[self.user.stack[-1]] if self.user.stack else None

    @property
    def app_home(self) -> View | None:
        """What the app has put on their App Home."""
        return None if self.user.home is None else self.workspace.views[self.user.home]

    @property
    def im(self) -> Channel:
        """Their conversation with the app."""
        return open_im(self._core, self.workspace, self.user.id)

    def place(self, channel: Channel | str | None = None) -> Channel:
        """Return where they act; into a public channel they just go.

        Raises:
            CannotAskError: They cannot see it.
        """
        found = self.workspace.named(channel) if isinstance(channel, str) else channel or self.home
        if found is None:
            raise CannotAskError(f"there is no channel {channel!r}; name one, or give a home")
        if found.peer not in (None, self.user.id):
            raise CannotAskError("that is somebody else's conversation")
        if found.private and self.user.id not in found.members:
            raise CannotAskError(f"{self.user.name} does not see #{found.name}")
        found.members.add(self.user.id)
        return found

    def read(
        self, channel: Channel | str | None = None, *, thread: Message | str | None = None
    ) -> list[Message]:
        """Return what they see in a channel, or in a thread with its parent, the oldest first."""
        place, ts = self.place(channel), _ts(thread)
        mine = [m for m in place.ephemerals.values() if m.only_for == self.user.id]
        seen = sorted([*place.messages.values(), *mine], key=lambda m: m.ts)
        if ts is not None:
            return [m for m in seen if ts in (m.ts, m.thread_ts)]
        return [m for m in seen if m.thread_ts is None or m.broadcast]

    def file(self, name: str, data: bytes) -> File:
        """Have a file at Slack that is shown nowhere yet, such as one chosen in a modal."""
        made = File(
            id=self._core.world.id("F"),
            team=self.workspace.id,
            user=self.user.id,
            name=name,
            length=len(data),
            data=data,
            complete=True,
            created=int(self._core.clock.now()),
        )
        self.workspace.files[made.id] = made
        return made

    def _stamp(self) -> str:
        return f"{self._core.clock.now():.6f}"

    def _tell(self, event: Json) -> None:
        self._core.emit(self.workspace.id, event | {"event_ts": self._stamp()})

    def _begin(
        self,
        what: str,
        channel: Channel | None,
        *,
        name: str = "",
        message: Message | None = None,
        replaces: bool = False,
        responses: str | None = None,
    ) -> tuple[Answer, str, Answering | None]:
        """Write down what they do; return its answer, its response_url and what that may do.

        Args:
            what: What they do, in a word.
            channel: Where; None on the App Home and in modals.
            name: What they pressed or called.
            message: What they pressed on.
            replaces: Whether an answer replaces that message unless it says otherwise.
            responses: The kind of response_url: commands or actions; None for none.
        """
        number = self._core.world.id("I")
        where = None if channel is None else channel.id
        self._core.note(
            "asked",
            id=number,
            what=what,
            name=name,
            team=self.workspace.id,
            user=self.user.id,
            channel=where,
        )
        answering, url = None, ""
        if responses is not None and channel is not None:
            answering = Answering(
                id=number,
                workspace=self.workspace,
                channel=channel,
                user=self.user,
                at=self._core.clock.now(),
                message=message,
                replaces=replaces,
            )
            url = self._ways.responses.give(answering, responses)
        answer = Answer(
            self._ways, self.workspace, self.user, where, id_=number, answering=answering
        )
        return answer, url, answering

    def _trigger(self) -> str:
        return self._ways.triggers.give(self.workspace.id, self.user.id)

    async def _interact(self, answer: Answer, payload: Json, *, answers: bool = False) -> Outcome:
        """Tell the app of an interaction; a failure is what they read."""
        if not self._ways.manifest.interactive:
            raise CannotAskError("interactivity is switched off in the app's settings")
        outcome = await self._ways.deliveries.ask(
            Kind.INTERACTIVE, payload, answers=answers, id_=answer.id
        )
        if not outcome.acked:
            answer.failed = f"the app did not respond ({outcome.why})"
        return outcome

    async def _wait(self, answer: Answer, within: float) -> Answer:
        """Return the answer once there is something to see, or after so many real seconds."""
        try:
            return await answer.until(lambda a: a.seen, within)
        except TimeoutError:
            return answer

    def _trouble(self, answer: Answer, error: ApiError, where: str) -> None:
        """Note that the app answered what Slack does not take; the person reads of trouble."""
        answer.failed = f"we had some trouble: {error.error}"
        self._core.note(
            "violation",
            where=where,
            what=error.error,
            messages=error.messages or [],
            asked=answer.id,
        )

    def _surface(self, on: On) -> Message | View:
        """Return what is pressed on, if they see it."""
        surface = (on.view or on.home or on.message) if isinstance(on, Answer) else on
        if surface is None:
            raise CannotAskError("that answer shows nothing")
        if isinstance(surface, View):
            if surface.id not in (self.user.home, *self.user.stack[-1:]):
                raise CannotAskError("that view is not before this person")
            return surface
        channel = self.workspace.channels.get(surface.channel)
        held = None if channel is None else (channel.messages | channel.ephemerals)
        if held is None or held.get(surface.ts) is not surface or surface.tombstone:
            raise CannotAskError("that message is deleted")
        if surface.only_for not in (None, self.user.id):
            raise CannotAskError(f"{self.user.name} does not see that message")
        self.place(channel)
        return surface

    def _channel(self, surface: Message | View) -> Channel | None:
        return self.workspace.channels[surface.channel] if isinstance(surface, Message) else None


def _ts(message: Message | str | None) -> str | None:
    return message.ts if isinstance(message, Message) else message


def thread_of(message: Message | str | None) -> str | None:
    """Return the `ts` of the thread that a message begins or is in."""
    if isinstance(message, Message):
        return message.thread_ts or message.ts
    return message


def option_list(payload: object) -> list[Json]:
    """Return the options of an answer to a load of options, those in groups included."""
    groups = dug(payload, "option_groups") or []
    return [*(dug(payload, "options") or []), *(o for g in groups for o in g["options"])]
