"""`summary`: what a story, a watch's stories, or the articles with some words are about."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.commands.answers import PUBLIC_PARAM, YES_NO, button, nothing, share_button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import seen_threads
from bot.commands.gather import Gathered, Told, gather
from bot.domain.articles import Article
from bot.domain.calls import Call, Kind, Param, Reply, Usage
from bot.domain.conflicts import Conflict
from bot.domain.layout_parts import DOT, cite, counted, coverage, moment, sources_text
from bot.domain.messages import (
    Block,
    Bullets,
    Button,
    Fact,
    Message,
    Paragraph,
    Run,
    Style,
    Text,
    plain,
    text,
)  # fmt: skip
from bot.domain.schedule import parse_span
from bot.domain.summaries import Length, Sentence, Summary, whats_new

PERIODS = ("1h", "6h", "24h", "7d")
LENGTHS: tuple[Length, ...] = ("short", "normal", "long")
_EACH: dict[Length, int] = {"short": 1, "normal": 2, "long": 3}  # sentences a story of several


async def run(call: Call, desk: Desk) -> Reply:
    """Summarise what the target means."""
    if call.flag("new"):
        return await _whats_new(call, desk)
    period = call.arg("period", "7d" if call.arg("target") else "24h")
    length = _length(call)
    async with desk.store.reading() as tx:
        start = call.at - parse_span(period)
        found = await gather(tx, call, start, whole=not call.arg("period"))
        settings = await tx.channels.get(call.channel)
    lang = call.arg("lang") or settings.lang
    if not found.told:
        return Reply(message=_none(call, found, period))
    told = found.told
    lengths: Length = length if found.one or len(told) == 1 else "short"
    summaries = await asyncio.gather(  # a model that is slow is waited for once
        *(
            desk.summariser.summarise(one.story.articles, lengths, lang=lang, model=settings.model)
            for one in told
        )
    )
    if len(told) == 1:
        message = _of_one(call, found, summaries[0], period)
    else:
        message = _of_several(call, found, summaries, period, length)
    return Reply(message=message, replaces=bool(call.arg("length")))


def _length(call: Call) -> Length:
    return next((one for one in LENGTHS if one == call.arg("length")), "normal")


async def _whats_new(call: Call, desk: Desk) -> Reply:
    """Tell what a story's later coverage adds to what its card said at first."""
    async with desk.store.reading() as tx:
        start = call.at - call.span("period", "7d")
        found = await gather(tx, call, start, whole=True)
        story = found.told[0].story if found.one else None
        threads = await seen_threads(tx, call.person.scope, story.id) if story else ()
    if story is None:
        return await run(_without_new(call), desk)
    opened = min(thread.opened_at for thread in threads)
    since = max(opened, start) if call.arg("period") else opened
    later = [article for article in story.articles if article.first_seen > since]
    summary = await asyncio.to_thread(whats_new, story.articles, (), since)
    if not summary.sentences:
        more = (
            f"{counted(len(later), 'article')} came in since, and tell the same."
            if later
            else "No article came in since."
        )
        words = text(f"Nothing new in story {story.id} since ", moment(since), f": {more}")
        message = Message(
            title="",
            blocks=(Paragraph(words),),
            notice=plain(words),
            buttons=button("Summary", "summary", target=story.id),
        )
        return Reply(message=message)
    message = Message(
        title=f"What's new: {story.headline}",
        url=story.lead.url,
        lead=text("since ", moment(since), f"{DOT}{counted(len(later), 'article')}"),
        blocks=_told_blocks(summary, story.articles),
        footer=text(f"{summary.label}{DOT}story {story.id}"),
        buttons=(
            *share_button(call, target=story.id, new="1"),
            *button("Summary", "summary", target=story.id),
        ),
        notice=f"What's new in {story.headline}: {summary.sentences[0].text}",
    )
    return Reply(message=message)


def _without_new(call: Call) -> Call:
    return replace(call, args={name: value for name, value in call.args.items() if name != "new"})


def _none(call: Call, found: Gathered, period: str) -> Message:
    longer = button("Last 7 days", "summary", target=call.arg("target"), period="7d")
    return nothing(
        f"Nothing about {found.name} in the last {period}."
        " Try a longer period, other words, or /latest.",
        *(longer if period != "7d" else ()),
    )


def _of_one(call: Call, found: Gathered, summary: Summary, period: str) -> Message:
    told = found.told[0]
    story = told.story
    codes = f"story {told.code}" if told.code else ""
    about = codes if found.one else DOT.join(one for one in (found.name, codes) if one)
    reach = f"{DOT}last {period}" if call.arg("period") or not found.one else ""
    return Message(
        title=story.headline,
        url=story.lead.url,
        lead=text(coverage(story), f"{DOT}{', '.join(story.langs)}" if story.langs else ""),
        blocks=_told_blocks(summary, story.articles),
        footer=text(f"{summary.label}{DOT}{about}{reach}{DOT}latest ", moment(story.last_at)),
        buttons=_buttons(call, found, told.code),
        notice=": ".join((story.headline, *(one.text for one in summary.sentences[:1]))),
    )


def _of_several(
    call: Call,
    found: Gathered,
    summaries: Sequence[Summary],
    period: str,
    length: Length,
) -> Message:
    kept = [summary.sentences[: _EACH[length]] for summary in summaries]
    cited = {one for sentences in kept for sentence in sentences for one in sentence.cites}
    articles = [
        article for told in found.told for article in told.story.articles if article.id in cited
    ]
    blocks: list[Block] = []
    for told, sentences in zip(found.told, kept, strict=True):
        blocks.append(Paragraph(_heading(told)))
        if sentences:
            blocks.append(Bullets(tuple(_sentence(one, articles) for one in sentences)))
    blocks.append(Fact("Sources", sources_text(articles)))
    more = f"{DOT}and {found.more} more" if found.more else ""
    return Message(
        title=f"{found.name}: {counted(len(found.told) + found.more, 'story', 'stories')}",
        blocks=tuple(blocks),
        footer=text(f"{_labels(summaries)}{DOT}last {period}{more}"),
        buttons=_buttons(call, found, ""),
        notice=f"{found.name}: {found.told[0].story.headline}",
    )


def _labels(summaries: Sequence[Summary]) -> str:
    """Return who wrote them, and how many sentences were dropped in all."""
    by = " and ".join(dict.fromkeys(one.by for one in summaries))
    return Summary(sentences=(), by=by, dropped=sum(one.dropped for one in summaries)).label


def _heading(told: Told) -> Text:
    story = told.story
    return text(
        Run(story.headline, Style.BOLD, url=story.lead.url),
        DOT,
        coverage(story),
        f"{DOT}story {told.code}" if told.code else "",
    )


def _told_blocks(summary: Summary, articles: Sequence[Article]) -> tuple[Block, ...]:
    """Return a story's sentences, where outlets differ, and the sources that are cited."""
    if not summary.sentences:
        words = "Its articles have no text to summarise; the sources have it."
        return (Paragraph(text(words)), Fact("Sources", sources_text(articles)))
    cited = [one for sentence in summary.sentences for one in sentence.cites]
    cited += [article for conflict in summary.conflicts for _, article in conflict.claims]
    return (
        Bullets(tuple(_sentence(sentence, articles) for sentence in summary.sentences)),
        *(Fact("Reports differ", _differ(one, articles)) for one in summary.conflicts),
        Fact("Sources", sources_text(articles, cited)),
    )


def _sentence(sentence: Sentence, articles: Sequence[Article]) -> Text:
    return (*text(sentence.text), *cite(sentence.cites, articles))


def _differ(conflict: Conflict, articles: Sequence[Article]) -> Text:
    runs: list[Run] = [*text(f"{conflict.what}: ")]
    for number, (claim, article) in enumerate(conflict.claims):
        runs += [*text(", " if number else "", claim), *cite((article,), articles)]
    return tuple(runs)


def _buttons(call: Call, found: Gathered, code: str) -> tuple[Button, ...]:
    """Return what can be asked next; `code` is the story's, where only one is told."""
    given = {name: call.arg(name) for name in ("period", "lang", "length")}
    args = {**given, "target": code or call.arg("target")}
    longer: dict[Length, Length] = {"short": "normal", "normal": "long"}
    next_length = longer.get(_length(call))
    return (
        *share_button(call, **args),
        *(button("Longer", "summary", **(args | {"length": next_length})) if next_length else ()),
        *_new_button(found, code),
    )


def _new_button(found: Gathered, code: str) -> tuple[Button, ...]:
    """Return what is new in a story, or what of a watch or a channel the person has not seen."""
    if code:
        return button("What's new", "summary", target=code, new="true")
    if found.watch or found.channel:
        return button("What's new", "catchup", watch=found.watch)
    return ()


SUMMARY = Command(
    usage=Usage(
        verb="summary",
        summary="Summarise a story, a watch's stories, or the articles with some words.",
        params=(
            Param(
                name="target",
                help="A story's code, a watch or words; in a story's thread: that story",
                complete="target",
                rest=True,
            ),
            Param(name="period", help="How far back", choices=PERIODS),
            Param(name="length", help="How much", choices=LENGTHS),
            Param(name="lang", help="Sentences in this language first, such as es"),
            Param(name="new", help="Only what came after the card", kind=Kind.FLAG, choices=YES_NO),
            PUBLIC_PARAM,
        ),
        example="/summary cecot period:24h",
    ),
    run=run,
)
