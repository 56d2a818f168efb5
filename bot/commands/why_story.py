"""`why` for a story: what became of each of its articles, in each channel."""

from collections.abc import Sequence

from bot.commands.answers import next_button, on_page, page_note, page_of
from bot.commands.found import seen_threads
from bot.domain.articles import ArticleId
from bot.domain.calls import Call, Reply
from bot.domain.layout import matched
from bot.domain.layout_parts import DOT, coverage, headline, moment
from bot.domain.messages import Alert, AlertState, Bullets, Fact, Message, Run, Style, Text, text
from bot.domain.records import Decision
from bot.domain.stories import Story
from bot.domain.text import shorten
from bot.ports.store import Transaction

_ALERTS = {
    AlertState.DUE: "due since ",
    AlertState.UNKNOWN: "the platform did not say whether it took it; looked for since ",
    AlertState.SENT: "sent ",
    AlertState.FAILED: "given up ",
    AlertState.DROPPED: "dropped ",
    AlertState.LOCKED: "sent, and its thread is locked ",
}


async def story_trail(tx: Transaction, call: Call, story: Story) -> Reply:
    """Tell what became of each article of a story, in each channel."""
    watches = {watch.id: watch.name for watch in await tx.watches.list(call.person.scope)}
    shown = on_page(story.members, page_of(call))
    hits = await tx.hits.of([member.article.id for member in shown], list(watches))
    lines = []
    for member in shown:
        article = member.article
        names = [watches[hit.watch] for hit in hits if hit.article == article.id]
        words = [hit.hits for hit in hits if hit.article == article.id]
        trail = await tx.decisions.of(article.id, call.person.scope)
        lines.append(
            text(
                Run(headline(article), Style.BOLD, url=article.url),
                f"{DOT}{article.outlet}{DOT}",
                moment(article.first_seen),
                f"\nmatched {', '.join(dict.fromkeys(names)) or 'no watch that is here now'}",
                " by " if any(words) else "",
                *matched({ArticleId(n): found for n, found in enumerate(words)}),
                f"\n{_tie(member.tied_by)}{_latest(trail)}",
            )
        )
    held = await _held_by(tx, call, story)
    return Reply(
        message=Message(
            title=f"Why “{shorten(story.headline, 200)}”",
            url=story.lead.url,
            lead=text(f"story {story.id}{DOT}{coverage(story)}"),
            blocks=(
                *(Fact("Alert", line) for line in held),
                *((Bullets(tuple(lines)),) if lines else ()),
            ),
            footer=page_note(call, len(story.members)),
            buttons=next_button(call, len(story.members), target=story.id),
            notice=f"Why {story.headline}",
        ),
        replaces=page_of(call) > 1,
    )


def _tie(words: Sequence[str]) -> str:
    return f"tied by {', '.join(words)}; " if words else "opened the story; "


def _latest(trail: Sequence[Decision]) -> str:
    latest = {decision.channel: decision for decision in trail}
    said = (
        f"{one.fate} in #{one.channel.id}{f' ({one.reason})' if one.reason else ''}"
        for one in latest.values()
    )
    return ", ".join(said)


async def _held_by(tx: Transaction, call: Call, story: Story) -> list[Text]:
    """Return where the story's card stands, a line a channel."""
    lines = []
    for thread in await seen_threads(tx, call.person.scope, story.id):
        key = thread.card or thread.listed_in
        alert = None if key is None else await tx.outbox.get(key)
        where = f"#{thread.channel.id}: "
        if alert is None:
            lines.append(text(where, "no card yet"))
        else:
            lines.append(text(where, "card " if thread.card else "listed, ", *alert_state(alert)))
    return lines


def alert_state(alert: Alert) -> tuple[str | Run, ...]:
    """Return what became of an alert, with the time and the reason."""
    at = alert.due_at if alert.state is AlertState.DUE else alert.first_try or alert.due_at
    reason = f" ({alert.reason})" if alert.reason else ""
    return (_ALERTS[alert.state], moment(at), reason)
