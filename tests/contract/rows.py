"""Values to store, with everything filled in that a test does not care about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.adapters.store.database import SqlStore
from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.messages import Alert, AlertState, Part, Posted, say
from bot.domain.query import Hit
from bot.domain.records import Decision, Fate, WatchHit
from bot.domain.stories import Member, Story, StoryId
from bot.domain.watches import Channel, Scope, Watch, WatchId

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NEWS = Channel.parse("sandbox:news")
SPORT = Channel.parse("sandbox:sport")
GUILD = Channel.parse("discord:1/10")
LOCAL = NEWS.scope
GUILD_SCOPE = Scope("discord", "1")


def at(minutes: float) -> datetime:
    """Return a time so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def feed(name: str = "a", /, **changes: Any) -> Feed:
    """Return a feed that is not stored yet."""
    made = Feed(
        id=FeedId(0), url=f"https://{name}.example/feed", name=name, every=timedelta(minutes=10)
    )
    return replace(made, **changes)


def article(title: str = "Storm", /, **changes: Any) -> Article:
    """Return an article that is not stored yet, with an address made from its title."""
    made = Article(
        id=ArticleId(0),
        feed=FeedId(1),
        url=f"https://a.example/{title.replace(' ', '-')}",
        outlet="Outlet A",
        site="a.example",
        title=title,
        summary=f"All about {title}.",
        first_seen=NOON,
    )
    return replace(made, **changes)


def alert(key: str, part: Part = Part.CARD, channel: Channel = NEWS, **changes: Any) -> Alert:
    """Return an alert that is due at noon."""
    made = Alert(
        key=key, channel=channel, part=part, message=say(key), due_at=NOON, created_at=NOON
    )
    return replace(made, **changes)


def reply(key: str, card: str, **changes: Any) -> Alert:
    """Return a reply to a card."""
    return alert(key, Part.REPLY, card=card, **changes)


def watch(name: str = "storms", /, **changes: Any) -> Watch:
    """Return a watch of the local scope."""
    made = Watch(
        id=WatchId(0), scope=LOCAL, name=name, query="storm", channels=(NEWS,), created_at=NOON
    )
    return replace(made, **changes)


def decision(of: ArticleId, story: str, fate: Fate, **changes: Any) -> Decision:
    """Return a decision about an article in the news channel."""
    made = Decision(article=of, channel=NEWS, story=StoryId(story), fate=fate, at=NOON)
    return replace(made, **changes)


def hit(of: ArticleId, by: int = 7, when: datetime = NOON) -> WatchHit:
    """Return a hit of the word "storm" in a title."""
    found = Hit(field="title", start=0, end=5, text="Storm", term="storm")
    return WatchHit(article=of, watch=WatchId(by), watch_version=1, hits=(found,), at=when)


async def stored(store: SqlStore, *drafts: Article) -> tuple[Article, ...]:
    """Store articles in a transaction of their own."""
    async with store.transaction() as tx:
        return await tx.articles.add(drafts)


async def filed(store: SqlStore, code: str, *drafts: Article) -> Story:
    """Store articles as a story."""
    articles = await stored(store, *drafts)
    story = Story(id=StoryId(code), members=tuple(Member(article=one) for one in articles))
    async with store.transaction() as tx:
        await tx.stories.add(story)
    return story


async def sent(store: SqlStore, card: Alert, message: str = "m1") -> Posted:
    """Store an alert, claim it and settle it as sent."""
    posted = Posted(card.channel, message)
    async with store.transaction() as tx:
        await tx.outbox.add([card])
        (claimed,) = await tx.outbox.claim(card.channel.scope.platform, "w", NOON, at(1), 9)
        done = replace(claimed, state=AlertState.SENT, posted=posted)
        assert await tx.outbox.settle(done, "w")
    return posted
