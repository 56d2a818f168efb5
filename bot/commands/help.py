"""`help`: one screen, for everything or for one topic."""

from collections.abc import Sequence

from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import DOT
from bot.domain.lines import suggestion
from bot.domain.messages import Block, Bullets, Fact, Message, Paragraph, Run, Style, Text, text
from bot.domain.query import OPERATORS

_ROLES = {Role.READER: "everybody", Role.EDITOR: "editors", Role.ADMIN: "admins"}
_QUERIES = "queries"


def topics(usages: Sequence[Usage]) -> tuple[str, ...]:
    """Return what help can be asked about."""
    return (*dict.fromkeys(usage.verb.split()[0] for usage in usages), _QUERIES)


def help_command(usages: Sequence[Usage]) -> Command:
    """Return the command that explains the others."""
    usage = Usage(
        verb="help",
        summary="Say what the bot does here, or explain one topic.",
        params=(Param(name="topic", help="A command, or queries", complete="topic", rest=True),),
        example="/help watch",
    )
    shown = (*usages, usage)

    async def run(call: Call, desk: Desk) -> Reply:
        topic = call.arg("topic").casefold().lstrip("/")
        if not topic:
            return Reply(message=await _overview(call, desk, shown))
        if topic in (_QUERIES, "query"):
            return Reply(message=_operators())
        found = [one for one in shown if topic in (one.verb, one.verb.split()[0])]
        if not found:
            known = topics(shown)
            raise CallError(
                f"There is no help on “{topic[:40]}”.{suggestion(topic, known)}"
                f" Topics: {', '.join(known)}."
            )
        return Reply(message=_explained(topic, found))

    return Command(usage=usage, run=run)


async def _overview(call: Call, desk: Desk, usages: Sequence[Usage]) -> Message:
    """Return one screen: what the bot does here, and the commands by their first word."""
    async with desk.store.reading() as tx:
        watches = await tx.watches.list(call.person.scope)
    here = [watch.name for watch in watches if call.channel in watch.channels]
    does = (
        f"Watches that post here: {', '.join(here[:10])}{'…' if len(here) > 10 else ''}."
        if here
        else "No watch posts here yet: /watch add begins one."
    )
    groups: dict[str, list[Usage]] = {}
    for usage in usages:
        groups.setdefault(usage.verb.split()[0], []).append(usage)
    lines = tuple(_group(name, found) for name, found in groups.items())
    return Message(
        title="One story, one thread",
        blocks=(
            Paragraph(
                text(
                    "I read news feeds, file what matches a watch under the story it tells, and"
                    f" keep one thread a story. {does}"
                )
            ),
            Bullets(lines),
        ),
        footer=text(
            "In a story's thread, most commands mean that story."
            f"{DOT}/help TOPIC explains one, /help queries the query language."
        ),
        notice="What I do here, and the commands",
    )


def _group(name: str, usages: Sequence[Usage]) -> Text:
    role = min(usage.role for usage in usages)
    who = "" if role is Role.READER else f" ({_ROLES[role]})"
    if len(usages) == 1:
        return text(Run(f"/{name}", Style.BOLD), f" {usages[0].summary}{who}")
    verbs = ", ".join(usage.verb.split()[1] for usage in usages)
    return text(Run(f"/{name}", Style.BOLD), f" {verbs}{who}")


def _explained(topic: str, usages: Sequence[Usage]) -> Message:
    blocks: list[Block] = []
    for usage in usages:
        blocks.append(Fact(f"/{usage.verb}", text(f"{usage.summary} For {_ROLES[usage.role]}.")))
        example = text(Run("such as ", Style.QUIET), usage.example)
        blocks.append(Bullets((*map(_param, usage.params), example)))
    return Message(title=f"Help: {topic}", blocks=tuple(blocks), notice=f"Help: {topic}")


def _param(param: Param) -> Text:
    choices = f": {'/'.join(param.choices)}" if param.choices else ""
    left_out = f" ({param.default} if left out)" if param.default else ""
    needed = ", needed" if param.required else ""
    name = param.name if param.rest else f"{param.name}:"
    return text(Run(name, Style.BOLD), f" {param.help}{choices}{left_out}{needed}")


def _operators() -> Message:
    lines = tuple(
        text(Run(operator.example, Style.BOLD), f" {operator.meaning}") for operator in OPERATORS
    )
    return Message(
        title="Help: the query language",
        blocks=(Bullets(lines),),
        footer=text("Try one with /watch test"),
        notice="Help: the query language",
    )
