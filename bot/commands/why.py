"""`why`: what became of an article or a story, step by step, with times."""

from dataclasses import dataclass, replace

from bot.commands.answers import (
    PAGE_PARAM,
    button,
    nothing,
)
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import (
    named_story,
    seen_article,
    seen_feeds,
    seen_story,
    threads_story,
)  # fmt: skip
from bot.commands.why_story import alert_state, story_trail
from bot.domain.articles import Article, Feed
from bot.domain.calls import Call, Param, Reply, Usage
from bot.domain.errors import CallError
from bot.domain.layout import matched
from bot.domain.layout_parts import DOT, counted, headline, moment
from bot.domain.lines import unquoted
from bot.domain.messages import (
    Alert,
    AlertState,
    Bullets,
    Message,
    Paragraph,
    Run,
    Style,
    Text,
    text,
)  # fmt: skip
from bot.domain.packs import Packs
from bot.domain.pages import Reading, WantedPage
from bot.domain.query import Subject, parse
from bot.domain.records import Decision, Edit, Judgement, WatchHit
from bot.domain.stories import Story
from bot.domain.text import shorten
from bot.domain.urls import canonical_url, feed_address, site_name, site_of
from bot.domain.watches import Scope, Watch
from bot.ports.store import Transaction

MISSES = 8
"""Watches whose nearest miss is told."""
_EDITS = 5

_READINGS = {
    Reading.WAITING: "waits to be read for body:full since",
    Reading.READ: "read for body:full",
    Reading.FAILED: "could not be read for body:full",
    Reading.LEFT: "was not asked for, though body:full wanted it",
}
_UNSENT = {
    AlertState.DUE: "ON ITS WAY",
    AlertState.UNKNOWN: "UNSURE",
    AlertState.FAILED: "FAILED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trail:
    """All that is known of an article, as far as a scope may see it."""

    article: Article
    feed: Feed | None
    watches: tuple[Watch, ...]
    hits: tuple[WatchHit, ...]
    edits: tuple[Edit, ...]
    story: Story | None
    decisions: tuple[Decision, ...]
    alerts: dict[str, Alert]
    judged: tuple[Judgement, ...]
    page: str  # the text of its page, where that was read
    readings: tuple[WantedPage, ...]  # what came of its page, where a watch asks for it


async def run(call: Call, desk: Desk) -> Reply:
    """Tell the trail of an article by its address, or of a story by its code or thread."""
    target = unquoted(call.arg("target"))
    async with desk.store.reading() as tx:
        story = (
            await named_story(tx, call.person.scope, target)
            if target
            else await threads_story(tx, call)
        )
        if story is not None:
            return await story_trail(tx, call, story)
        if not target:
            raise CallError(
                "Why what? Give an article's address: /why https://example.org/news/1, or a"
                " story's code, or ask in its thread."
            )
        url = canonical_url(feed_address(target))
        if not url:
            raise CallError(
                f"“{shorten(target, 80)}” is neither a web address nor a story's code that is"
                " known here."
            )
        article = await tx.articles.find(url)
        if article is None or not await seen_article(tx, call.person.scope, article):
            return Reply(message=await _unknown(tx, call.person.scope, url))
        trail = await _trail(tx, call.person.scope, article)
    return Reply(message=_told(trail, desk.packs))


# -- an address that is not known


async def _unknown(tx: Transaction, scope: Scope, url: str) -> Message:
    """Say whether the site is among the feeds, and what to do."""
    site = site_of(url)
    lines = [line for line in await tx.feeds.list(scope) if site_of(line.feed.url) == site]
    if not lines:
        words = (
            f"No feed has brought this address, and no feed here is of {site_name(url)}. If you"
            f" want its news: /feed add {site_name(url)}"
        )
        return nothing(words)
    names = ", ".join(f"“{line.feed.name}”" for line in lines[:3])
    state = lines[0].state
    polled: tuple[str | Run, ...] = (" It was not polled yet.",)
    if state.polled_at is not None:
        polled = (f" “{lines[0].feed.name}” was last polled ", moment(state.polled_at))
        trouble = f", and failed: {state.reason}" if state.failures else ", and works."
        polled = (*polled, trouble)
    runs = text(
        f"{site_name(url)} is among the feeds here ({names}), but none has brought this address.",
        *polled,
        " It may be older than the feed's list, not be in the feed at all, or be due with its next"
        " poll. /feed check shows what the feed has now.",
    )
    return Message(
        title="",
        blocks=(Paragraph(runs),),
        notice=f"No feed has brought this address of {site_name(url)}.",
    )


# -- one article


async def _trail(tx: Transaction, scope: Scope, article: Article) -> _Trail:
    watches = await tx.watches.list(scope)
    seen_by = await seen_feeds(tx, scope)
    decisions = await tx.decisions.of(article.id, scope)
    code = (await tx.stories.of([article.id])).get(article.id)
    keys = {decision.alert for decision in decisions if decision.alert is not None}
    found = [(key, await tx.outbox.get(key)) for key in sorted(keys)]
    return _Trail(
        article=article,
        feed=seen_by.get(article.feed),
        watches=watches,
        hits=await tx.hits.of([article.id], [watch.id for watch in watches]),
        edits=await tx.articles.edits([article.id], None),
        story=None if code is None else await seen_story(tx, scope, code),
        decisions=decisions,
        alerts={key: alert for key, alert in found if alert is not None},
        judged=await tx.judgements.of(scope, [article.id]),
        page=await tx.pages.text(article.id),
        readings=tuple(one for one in await tx.wanted.of(article.id) if one.feed in seen_by),
    )


def _told(trail: _Trail, packs: Packs) -> Message:
    article = trail.article
    steps = [
        _fetched(trail),
        *_read(trail),
        *_matched(trail, packs),
        *_filed(trail),
        *_decided(trail),
    ]
    outcome = _outcome(trail)
    return Message(
        title=headline(article),
        url=article.url,
        lead=text(Run(outcome, Style.BOLD), DOT, article.outlet),
        blocks=(Bullets(tuple(steps)),),
        footer=text(f"story {trail.story.id}" if trail.story else "in no story here"),
        buttons=button("Story", "story show", id=trail.story.id) if trail.story else (),
        notice=f"{outcome}: {headline(article)}",
    )


def _outcome(trail: _Trail) -> str:
    if not trail.hits and not trail.decisions:
        return "NO WATCH MATCHED"
    latest = {decision.channel: decision for decision in trail.decisions}
    return ", ".join(dict.fromkeys(_end(trail, one) for one in latest.values())) or "MATCHED"


def _end(trail: _Trail, decision: Decision) -> str:
    """Return how it ended in a channel: an alert that is not there yet is not posted."""
    alert = trail.alerts.get(decision.alert or "")
    unsent = "" if alert is None else _UNSENT.get(alert.state, "")
    return unsent or decision.fate.value.upper()


def _fetched(trail: _Trail) -> Text:
    article = trail.article
    feed = f"“{trail.feed.name}”" if trail.feed else "a feed that is not here any more"
    runs: list[str | Run] = [Run("Fetched", Style.BOLD), " ", moment(article.first_seen)]
    runs.append(f" from {feed}")
    if article.published is not None:
        runs += [", which dates it ", moment(article.published)]
    for edit in trail.edits[:_EDITS]:
        what = "headline" if edit.old_title != edit.new_title else "first paragraph"
        runs += [f"; {what} edited ", moment(edit.at)]
    return text(*runs, ".")


def _read(trail: _Trail) -> list[Text]:
    """Return what came of the article's page, which some watch asks for."""
    steps = []
    for one in trail.readings:
        reason = f": {one.reason.rstrip('.')}" if one.reason else ""
        steps.append(
            text(Run("Page", Style.BOLD), f" {_READINGS[one.state]} ", moment(one.at), reason, ".")
        )
    return steps


def _matched(trail: _Trail, packs: Packs) -> list[Text]:
    """Return which watches matched by which words, or the nearest miss of each."""
    by_id = {watch.id: watch for watch in trail.watches}
    steps = []
    for hit in trail.hits:
        words = matched({trail.article.id: hit.hits})
        watch = by_id[hit.watch]
        steps.append(
            text(
                Run("Matched", Style.BOLD),
                f" the watch {watch.name} (version {hit.watch_version}) ",
                moment(hit.at),
                " by " if words else "",
                *words,
                ".",
            )
        )
    if steps:
        return steps
    name = trail.feed.name if trail.feed else ""
    subject = Subject.of(replace(trail.article, page=trail.page), name, None)
    misses = [
        text(Run("Not matched", Style.BOLD), f" by {watch.name}: {_miss(watch, subject, packs)}")
        for watch in trail.watches[:MISSES]
    ]
    left = len(trail.watches) - MISSES
    if left > 0:
        misses.append(text(f"… and by {counted(left, 'further watch', 'further watches')}."))
    if not misses:
        misses.append(text(Run("Not matched", Style.BOLD), ": there are no watches here."))
    return misses


def _miss(watch: Watch, subject: Subject, packs: Packs) -> str:
    """Return why a watch did not match, in plain words."""
    if watch.paused:
        return "it is paused."
    miss = parse(watch.query, packs).near_miss(subject)
    if miss:
        return shorten(miss, 300)
    if watch.lang and subject.article.lang not in watch.lang:
        lang = subject.article.lang
        found = f"this is {lang}" if lang else "the language of this one is not known"
        return f"only {', '.join(watch.lang)}; {found}."
    if watch.feeds:
        return f"only the feeds {shorten(', '.join(watch.feeds), 200)}."
    return "it would match now; it was made or changed after the article came in."


def _filed(trail: _Trail) -> list[Text]:
    story = trail.story
    if story is None:
        return []
    member = next(one for one in story.members if one.article.id == trail.article.id)
    how = "which it opened" if not member.tied_by else ""
    if member.tied_by:
        how = f"tied by {', '.join(member.tied_by)}"
    if member.reprint_of is not None:
        number = {one.id: at for at, one in enumerate(story.articles, start=1)}[member.reprint_of]
        how += f"; it reprints [{number}]"
    name = f" under story {story.id} “{shorten(story.headline, 120)}”, {how}."
    return [text(Run("Filed", Style.BOLD), name)]


def _decided(trail: _Trail) -> list[Text]:
    steps = []
    for decision in trail.decisions:
        runs: list[str | Run] = [
            Run(decision.fate.value.capitalize(), Style.BOLD),
            f" in #{decision.channel.id} ",
            moment(decision.at),
            f": {decision.reason}" if decision.reason else "",
        ]
        alert = trail.alerts.get(decision.alert or "")
        if alert is not None:
            runs += ["; alert ", *alert_state(alert)]
        steps.append(text(*runs, "."))
    steps += [
        text(
            Run("Marked", Style.BOLD),
            f" not relevant in #{one.channel.id} by {one.by} ",
            moment(one.at),
            ".",
        )
        for one in trail.judged
    ]
    return steps


WHY = Command(
    usage=Usage(
        verb="why",
        summary="Tell what became of an article or a story, step by step.",
        params=(
            Param(
                name="target",
                help="An article's address or a story's code; in its thread: that story",
                complete="story",
                rest=True,
            ),
            PAGE_PARAM,
        ),
        example="/why https://example.org/news/1",
    ),
    run=run,
)
