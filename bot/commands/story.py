"""`story show`, `sources` and `timeline`."""

from bot.commands.answers import (
    PAGE_PARAM,
    PUBLIC_PARAM,
    next_button,
    on_page,
    page_note,
    page_of,
    share_button,
)  # fmt: skip
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import seen_threads, story_of
from bot.domain.articles import ArticleId
from bot.domain.calls import Call, Param, Reply, Usage
from bot.domain.layout import CardFacts, card, changed
from bot.domain.layout_parts import DOT, article_line, counted, coverage, member_line, moment
from bot.domain.messages import Bullets, Fact, Message, Paragraph, Run, Style, Text, text
from bot.domain.query import Hit
from bot.domain.records import Edit, Thread
from bot.domain.stories import Story
from bot.domain.text import shorten
from bot.ports.store import Transaction


async def show(call: Call, desk: Desk) -> Reply:
    """Show a story as its card does, with where it is told."""
    async with desk.store.reading() as tx:
        story = await story_of(tx, call, "id")
        threads = await seen_threads(tx, call.person.scope, story.id)
        settings = await tx.channels.get(call.channel)
        hits, watches = await hits_of(tx, call, story)
    summary = await desk.summariser.summarise(
        story.articles, "card", lang=settings.lang, model=settings.model
    )
    facts = CardFacts(
        story=story,
        watches=watches,
        hits=hits,
        closed=story.closed(call.at),
        updated=call.at,
    )
    shown = card(facts, summary)
    told = _told_in(threads)
    blocks = (*shown.blocks, Fact("Told in", told)) if told else shown.blocks
    return Reply(
        message=Message(
            title=shown.title,
            url=shown.url,
            lead=shown.lead,
            blocks=blocks,
            footer=shown.footer,
            buttons=shown.buttons,
            notice=shown.notice,
        )
    )


async def hits_of(
    tx: Transaction, call: Call, story: Story
) -> tuple[dict[ArticleId, tuple[Hit, ...]], tuple[str, ...]]:
    """Return a story's hits by the watches that are seen here, and the names of these."""
    names = {watch.id: watch.name for watch in await tx.watches.list(call.person.scope)}
    hits: dict[ArticleId, tuple[Hit, ...]] = {}
    matched: dict[str, None] = {}
    for one in await tx.hits.of([article.id for article in story.articles], list(names)):
        hits[one.article] = (*hits.get(one.article, ()), *one.hits)
        matched[names[one.watch]] = None
    return hits, tuple(matched)


def _told_in(threads: tuple[Thread, ...]) -> Text:
    """Return the channels whose threads tell a story, linked where the platform has links."""
    runs: list[Run | str] = []
    for thread in threads:
        if thread.posted is not None:
            name = f"#{thread.channel.id}"
            runs += [", " if runs else "", Run(name, url=thread.posted.url)]
    return text(*runs)


async def sources(call: Call, desk: Desk) -> Reply:
    """List a story's articles in order of arrival, numbered as they are cited."""
    async with desk.store.reading() as tx:
        story = await story_of(tx, call, "id")
    numbers = {article.id: number for number, article in enumerate(story.articles, start=1)}
    shown = on_page(story.members, page_of(call))
    lines = tuple(member_line(member, numbers) for member in shown)
    return _listed(call, story, f"Sources of “{story.headline}”", lines, len(story.members))


async def timeline(call: Call, desk: Desk) -> Reply:
    """List what happened to a story in order of time: articles and edits."""
    async with desk.store.reading() as tx:
        story = await story_of(tx, call, "id")
        edits = await tx.articles.edits([article.id for article in story.articles], None)
    outlet_of = {article.id: article.outlet for article in story.articles}
    events = [(article.at, article_line(article)) for article in story.articles]
    events += [(edit.at, _edited(edit, outlet_of[edit.article])) for edit in edits]
    events.sort(key=lambda event: event[0])
    lines = tuple(line for _, line in on_page(events, page_of(call)))
    return _listed(call, story, f"Timeline of “{story.headline}”", lines, len(events))


def _edited(edit: Edit, outlet: str) -> Text:
    titles = edit.old_title != edit.new_title
    old = edit.old_title if titles else edit.old_summary
    new = edit.new_title if titles else edit.new_summary
    what = changed(shorten(old, 300), shorten(new, 300))
    return text(Run("EDITED", Style.TAG), f" {outlet}", DOT, moment(edit.at), "\n", *what)


def _listed(call: Call, story: Story, title: str, lines: tuple[Text, ...], total: int) -> Reply:
    return Reply(
        message=Message(
            title=shorten(title, 250),
            url=story.lead.url,
            lead=text(f"story {story.id}{DOT}{coverage(story)}"),
            blocks=(Bullets(lines),) if lines else (Paragraph(text("This page is empty.")),),
            footer=page_note(call, total),
            buttons=(
                *next_button(call, total, id=story.id),
                *share_button(call, id=story.id, page=str(page_of(call))),
            ),
            notice=f"{title}: {counted(total, 'entry', 'entries')}",
        ),
        replaces=page_of(call) > 1,
    )


ID_PARAM = Param(
    name="id", help="The story's code; in its thread: that story", complete="story", rest=True
)

STORY_SHOW = Command(
    usage=Usage(
        verb="story show",
        summary="Show a story: what is known, who reports it, and where it is told.",
        params=(ID_PARAM, PUBLIC_PARAM),
        example="/story show K7Q2",
    ),
    run=show,
)
STORY_SOURCES = Command(
    usage=Usage(
        verb="story sources",
        summary="List a story's articles, numbered as they are cited.",
        params=(ID_PARAM, PAGE_PARAM, PUBLIC_PARAM),
        example="/story sources K7Q2",
    ),
    run=sources,
)
STORY_TIMELINE = Command(
    usage=Usage(
        verb="story timeline",
        summary="List a story's articles and their edits in order of time.",
        params=(ID_PARAM, PAGE_PARAM, PUBLIC_PARAM),
        example="/story timeline K7Q2",
    ),
    run=timeline,
)
