"""Answers to what people ask on Slack, in time.

Owns the platform's deadlines: what is asked is acknowledged within 3 s, and what takes longer than
a moment is said to be under way. Forms are `forms`' own; by which request an answer reaches a
person is in `showing`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from bot.adapters.chat.slack import home, modals
from bot.adapters.chat.slack.asked import MENUS, Asked, Json
from bot.adapters.chat.slack.carrying import (
    NO_FILES,
    Carrier,
    by_param,
    check_people,
    trouble,
)
from bot.adapters.chat.slack.retold import told, with_line, with_usage
from bot.adapters.chat.slack.showing import LATE, WORKING, Haste, Showing
from bot.adapters.chat.slack.typed import links
from bot.adapters.chat.slack.wording import COMMAND
from bot.domain.calls import Reply, Usage
from bot.domain.errors import CallError, DeliveryError, RefusedError
from bot.domain.lines import parse_line, read_action, write_line
from bot.domain.messages import Message, Paragraph, Run, Style, Tone, say, text

log = structlog.get_logger()

IMPORT = "feed import"
"""What a file is for that comes without words."""

Ack = Callable[..., Awaitable[Any]]
"""Tells Slack that it was heard, within 3 s; perhaps with what is to be shown at once."""


class Answerer:
    """Answers what is typed, said and pressed."""

    def __init__(self, carrier: Carrier, showing: Showing, haste: Haste) -> None:
        """Bring what `carrier` says by `showing`; `haste` says how long things may take."""
        self._carrier = carrier
        self._showing = showing
        self._haste = haste

    async def command(self, asked: Asked, line: str, ack: Ack) -> None:
        """Answer a slash command.

        Args:
            asked: By whom and where.
            line: The verb and what follows, as it was typed; not empty.
            ack: Tells Slack that it was heard.
        """
        await ack()
        await brought(self._line(asked, line), asked)

    async def said(self, asked: Asked, line: str, files: Sequence[Json] = ()) -> None:
        """Answer what was said to the bot, in a channel, a thread or in direct messages.

        Args:
            asked: By whom and where.
            line: What was said, as it was typed.
            files: Those given with it, as Slack describes them.
        """
        words = line or (IMPORT if files else "help")
        await brought(self._line(asked, words, files), asked)

    async def pressed(self, asked: Asked, action: str, ack: Ack) -> None:
        """Carry out a button's action."""
        await ack()
        await brought(self._run(asked, *read_action(action)), asked)

    async def menu(self, asked: Asked, id_: str, message: Json, ack: Ack) -> None:
        """Carry out a shortcut on a message."""
        await ack()
        await brought(self._menu(asked, id_, message), asked)

    async def home(self, asked: Asked) -> None:
        """Show a person the App Home: what is set up here and how it does."""
        await brought(self.refreshed(asked), asked)

    async def shown(self, asked: Asked, reply: Reply, view: str = "") -> None:
        """Show an answer: as a form where there is something to finish, else as a message.

        Args:
            asked: Where and by whom it was asked.
            reply: What the command answers.
            view: The modal in which it is shown, where one is open already.
        """
        form = modals.form_of(reply.prefill, self._carrier.usages, asked.where)
        if form is not None and await self.opened(asked, form, view):
            return
        public = not reply.private and bool(asked.where.channel)
        message = told(asked, reply, public=public)
        if public:
            message = await self._posted(asked, message, replaces=reply.replaces)
        if asked.view or asked.where.home:
            view = await self.in_modal(asked, message, view)
        elif not public or message.tone is Tone.TROUBLE:
            await self._showing.private(asked, message, replaces=reply.replaces)
        await self.with_files(asked, reply.message, view, public=public)

    async def opened(self, asked: Asked, form: Mapping[str, Any], view: str = "") -> bool:
        """Open a form; say whether that was still possible."""
        try:
            if view:
                await self._showing.changed(asked, view, form)
            else:
                await self._showing.opened(asked, form)
        except (DeliveryError, TimeoutError) as error:
            log.info("form_not_opened", reason=reason(error))
            return False
        return True

    async def in_modal(
        self, asked: Asked, message: Message, view: str, form: Mapping[str, Any] | None = None
    ) -> str:
        """Show an answer in a modal; as a message, where that is closed meanwhile, or too late.

        Args:
            asked: Where and by whom it was asked.
            message: The answer.
            view: The modal that is open; "" opens one.
            form: The form that shows the message, instead of the message alone.

        Returns:
            The modal's id; "" where there is none.

        Raises:
            DeliveryError: Nobody can be shown it.
            TimeoutError: The time is up.
        """
        shown = form or self._showing.view(asked, message)
        try:
            if not view:
                return await self._showing.opened(asked, shown)
            await self._showing.changed(asked, view, shown)
        except (RefusedError, TimeoutError) as error:
            log.info("not_shown_in_a_modal", reason=reason(error))
            await self._showing.private(asked, message)
            return ""
        return view

    async def with_files(
        self, asked: Asked, message: Message, view: str = "", *, public: bool
    ) -> None:
        """Bring an answer's files; say why, where they cannot be brought."""
        if not message.files:
            return
        try:
            await self._showing.files(asked, message, public=public)
        except (DeliveryError, TimeoutError) as error:
            why = say(f"The file could not be brought: {reason(error)}.", tone=Tone.TROUBLE)
            if view:
                await self._showing.changed(asked, view, self._showing.view(asked, why))
            else:
                await self._showing.private(asked, why)

    async def refreshed(self, asked: Asked) -> None:
        """Show the App Home as things are now.

        Raises:
            DeliveryError: Slack does not show it.
            TimeoutError: The time is up.
        """
        replies = [await self._carrier.reply(asked, verb, {}) for verb in home.SECTIONS]
        role = await self._carrier.role(asked)
        view = home.home([reply.message for reply in replies], role)
        await self._showing.published(asked, view)

    async def _line(self, asked: Asked, line: str, files: Sequence[Json] = ()) -> None:
        """Carry out a typed line; where it is refused, say how the command is written."""
        try:
            verb, args = parse_line(line, self._carrier.usages)
            usage = self._carrier.usage(verb)
            given = by_param(usage, files)
            check_people(usage, args)
        except CallError as error:
            await self._refused(asked, with_line(trouble(str(error)), line))
        else:
            await self._run(asked, verb, args, given, typed_as=usage, line=line)

    async def _run(
        self,
        asked: Asked,
        verb: str,
        args: Mapping[str, str],
        files: Mapping[str, Json] = NO_FILES,
        *,
        typed_as: Usage | None = None,
        line: str = "",
    ) -> None:
        """Carry out a command and show its answer; say that it is under way if that takes long.

        Whether it was heard before is asked on the way, so that a busy database holds up no word.

        Args:
            asked: By whom and where.
            verb: The command.
            args: Its arguments.
            files: Its files, as Slack describes them.
            typed_as: The command, where it was typed: a verb alone that needs more opens its form,
                and what is wrong is answered with how it is written.
            line: What was typed, which Slack does not keep: shown again where it is refused.
        """
        reply = asyncio.create_task(self._carrier.once(asked, verb, args, files))
        view = ""
        opens = asked.where.home and not asked.view  # a modal, for which there is less time
        try:
            if not await in_time(reply, self._haste.form if opens else self._haste.at_once):
                asked, view = await self._working(asked)
            done = await in_time(reply, self._haste.whole)
            answer = reply.result() if done else Reply(message=LATE, refused=True)
        finally:
            reply.cancel()
        if answer is None:
            return
        if answer.param and typed_as is not None:
            alone = bool(asked.trigger) and not args
            if alone and await self.opened(asked, modals.form(typed_as, {}, asked.where)):
                return
            answer = replace(answer, message=with_usage(answer.message, typed_as))
        if answer.refused:
            answer = with_line(answer, line)
        await self.shown(asked, answer, view)
        if asked.where.home:
            await self.refreshed(asked)

    async def _working(self, asked: Asked) -> tuple[Asked, str]:
        """Say that the answer is under way.

        Returns:
            What is asked, with the message that its answer takes the place of, where Slack lets it;
            and the modal that says it, where it is one.
        """
        try:
            if asked.view or asked.where.home:
                view = await self._showing.opened(asked, self._showing.view(asked, WORKING))
                return asked, view
            return replace(asked, stands=await self._showing.private(asked, WORKING)), ""
        except (DeliveryError, TimeoutError) as error:
            log.info("not_said_to_be_under_way", id=asked.id, reason=reason(error))
        return asked, ""

    async def _refused(self, asked: Asked, reply: Reply) -> None:
        """Show what no command has to be asked for: what is wrong, or a form."""
        if await self._carrier.first(asked):
            await self.shown(asked, reply)

    async def _posted(self, asked: Asked, message: Message, *, replaces: bool) -> Message:
        """Post an answer for everybody; return what its caller is told."""
        try:
            await self._showing.public(asked, message, replaces=replaces)
        except (DeliveryError, TimeoutError) as error:
            why = f"It could not be shown to everybody here: {reason(error)}."
            return say(why, tone=Tone.TROUBLE)
        where = Run(f"#{asked.where.channel}", Style.CHANNEL)
        said = Paragraph(text("Posted in ", where, "."))
        return Message(title="", blocks=(said,), notice="Posted", tone=Tone.GOOD)

    async def _menu(self, asked: Asked, id_: str, message: Json) -> None:
        menu = next((one for one in MENUS if one.id == id_), None)
        link = next(links(message), "") if menu is not None and menu.link else ""
        if menu is None:
            gone = "That shortcut is gone: reload Slack to see the present ones."
            await self._refused(asked, trouble(gone))
        elif menu.link and not link:
            none = f"There is no link in that message. Use {COMMAND} {menu.verb} with the address."
            await self._refused(asked, trouble(none))
        elif menu.link and not asked.thread:  # people are asked which story it belongs to
            line = write_line(self._carrier.usage(menu.verb), {"url": link})
            await self._refused(asked, Reply(message=say("Say which story."), prefill=line))
        else:
            await self._run(asked, menu.verb, {"url": link} if link else {})


async def brought(work: Awaitable[None], asked: Asked) -> None:
    """Do what brings an answer; one that cannot be brought is logged, and nobody is stopped."""
    try:
        await work
    except (DeliveryError, TimeoutError) as error:
        log.warning("answer_lost", id=asked.id, reason=reason(error))


async def in_time(reply: asyncio.Task[Reply | None], within: timedelta) -> bool:
    """Wait for a reply; say whether it is there within that time."""
    await asyncio.wait({reply}, timeout=within.total_seconds())
    return reply.done()


def reason(error: DeliveryError | TimeoutError) -> str:
    """Return why an answer did not arrive, in words."""
    return error.reason if isinstance(error, DeliveryError) else "it took too long"
