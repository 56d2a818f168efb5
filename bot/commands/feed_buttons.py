"""What the buttons of a feed's answers do: they work after a restart, and twice does no harm."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.feed import BACKFILLS, refuse_configured
from bot.commands.found import feed_by_id, workspace_of
from bot.domain.articles import Feed, FeedId
from bot.domain.calls import Call, Kind, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import counted
from bot.domain.messages import Tone, say
from bot.domain.records import Decision, Fate
from bot.domain.schedule import format_span, parse_span
from bot.domain.stories import StoryId
from bot.domain.watches import Channel, Scope
from bot.ports.store import Transaction

UNDO_FOR = timedelta(seconds=60)
LOOKED_AT = 500
"""The newest articles of a feed that are looked through for ones to post."""
_START = timedelta(days=30)

_ID = Param(name="id", help="The feed's number", required=True)
_COUNT = Param(
    name="n",
    help="How many, 0 to 3",
    kind=Kind.NUMBER,
    required=True,
    least=0,
    most=max(BACKFILLS),
)


async def backfill(call: Call, desk: Desk) -> Reply:
    """Post the newest stories of what a new feed was seeded with."""
    count = call.number(_COUNT)
    if count == 0:
        return Reply(message=say("Nothing old is posted; what is new will be."), replaces=True)
    async with desk.store.transaction() as tx:
        line = await feed_by_id(tx, call.person.scope, call.arg("feed"))
        if line.state.seeded_at is None:
            raise CallError(
                f"“{line.feed.name}” is being read for the first time: press again in a moment."
            )
        stories = await _open_newest(tx, call, line.feed, count)
    if not stories:
        words = f"Nothing of “{line.feed.name}” that was there at first matches a watch any more."
        return Reply(message=say(words), replaces=True)
    words = f"{counted(len(stories), 'story', 'stories')} of “{line.feed.name}” will be posted."
    return Reply(message=say(words, tone=Tone.GOOD), replaces=True)


async def _open_newest(tx: Transaction, call: Call, feed: Feed, count: int) -> list[StoryId]:
    """Have the newest `count` stories of a feed's seeded articles composed; return them."""
    start = call.at - _START
    articles = await tx.articles.search("", start, LOOKED_AT, 0, (feed.id,))
    story_of = await tx.stories.of([article.id for article in articles])
    opened: list[StoryId] = []
    for article in articles:
        story = story_of.get(article.id)
        if story is None or (story not in opened and len(opened) == count):
            continue
        seeded = _seeded(await tx.decisions.of(article.id, call.person.scope))
        for decision in seeded:
            reason = f"asked for by {call.person.name} when “{feed.name}” was added"
            await tx.decisions.record(
                [replace(decision, story=story, fate=Fate.WAITING, reason=reason, at=call.at)]
            )
            await tx.threads.open(decision.channel, story, call.at, call.at)
        if seeded and story not in opened:
            opened.append(story)
    return opened


def _seeded(trail: tuple[Decision, ...]) -> list[Decision]:
    """Return the decisions that count, of those channels where they say SEEDED."""
    latest: dict[Channel, Decision] = {decision.channel: decision for decision in trail}
    return [decision for decision in latest.values() if decision.fate is Fate.SEEDED]


async def drop(call: Call, desk: Desk) -> Reply:
    """Remove the feed."""
    async with desk.store.transaction() as tx:
        line = await feed_by_id(tx, call.person.scope, call.arg("id"))
        refuse_configured(line.feed)
        await tx.feeds.remove(line.feed.id)
        feed = line.feed
        words = {
            "url": feed.url,
            "name": feed.name,
            "every": format_span(feed.every),
            "lang": feed.lang,
            "at": call.at.isoformat(),
        }
        code = await tx.drafts.keep(call.person.scope, words, call.at)
    return Reply(
        message=say(
            f"The feed “{feed.name}” is removed.",
            tone=Tone.GOOD,
            buttons=button("Undo (60 s)", "feed restore", draft=code),
        ),
        replaces=True,
    )


async def keep(call: Call, desk: Desk) -> Reply:
    """Leave the feed as it is."""
    async with desk.store.reading() as tx:
        line = await feed_by_id(tx, call.person.scope, call.arg("id"))
    return Reply(message=say(f"The feed “{line.feed.name}” is kept."), replaces=True)


async def restore(call: Call, desk: Desk) -> Reply:
    """Bring a feed back that was removed a moment ago: it is seeded again, so nothing is posted."""
    async with desk.store.transaction() as tx:
        words = await tx.drafts.take(call.person.scope, call.arg("draft"))
        at = "" if words is None else words.get("at", "")
        if words is None or not at or call.at - datetime.fromisoformat(at) > UNDO_FOR:
            raise CallError("Too late to undo: add the feed again with /feed add.")
        feed = _feed(words["url"], words["name"], words["every"], words["lang"], call.person.scope)
        await tx.feeds.add(feed, call.at)
    return Reply(message=say(f"The feed “{feed.name}” is back.", tone=Tone.GOOD), replaces=True)


def _feed(url: str, name: str, every: str, lang: str, scope: Scope) -> Feed:
    return Feed(
        id=FeedId(0),
        url=url,
        name=name,
        every=parse_span(every),
        workspace=workspace_of(scope),
        lang=lang,
    )


async def retry(call: Call, desk: Desk) -> Reply:
    """Poll a feed at once."""
    async with desk.store.transaction() as tx:
        line = await feed_by_id(tx, call.person.scope, call.arg("id"))
        await tx.feeds.make_due(line.feed.id, call.at)
    words = f"“{line.feed.name}” is asked again now; /health shows how it went."
    return Reply(message=say(words))


FEED_BACKFILL = Command(
    usage=Usage(
        verb="feed backfill",
        summary="Post the newest stories of what a new feed was seeded with.",
        params=(
            Param(name="feed", help="The feed's number", required=True),
            _COUNT,
        ),
        role=Role.EDITOR,
    ),
    run=backfill,
    button=True,
)
FEED_DROP = Command(
    usage=Usage(
        verb="feed drop",
        summary="Remove the feed, as was asked.",
        params=(_ID,),
        role=Role.EDITOR,
    ),
    run=drop,
    button=True,
)
FEED_KEEP = Command(
    usage=Usage(
        verb="feed keep", summary="Leave the feed as it is.", params=(_ID,), role=Role.EDITOR
    ),
    run=keep,
    button=True,
)
FEED_RESTORE = Command(
    usage=Usage(
        verb="feed restore",
        summary="Bring a feed back for a minute after its removal.",
        params=(Param(name="draft", help="The draft's code", required=True),),
        role=Role.EDITOR,
    ),
    run=restore,
    button=True,
)
FEED_RETRY = Command(
    usage=Usage(verb="feed retry", summary="Poll a feed at once.", params=(_ID,), role=Role.EDITOR),
    run=retry,
    button=True,
)
