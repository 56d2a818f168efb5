"""What a person sees of the app's answer; it changes as the app goes on."""

from collections.abc import Callable, Iterator
from typing import Any, Self

from tests.twins.slack.check import dug
from tests.twins.slack.responses import Answering
from tests.twins.slack.state import Json, Message, User, View, Workspace
from tests.twins.slack.ways import Ways

SILENT = ("button", "overflow", "static_select", "image")
"""What is pressed or looked at, not read."""


class Answer:
    """A live view of what came of one thing that a person did.

    Attributes:
        id: The delivery's id in the journal; an event's is found there by what it says.
        failed: What the person reads where the app did not answer in time, or wrongly.
        errors: What stands at which inputs of a modal, by block_id.
        options: What a menu with external data offers.
    """

    def __init__(
        self,
        ways: Ways,
        workspace: Workspace,
        user: User,
        channel: str | None,
        *,
        id_: str,
        answering: Answering | None = None,
    ) -> None:
        """Look at what comes from now on."""
        self._ways = ways
        self._workspace = workspace
        self._user = user
        self._channel = channel
        self._answering = answering
        self._since = len(ways.core.journal.entries)
        self.id = id_
        self.failed: str | None = None
        self.errors: dict[str, str] = {}
        self.options: list[Json] = []

    @property
    def messages(self) -> list[Message]:
        """What the app has said since where this person was, to all or to them alone, in order.

        A message that was replaced is the first; what was deleted again is not among them.
        """
        replaced = self._answering.message if self.replaced and self._answering else None
        found = [] if replaced is None else [replaced]
        for kind, entry in self._entries():
            if kind in ("message", "ephemeral") and self._for_me(entry):
                channel = self._workspace.channels[entry["channel"]]
                held = channel.messages if kind == "message" else channel.ephemerals
                found += [held[entry["ts"]]] if entry["ts"] in held else []
        return found

    @property
    def message(self) -> Message | None:
        """The first of them: the answer, or the message that was replaced."""
        return next(iter(self.messages), None)

    @property
    def private(self) -> bool:
        """Whether only this person sees the answer."""
        said = self.messages
        return bool(said) and all(m.only_for == self._user.id for m in said)

    @property
    def replaced(self) -> bool:
        """Whether the message that was pressed on was replaced."""
        return self._answering is not None and self._answering.changed

    @property
    def deleted(self) -> bool:
        """Whether the message that was pressed on was deleted."""
        return self._answering is not None and self._answering.deleted

    @property
    def view(self) -> View | None:
        """The modal on top, if it was opened, pushed or changed since."""
        top = self._user.stack[-1] if self._user.stack else None
        seen = [e["view"] for kind, e in self._entries() if kind == "view"]
        return self._workspace.views[top] if top is not None and top in seen else None

    @property
    def modal(self) -> Json | None:
        """That modal as JSON."""
        return None if self.view is None else self.view.body

    @property
    def home(self) -> View | None:
        """The person's App Home, if it was published since."""
        home = self._user.home
        seen = [e["view"] for kind, e in self._entries() if kind == "view"]
        return self._workspace.views[home] if home is not None and home in seen else None

    @property
    def text(self) -> str:
        """All words that there are to read, a line each."""
        lines = [line for message in self.messages for line in words(message)]
        for view in (self.view, self.home):
            if view is not None:
                lines += view_words(view)
        return "\n".join(lines)

    @property
    def seen(self) -> bool:
        """Whether there is anything to see."""
        changed = self.replaced or self.deleted or self.errors or self.options or self.failed
        return bool(changed or self.messages or self.view or self.home)

    async def until(self, true: Callable[[Self], Any], within: float = 10.0) -> Self:
        """Wait until something is true of this answer.

        Raises:
            TimeoutError: It is not, after so many real seconds.
        """
        await self._ways.core.journal.when(lambda: bool(true(self)), within)
        return self

    def _entries(self) -> Iterator[tuple[str, Json]]:
        for entry in self._ways.core.journal.entries[self._since :]:
            if entry.get("team") == self._workspace.id and self._is_mine(entry):
                yield entry["kind"], entry

    def _is_mine(self, entry: Json) -> bool:
        """Return whether a view is this person's; messages are looked at one by one."""
        return entry["kind"] != "view" or bool(entry["user"] == self._user.id)

    def _for_me(self, entry: Json) -> bool:
        mine = entry["only_for"] == self._user.id
        im = self._workspace.im(self._user.id)
        here = entry["channel"] == self._channel or (im is not None and entry["channel"] == im.id)
        return bool(entry["bot"]) and (mine or (entry["only_for"] is None and here))


def words(message: Message) -> list[str]:
    """Return what can be read in a message: its blocks, or its text where it has none."""
    return list(block_words(message.blocks)) if message.blocks else [message.text]


def view_words(view: View) -> list[str]:
    """Return what can be read in a modal or on a Home: title, blocks, labels and hints."""
    title = dug(view.body, "title", "text")
    return [*([title] if title else []), *block_words(view.body["blocks"])]


def block_words(given: Any) -> Iterator[str]:
    """Yield the texts of blocks in reading order, without those of buttons and menus."""
    if isinstance(given, list):
        for each in given:
            yield from block_words(each)
    elif isinstance(given, dict) and given.get("type") not in SILENT:
        if isinstance(given.get("text"), str):
            yield given["text"]
        for name, each in given.items():
            if name not in ("placeholder", "confirm", "options"):
                yield from block_words(each)
