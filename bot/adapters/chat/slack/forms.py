"""Forms on Slack: opened, offered values, tried, and carried out where they were filled in.

Owns what takes a form's place when it is sent. What a form looks like and says is in `modals`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.adapters.chat.slack import modals, render
from bot.adapters.chat.slack.answers import Ack, Answerer, brought, in_time
from bot.adapters.chat.slack.asked import Asked, Json
from bot.adapters.chat.slack.carrying import Carrier, trouble
from bot.adapters.chat.slack.retold import told
from bot.adapters.chat.slack.showing import LATE, WORKING, Haste, Showing
from bot.adapters.chat.slack.wording import COMMAND
from bot.domain.calls import Reply
from bot.domain.errors import CallError
from bot.domain.messages import Message, say

REMEMBERED = 200
"""Forms that were sent lately: Slack delivers one again within seconds."""
ANSWERED = say("This was sent and answered before.")


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

        The database is not asked before: it may be slow, and Slack opens a form within 3 s only.
        Heard twice, a form opens once.

        Args:
            asked: By whom and where.
            verb: The command; "" for all.
            ack: Tells Slack that it was heard.
            among: Another command can be chosen there instead.
        """
        await ack()
        await brought(self._form(asked, verb, among=among), asked)

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
        if asked.id in self._told:
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
        """Return what a form was told that is delivered again to this process."""
        heard = self._told[asked.id]
        await asyncio.wait({heard}, timeout=self._haste.form.total_seconds())
        if heard.done() and not heard.cancelled():
            told_: Mapping[str, Any] = heard.result()
            return told_
        return _update(self._showing.view(asked, ANSWERED))

    async def _form(self, asked: Asked, verb: str, *, among: bool) -> None:
        """Open the form of a command, or that of all; where it does not open, say so."""
        usages = self._carrier.usages
        try:
            if verb:
                others = usages if among else ()
                usage = self._carrier.usage(verb)
                view = modals.form(usage, {}, asked.where, among=others)
            else:
                view = modals.everything(usages, asked.where)
            words = f"The form did not open. Press again, or type {COMMAND} help."
            opened = await self._answerer.opened(asked, view)
        except CallError as error:
            words, opened = str(error), False
        first = await self._carrier.first(asked)
        if first and not opened:
            await self._answerer.shown(asked, trouble(words))

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
        reply = asyncio.create_task(self._carrier.once(asked, said.verb, said.args, said.files))
        try:
            soon = await in_time(reply, self._haste.form)
            answer = reply.result() if soon else None
            if soon and answer is None:  # another process has it
                await ack(_update(self._showing.view(asked, ANSWERED)))
            elif answer is not None and answer.private:
                await ack(self._instead(asked, view, answer))
                await self._answerer.with_files(asked, answer.message, asked.view, public=False)
            else:
                await ack(_update(self._showing.view(asked, WORKING)))
                await self._late(asked, view, said, reply)
        finally:
            reply.cancel()
        if asked.where.home:
            await self._answerer.refreshed(asked)

    async def _late(
        self, asked: Asked, view: Json, said: modals.Sent, reply: asyncio.Task[Reply | None]
    ) -> None:
        """Show an answer where its coming was said; what is wrong, in the form once more."""
        done = await in_time(reply, self._haste.whole)
        answer = reply.result() if done else Reply(message=LATE, refused=True)
        if answer is None:
            await self._answerer.in_modal(asked, ANSWERED, asked.view)
        elif answer.refused:
            await self._again(asked, view, said, answer.message)
        else:
            await self._answerer.shown(asked, answer, asked.view)

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
