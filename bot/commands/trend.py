"""`trend`: how much was written about a watch or about words, day by day, as a chart."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.commands.answers import PUBLIC_PARAM, button, nothing, share_button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import seen_feeds, seen_story, watch_named
from bot.commands.where import here
from bot.domain.articles import Article, ArticleId
from bot.domain.calls import Call, Kind, Param, Reply, Usage
from bot.domain.layout_parts import DOT, counted, headline
from bot.domain.lines import unquoted
from bot.domain.messages import Bullets, File, Message, Run, Style, Text, text
from bot.domain.text import shorten
from bot.domain.trends import Peak, trend_of
from bot.domain.watches import Watch
from bot.ports.store import Transaction

MOST = 5_000
"""The newest articles that are counted."""
_DAYS = Param(
    name="days", help="How many days, 2 to 90", kind=Kind.NUMBER, default="14", least=2, most=90
)


async def run(call: Call, desk: Desk) -> Reply:
    """Draw articles and outlets a day, and name the peaks."""
    days = call.number(_DAYS)
    async with desk.store.reading() as tx:
        name, articles = await _articles(tx, call, days)
        zone = ZoneInfo((await tx.channels.get(call.channel)).tz)
        story_of = await tx.stories.of([article.id for article in articles])
        last = call.at.astimezone(zone).date()
        trend = trend_of(name, articles, story_of, last, days, zone)
        codes = {
            peak.lead.id: code
            for peak in trend.peaks
            if (code := story_of.get(peak.lead.id)) is not None
            and await seen_story(tx, call.person.scope, code) is not None
        }
    if not trend.articles:
        words = f"Nothing was written about {name} in the last {counted(days, 'day')}."
        return Reply(message=nothing(f"{words} Try more days or other words."))
    picture = File(
        name="trend.png", mime="image/png", data=await desk.charts.trend(trend), alt=trend.alt()
    )
    whole = f"only the newest {MOST:,} articles are counted{DOT}" if len(articles) == MOST else ""
    figures = f"{counted(trend.articles, 'article')} of {counted(trend.outlets, 'outlet')}"
    return Reply(
        message=Message(
            title=f"{name}: articles and outlets a day",
            lead=text(f"{figures} in {counted(days, 'day')}"),
            blocks=(Bullets(tuple(_peak(peak, codes) for peak in trend.peaks)),),
            footer=text(f"{whole}days begin at midnight, {zone.key}"),
            buttons=(
                *share_button(call, target=call.arg("target"), days=str(days)),
                *button("Summary", "summary", target=call.arg("target"), period="7d"),
            ),
            notice=f"{name}: {figures} in {counted(days, 'day')}",
            files=(picture,),
        )
    )


async def _articles(tx: Transaction, call: Call, days: int) -> tuple[str, Sequence[Article]]:
    """Return what is meant, for people, and its articles of feeds that are seen here."""
    scope, target = call.person.scope, unquoted(call.arg("target"))
    start = call.at - timedelta(days=days)
    feeds = await seen_feeds(tx, scope)
    watch = await watch_named(tx, scope, target) if target else None
    if target and watch is None:
        found = await tx.articles.search(target, start, MOST, 0, tuple(feeds)) if feeds else ()
        return f"“{shorten(target, 80)}”", found
    watches: Sequence[Watch] = [watch] if watch else await _posting_here(tx, call)
    ids: dict[ArticleId, None] = {}
    for one in watches:
        ids |= dict.fromkeys(await tx.hits.articles(one.id, start, MOST))
    newest = sorted(ids, reverse=True)[:MOST]
    name = f"watch {watch.name}" if watch else f"#{call.channel.id}"
    return name, [one for one in await tx.articles.get(newest) if one.feed in feeds]


async def _posting_here(tx: Transaction, call: Call) -> list[Watch]:
    watches = await tx.watches.list(call.person.scope)
    return [watch for watch in watches if here(call) in watch.channels]


def _peak(peak: Peak, codes: Mapping[ArticleId, str]) -> Text:
    """Return a peak as a line: the day, its figures, and what most was written about."""
    code = codes.get(peak.lead.id)
    figures = f"{counted(peak.day.articles, 'article')}, {counted(peak.day.outlets, 'outlet')}"
    return text(
        Run(f"{peak.day.day:%a %d %b}", Style.BOLD),
        f"{DOT}{figures}{DOT}",
        Run(headline(peak.lead), url=peak.lead.url),
        f"{DOT}{counted(peak.articles, 'article')} of it",
        f"{DOT}story {code}" if code else "",
    )


TREND = Command(
    usage=Usage(
        verb="trend",
        summary="Draw articles and outlets a day, with the peaks named.",
        params=(
            Param(
                name="target",
                help="A watch or words; this channel's watches if left out",
                complete="watch",
                rest=True,
            ),
            _DAYS,
            PUBLIC_PARAM,
        ),
        example="/trend cecot days:30",
    ),
    run=run,
)
