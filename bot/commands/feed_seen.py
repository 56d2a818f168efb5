"""What one poll of a feed saw, in words: for `feed check`, and where `feed add` finds no feed."""

from datetime import datetime, timedelta

from bot.commands.answers import button
from bot.domain.layout_parts import DOT
from bot.domain.messages import Block, Bullets, Button, Fact, Message, Paragraph, Tone, text
from bot.domain.poll_facts import facts
from bot.domain.polls import FoundFeed, Outcome, PollResult
from bot.domain.private import is_private, without_secrets
from bot.domain.text import shorten
from bot.domain.urls import masked, site_name

_TITLES = 5
_OFFERED = 5

SAID = {
    Outcome.OK: "It works.",
    Outcome.OK_LOOSE: "It is damaged, and read as far as it goes.",
    Outcome.NOT_MODIFIED: "It works; nothing is new.",
    Outcome.MOVED: "It works, and has moved for good.",
    Outcome.GONE: "It is gone for good (410): a feed like that is not polled.",
    Outcome.DEFERRED: "Its server asks to be left alone for a while.",
    Outcome.REFUSED: "I may not ask there.",
    Outcome.ERROR: "It does not work.",
}


def seen(result: PollResult, every: timedelta, now: datetime) -> tuple[Block, ...]:
    """Return all that a poll saw, by a feed that has or would have the interval `every`."""
    said = facts(result, every, now)
    titles = tuple(text(shorten(entry.title, 200)) for entry in result.entries[:_TITLES])
    return (
        *(Fact(what, text(shorten(without_secrets(words), 300))) for what, words in said.items()),
        *((Bullets(tuple(one for one in titles if one)),) if titles else ()),
        *_linked(result.feeds),
    )


def _linked(feeds: tuple[FoundFeed, ...]) -> tuple[Block, ...]:
    if not feeds:
        return ()
    found = (
        text(shorten(feed.title, 80), DOT if feed.title else "", masked(feed.url))
        for feed in feeds[:_OFFERED]
    )
    return (Paragraph(text("Feeds of this site:")), Bullets(tuple(found)))


def not_a_feed(result: PollResult) -> Message:
    """Return why an address was not added, and what to do."""
    remedy = (
        "Choose one of them, or type /feed add with its address."
        if result.feeds
        else "/feed check tells everything that was seen."
    )
    return Message(
        title=f"Not added: {masked(result.url)}",
        blocks=(
            Paragraph(text(result.reason or SAID[result.outcome])),
            *_linked(result.feeds),
            Paragraph(text(remedy)),
        ),
        buttons=offers(result.feeds),
        notice=f"Not added: {result.reason or SAID[result.outcome]}",
        tone=Tone.TROUBLE,
    )


def offers(feeds: tuple[FoundFeed, ...]) -> tuple[Button, ...]:
    """Return a button that adds it for each feed that a page links."""
    return tuple(
        one
        for feed in feeds[:_OFFERED]
        for one in add_button(f"Add {shorten(feed.title or site_name(feed.url), 40)}", feed.url)
    )


def add_button(label: str, url: str) -> tuple[Button, ...]:
    """Return a button that adds a feed; none for a private one: platforms keep its words."""
    return () if is_private(url) else button(label, "feed add", url=url)
