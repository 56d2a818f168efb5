"""`watch add`, `list`, `edit` and `test`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.commands.answers import (
    PAGE_PARAM,
    button,
    next_button,
    nothing,
    on_page,
    page_note,
    page_of,
)
from bot.commands.backtest import TRIED_DAYS, backtest, backtest_blocks, per_day
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import first_watch, own_watch
from bot.commands.watch_form import (
    OPTIONS,
    changes,
    edited_watch,
    facts,
    new_watch,
    state_of,
    written,
)
from bot.commands.where import postable
from bot.domain.calls import Call, Kind, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import DOT, counted
from bot.domain.lines import write_line
from bot.domain.messages import (
    Block,
    Bullets,
    Button,
    Code,
    Fact,
    Look,
    Message,
    Paragraph,
    Run,
    Style,
    Text,
    Tone,
    say,
    text,
)  # fmt: skip
from bot.domain.query import parse
from bot.domain.text import shorten
from bot.domain.watches import Watch, WatchId
from bot.ports.store import Transaction

_PACE_DAYS = 7
_PACE_STORIES = 200


async def add(call: Call, desk: Desk) -> Reply:
    """Show a watch before it is saved, tried on what is stored."""
    return await show_draft(call, desk, dict(call.args))


async def show_draft(call: Call, desk: Desk, args: Mapping[str, str]) -> Reply:
    """Show the watch that the options describe, and keep them until it is activated.

    Raises:
        QueryError: Its query does not parse.
        CallError: An option is wrong, or the name is taken.
    """
    where = await postable(desk, call, args.get("channel", ""))
    args = {**args, "channel": str(where)}
    async with desk.store.reading() as tx:
        watch = await new_watch(tx, call, desk, args)
    query = parse(watch.query, desk.packs)
    found = await backtest(desk, call.person.scope, watch, query, TRIED_DAYS)
    words = {name: value for name, value in args.items() if value.strip()}
    # As it would be typed: with the pack in the query.
    words |= {"name": watch.name, "query": watch.query, "pack": ""}
    async with desk.store.transaction() as tx:
        code = await tx.drafts.keep(call.person.scope, words, call.at)
    backfill = (
        f"The newest {watch.backfill} matching stories of the last day are posted once."
        if watch.backfill
        else "It posts what comes in from now on."
    )
    return Reply(
        message=Message(
            title=f"New watch “{watch.name}”",
            lead=text(Run("NOT SAVED YET", Style.TAG), " look at it, then activate it"),
            blocks=(
                *facts(watch, desk.packs),
                *backtest_blocks(found, TRIED_DAYS),
                Fact("At first", text(backfill)),
            ),
            buttons=(
                *button("Activate", "watch activate", Look.PRIMARY, draft=code),
                *button("Edit", "watch revise", draft=code),
                *button("Cancel", "watch discard", draft=code),
            ),
            notice=f"New watch “{watch.name}”, {per_day(found.per_day)}: activate it?",
        )
    )


async def list_watches(call: Call, desk: Desk) -> Reply:
    """List the watches with their state and pace."""
    async with desk.store.reading() as tx:
        watches = await tx.watches.list(call.person.scope)
        shown = on_page(watches, page_of(call))
        lines = tuple([await _line(tx, watch, call) for watch in shown])
    if not watches:
        return Reply(message=nothing("There are no watches yet. Make one: /watch add cecot"))
    return Reply(
        message=Message(
            title=f"Watches: {len(watches)}",
            blocks=(Bullets(lines),),
            footer=page_note(call, len(watches)),
            buttons=(*_edit_buttons(call, shown), *next_button(call, len(watches))),
            notice=counted(len(watches), "watch", "watches"),
        ),
        replaces=page_of(call) > 1,
    )


def _edit_buttons(call: Call, shown: Sequence[Watch]) -> tuple[Button, ...]:
    """Return a button for each watch that may be changed here, for those who may."""
    if call.person.role < Role.EDITOR:
        return ()
    own = [watch.name for watch in shown if watch.scope == call.person.scope]
    return tuple(one for name in own for one in button(f"Edit {name}", "watch edit", name=name))


async def _line(tx: Transaction, watch: Watch, call: Call) -> Text:
    week = call.at - timedelta(days=_PACE_DAYS)
    stories = await tx.stories.of_watch(watch.id, week, _PACE_STORIES)
    marked = await tx.judgements.stories(call.person.scope, [story.id for story in stories])
    enough = [story for story in stories if story.independent >= watch.min_outlets]
    here = [channel.id for channel in watch.channels if channel.scope == call.person.scope]
    return text(
        Run(watch.name, Style.BOLD),
        DOT,
        state_of(watch),
        DOT,
        per_day(len(enough) / _PACE_DAYS),
        DOT,
        ", ".join(f"#{name}" for name in here),
        "" if watch.mode == "thread" else f"{DOT}{watch.mode}",
        "" if watch.scope is not None else f"{DOT}from the configuration",
        f"{DOT}{len(marked)} of {counted(len(stories), 'story', 'stories')} marked not relevant"
        if marked
        else "",
        f"\n{shorten(watch.query, 200)}",
    )


async def edit(call: Call, desk: Desk) -> Reply:
    """Change a watch, and show what was and what is."""
    args = dict(call.args)
    if call.arg("channel"):
        args["channel"] = str(await postable(desk, call, call.arg("channel")))
    async with desk.store.transaction() as tx:
        name, query = await first_watch(tx, call.person.scope, call.arg("name"), call.arg("query"))
        if not name:
            raise CallError(
                "Which watch? For example: /watch edit cecot min_outlets:2", param="name"
            )
        before = await own_watch(tx, call.person.scope, name)
        if not query and not any(call.arg(param.name) for param in OPTIONS):
            return _to_change(before)
        args["query"] = query
        after = await edited_watch(tx, call, before, args, desk.packs)
        if after == before:
            raise CallError(
                f"Nothing to change: the watch “{before.name}” is like that already. Give an"
                " option, such as mode:digest or min_outlets:2, or a new query."
            )
        await tx.watches.save(after)
    return Reply(message=changed(before, after))


def _to_change(watch: Watch) -> Reply:
    """Give a watch back as the line that describes it."""
    line = write_line(WATCH_EDIT.usage, written(watch))
    return Reply(message=say(f"Change the line and send it again: {line}"), prefill=line)


def changed(before: Watch, after: Watch) -> Message:
    """Return what an edit changed, as an answer."""
    lines = tuple(
        text(
            Run(change.what, Style.BOLD),
            ": ",
            Run(change.before, Style.DELETED),
            " → ",
            Run(change.after, Style.INSERTED),
        )
        for change in changes(before, after)
    )
    return Message(
        title=f"Watch “{after.name}” changed",
        blocks=(Bullets(lines),),
        footer=text(f"version {after.version}"),
        # Where a role is chosen from a list, nothing else can be typed in its place.
        buttons=button("No ping", "watch edit", name=after.name, ping="none") if after.ping else (),
        notice=f"Watch “{after.name}” changed, now version {after.version}",
        tone=Tone.GOOD,
    )


async def test(call: Call, desk: Desk) -> Reply:
    """Try a query on what is stored."""
    days = call.number(_DAYS)
    query = parse(call.arg("query"), desk.packs)
    watch = Watch(
        id=WatchId(0),
        scope=call.person.scope,
        name="test",
        query=query.source,
        channels=(call.channel,),
        created_at=call.at,
    )
    found = await backtest(desk, call.person.scope, watch, query, days)
    figures = counted(found.articles, "article"), counted(found.stories, "story", "stories")
    blocks: tuple[Block, ...] = (
        Code(query.source),
        Paragraph(text(query.explained())),
        *backtest_blocks(found, days),
    )
    return Reply(
        message=Message(
            title="Query tried",
            blocks=blocks,
            buttons=button("Make it a watch", "watch add", query=query.source),
            notice=", ".join(figures),
        )
    )


_QUERY = Param(name="query", help="What to look for, such as cecot OR bukele", rest=True)
_DAYS = Param(
    name="days",
    help="How far back, 1 to 90",
    kind=Kind.NUMBER,
    default=str(TRIED_DAYS),
    least=1,
    most=90,
)

WATCH_ADD = Command(
    usage=Usage(
        verb="watch add",
        summary="Watch for news: shows what it would bring before it is saved.",
        params=(_QUERY, Param(name="name", help="What to call it"), *OPTIONS),
        role=Role.EDITOR,
        example='/watch add cecot OR "terrorism confinement center" name:cecot',
    ),
    run=add,
)
WATCH_LIST = Command(
    usage=Usage(
        verb="watch list",
        summary="List the watches, with their state and how many alerts a day they bring.",
        params=(PAGE_PARAM,),
        example="/watch list",
    ),
    run=list_watches,
)
WATCH_EDIT = Command(
    usage=Usage(
        verb="watch edit",
        summary="Change a watch: its query or any option.",
        params=(
            replace(_QUERY, help="The watch's name, then the new query if it is to change"),
            Param(name="name", help="Which watch", complete="watch"),
            *OPTIONS,
        ),
        role=Role.EDITOR,
        example="/watch edit cecot min_outlets:2",
    ),
    run=edit,
)
WATCH_TEST = Command(
    usage=Usage(
        verb="watch test",
        summary="Try a query on the stored articles, without saving it.",
        params=(
            replace(_QUERY, required=True),
            _DAYS,
        ),
        role=Role.EDITOR,
        example="/watch test bukele AND deport* days:7",
    ),
    run=test,
)
