"""Who carries out which command: permission, arguments, and errors as words.

Owns what all commands have in common. A command is one entry of `COMMANDS`.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.commands.catchup import CATCHUP
from bot.commands.command import Command
from bot.commands.complete import complete
from bot.commands.desk import Desk
from bot.commands.digest import DIGEST_NOW, DIGEST_SET
from bot.commands.editors import with_role
from bot.commands.export import EXPORT
from bot.commands.feed import FEED_ADD, FEED_CHECK, FEED_LIST, FEED_REMOVE
from bot.commands.feed_buttons import (
    FEED_BACKFILL,
    FEED_DROP,
    FEED_KEEP,
    FEED_RESTORE,
    FEED_RETRY,
)
from bot.commands.feed_lists import FEED_EXPORT, FEED_IMPORT
from bot.commands.health import ALERT_RETRY, HEALTH
from bot.commands.help import help_command
from bot.commands.irrelevant import IRRELEVANT, IRRELEVANT_UNDO
from bot.commands.keywords import KEYWORDS_ADD, KEYWORDS_LIST, KEYWORDS_REMOVE
from bot.commands.latest import LATEST, SEARCH
from bot.commands.mute import MUTE, UNMUTE
from bot.commands.privacy import PRIVACY
from bot.commands.settings import SETTINGS
from bot.commands.settings_buttons import SETTINGS_CHANGE, SETTINGS_LIST
from bot.commands.story import STORY_SHOW, STORY_SOURCES, STORY_TIMELINE
from bot.commands.story_add import STORY_ADD
from bot.commands.story_change import STORY_MERGE, STORY_SPLIT
from bot.commands.summary import SUMMARY
from bot.commands.trend import TREND
from bot.commands.watch import WATCH_ADD, WATCH_EDIT, WATCH_LIST, WATCH_TEST
from bot.commands.watch_buttons import (
    WATCH_ACTIVATE,
    WATCH_DISCARD,
    WATCH_DROP,
    WATCH_KEEP,
    WATCH_RESTORE,
    WATCH_REVISE,
)
from bot.commands.watch_state import WATCH_PAUSE, WATCH_REMOVE, WATCH_RESUME
from bot.commands.why import WHY
from bot.domain.calls import MAX_UPLOAD, NO, YES, Call, Kind, Param, Reply, Role, Usage
from bot.domain.errors import BotError, CallError, QueryError, StoreError
from bot.domain.lines import suggestion
from bot.domain.messages import Code, Message, Tone, say
from bot.domain.watches import Scope

log = structlog.get_logger()

MAX_VALUE = 2_000
"""Characters of one argument."""

_TYPED = (
    SUMMARY,
    CATCHUP,
    LATEST,
    SEARCH,
    TREND,
    STORY_SHOW,
    STORY_SOURCES,
    STORY_TIMELINE,
    STORY_MERGE,
    STORY_SPLIT,
    STORY_ADD,
    WHY,
    MUTE,
    UNMUTE,
    IRRELEVANT,
    WATCH_ADD,
    WATCH_LIST,
    WATCH_EDIT,
    WATCH_PAUSE,
    WATCH_RESUME,
    WATCH_REMOVE,
    WATCH_TEST,
    KEYWORDS_ADD,
    KEYWORDS_REMOVE,
    KEYWORDS_LIST,
    FEED_ADD,
    FEED_LIST,
    FEED_REMOVE,
    FEED_CHECK,
    FEED_IMPORT,
    FEED_EXPORT,
    DIGEST_NOW,
    DIGEST_SET,
    SETTINGS,
    HEALTH,
    EXPORT,
    PRIVACY,
)
COMMANDS = (
    *_TYPED,
    help_command(tuple(command.usage for command in _TYPED)),
    WATCH_ACTIVATE,
    WATCH_REVISE,
    WATCH_DISCARD,
    WATCH_DROP,
    WATCH_KEEP,
    WATCH_RESTORE,
    FEED_BACKFILL,
    FEED_DROP,
    FEED_KEEP,
    FEED_RESTORE,
    FEED_RETRY,
    ALERT_RETRY,
    IRRELEVANT_UNDO,
    SETTINGS_LIST,
    SETTINGS_CHANGE,
)
"""All commands: first those that are typed, in the order of help, then those of buttons."""

_WHO = {Role.EDITOR: "editors", Role.ADMIN: "admins"}


class DeskDispatcher:
    """Carries out what people ask for; see `bot.ports.desk.Dispatcher`."""

    def __init__(self, desk: Desk, commands: Sequence[Command] = COMMANDS) -> None:
        """Answer with `commands`, each of which may use the desk."""
        self._desk = desk
        self._commands = {command.usage.verb: command for command in commands}
        self._usages = tuple(command.usage for command in commands if not command.button)

    def use(self, desk: Desk) -> None:
        """Answer from another desk from now on: the configuration has changed."""
        self._desk = desk

    @property
    def usages(self) -> Sequence[Usage]:
        """All commands that can be typed, in the order in which help shows them."""
        return self._usages

    async def answer(self, call: Call) -> Reply:
        """See `bot.ports.desk.Dispatcher.answer`."""
        try:
            reply = await self._run(await with_role(call, self._desk.store))
        except QueryError as error:
            return Reply(message=_misread(error), refused=True, param=_holding(call, error))
        except BotError as error:
            if not isinstance(error, CallError):
                log.warning("command_refused", verb=call.verb, reason=str(error))
            said = say(str(error), tone=Tone.TROUBLE)
            return Reply(message=said, refused=True, param=self._param(call, error))
        except Exception:
            error_id = self._desk.new_error_id()
            log.exception("command_failed", id=error_id, verb=call.verb)
            return Reply(
                message=say(
                    f"Something went wrong here (id {error_id}). Nothing was changed; please try"
                    " again, and tell an admin the id if it happens twice.",
                    tone=Tone.TROUBLE,
                ),
                refused=True,
            )
        log.info("command_answered", verb=call.verb, channel=str(call.channel))
        return reply

    async def complete(self, call: Call, param: str) -> tuple[str, ...]:
        """See `bot.ports.desk.Dispatcher.complete`."""
        command = self._commands.get(call.verb)
        found = [one for one in command.usage.params if one.name == param] if command else []
        if command is None or not found:
            return ()
        try:
            call = await with_role(call, self._desk.store)
            if call.person.role < command.usage.role:
                return ()
            return await complete(call, found[0], self._desk, self._usages)
        except BotError as error:
            log.warning("completion_failed", verb=call.verb, reason=str(error))
            return ()

    async def first(self, platform: str, call: str) -> bool:
        """See `bot.ports.desk.Dispatcher.first`."""
        try:
            async with self._desk.store.transaction() as tx:
                return await tx.heard.first(platform, call)
        except StoreError as error:  # its answer will say so, better twice than never
            log.warning("call_not_noted", platform=platform, reason=str(error))
            return True

    async def editors(self, scope: Scope) -> frozenset[str]:
        """See `bot.ports.desk.Dispatcher.editors`."""
        try:
            async with self._desk.store.reading() as tx:
                return await tx.editors.list(scope)
        except StoreError as error:  # the right is not given on a guess
            log.warning("editors_unknown", scope=str(scope), reason=str(error))
            return frozenset()

    def _param(self, call: Call, error: BotError) -> str:
        """Return the param that a refusal names or begins with (`days: 31 is out of bounds`)."""
        if isinstance(error, CallError) and error.param:
            return error.param
        command = self._commands.get(call.verb)
        named, colon, _ = str(error).removeprefix(f"/{call.verb} needs ").partition(":")
        params = command.usage.params if command and colon else ()
        return next((param.name for param in params if param.name == named), "")

    async def _run(self, call: Call) -> Reply:
        command = self._commands.get(call.verb)
        if command is None:
            typed = [usage.verb for usage in self._usages]
            raise CallError(
                f"There is no command “{call.verb[:40]}”.{suggestion(call.verb, typed)}"
                " /help shows them all."
            )
        if call.channel.scope != call.person.scope:
            raise CallError("That channel is of another workspace.")
        if call.person.role < command.usage.role:
            raise CallError(
                f"Only {_WHO[command.usage.role]} may use /{call.verb} here."
                " /help shows what you can do."
            )
        _check(call, command.usage)
        reply = await command.run(call, self._desk)
        if call.flag("public"):  # it stands in the place of the private answer that offered it
            return replace(reply, private=False, replaces=True)
        return reply


def _check(call: Call, usage: Usage) -> None:
    """Refuse arguments that the command does not take.

    Raises:
        CallError: One is unknown, missing, too long, or none of its choices.
    """
    params = {param.name: param for param in usage.params}
    for name, value in call.args.items():
        if name not in params:
            raise CallError(f"/{usage.verb} takes no “{name[:40]}”.{suggestion(name, params)}")
        if len(value) > MAX_VALUE:
            raise CallError(f"{name}: too long, at most {MAX_VALUE:,} characters.")
        _check_value(call, params[name])
    for name, upload in call.files.items():
        if name not in params or params[name].kind is not Kind.FILE:
            raise CallError(f"/{usage.verb} takes no file “{name[:40]}”.")
        if len(upload.data) > MAX_UPLOAD:
            raise CallError(f"{name}: the file is too large, at most {MAX_UPLOAD >> 20} MiB.")
    for param in usage.params:
        if param.required and not call.arg(param.name) and param.name not in call.files:
            example = f" For example: {usage.example}" if usage.example else ""
            raise CallError(f"/{usage.verb} needs {param.name}: {param.help}.{example}")


def _check_value(call: Call, param: Param) -> None:
    """Refuse what cannot be the value of a param; none at all is checked elsewhere.

    Raises:
        CallError: It is none of its choices, or out of bounds.
    """
    value = call.arg(param.name)
    if not value:
        return
    if param.kind is Kind.FLAG:
        if value.casefold() not in (*YES, *NO):
            raise CallError(f"{param.name}: “{value[:40]}” is none of true, false.")
    elif param.kind is Kind.NUMBER:
        call.number(param)
    elif param.kind is Kind.FILE:
        raise CallError(f"{param.name}: a file is given here, not words.")
    elif param.choices and value not in param.choices:
        raise CallError(f"{param.name}: “{value[:40]}” is none of {', '.join(param.choices)}.")


def _holding(call: Call, error: QueryError) -> str:
    """Return the param that holds a query which does not parse, or "" where none does."""
    given = ((name, value.strip()) for name, value in call.args.items())
    return next(
        (name for name, value in given if value and value in error.query),
        "",
    )


def _misread(error: QueryError) -> Message:
    return Message(
        title="This query does not parse",
        blocks=(Code(error.explained()),),
        notice=f"This query does not parse: {error}",
        tone=Tone.TROUBLE,
    )
