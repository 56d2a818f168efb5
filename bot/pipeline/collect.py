"""Collect: poll the feeds that are due, keep what is new, match it, file it into stories.

feed ─fetch─▶ articles ─sift─▶ new ─match─▶ hits ─file─▶ story

One write transaction holds all that a poll brought, the feed's validators included: after a crash
before it, the poll is made again, and nothing is lost. Polls that queue for their turn share one.
What is said about it is decided in `compose`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.domain.articles import Article, ArticleId, Feed
from bot.domain.errors import BotError
from bot.domain.hints import Hint, feeds_of
from bot.domain.layout import feed_notice
from bot.domain.messages import Alert, Part, alert_key
from bot.domain.polls import Outcome, PollRequest, PollResult, Validators
from bot.domain.query import Hit
from bot.domain.records import DueFeed, Edit, FeedState
from bot.domain.schedule import MIN_EVERY
from bot.domain.sift import Fresh, Sifted, identities, lookup_keys, sift
from bot.domain.subscriptions import Push
from bot.domain.upkeep import Tell, Upkeep, after_poll
from bot.domain.urls import canonical_url, site_of
from bot.domain.watches import WatchId
from bot.pipeline.filed import file_matched
from bot.pipeline.fulltext import want_pages
from bot.pipeline.gathered import Gathered
from bot.pipeline.sorter import Sorter, sees
from bot.pipeline.sources import take_over
from bot.pipeline.together import Together
from bot.ports.store import Store, Transaction
from bot.ports.world import Clock, FeedSource

log = structlog.get_logger()

LEASE = timedelta(minutes=3)
AT_ONCE = 40
"""Feeds leased at a time; the source itself limits how many are asked at once."""

AT_A_TIME = 120
"""Polls and entries that are stored in one transaction, where polls queue: others write, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll came to, for the log and for `once --json`."""

    feed: Feed
    result: PollResult
    new: int = 0
    edited: int = 0
    matched: int = 0
    stories: int = 0  # that were opened
    seeded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    """What a poll brought, to be stored."""

    due: DueFeed
    result: PollResult
    upkeep: Upkeep

    @property
    def entries(self) -> int:
        return len(self.result.entries) if self.result.outcome.read else 0

    @property
    def seeding(self) -> bool:
        """Whether it is the feed's first document: nobody is told of what is in it."""
        return self.result.outcome.read and self.due.state.seeded_at is None

    def state(self, now: datetime) -> FeedState:
        """Return the feed's state as it is to be stored."""
        if not self.seeding:
            return self.upkeep.state
        return replace(self.upkeep.state, seeded_at=now, seeded=len(self.result.entries))


class Collector:
    """Polls what is due."""

    def __init__(
        self,
        store: Store,
        source: FeedSource,
        sorter: Sorter,
        clock: Clock,
        jitter: Callable[[], float],
        owner: str,
        least: timedelta = MIN_EVERY,
        told: Callable[[Poll], None] = lambda _: None,
        every: Callable[[Feed], timedelta] = lambda feed: feed.every,
    ) -> None:
        """Poll from `source` into `store`.

        Args:
            store: The database.
            source: Where feeds are polled.
            sorter: What matching and filing remember.
            clock: The time.
            jitter: Returns a random number from 0 to 1.
            owner: A name for this worker that no other has.
            least: The shortest interval of a feed.
            told: Called with each poll that is done.
            every: Returns how often a feed is polled, where that is not its interval.
        """
        self._store = store
        self._source = source
        self._sorter = sorter
        self._clock = clock
        self._jitter = jitter
        self._owner = owner
        self._least = least
        self._told = told
        self._every = every
        self._together = Together(store)
        self._gathered = Gathered[_Brought, Poll | None](
            sorter.turn, self._settle, lambda one: 1 + one.entries, AT_A_TIME
        )
        self._running: set[asyncio.Task[bool]] = set()

    async def tick(self) -> None:
        """Begin polling what is due; returns at once, so that a slow feed holds up no other."""
        for due in await self._claim(AT_ONCE - len(self._running)):
            task = asyncio.create_task(self._alone(due), name=f"poll {due.feed.name}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def once(self, told: Callable[[], None] = lambda: None) -> list[Poll]:
        """Poll all that is due and wait for it; return what each poll came to, by feed name.

        They come without what they say of items, which is stored by then: of some thousand feeds
        it would take more memory than all the rest.

        Args:
            told: Called whenever a poll is done.
        """

        async def one(due: DueFeed) -> Poll | None:
            poll = await self._one(due)
            told()
            return poll and replace(poll, result=_without_items(poll.result))

        polls: list[Poll] = []
        running: set[asyncio.Task[Poll | None]] = set()
        more = True  # as many were due as were asked for: there may be others
        try:
            while True:
                room = AT_ONCE - len(running)
                if not running or (more and room >= AT_ONCE // 2):
                    claimed = await self._claim(room)
                    more = len(claimed) == room
                    running |= {asyncio.create_task(one(due)) for due in claimed}
                if not running:
                    break
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                polls += [poll for task in done if (poll := task.result()) is not None]
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        return sorted(polls, key=lambda poll: poll.feed.name)

    async def follow(self, hint: Hint) -> None:
        """Poll the feeds that a hint names, as far as they are due, and wait for it.

        Raises:
            BotError: Some could not be polled: they are to be polled again.
        """
        holder, feeds = feeds_of(hint)
        now = self._clock()
        async with self._store.transaction() as tx:
            claimed = await tx.feeds.take(feeds, holder, self._owner, now, now + LEASE)
        well = await asyncio.gather(*map(self._alone, claimed))
        if not all(well):
            failed = well.count(False)
            raise BotError(f"{failed} of {len(well)} polls failed: the log says which, and why.")

    async def stop(self) -> None:
        """End the polls under way; their feeds are polled again when the lease runs out."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._together.end()

    async def _claim(self, limit: int) -> tuple[DueFeed, ...]:
        if limit <= 0:
            return ()
        now = self._clock()
        async with self._store.transaction() as tx:
            return await tx.feeds.claim(self._owner, now, now + LEASE, limit)

    async def _alone(self, due: DueFeed) -> bool:
        """Poll a feed; say whether that went well. A poll that fails is logged, and made again."""
        try:
            await self._one(due)
        except BotError as error:  # its words say all: the disk is full, for one
            log.error("poll_failed", feed=due.feed.name, reason=str(error))  # noqa: TRY400
        except Exception:
            log.exception("poll_failed", feed=due.feed.name)
        else:
            return True
        return False

    async def _one(self, due: DueFeed) -> Poll | None:
        address = due.state.address or due.feed.url
        request = PollRequest(url=address, validators=due.state.validators)
        result = await self._source.poll(request)
        paced = replace(due.feed, every=self._every(due.feed))
        upkeep = after_poll(paced, due.state, result, self._clock(), self._jitter(), self._least)
        if result.outcome is Outcome.NOT_MODIFIED and upkeep.tell is Tell.NOTHING:
            ours = await self._together.settle(due, upkeep.state)
            poll = Poll(feed=due.feed, result=result) if ours else None
        else:
            poll = await self._gathered.do(_Brought(due=due, result=result, upkeep=upkeep))
        if poll is None:
            log.warning("poll_lost_its_lease", feed=due.feed.name)
        else:
            log.info(
                "feed_polled",
                feed=due.feed.name,
                outcome=result.outcome.value,
                reason=result.reason,
                new=poll.new,
                edited=poll.edited,
                matched=poll.matched,
                seeded=poll.seeded,
                took=round(result.took.total_seconds(), 3),
            )
            self._told(poll)
        return poll

    async def _settle(self, polls: Sequence[_Brought]) -> list[Poll | None]:
        """Store everything that polls brought, in one transaction; `Sorter.turn` must be held.

        Returns:
            What each came to; None where its lease was lost.
        """
        brings = any(one.entries for one in polls)
        try:
            if brings:
                await self._sorter.warm(self._store, self._clock())
            async with self._store.transaction() as tx:
                now = self._clock()
                ours = await tx.feeds.settle_all(
                    [(one.due.feed.id, one.due.owner, one.state(now)) for one in polls]
                )
                if brings:
                    await self._sorter.refresh(tx, now)
                return [
                    await self._settle_one(tx, one, now) if one.due.feed.id in ours else None
                    for one in polls
                ]
        except BaseException:
            self._sorter.forget()
            raise

    async def _settle_one(self, tx: Transaction, one: _Brought, now: datetime) -> Poll:
        new = edited = matched = stories = 0
        feed = one.due.feed
        if one.entries:
            new, edited, matched, stories = await self._store_entries(
                tx, feed, one.result, now, seeding=one.seeding
            )
        await tx.outbox.add(await _notices(tx, one.upkeep, one.result, now))
        return Poll(
            feed=feed,
            result=one.result,
            new=new,
            edited=edited,
            matched=matched,
            stories=stories,
            seeded=one.seeding,
        )

    async def pushed(self, push: Push, feed: Feed, result: PollResult) -> Poll | None:
        """Store what a feed's hub sent, as what a poll brings; None if another process did.

        A feed that was not polled yet gets nothing this way: its first poll tells what is old.
        """
        async with self._sorter.turn:
            try:
                await self._sorter.warm(self._store, self._clock())
                counts = await self._store_pushed(push, feed, result)
            except BaseException:
                self._sorter.forget()
                raise
        if counts is None:
            return None
        new, edited, matched, stories = counts
        poll = Poll(
            feed=feed,
            result=result,
            new=new,
            edited=edited,
            matched=matched,
            stories=stories,
            seeded=False,
        )
        log.info(
            "feed_pushed",
            feed=feed.name,
            outcome=result.outcome.value,
            reason=result.reason,
            new=new,
            edited=edited,
            matched=matched,
        )
        self._told(poll)
        return poll

    async def _store_pushed(
        self, push: Push, feed: Feed, result: PollResult
    ) -> tuple[int, int, int, int] | None:
        async with self._store.transaction() as tx:
            if not await tx.subscriptions.drop(push.id):
                return None
            line, now = await tx.feeds.get(feed.id), self._clock()
            if line is None or line.state.seeded_at is None or not result.entries:
                return 0, 0, 0, 0
            await self._sorter.refresh(tx, now)
            return await self._store_entries(tx, feed, result, now, seeding=False)

    async def _store_entries(
        self,
        tx: Transaction,
        feed: Feed,
        result: PollResult,
        now: datetime,
        *,
        seeding: bool,
    ) -> tuple[int, int, int, int]:
        identified = identities(result.entries, result.standing)
        known = await tx.articles.known(feed.id, lookup_keys(identified))
        sifted = sift(result.entries, known, result.standing, identified)
        articles, again = await self._new_articles(tx, feed, sifted, now)
        changed = await self._edited_articles(tx, feed, sifted, now)
        matched = await self._matched([*articles, *again, *changed], feed)
        opened = await file_matched(tx, self._sorter, matched, feed, now, seeding=seeding)
        if not seeding:
            await want_pages(tx, self._sorter, feed, [*articles, *again, *changed], now)
        await _reopen_edited(tx, changed, now)
        return len(articles), len(changed), len(matched), opened

    async def _matched(
        self, articles: Sequence[Article], feed: Feed
    ) -> list[tuple[Article, dict[WatchId, tuple[Hit, ...]]]]:
        if not self._sorter.watches:
            return []

        def matched() -> list[tuple[Article, dict[WatchId, tuple[Hit, ...]]]]:
            found = ((article, self._sorter.match(article, feed)) for article in articles)
            return [(article, hits) for article, hits in found if hits]

        return await asyncio.to_thread(matched)

    async def _new_articles(
        self, tx: Transaction, feed: Feed, sifted: Sifted, now: datetime
    ) -> tuple[tuple[Article, ...], tuple[Article, ...]]:
        """Store the new entries as articles.

        Returns:
            The new articles, and those that another feed brought before: this feed may be seen by
            channels that the other is not.
        """
        drafts = [(draft(fresh, feed, now), fresh.keys) for fresh in sifted.new]
        there = await tx.articles.by_urls([article.url for article, _ in drafts if article.url])
        await take_over(tx, feed, [article for article, _ in drafts], there)
        keys: dict[str, ArticleId] = dict(sifted.rekeyed)
        fresh: list[tuple[Article, tuple[str, ...]]] = []
        for article, its_keys in drafts:
            if article.url in there:
                keys |= dict.fromkeys(its_keys, there[article.url])
            else:
                fresh.append((article, its_keys))
        languaged = [article for article, _ in fresh]
        if not all(article.lang for article in languaged):
            languaged = await asyncio.to_thread(
                lambda: [self._sorter.language(article) for article, _ in fresh]
            )
        stored = await tx.articles.add(languaged)
        for article, (_, its_keys) in zip(stored, fresh, strict=True):
            keys |= dict.fromkeys(its_keys, article.id)
        await tx.articles.remember(feed.id, keys, now)
        return stored, await tx.articles.get(sorted(set(there.values())))

    async def _edited_articles(
        self, tx: Transaction, feed: Feed, sifted: Sifted, now: datetime
    ) -> list[Article]:
        """Save articles whose title or lead changed, if they came by this feed."""
        before = {
            article.id: article
            for article in await tx.articles.get([edit.article for edit in sifted.edited])
        }
        changed = []
        for edited in sifted.edited:
            old = before.get(edited.article)
            if old is None or old.feed != feed.id:
                continue
            entry = edited.entry
            new = replace(
                old,
                title=entry.title or old.title,
                summary=entry.summary or old.summary,
                body=entry.body or old.body,
                version=old.version + 1,
            )
            edit = Edit(
                article=old.id,
                version=new.version,
                old_title=old.title,
                new_title=new.title,
                old_summary=old.summary,
                new_summary=new.summary,
                at=now,
            )
            await tx.articles.edit(new, edit)
            changed.append(new)
        return changed


def draft(fresh: Fresh, feed: Feed, now: datetime) -> Article:
    """Return a feed's entry as an article that is not stored yet.

    An address that is no key, since others have it too, gets a fragment that is the entry's own:
    it leads to the same page, and is one article's.
    """
    entry = fresh.entry
    url = canonical_url(entry.link)
    site = site_of(url) or site_of(feed.url)
    if url and not any(key.startswith("url:") for key in fresh.keys):
        url = f"{url}#{fresh.keys[0].partition(':')[2]}"
    return Article(
        id=ArticleId(0),
        feed=feed.id,
        url=url,
        outlet=entry.outlet or feed.name,
        site=entry.outlet.casefold() if entry.outlet and site == "google.com" else site,
        title=entry.title,
        summary=entry.summary,
        body=entry.body,
        author=entry.author,
        tags=entry.tags,
        lang=entry.lang or feed.lang,
        published=entry.published,
        first_seen=now,
    )


async def _reopen_edited(tx: Transaction, changed: Sequence[Article], now: datetime) -> None:
    """Have the threads of edited articles composed again, so that they say EDITED."""
    stories = await tx.stories.of([article.id for article in changed])
    for story in sorted(set(stories.values())):
        for thread in await tx.threads.of_story(story):
            if thread.card is not None:
                await tx.threads.open(thread.channel, story, thread.opened_at, now)


async def _notices(
    tx: Transaction, upkeep: Upkeep, result: PollResult, now: datetime
) -> list[Alert]:
    """Return what the admin channels that see the feed are told, at most once an episode."""
    if upkeep.tell is Tell.NOTHING:
        return []
    message = feed_notice(upkeep, result)
    alerts = []
    for settings in await tx.channels.list():
        if settings.admin and sees(settings.channel, upkeep.feed):
            about = f"feed {upkeep.feed.id}"
            part = f"{upkeep.tell}/{now.isoformat()}"
            alerts.append(
                Alert(
                    key=alert_key(settings.channel, about, part),
                    channel=settings.channel,
                    part=Part.NOTICE,
                    message=message,
                    due_at=now,
                    created_at=now,
                )
            )
    return alerts


def _without_items(result: PollResult) -> PollResult:
    return replace(result, entries=(), standing=(), validators=Validators())
