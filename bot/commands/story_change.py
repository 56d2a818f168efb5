"""`story merge` and `split`: an editor knows better than the filing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import named_story, seen_threads, story_of
from bot.commands.story import ID_PARAM
from bot.domain.articles import ArticleId
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import counted
from bot.domain.messages import (
    Alert,
    Message,
    Paragraph,
    Part,
    Run,
    Style,
    Text,
    Tone,
    alert_key,
    plain,
    say,
    text,
)  # fmt: skip
from bot.domain.records import Decision, Fate, Thread
from bot.domain.stories import Story, StoryId, story_code
from bot.ports.store import Transaction

_TOLD = (Fate.POSTED, Fate.MERGED, Fate.WAITING, Fate.HELD)


async def merge(call: Call, desk: Desk) -> Reply:
    """Put a story's articles into another story; threads follow, and say so."""
    async with desk.store.transaction() as tx:
        old = await story_of(tx, call, "id")
        new = await named_story(tx, call.person.scope, call.arg("into"))
        if new is None:
            raise CallError(f"There is no story “{call.arg('into')[:40]}” here to merge into.")
        if new.id == old.id:
            raise CallError(f"{old.id} and {new.id} are one story already.")
        await refuse_shared(tx, call, old, new)
        old_threads = await tx.threads.of_story(old.id)
        new_threads = {thread.channel: thread for thread in await tx.threads.of_story(new.id)}
        reason = f"story {old.id} was merged into {new.id} by {call.person.name}"
        decisions = [
            replace(decision, story=new.id, reason=reason, at=call.at)
            for thread in old_threads
            for decision in (await tx.decisions.latest(thread.channel, old.id)).values()
        ]
        whole = await tx.stories.get(old.id) or old
        await tx.stories.move([article.id for article in whole.articles], new.id, call.at)
        await tx.decisions.record(decisions)
        await tx.threads.retarget(old.id, new.id)
        alerts = []
        for thread in old_threads:
            there = new_threads.get(thread.channel)
            await tx.threads.open(thread.channel, new.id, thread.opened_at, call.at)
            alerts += notes(call, thread, f"merged/{new.id}", _moved_on(new, there))
            if there is not None:
                alerts += notes(call, there, f"taken/{old.id}", _took_in(old, thread))
        await tx.outbox.add(alerts)
    words = f"Story {old.id} is now part of {new.id}. What follows goes into its thread."
    show = button("Show", "story show", id=new.id)
    return Reply(message=say(words, tone=Tone.GOOD, buttons=show))


async def split(call: Call, desk: Desk) -> Reply:
    """Put some of a story's articles into a story of their own."""
    async with desk.store.transaction() as tx:
        old = await story_of(tx, call, "id")
        await refuse_shared(tx, call, old)
        moved = _numbered(old, call.arg("articles"))
        code = await _free_code(tx, old, moved)
        threads = await seen_threads(tx, call.person.scope, old.id)
        latest = {
            thread.channel: await tx.decisions.latest(thread.channel, old.id) for thread in threads
        }
        await tx.stories.move(moved, code, call.at)
        alerts = []
        for thread in threads:
            reason = f"split off from story {old.id} by {call.person.name}"
            decisions = retold(latest[thread.channel], moved, code, reason, call)
            if decisions:
                await tx.decisions.record(decisions)
                await tx.threads.open(thread.channel, code, call.at, call.at)
                await tx.threads.open(thread.channel, old.id, thread.opened_at, call.at)
                alerts += notes(call, thread, f"split/{code}", _split_note(moved, code))
        await tx.outbox.add(alerts)
    words = f"{counted(len(moved), 'article')} of story {old.id} are now story {code}."
    show = button("Show", "story show", id=code)
    return Reply(message=say(words, tone=Tone.GOOD, buttons=show))


async def refuse_shared(tx: Transaction, call: Call, *stories: Story) -> None:
    """Refuse to change a story that is told in other workspaces too.

    Raises:
        CallError: One is.
    """
    for story in stories:
        for thread in await tx.threads.of_story(story.id):
            if thread.channel.scope != call.person.scope:
                raise CallError(
                    f"Story {story.id} cannot be changed from here: its threads are not all here."
                )


def _numbered(story: Story, given: str) -> tuple[ArticleId, ...]:
    """Return the articles that a person numbered as in `story sources`: `2,3` or `4-6`.

    Raises:
        CallError: It is no such list, or nothing would be left of the story.
    """
    numbers: set[int] = set()
    for part in re.split(r"[\s,]+", given.strip(" ,")):
        found = re.fullmatch(r"\[?(\d{1,4})\]?(?:[-–](\d{1,4}))?", part, re.ASCII)
        if found is None:
            raise CallError(f"articles: “{part[:20]}” is no number: write 2,3 or 4-6.")
        first = int(found.group(1))
        numbers |= set(range(first, int(found.group(2) or first) + 1))
    articles = story.articles
    outside = sorted(number for number in numbers if not 1 <= number <= len(articles))
    if outside or not numbers:
        raise CallError(
            f"articles: story {story.id} has [1] to [{len(articles)}]; /story sources shows them."
        )
    if len(numbers) == len(articles):
        raise CallError("articles: at least one has to stay in the story.")
    return tuple(articles[number - 1].id for number in sorted(numbers))


async def _free_code(tx: Transaction, story: Story, moved: Sequence[ArticleId]) -> StoryId:
    first = next(article for article in story.articles if article.id == moved[0])
    taken: set[str] = set()
    while True:
        code = story_code(first.url or first.title, taken)
        if not await tx.stories.taken([code]):
            return code
        taken.add(code)


def retold(
    latest: Mapping[ArticleId, Decision],
    moved: Sequence[ArticleId],
    code: StoryId,
    reason: str,
    call: Call,
) -> list[Decision]:
    """Return what becomes of split-off articles in a channel: what was told is told anew."""
    found = [latest[article] for article in moved if article in latest]
    return [
        replace(
            decision,
            story=code,
            fate=Fate.WAITING if decision.fate in _TOLD else decision.fate,
            reason=reason,
            alert=None,
            at=call.at,
        )
        for decision in found
    ]


def notes(call: Call, thread: Thread, part: str, words: Text) -> list[Alert]:
    """Return the reply that tells a thread about a change; none where it has no card yet."""
    if thread.card is None:
        return []
    message = Message(title="", blocks=(Paragraph(words),), notice=plain(words))
    return [
        Alert(
            key=alert_key(thread.channel, thread.story, f"{part}/{call.at.isoformat()}"),
            channel=thread.channel,
            part=Part.REPLY,
            message=message,
            story=thread.story,
            card=thread.card,
            due_at=call.at,
            created_at=call.at,
        )
    ]


def _moved_on(new: Story, there: Thread | None) -> Text:
    tag = Run("MERGED", Style.TAG)
    name = f"story {new.id} “{new.headline}”"
    if there is None:
        return text(tag, f" This thread goes on as {name}.")
    url = there.posted.url if there.posted else ""
    return text(tag, " Further coverage goes into the thread of ", Run(name, url=url), ".")


def _took_in(old: Story, thread: Thread) -> Text:
    url = thread.posted.url if thread.posted else ""
    name = Run(f"story {old.id} “{old.headline}”", url=url)
    return text(Run("MERGED", Style.TAG), " This thread now also follows ", name, ".")


def _split_note(moved: Sequence[ArticleId], code: StoryId) -> Text:
    tag = Run("SPLIT", Style.TAG)
    return text(
        tag, f" {counted(len(moved), 'article')} went into story {code}, a card of its own."
    )


STORY_MERGE = Command(
    usage=Usage(
        verb="story merge",
        summary="Put a story into another one; its threads follow and say so.",
        params=(
            ID_PARAM,
            Param(name="into", help="The code of the other", required=True, complete="story"),
        ),
        role=Role.EDITOR,
        example="/story merge K7Q2 into:M3P4",
    ),
    run=merge,
)
STORY_SPLIT = Command(
    usage=Usage(
        verb="story split",
        summary="Put some of a story's articles into a story of their own.",
        params=(
            ID_PARAM,
            Param(
                name="articles", help="Their numbers in /story sources: 2,3 or 4-6", required=True
            ),
        ),
        role=Role.EDITOR,
        example="/story split K7Q2 articles:2,3",
    ),
    run=split,
)
