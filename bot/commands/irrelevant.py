"""`irrelevant`: an editor says that a story, or one article, should not have been told here.

The story is muted in this channel, and what was said is kept as a label: `export` has it, and
`watch list` and `watch test` count it, so that a watch can be judged and mended.
"""

from dataclasses import dataclass

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import named_story, seen_story, seen_threads, threads_story
from bot.domain.articles import Article, ArticleId
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import counted, headline
from bot.domain.lines import unquoted
from bot.domain.messages import Tone, say
from bot.domain.records import Judgement
from bot.domain.stories import Story
from bot.domain.text import shorten
from bot.domain.urls import canonical_url, feed_address
from bot.domain.watches import Channel, Mute, MuteId, MuteKind
from bot.ports.store import Transaction


@dataclass(frozen=True, slots=True)
class _Meant:
    """What is not relevant."""

    story: Story
    article: Article | None  # None: all of the story

    @property
    def articles(self) -> list[ArticleId]:
        """What is labelled."""
        if self.article is not None:
            return [self.article.id]
        return [article.id for article in self.story.articles]


async def run(call: Call, desk: Desk) -> Reply:
    """Label what is meant, and mute its story in this channel."""
    async with desk.store.transaction() as tx:
        meant = await _meant(tx, call)
        channel = await _told_in(tx, call, meant.story)
        by = call.person.name
        await tx.judgements.add(
            [Judgement(article=one, channel=channel, by=by, at=call.at) for one in meant.articles]
        )
        muted = await _mute(tx, call, meant.story, channel)
    if meant.article is None:
        what = f"Story {meant.story.id} “{shorten(meant.story.headline, 120)}” is"
    else:
        what = f"“{shorten(headline(meant.article), 120)}” is"
    words = (
        f"{what} marked as not relevant. Story {meant.story.id} is muted in #{channel.id} for good;"
        " other channels are told of it as before."
    )
    return Reply(
        message=say(
            words,
            tone=Tone.GOOD,
            buttons=button(
                "Undo",
                "irrelevant undo",
                story=meant.story.id,
                article="" if meant.article is None else str(meant.article.id),
                mute=str(muted.id),
            ),
        )
    )


async def _meant(tx: Transaction, call: Call) -> _Meant:
    """Return the story or article that an argument names, or the story of the thread.

    Raises:
        CallError: It names none that was told here.
    """
    target = unquoted(call.arg("target"))
    story = (
        await named_story(tx, call.person.scope, target)
        if target
        else await threads_story(tx, call)
    )
    if story is not None:
        return _Meant(story, None)
    if not target:
        raise CallError("What is not relevant? Give a story's code, or say it in its thread.")
    article = await tx.articles.find(canonical_url(feed_address(target)))
    if article is not None:
        code = (await tx.stories.of([article.id])).get(article.id)
        story = None if code is None else await seen_story(tx, call.person.scope, code)
        if story is not None and article in story.articles:
            return _Meant(story, article)
    raise CallError(
        f"“{shorten(target, 80)}” is neither a story's code nor the address of an article that was"
        " told here."
    )


async def _told_in(tx: Transaction, call: Call, story: Story) -> Channel:
    """Return the channel of the call, if the story concerns it.

    Raises:
        CallError: It concerns others only.
    """
    channels = [thread.channel for thread in await seen_threads(tx, call.person.scope, story.id)]
    if call.channel not in channels:
        where = ", ".join(f"#{channel.id}" for channel in channels)
        raise CallError(f"Story {story.id} is not told in #{call.channel.id}: say it in {where}.")
    return call.channel


async def _mute(tx: Transaction, call: Call, story: Story, channel: Channel) -> Mute:
    """Mute a story in one channel; the mute that is there already stays."""
    for known in await tx.mutes.active(call.person.scope, call.at):
        if known.here and known.channel == channel and known.value == story.id:
            return known
    return await tx.mutes.add(
        Mute(
            id=MuteId(0),
            scope=call.person.scope,
            kind=MuteKind.STORY,
            value=story.id,
            until=None,
            by=call.person.name,
            channel=channel,
            here=True,
            created_at=call.at,
        )
    )


async def undo(call: Call, desk: Desk) -> Reply:
    """Take the label and the mute back."""
    async with desk.store.transaction() as tx:
        story = await named_story(tx, call.person.scope, call.arg("story"))
        if story is None:
            raise CallError("That story is not here any more.")
        labelled = [
            article.id for article in story.articles if call.arg("article") in ("", str(article.id))
        ]
        await tx.judgements.remove(call.channel, labelled)
        for known in await tx.mutes.active(call.person.scope, call.at):
            if str(known.id) == call.arg("mute") and known.channel == call.channel:
                await tx.mutes.remove(known.id)
    words = f"Taken back: {counted(len(labelled), 'article')} of story {story.id} unmarked."
    return Reply(
        message=say(f"{words} It is told in #{call.channel.id} again.", tone=Tone.GOOD),
        replaces=True,
    )


IRRELEVANT = Command(
    usage=Usage(
        verb="irrelevant",
        summary="Mark a story or an article as not relevant, and mute it in this channel.",
        params=(
            Param(
                name="target",
                help="A story's code or an article's address; in a thread: that story",
                complete="story",
                rest=True,
            ),
        ),
        role=Role.EDITOR,
        example="/irrelevant K7Q2",
    ),
    run=run,
)
IRRELEVANT_UNDO = Command(
    usage=Usage(
        verb="irrelevant undo",
        summary="Take back that something is not relevant.",
        params=(
            Param(name="story", help="The story's code", required=True),
            Param(name="article", help="The article's number, if it was about one"),
            Param(name="mute", help="The mute's number"),
        ),
        role=Role.EDITOR,
    ),
    run=undo,
    button=True,
)
