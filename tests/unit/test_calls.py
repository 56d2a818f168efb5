"""A call's arguments, as its params say what they are."""

from datetime import UTC, datetime

import pytest

from bot.domain.calls import Call, Kind, Param, Person
from bot.domain.errors import CallError
from bot.domain.watches import Channel

NEWS = Channel.parse("sandbox:news")
DAYS = Param(name="days", help="How far back", kind=Kind.NUMBER, default="7", least=1, most=90)


def called(**args: str) -> Call:
    """Return a call with arguments."""
    person = Person(scope=NEWS.scope, id="u1", name="Ana")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Call(verb="latest", args=args, person=person, channel=NEWS, at=at)


def test_a_number_that_is_left_out_is_the_default_of_its_param() -> None:
    """What help says is what happens."""
    assert (called().number(DAYS), called(days=" 90 ").number(DAYS)) == (7, 90)


@pytest.mark.parametrize("given", ["0", "91", "-1", "1.5", "٣", "many", "9" * 10])
def test_a_number_out_of_the_bounds_of_its_param_is_refused(given: str) -> None:
    """A platform that registers bounds may still be asked by something that does not."""
    with pytest.raises(CallError, match="days: "):
        called(days=given).number(DAYS)
