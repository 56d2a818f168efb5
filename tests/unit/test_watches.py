"""Quiet hours and digest times, in the channel's own zone."""

from datetime import UTC, datetime, time

import pytest

from bot.domain.watches import Channel, ChannelSettings, QuietHours

HERE = Channel.parse("sandbox:deportations")
SAN_SALVADOR = "America/El_Salvador"  # UTC-6 all the year
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "at", "covered"),
    [
        ("22:00-07:00", "21:59", False),
        ("22:00-07:00", "22:00", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
        ("13:00–15:30", "12:59", False),
        ("13:00–15:30", "13:00", True),
        ("13:00–15:30", "15:30", False),
    ],
)
def test_quiet_hours_end_before_they_end_and_may_pass_midnight(
    quiet: str, at: str, *, covered: bool
) -> None:
    """A siesta as well as a night."""
    assert QuietHours.parse(quiet).covers(time.fromisoformat(at)) is covered


@pytest.mark.parametrize("text", ["22:00", "22:00-22:00", "night", "25:00-07:00", ""])
def test_what_is_no_span_of_a_day_is_refused(text: str) -> None:
    """It is never half-understood."""
    with pytest.raises(ValueError, match=r"."):
        QuietHours.parse(text)


def test_quiet_hours_are_of_the_channel_s_zone() -> None:
    """And their end is told in UTC."""
    settings = ChannelSettings(channel=HERE, tz=SAN_SALVADOR, quiet=QuietHours.parse("22:00-07:00"))
    assert settings.quiet_until(MONDAY.replace(hour=3)) is None  # 21:00 there
    assert settings.quiet_until(MONDAY.replace(hour=5)) == MONDAY.replace(hour=13)
    assert ChannelSettings(channel=HERE).quiet_until(MONDAY) is None


def test_the_next_digest_is_on_one_of_its_days_at_one_of_its_times() -> None:
    """Never the one that is just due, which would be made twice."""
    settings = ChannelSettings(
        channel=HERE, tz=SAN_SALVADOR, digest=(time(18), time(8)), digest_days=(0, 4)
    )
    morning = MONDAY.replace(hour=14)
    assert settings.next_digest(MONDAY) == morning
    assert settings.next_digest(morning) == MONDAY.replace(day=3, hour=0)  # 18:00 there
    assert settings.next_digest(MONDAY.replace(day=3, hour=0)) == MONDAY.replace(day=6, hour=14)
    assert ChannelSettings(channel=HERE).next_digest(MONDAY) is None
