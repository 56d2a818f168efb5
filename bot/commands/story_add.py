"""`story add`: an editor puts an article into the story that it tells."""

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import seen_article, story_of
from bot.commands.story_change import notes, refuse_shared, retold
from bot.domain.articles import Article, ArticleId
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import headline
from bot.domain.messages import Alert, Run, Style, Tone, say, text
from bot.domain.records import Decision, Fate
from bot.domain.stories import Member, Story
from bot.domain.text import shorten
from bot.domain.urls import canonical_url, feed_address, site_name
from bot.domain.watches import Channel
from bot.ports.store import Transaction


async def add(call: Call, desk: Desk) -> Reply:
    """Put an article into a story; the story's threads are told of it."""
    async with desk.store.transaction() as tx:
        story = await story_of(tx, call, "id")
        article = await _article(tx, call)
        if article in story.articles:
            number = story.articles.index(article) + 1
            raise CallError(f"That article is in story {story.id} already, as [{number}].")
        await refuse_shared(tx, call, story)
        alerts = await _taken_out(tx, call, article, story)
        reason = f"put into story {story.id} by {call.person.name}"
        decisions = await _told_anew(tx, call, article.id, story, reason)
        await tx.stories.join(story.id, Member(article=article, tied_by=("an editor",)), call.at)
        await tx.stories.move([article.id], story.id, call.at)
        await tx.decisions.record(decisions)
        for decision in decisions:
            await tx.threads.open(decision.channel, story.id, call.at, call.at)
        await tx.outbox.add(alerts)
    words = (
        f"“{shorten(headline(article), 120)}” is now in story {story.id}; its thread is told of it."
    )
    return Reply(
        message=say(words, tone=Tone.GOOD, buttons=button("Sources", "story sources", id=story.id))
    )


async def _article(tx: Transaction, call: Call) -> Article:
    """Return the article of an address.

    Raises:
        CallError: It is no address, or of no article that is known here.
    """
    given = call.arg("url")
    url = canonical_url(feed_address(given))
    if not url:
        raise CallError(f"“{shorten(given, 80)}” is no web address.")
    article = await tx.articles.find(url)
    if article is None or not await seen_article(tx, call.person.scope, article):
        raise CallError(
            f"No feed here has brought that address. Add a feed that has it, with /feed add"
            f" {site_name(url)}, and say it again when the article has come in; /why with the"
            " address tells more."
        )
    return article


async def _taken_out(tx: Transaction, call: Call, article: Article, new: Story) -> list[Alert]:
    """Check that an article may leave the story it is in; return what tells that story's threads.

    Raises:
        CallError: It may not.
    """
    code = (await tx.stories.of([article.id])).get(article.id)
    old = None if code is None else await tx.stories.get(code)
    if old is None:
        return []
    threads = await tx.threads.of_story(old.id)
    await refuse_shared(tx, call, old)
    if len(old.members) == 1 and threads:
        raise CallError(
            f"It is the only article of story {old.id}: /story merge {old.id} into:{new.id}"
        )
    words = text(Run("MOVED", Style.TAG), f" “{headline(article)}” went into story {new.id}.")
    return [
        alert for thread in threads for alert in notes(call, thread, f"moved/{article.id}", words)
    ]


async def _told_anew(
    tx: Transaction, call: Call, article: ArticleId, story: Story, reason: str
) -> list[Decision]:
    """Return what becomes of the article: told wherever its new story is, or it was told before."""
    known: dict[Channel, Decision] = {}
    for one in await tx.decisions.of(article, call.person.scope):
        known[one.channel] = one
    found = [
        decision
        for one in known.values()
        for decision in retold({article: one}, [article], story.id, reason, call)
    ]
    found += [
        Decision(
            article=article,
            channel=thread.channel,
            story=story.id,
            fate=Fate.WAITING,
            reason=reason,
            at=call.at,
        )
        for thread in await tx.threads.of_story(story.id)
        if thread.channel not in known
    ]
    return found


STORY_ADD = Command(
    usage=Usage(
        verb="story add",
        summary="Add an article that is known here to a story.",
        params=(
            Param(name="url", help="The article's address", required=True, rest=True),
            Param(name="id", help="The story's code; in its thread: that story", complete="story"),
        ),
        role=Role.EDITOR,
        example="/story add https://example.org/news/1 id:K7Q2",
    ),
    run=add,
)
