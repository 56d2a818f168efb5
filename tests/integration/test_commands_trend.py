"""`trend` as people use it."""

import pytest

from bot.commands import trend
from tests.integration.desk_world import COURT, FIRE, JUDGE, office, with_a_story


async def test_a_watch_is_drawn_with_its_peak_named_and_told_in_words() -> None:
    """One look says when a matter was in the news, and by what."""
    async with office() as place:
        code = await with_a_story(place)
        words = await place.type_("/trend cecot")
    picture = place.last.message.files[0]
    assert words.startswith(
        "2 articles of 2 outlets in 14 days\nwatch cecot: articles and outlets a day\n"
    )
    assert f"• Mon 02 Mar · 2 articles, 2 outlets · {JUDGE} · 2 articles of it · story {code}" in (
        words
    )
    assert (picture.name, picture.mime, picture.data[:4]) == ("trend.png", "image/png", b"\x89PNG")
    assert "2 articles of 2 outlets in 14 days" in picture.alt
    assert place.labels() == ["Post publicly", "Summary"]


async def test_words_are_drawn_and_nothing_is_said_of_nothing() -> None:
    """What no watch looks for can be asked about too."""
    async with office() as place:
        await place.publish(("one", "fire", FIRE, FIRE), ("two", "judge", JUDGE, COURT))
        found = await place.type_('/trend "market hall" days:30')
        none = await place.type_("/trend volcano")
        signs = await place.type_("/trend ???")
    assert "1 article of 1 outlet in 30 days\n“market hall”: articles" in found
    assert none.startswith("Nothing was written about “volcano” in the last 14 days.")
    assert signs.startswith("Nothing was written about “???”")


async def test_alone_it_draws_what_the_watches_of_the_channel_found() -> None:
    """Without a word it is about where it is asked."""
    async with office() as place:
        await with_a_story(place)
        here = await place.type_("/trend")
        place.channel = type(place.channel)(place.channel.scope, "other")
        other = await place.type_("/trend")
    assert "#deportations: articles and outlets a day" in here
    assert other.startswith("Nothing was written about #other")


async def test_a_public_chart_is_asked_for_by_its_button() -> None:
    """The same chart, for everybody."""
    async with office() as place:
        await with_a_story(place)
        await place.type_("/trend cecot days:7")
        words = await place.press("Post publicly")
    assert place.last.private is False
    assert "in 7 days" in words
    assert place.labels() == ["Summary"]


async def test_it_is_said_where_only_the_newest_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A chart that leaves something out in silence lies."""
    async with office() as place:
        await with_a_story(place)
        whole = await place.type_("/trend cecot")
        monkeypatch.setattr(trend, "MOST", 1)
        part = await place.type_("/trend cecot")
    assert "only the newest" not in whole
    assert "1 article of 1 outlet" in part
    assert "only the newest 1 articles are counted · days begin at midnight, UTC" in part
