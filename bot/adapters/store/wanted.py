"""Pages that watches ask for; see `bot.ports.gathering.WantedPages`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import micros, moment
from bot.adapters.store.dialects import insert
from bot.adapters.store.tables import articles, pages, wanted_pages
from bot.domain.articles import ArticleId, FeedId
from bot.domain.pages import DAY, TRIES, ClaimedPage, Reading, WantedPage

_CONSIDERED = 200  # the longest waiting, of which those to be read are chosen
_UNDER_WAY = timedelta(minutes=3)  # so long another may be reading a page, for a summary
_AGAIN = (Reading.READ.value, Reading.LEFT.value)


class SqlWantedPages:
    """The article pages that are read for matching."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def want(self, wanted: Sequence[WantedPage]) -> None:
        """See `bot.ports.gathering.WantedPages.want`."""
        if not wanted:
            return
        rows = [
            {
                "article": one.article,
                "feed": one.feed,
                "state": one.state.value,
                "reason": one.reason,
                "at": micros(one.at),
                "tries": 0,
            }
            for one in wanted
        ]
        new = insert(self._db, wanted_pages).values(rows)
        changed = {name: new.excluded[name] for name in ("state", "reason", "at", "tries")}
        await self._db.execute(
            new.on_conflict_do_update(
                index_elements=["article", "feed"],
                set_=changed,
                where=wanted_pages.c.state.in_(_AGAIN),
            )
        )

    async def count(self, start: datetime) -> int:
        """See `bot.ports.gathering.WantedPages.count`."""
        return (
            await self._db.scalar(
                select(func.count())
                .select_from(wanted_pages)
                .where(
                    wanted_pages.c.at > micros(start), wanted_pages.c.state != Reading.LEFT.value
                )
            )
            or 0
        )

    async def claim(
        self, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[ClaimedPage, ...]:
        """See `bot.ports.gathering.WantedPages.claim`."""
        await self._give_up(now)
        rows = await self._db.execute(
            select(
                wanted_pages,
                articles.c.url,
                articles.c.site,
                pages.c.text,
                pages.c.asked_at,
            )
            .join(articles, articles.c.id == wanted_pages.c.article)
            .outerjoin(pages, pages.c.article == wanted_pages.c.article)
            .where(wanted_pages.c.state == Reading.WAITING.value)
            .order_by(wanted_pages.c.at, wanted_pages.c.article, wanted_pages.c.feed)
            .limit(_CONSIDERED)
        )
        waiting = rows.all()
        busy = {row.site for row in waiting if row.lease_until > micros(now)}
        claimed: list[ClaimedPage] = []
        for row in waiting:
            summarised = row.text == "" and row.asked_at > micros(now - _UNDER_WAY)
            if row.site in busy or summarised or len(claimed) == limit:
                continue
            busy.add(row.site)
            await self._db.execute(
                update(wanted_pages)
                .where(wanted_pages.c.article == row.article, wanted_pages.c.feed == row.feed)
                .values(owner=owner, lease_until=micros(lease_until), tries=row.tries + 1)
            )
            claimed.append(
                ClaimedPage(
                    article=ArticleId(row.article),
                    feed=FeedId(row.feed),
                    url=row.url,
                    text=row.text or "",
                    owner=owner,
                )
            )
        return tuple(claimed)

    async def _give_up(self, now: datetime) -> None:
        """Let go what waited too long, what was begun too often, and whose article is gone."""
        waiting = wanted_pages.c.state == Reading.WAITING.value
        idle = wanted_pages.c.lease_until <= micros(now)
        known = select(articles.c.id).where(articles.c.id == wanted_pages.c.article).exists()
        asked = (
            select(pages.c.article)
            .where(
                pages.c.article == wanted_pages.c.article,
                pages.c.text == "",
                pages.c.asked_at <= micros(now - _UNDER_WAY),
            )
            .exists()
        )
        for reason, when in (
            ("It was not read within a day.", wanted_pages.c.at < micros(now - DAY)),
            (f"Reading it was begun {TRIES} times and never ended.", wanted_pages.c.tries >= TRIES),
            ("It was asked for before, and gave no text.", asked),
            ("The article is not kept any more.", ~known),
        ):
            await self._db.execute(
                update(wanted_pages)
                .where(waiting, idle, when)
                .values(state=Reading.FAILED.value, reason=reason, at=micros(now))
            )

    async def settle(self, page: ClaimedPage, reason: str, now: datetime) -> bool:
        """See `bot.ports.gathering.WantedPages.settle`."""
        state = Reading.FAILED if reason else Reading.READ
        done = await self._db.execute(
            update(wanted_pages)
            .where(
                wanted_pages.c.article == page.article,
                wanted_pages.c.feed == page.feed,
                wanted_pages.c.owner == page.owner,
                wanted_pages.c.state == Reading.WAITING.value,
                wanted_pages.c.lease_until > micros(now),
            )
            .values(state=state.value, reason=reason[:300], at=micros(now), owner="", lease_until=0)
        )
        return done.rowcount == 1

    async def of(self, article: ArticleId) -> tuple[WantedPage, ...]:
        """See `bot.ports.gathering.WantedPages.of`."""
        rows = await self._db.execute(
            select(wanted_pages)
            .where(wanted_pages.c.article == article)
            .order_by(wanted_pages.c.at, wanted_pages.c.feed)
        )
        return tuple(
            WantedPage(
                article=ArticleId(row.article),
                feed=FeedId(row.feed),
                state=Reading(row.state),
                reason=row.reason,
                at=moment(row.at),
            )
            for row in rows
        )

    async def tally(self, start: datetime) -> Mapping[tuple[FeedId, Reading], int]:
        """See `bot.ports.gathering.WantedPages.tally`."""
        rows = await self._db.execute(
            select(wanted_pages.c.feed, wanted_pages.c.state, func.count().label("n"))
            .where(
                or_(
                    wanted_pages.c.at > micros(start),
                    wanted_pages.c.state == Reading.WAITING.value,
                )
            )
            .group_by(wanted_pages.c.feed, wanted_pages.c.state)
        )
        return {(FeedId(row.feed), Reading(row.state)): row.n for row in rows}
