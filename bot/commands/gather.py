"""What a person means by a story, a watch or words: the stories to tell, with their articles.

Owns which articles are told of, never which sentences. Only what the person's scope sees is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.commands.found import (
    named_story,
    narrowed,
    seen_feeds,
    seen_rows,
    seen_story,
    threads_story,
    watch_named,
)
from bot.commands.where import here
from bot.domain.articles import Article
from bot.domain.calls import Call
from bot.domain.lines import unquoted
from bot.domain.stories import Member, Story, StoryId
from bot.domain.watches import Scope
from bot.ports.store import Transaction

STORIES = 5
"""Stories of a watch, a channel or words that are told of."""
_ROWS = 40
_FOUND = 60  # articles that contain the words, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story to tell, with the articles of it to tell from."""

    story: Story  # of an article in no story: a story of it alone
    code: str  # "" for an article in no story that may be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a target means."""

    name: str  # for people: "story K7Q2", "watch cecot", "“prison transfers”"
    told: tuple[Told, ...]  # most independent outlets first
    one: bool = False  # the target is one story
    watch: str = ""  # the name of the watch that the target is
    channel: bool = False  # no target: the channel's stories
    more: int = 0  # stories beside those told


async def gather(tx: Transaction, call: Call, start: datetime, *, whole: bool) -> Gathered:
    """Return what the call's `target` means: a story, a watch, words, or this thread or channel.

    Args:
        tx: The database.
        call: With `target`, or none: then the thread's story, or else the channel's stories.
        start: Only news after this time (UTC).
        whole: Take a story's whole coverage, also from before `start`.

    Raises:
        CallError: There is nothing of that name or with those words.
    """
    scope = call.person.scope
    target = unquoted(call.arg("target"))
    story = await named_story(tx, scope, target) if target else await threads_story(tx, call)
    if story is not None:
        told = story if whole else _since(story, start)
        alone = (Told(story=told, code=told.id),) if told is not None else ()
        return Gathered(name=f"story {story.id}", told=alone, one=True)
    if not target:
        rows = await tx.stories.in_channel(here(call), start, _ROWS)
        found = _ranked(f"#{call.channel.id}", await seen_rows(tx, scope, rows), start)
        return replace(found, channel=True)
    watch = await watch_named(tx, scope, target)
    if watch is not None:
        rows = await tx.stories.of_watch(watch.id, start, _ROWS)
        found = _ranked(f"watch {watch.name}", await seen_rows(tx, scope, rows), start)
        return replace(found, watch=watch.name)
    return await _with_words(tx, scope, target, start)


def _since(story: Story, start: datetime) -> Story | None:
    """Return a story with what was first seen after `start`, or None if that is nothing."""
    return narrowed(story, {one.id for one in story.articles if one.first_seen > start})


def _ranked(name: str, stories: Sequence[Story], start: datetime) -> Gathered:
    recent = [one for story in stories if (one := _since(story, start)) is not None]
    told = tuple(Told(story=story, code=story.id) for story in recent[:STORIES])
    return Gathered(name=name, told=told, more=len(recent) - len(told))


async def _with_words(tx: Transaction, scope: Scope, words: str, start: datetime) -> Gathered:
    """Return the stories of the articles that contain the words."""
    feeds = tuple(await seen_feeds(tx, scope))
    articles = await tx.articles.search(words, start, _FOUND, 0, feeds) if feeds else ()
    story_of = await tx.stories.of([article.id for article in articles])
    groups: dict[str, list[Article]] = {}
    for article in articles:
        code = story_of.get(article.id)
        groups.setdefault(code or f"alone {article.id}", []).append(article)
    told = [await _told(tx, scope, code, found) for code, found in groups.items()]
    told.sort(key=lambda one: (-one.story.independent, one.code))
    name = f"“{words}”"
    return Gathered(name=name, told=tuple(told[:STORIES]), more=max(0, len(told) - STORIES))


async def _told(tx: Transaction, scope: Scope, code: str, found: Sequence[Article]) -> Told:
    """Return the story of some found articles; its code only where it may be seen."""
    seen = None if code.startswith("alone ") else await seen_story(tx, scope, code)
    kept = narrowed(seen, {article.id for article in found}) if seen is not None else None
    if kept is not None:
        return Told(story=kept, code=kept.id)
    members = tuple(Member(article=article) for article in reversed(found))
    return Told(story=Story(id=StoryId(""), members=members), code="")
