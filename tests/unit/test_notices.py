"""What is told of channels and of the bot, and cards that have little to say."""

import pytest

from bot.domain.layout import CardFacts, card
from bot.domain.messages import Tone
from bot.domain.notices import channel_notice, greeting
from bot.domain.records import Access, Standing
from bot.domain.stories import Member, Story, StoryId
from bot.domain.summaries import Summary
from bot.domain.watches import Channel
from tests.unit.summary_articles import FERRY, START

HERE = Channel.parse("discord:1/2")


@pytest.mark.parametrize(
    ("before", "now", "tone", "words"),
    [
        (Access.OPEN, Access.FORBIDDEN, Tone.TROUBLE, "Missing Permissions. What is due there"),
        (
            Access.OPEN,
            Access.GONE,
            Tone.TROUBLE,
            "cannot be reached any more: Missing Permissions.",
        ),
        (Access.GONE, Access.OPEN, Tone.GOOD, "can post in #2 again"),
    ],
)
def test_a_change_of_standing_is_told_with_its_reason(
    before: Access, now: Access, tone: Tone, words: str
) -> None:
    """The platform's own words, on one line, and what follows."""
    told = channel_notice(
        Standing(channel=HERE, access=before),
        Standing(channel=HERE, access=now, reason="Missing\n Permissions."),
    )
    assert told is not None
    assert told.tone is tone
    assert words in told.notice


def test_a_standing_that_stays_is_not_told() -> None:
    """Once each time."""
    shut = Standing(channel=HERE, access=Access.GONE)
    assert channel_notice(shut, shut) is None


def test_the_greeting_says_how_to_start() -> None:
    """With the commands that do it."""
    said = greeting().as_text()
    assert all(verb in said for verb in ("/feed add", "/watch add", "/help", "/privacy"))


def test_a_card_that_no_watch_matches_any_more_says_nothing_of_words() -> None:
    """Its watch was paused or has gone; the story's card is still kept up to date."""
    story = Story(id=StoryId("K7Q2"), members=(Member(article=FERRY[0]),))
    facts = CardFacts(story=story, watches=(), hits={}, updated=START)
    said = card(facts, Summary(sentences=())).as_text()
    assert "Ferry runs aground" in said
    assert "Matched" not in said
