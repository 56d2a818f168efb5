"""`health`: what fails, what waits, and how fast news gets through."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.feed import feed_line
from bot.domain.articles import FeedId
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.hints import FEEDS, DeadHint
from bot.domain.layout_parts import DOT, counted, moment
from bot.domain.messages import (
    Alert,
    Block,
    Bullets,
    Fact,
    Message,
    Run,
    Style,
    Text,
    Tone,
    say,
    text,
)  # fmt: skip
from bot.domain.models import day_of, spending
from bot.domain.pages import A_DAY, A_POLL, DAY, Reading
from bot.domain.records import Access, FeedLine, Standing, Totals
from bot.domain.subscriptions import Subscription
from bot.domain.text import shorten

SHOWN = 5
_BUTTONS = 3


async def run(call: Call, desk: Desk) -> Reply:
    """Show the state of everything; detail for admins."""
    async with desk.store.reading() as tx:
        totals = await tx.housekeeping.totals(call.person.scope)
        watches = len(await tx.watches.list(call.person.scope))
        lines = await tx.feeds.list(call.person.scope)
        failed = await tx.outbox.failed(call.person.scope, SHOWN)
        unsure = await tx.outbox.unsure(call.person.scope, SHOWN)
        troubled = await tx.channels.troubled(call.person.scope)
        dead = await tx.hints.dead(SHOWN)
        live = await tx.subscriptions.live(call.at)
        silent = await tx.subscriptions.silent(call.at)
        tally = await tx.wanted.tally(call.at - DAY)
        spent = await tx.spending.of(day_of(call.at))
    failing = [line for line in lines if line.state.failures or line.state.stopped]
    mine = {line.feed.id: line.feed.name for line in lines}
    lost = [one for one in silent if one.feed in mine and one.failing(call.at)]
    works = not failing and not failed and not troubled and not dead
    blocks: list[Block] = [
        Fact("Feeds", _feeds(lines, failing)),
        Fact("Queue", _queue(totals)),
        Fact("Delay", text(_delay(totals.delays))),
    ]
    told_of = len(live & mine.keys())
    if told_of or lost:
        blocks.append(Fact("Hubs", text(_hubs(told_of, len(lost)))))
    if pages := _pages(tally, mine):
        blocks.append(Fact("Pages", text(pages)))
    if desk.model is not None:
        blocks.append(Fact("Model", text(spending(desk.model, spent))))
    admin = call.person.role >= Role.ADMIN
    if admin:
        blocks.append(
            Fact(
                "Followed",
                text(
                    f"{counted(totals.stories, 'story', 'stories')},"
                    f" {counted(watches, 'watch', 'watches')}"
                ),
            )
        )
    shown = failing[:SHOWN]
    if shown:
        blocks.append(Bullets(tuple(feed_line(one) if admin else _name(one) for one in shown)))
    told = [_alert("Alert given up", alert) for alert in failed]
    told += [_troubled(one) for one in troubled[:SHOWN]]
    told += [_alert("Alert held", alert) for alert in unsure]
    told += [_dead(one) for one in dead]
    told += [_lost(mine[one.feed], one) for one in lost[:SHOWN]]
    if told and admin:
        blocks.append(Bullets(tuple(told)))
    word = "All is well" if works else "Something fails"
    return Reply(
        message=Message(
            title=word,
            blocks=tuple(blocks),
            footer=text(f"Newsthread {desk.version}"),
            buttons=(
                *(
                    one
                    for line in shown[:_BUTTONS]
                    if call.person.role >= Role.EDITOR
                    for one in button(
                        f"Retry {shorten(line.feed.name, 40)}", "feed retry", id=str(line.feed.id)
                    )
                ),
                *(
                    one
                    for number, alert in enumerate(failed[:_BUTTONS], start=1)
                    if admin
                    for one in button(f"Retry alert {number}", "alert retry", key=alert.key)
                ),
            ),
            notice=f"{word}: {len(failing)} of {counted(len(lines), 'feed')} failing",
            tone=Tone.GOOD if works else Tone.TROUBLE,
        )
    )


def _feeds(lines: Sequence[FeedLine], failing: Sequence[FeedLine]) -> Text:
    polled = [line.state.polled_at for line in lines if line.state.polled_at is not None]
    last = (f"{DOT}last poll ", moment(max(polled))) if polled else (f"{DOT}none polled yet",)
    return text(f"{len(lines):,}, {len(failing):,} failing", *last)


def _hubs(live: int, lost: int) -> str:
    """Return how many feeds' hubs tell of changes; the others are polled as ever."""
    said = f"{counted(live, 'feed')} told of at once (WebSub)"
    return f"{said}, {lost:,} only polled, since the hub fails" if lost else said


def _lost(name: str, one: Subscription) -> Text:
    asked = () if one.asked_at is None else (", last asked ", moment(one.asked_at))
    reason = shorten(one.reason, 200) or "it does not answer"
    return text(Run("Hub fails", Style.BOLD), f": {name}{DOT}{reason}", *asked)


def _queue(totals: Totals) -> Text:
    runs: list[str | Run] = [
        f"{totals.alerts_due:,} due, {totals.alerts_unknown:,} unsure,"
        f" {totals.alerts_failed:,} failed, {totals.alerts_sent:,} sent"
    ]
    if totals.oldest_due_at is not None:
        runs += [f"{DOT}oldest due ", moment(totals.oldest_due_at)]
    return text(*runs)


def _pages(tally: Mapping[tuple[FeedId, Reading], int], feeds: Collection[FeedId]) -> str:
    """Return how many pages were read for matching in a day, and what was left; "" for none."""
    count: Counter[Reading] = Counter()
    for (feed, state), pages in tally.items():
        if feed in feeds:
            count[state] += pages
    if not count:
        return ""
    said = (
        f"of the last 24 hours: {count[Reading.READ]:,} read for body:full,"
        f" {count[Reading.FAILED]:,} could not be read, {count[Reading.WAITING]:,} waiting"
    )
    if not count[Reading.LEFT]:
        return said
    return (
        f"{said}; {count[Reading.LEFT]:,} left unread, since {A_POLL} are read of one poll and"
        f" {A_DAY:,} a day: narrow the watches with body:full, by feed: or lang: for one"
    )


def _delay(delays: Sequence[float]) -> str:
    """Return how long news takes from first seen to posted: median and 95th percentile."""
    if not delays:
        return "no card posted yet"
    ranked = sorted(delays)
    half, most = ranked[len(ranked) // 2], ranked[min(len(ranked) - 1, len(ranked) * 95 // 100)]
    count = counted(len(ranked), "card")
    return f"from first seen to posted: median {half:.0f} s, p95 {most:.0f} s (of {count})"


def _name(line: FeedLine) -> Text:
    times = counted(line.state.failures, "time")
    return text(Run(line.feed.name, Style.BOLD), f"{DOT}failing, {times} in a row")


def _troubled(standing: Standing) -> Text:
    what = "cannot be reached" if standing.access is Access.GONE else "may not be posted in"
    since = () if standing.since is None else (" since ", moment(standing.since))
    channel = Run(f"#{standing.channel.id}", Style.CHANNEL)
    return text(channel, f" {what}", *since, f": {shorten(standing.reason, 200)}")


def _alert(word: str, alert: Alert) -> Text:
    return text(
        Run(word, Style.BOLD),
        " in ",
        Run(f"#{alert.channel.id}", Style.CHANNEL),
        f": {shorten(alert.message.notice, 120)} ({alert.reason})",
    )


def _dead(dead: DeadHint) -> Text:
    """Return what is said of a job; what it was about may be another workspace's business."""
    what = "polling feeds" if dead.hint.queue == FEEDS else "posting"
    return text(
        Run("Job given up", Style.BOLD),
        f": {what}, ",
        moment(dead.at),
        f" ({shorten(dead.reason, 200)}); what is due is tried again",
    )


async def retry(call: Call, desk: Desk) -> Reply:
    """Send an alert that was given up once more."""
    key = call.arg("key")
    async with desk.store.transaction() as tx:
        alert = await tx.outbox.get(key)
        mine = alert is not None and alert.channel.scope == call.person.scope
        again = mine and await tx.outbox.retry(key, call.at)
    if not again:
        raise CallError("That alert is not waiting for a retry any more.")
    return Reply(message=say("It is sent again now.", tone=Tone.GOOD))


HEALTH = Command(
    usage=Usage(
        verb="health",
        summary="Show failing feeds, the queue, and how fast news gets through.",
        example="/health",
    ),
    run=run,
)
ALERT_RETRY = Command(
    usage=Usage(
        verb="alert retry",
        summary="Send an alert that was given up once more.",
        params=(Param(name="key", help="The alert's key", required=True),),
        role=Role.ADMIN,
    ),
    run=retry,
    button=True,
)
