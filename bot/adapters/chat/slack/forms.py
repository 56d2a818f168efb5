"""Forms on Slack: opened, offered values, tried, and carried out where they were filled in.

Owns what takes a form's place when it is sent. What a form looks like and says is in `modals`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.adapters.chat.slack import modals, render
from bot.adapters.chat.slack.answers import Ack, Answerer, brought, in_time, told
from bot.adapters.chat.slack.asked import Asked, Json
from bot.adapters.chat.slack.carrying import Carrier, trouble
from bot.adapters.chat.slack.showing import LATE, WORKING, Haste, Showing
from bot.adapters.chat.slack.wording import COMMAND
from bot.domain.calls import Reply
from bot.domain.errors import CallError
from bot.domain.messages import Message, Tone, say

REMEMBERED = 200
"""Forms that were sent lately: Slack delivers one again within seconds."""


class Forms:
    """Shows forms and carries out what they say."""

    def __init__(
        self, carrier: Carrier, answerer: Answerer, showing: Showing, haste: Haste
    ) -> None:
        """Carry out by `carrier`.

        Args:
            carrier: Lets the commands carry out what a form says.
            answerer: Shows what takes no form's place.
            showing: Opens and changes forms.
            haste: How long things may take.
        """
        self._carrier = carrier
        self._answerer = answerer
        self._showing = showing
        self._haste = haste
        self._told: OrderedDict[str, asyncio.Future[Any]] = OrderedDict()  # by the form's id

    async def wanted(self, asked: Asked, verb: str, ack: Ack, *, among: bool = False) -> None:
        """Show the form of a command, or that of all.

        Args:
            asked: By whom and where.
            verb: The command; "" for all.
            ack: Tells Slack that it was heard.
            among: Another command can be chosen there instead.
        """
        await ack()
        if await self._carrier.first(asked):
            await brought(
                self._form(asked, verb, among=among) if verb else self._everything(asked), asked
            )

    async def tried(self, asked: Asked, view: Json, ack: Ack) -> None:
        """Try the query of a form that is being filled in, and say there what it brings."""
        await ack()
        if await self._carrier.first(asked):
            await brought(self._try(asked, view), asked)

    async def offered(self, asked: Asked, view: Json, param: str, so_far: str, ack: Ack) -> None:
        """Offer values while somebody types into a menu."""
        sent = modals.sent(view)
        said = replace(sent, args={**sent.args, param: so_far})
        values = await self._carrier.offered(asked, said, param, self._haste.options)
        await ack({"options": modals.options(values, so_far)})

    async def sent(self, asked: Asked, view: Json, ack: Ack) -> None:
        """Carry out a form: its answer takes the form's place, what is wrong stands at its input.

        What is delivered again, because Slack did not hear that it was heard, is told the same.

        Args:
            asked: By whom and where.
            view: The form, with what was filled in.
            ack: Tells Slack that it was heard, and what to show instead of the form.
        """
        if not await self._carrier.first(asked):
            await ack(await self._told_before(asked))
            return
        heard: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._told[asked.id] = heard
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)

        async def tell(said: Mapping[str, Any]) -> None:
            heard.set_result(said)
            await ack(said)

        try:
            await brought(self._sent(asked, view, tell), asked)
        finally:
            heard.cancel()  # does nothing to one that was told

    async def _told_before(self, asked: Asked) -> Mapping[str, Any]:
        """Return what a form was told that is delivered again; another process may have told it."""
        heard = self._told.get(asked.id)
        if heard is not None:
            await asyncio.wait({heard}, timeout=self._haste.form.total_seconds())
            if heard.done() and not heard.cancelled():
                told_: Mapping[str, Any] = heard.result()
                return told_
        return _update(self._showing.view(asked, say("This was sent and answered before.")))

    async def _everything(self, asked: Asked) -> None:
        view = modals.everything(self._carrier.usages, asked.where)
        if not await self._answerer.opened(asked, view):
            words = f"The form did not open. Type {COMMAND} help, or try again."
            await self._showing.private(asked, say(words, tone=Tone.TROUBLE))

    async def _form(self, asked: Asked, verb: str, *, among: bool) -> None:
        try:
            usage = self._carrier.usage(verb)
        except CallError as error:
            await self._answerer.shown(asked, trouble(str(error)))
            return
        others = self._carrier.usages if among else ()
        await self._showing.opened(asked, modals.form(usage, {}, asked.where, among=others))

    async def _try(self, asked: Asked, view: Json) -> None:
        said = modals.sent(view)
        reply = await self._carrier.reply(asked, *modals.tried(said))
        await self._again(asked, view, said, replace(reply.message, buttons=()))

    async def _again(self, asked: Asked, view: Json, said: modals.Sent, told: Message) -> None:
        """Show a form once more as it was filled in, with something told under it."""
        among = self._carrier.usages if modals.chosen_from(view) else ()
        shown = modals.form(
            self._carrier.usage(said.verb),
            said.args,
            asked.where,
            among=among,
            said=render.blocks(told),
            turn=modals.turn_of(view),
        )
        await self._answerer.in_modal(asked, told, asked.view, shown)

    async def _sent(self, asked: Asked, view: Json, ack: Ack) -> None:
        said = modals.sent(view)
        reply = asyncio.create_task(self._carrier.reply(asked, said.verb, said.args, said.files))
        try:
            if await in_time(reply, self._haste.form) and reply.result().private:
                await ack(self._instead(asked, view, reply.result()))
                await self._answerer.with_files(
                    asked, reply.result().message, asked.view, public=False
                )
            else:
                await ack(_update(self._showing.view(asked, WORKING)))
                done = await in_time(reply, self._haste.whole)
                answer = reply.result() if done else Reply(message=LATE)
                if answer.refused:
                    await self._again(asked, view, said, answer.message)
                else:
                    await self._answerer.shown(asked, answer, asked.view)
        finally:
            reply.cancel()
        if asked.where.home:
            await self._answerer.refreshed(asked)

    def _instead(self, asked: Asked, view: Json, reply: Reply) -> Mapping[str, Any]:
        """Return what takes the place of a form: errors at its inputs, a form again, an answer."""
        words = reply.message.as_text()
        errors = modals.wrong(view, reply.param, words) if reply.refused else None
        if errors:
            return {"response_action": "errors", "errors": errors}
        form = modals.form_of(reply.prefill, self._carrier.usages, asked.where)
        return _update(form or self._showing.view(asked, told(asked, reply, public=False)))


def _update(view: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"response_action": "update", "view": dict(view)}
