"""People press buttons, choose in menus, fill in modals and send them."""

from collections.abc import Mapping
from typing import Any

from tests.twins.slack.answer import Answer
from tests.twins.slack.asking import (
    EXTERNAL,
    CannotAskError,
    Found,
    menu,
    pressed,
    value_of,
)
from tests.twins.slack.check import Check, dug
from tests.twins.slack.elements import check_menu
from tests.twins.slack.errors import ApiError
from tests.twins.slack.modals import answered, need_complete, state_of
from tests.twins.slack.payloads import (
    actions_payload,
    closed_payload,
    message_place,
    submission_payload,
    suggestion_payload,
    view_place,
)
from tests.twins.slack.people import On, Somebody, option_list
from tests.twins.slack.shapes import file_json, message_json, view_json
from tests.twins.slack.state import Channel, Json, Message, View
from tests.twins.slack.viewing import close


class Presser(Somebody):
    """Somebody who presses and fills in."""

    async def click(
        self, on: On, what: str, *, nth: int | None = None, within: float = 10.0
    ) -> Answer:
        """Press a button, or choose an entry of an overflow menu.

        Args:
            on: The message or view.
            what: Its text, action_id or value.
            nth: Which, from 1, where several are called so.
            within: How many real seconds to wait for something to see.

        Raises:
            CannotAskError: It is not there, or they do not see it.
        """
        surface = self._surface(on)
        found, state = pressed(_blocks(surface), what, nth)
        return await self._act(surface, found, state, what, within)

    async def select(
        self, on: On, what: str, value: Any, *, nth: int | None = None, within: float = 10.0
    ) -> Answer:
        """Choose in a menu, a picker or boxes that tell the app at once.

        Args:
            on: The message or view.
            what: The menu's placeholder, label or action_id.
            value: The text or value of an option, or a list of them; an id; a date.
            nth: Which, from 1, where several are called so.
            within: How many real seconds to wait for something to see.

        Raises:
            CannotAskError: It is not there, or does not offer that.
        """
        surface = self._surface(on)
        found = menu(_blocks(surface), what, nth)
        state = value_of(found, value, self._loaded(surface, found))
        if isinstance(surface, View):
            self._ways.filled.setdefault(surface.id, {})[found.place] = state
        sent = {name: each for name, each in state.items() if name != "type"}
        return await self._act(surface, found, sent, what, within)

    async def options(self, on: On, what: str, typed: str = "") -> list[Json]:
        """Type in a menu with external data and return what it offers.

        Raises:
            CannotAskError: It has no external data, or wants more characters before it asks.
        """
        surface = self._surface(on)
        found = menu(_blocks(surface), what)
        if found.kind not in EXTERNAL:
            raise CannotAskError(f"{what!r} has its options already")
        if len(typed) < found.element.get("min_query_length", 3):
            raise CannotAskError(f"{what!r} asks only after more than {len(typed)} characters")
        channel = self._channel(surface)
        answer, _, _ = self._begin("options", channel, name=what)
        element = {"action_id": found.place[1], "block_id": found.place[0]}
        payload = suggestion_payload(
            self._core.world,
            self.workspace,
            self.user,
            element,
            value=typed,
            place=self._where(surface, channel, ""),
        )
        outcome = await self._interact(answer, payload, answers=True)
        check = Check()
        if outcome.acked and check.shape(outcome.payload, "", (), ("options", "option_groups")):
            check_menu(check, outcome.payload, "")
        if check.faults:
            self._trouble(answer, ApiError("invalid_options", check.faults), "options")
        offered = [] if check.faults else option_list(outcome.payload)
        self._ways.loaded[(_name(surface), *found.place)] = offered
        return offered

    def fill(self, on: On, values: Mapping[str, Any]) -> View:
        """Fill in a modal's inputs, named by label, placeholder or action_id, without sending it.

        A menu takes the text or value of an option, boxes and menus of many a list of them, a
        file input a list of (name, bytes).

        Raises:
            CannotAskError: An input is not there, or does not take that.
        """
        view = self._surface(on)
        if not isinstance(view, View):
            raise CannotAskError("a message has nothing to fill in")
        held = self._ways.filled.setdefault(view.id, {})
        for what, value in values.items():
            found = menu(view.body["blocks"], what)
            given = value
            if found.kind == "file_input":
                given = [file_json(self._core, self.file(name, data)) for name, data in value]
            held[found.place] = value_of(found, given, self._loaded(view, found))
        return view

    async def submit(
        self, on: On, values: Mapping[str, Any] | None = None, *, within: float = 10.0
    ) -> Answer:
        """Fill in the modal on top as `fill` does, and send it.

        The answer's `errors` are what stands at the inputs then; else the modal has closed, or is
        another one. With nothing to see after the acknowledgement, that is all that came.

        Raises:
            CannotAskError: Something is missing, or the modal cannot be sent.
        """
        view = self.fill(on, values or {})
        if view.body["type"] != "modal" or view.body.get("submit") is None:
            raise CannotAskError("this view has nothing to send it with")
        filled = self._ways.filled[view.id]
        need_complete(view.body["blocks"], filled)
        answer, _, _ = self._begin("submit", self.home, name=view.body.get("callback_id", ""))
        told = view_json(view) | {"state": {"values": state_of(view.body["blocks"], filled)}}
        payload = submission_payload(
            self._core.world, self.workspace, self.user, told, trigger=self._trigger()
        )
        outcome = await self._interact(answer, payload, answers=True)
        if not outcome.acked:
            return answer
        try:
            answer.errors = answered(self._core, self.workspace, self.user, view, outcome.payload)
        except ApiError as error:
            self._trouble(answer, error, "response_action")
        return await self._wait(answer, within)

    async def close(self, *, everything: bool = False) -> None:
        """Close the modal on top, or all of them; the app hears of it where it wants to."""
        view = self.view
        if view is None:
            raise CannotAskError("no modal is open")
        every = everything or bool(view.body.get("clear_on_close"))
        close(self._core, self.user, everything=every)
        if view.body.get("notify_on_close"):
            answer, _, _ = self._begin("close", None, name=view.body.get("callback_id", ""))
            payload = closed_payload(
                self._core.world, self.workspace, self.user, view_json(view), all_of_them=every
            )
            await self._interact(answer, payload)

    async def _act(
        self, surface: Message | View, found: Found, state: Json, what: str, within: float
    ) -> Answer:
        """Tell the app what was pressed or chosen, and wait for what comes back."""
        channel = self._channel(surface)
        answer, url, _ = self._begin(
            "press",
            channel or self.home,
            name=what,
            message=surface if isinstance(surface, Message) else None,
            replaces=True,
            responses=None if channel is None else "actions",
        )
        action = {
            "type": found.kind,
            "action_id": found.place[1],
            "block_id": found.place[0],
            **state,
            "action_ts": self._stamp(),
        }
        filled = self._ways.filled.get(_name(surface), {})
        payload = actions_payload(
            self._core.world,
            self.workspace,
            self.user,
            [action],
            trigger=self._trigger(),
            place=self._where(surface, channel, url),
            state=state_of(_blocks(surface), filled),
        )
        outcome = await self._interact(answer, payload)
        return await self._wait(answer, within) if outcome.acked else answer

    def _where(self, surface: Message | View, channel: Channel | None, url: str) -> Json:
        if isinstance(surface, View):
            filled = self._ways.filled.get(surface.id, {})
            values = state_of(surface.body["blocks"], filled)
            return view_place(view_json(surface) | {"state": {"values": values}})
        if channel is None:
            raise CannotAskError("a message is always somewhere")
        told = message_json(self._core, surface, channel)
        return message_place(channel, told, url, ephemeral=surface.only_for is not None)

    def _loaded(self, surface: Message | View, found: Found) -> list[Json]:
        first = found.element.get("initial_option")
        more = [first] if first else dug(found.element, "initial_options") or []
        return [*self._ways.loaded.get((_name(surface), *found.place), []), *more]


def _blocks(surface: Message | View) -> list[Json]:
    return surface.blocks if isinstance(surface, Message) else surface.body["blocks"]


def _name(surface: Message | View) -> str:
    return surface.id if isinstance(surface, View) else f"{surface.channel}/{surface.ts}"
