"""`export`: a story's articles as a file, with what is needed to check them later."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import story_of
from bot.domain.articles import Article
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.layout_parts import counted
from bot.domain.messages import File, Message, Paragraph, text
from bot.domain.records import Decision, Judgement, WatchHit
from bot.domain.stories import Member, Story
from bot.domain.watches import WatchId

FORMATS = ("jsonl", "csv")
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


async def run(call: Call, desk: Desk) -> Reply:
    """Answer with a story's articles as a file."""
    async with desk.store.reading() as tx:
        story = await story_of(tx, call, "story")
        names = {watch.id: watch.name for watch in await tx.watches.list(call.person.scope)}
        hits = await tx.hits.of([article.id for article in story.articles], list(names))
        judged = await tx.judgements.of(
            call.person.scope, [article.id for article in story.articles]
        )
        decided = [
            one
            for article in story.articles
            for one in await tx.decisions.of(article.id, call.person.scope)
        ]
    rows = [_row(story, member, hits, names, judged, decided) for member in story.members]
    kind = call.arg("format", "jsonl")
    data = _csv(rows) if kind == "csv" else _jsonl(rows)
    name = f"story-{story.id}.{kind}"
    mime = "text/csv" if kind == "csv" else "application/x-ndjson"
    words = f"Story {story.id} “{story.headline}”: {counted(len(rows), 'article')} in {name}."
    return Reply(
        message=Message(
            title="",
            blocks=(Paragraph(text(words)),),
            notice=words,
            files=(File(name=name, mime=mime, data=data),),
        )
    )


def _row(
    story: Story,
    member: Member,
    hits: Sequence[WatchHit],
    names: Mapping[WatchId, str],
    judged: Sequence[Judgement],
    decided: Sequence[Decision],
) -> dict[str, object]:
    """Return what is exported of an article."""
    article = member.article
    mine = [hit for hit in hits if hit.article == article.id]
    return {
        "story": story.id,
        "article": article.id,
        "url": article.url,
        "outlet": article.outlet,
        "site": article.site,
        "title": article.title,
        "summary": article.summary,
        "author": article.author,
        "lang": article.lang,
        "published": article.published.isoformat() if article.published else None,
        "first_seen": article.first_seen.isoformat(),
        "version": article.version,
        "sha256": _hash(article),
        "reprint_of": member.reprint_of,
        "tied_by": list(member.tied_by),
        "hits": [
            {
                "watch": names[hit.watch],
                "watch_version": hit.watch_version,
                "at": hit.at.isoformat(),
                "spans": [
                    {"field": one.field, "start": one.start, "end": one.end, "text": one.text}
                    for one in hit.hits
                ],
            }
            for hit in mine
        ],
        "not_relevant": [
            {"channel": one.channel.id, "at": one.at.isoformat()}
            for one in judged
            if one.article == article.id
        ],
        "decisions": [
            {
                "channel": one.channel.id,
                "fate": one.fate.value,
                "reason": one.reason,
                "at": one.at.isoformat(),
            }
            for one in decided
            if one.article == article.id
        ],
    }


def _hash(article: Article) -> str:
    """Return the SHA-256 of title and text as stored, so that a later change can be shown."""
    return sha256(f"{article.title}\n{article.text}".encode("utf-8", "replace")).hexdigest()


def _jsonl(rows: Sequence[Mapping[str, object]]) -> bytes:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _csv(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Return rows as CSV; what a spreadsheet would run as a formula is given a quote before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([_cell(value) for value in row.values()])
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if value.startswith(FORMULAS) else value


EXPORT = Command(
    usage=Usage(
        verb="export",
        summary="Get a story's articles as a file: times, hashes, hits, labels, decisions.",
        params=(
            Param(
                name="story",
                help="The story's code; in its thread: that story",
                complete="story",
                rest=True,
            ),
            Param(name="format", help="The file's form", choices=FORMATS, default="jsonl"),
        ),
        role=Role.EDITOR,
        example="/export K7Q2 format:csv",
    ),
    run=run,
)
