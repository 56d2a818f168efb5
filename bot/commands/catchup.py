"""`catchup`: what a person has not seen, one line a story."""

from datetime import datetime, timedelta

from bot.commands.answers import PAGE_PARAM, next_button, on_page, page_note, page_of, quiet
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import seen_rows, seen_threads, watch_of
from bot.commands.where import here
from bot.domain.calls import Call, Param, Reply, Usage
from bot.domain.layout_parts import DOT, counted, coverage, moment
from bot.domain.messages import Bullets, Message, Paragraph, Run, Style, Text, plain, text
from bot.domain.schedule import format_span
from bot.domain.stories import Story
from bot.domain.text import shorten
from bot.ports.store import Transaction

MOST = 100
_FIRST_TIME = timedelta(days=1)
_LONGEST = timedelta(days=14)


async def run(call: Call, desk: Desk) -> Reply:
    """List the stories with news since the person was here last, and note that they were."""
    scope, person = call.person.scope, call.person.id
    async with desk.store.transaction() as tx:
        if call.arg("since"):
            since = call.at - min(call.span("since", "24h"), _LONGEST)
        else:
            seen = await tx.people.seen(scope, person)
            since = max(seen or call.at - _FIRST_TIME, call.at - _LONGEST)
        if call.arg("watch"):
            watch = await watch_of(tx, scope, call.arg("watch"))
            rows = await tx.stories.of_watch(watch.id, since, MOST)
            name = f"the watch {watch.name}"
        else:
            rows = await tx.stories.in_channel(here(call), since, MOST)
            name = f"#{call.channel.id}"
        stories = await seen_rows(tx, scope, rows)
        shown = on_page(stories, page_of(call))
        lines = tuple([await _line(tx, call, story, since) for story in shown])
        if page_of(call) == 1 and not call.arg("watch"):
            await tx.people.saw(scope, person, call.at)
    if not stories:
        words = text(f"You have seen it all: no news in {name} since ", moment(since), ".")
        return Reply(message=Message(title="", blocks=(Paragraph(words),), notice=plain(words)))
    reach = format_span(timedelta(seconds=max(1, round((call.at - since).total_seconds()))))
    total = len(stories)
    return Reply(
        message=Message(
            title=f"{counted(total, 'story', 'stories')} in {name}",
            lead=text("since ", moment(since)),
            blocks=(Bullets(lines),) if lines else (Paragraph(quiet("This page is empty.")),),
            footer=page_note(call, total),
            buttons=next_button(call, total, watch=call.arg("watch"), since=reach),
            notice=f"{counted(total, 'story', 'stories')} in {name}",
        ),
        replaces=page_of(call) > 1,
    )


async def _line(tx: Transaction, call: Call, story: Story, since: datetime) -> Text:
    """Return a story as one line, linked to its thread where the platform has links."""
    fresh = sum(article.first_seen > since for article in story.articles)
    threads = await seen_threads(tx, call.person.scope, story.id)
    cards = [thread.posted for thread in threads if thread.posted is not None]
    cards.sort(key=lambda posted: posted.channel != call.channel)
    url = next((posted.url for posted in cards if posted.url), story.lead.url)
    return text(
        Run(shorten(story.headline, 200), Style.BOLD, url=url),
        DOT,
        coverage(story),
        f"{DOT}{counted(fresh, 'new article')}{DOT}story {story.id}",
    )


CATCHUP = Command(
    usage=Usage(
        verb="catchup",
        summary="List what you have not seen yet, one line a story.",
        params=(
            Param(name="watch", help="Only this watch", complete="watch", rest=True),
            Param(name="since", help="How far back, such as 6h; else since you last asked"),
            PAGE_PARAM,
        ),
        example="/catchup since:12h",
    ),
    run=run,
)
