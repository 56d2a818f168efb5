"""What is offered while a command is typed."""

import pytest

from bot.adapters.chat.sandbox.completion import place, value_offers
from bot.domain.lines import spelled
from tests.fakes.dispatcher import FakeDispatcher

USAGES = FakeDispatcher().usages


def lines(text: str) -> list[str]:
    return [offer.line for offer in place(text, USAGES).offers]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("/s", ["/summary ", "/watch add ", "/watch list "][:1]),
        ("/wat", ["/watch add ", "/watch list "]),
        ("/watch ", ["/watch add ", "/watch list "]),
        ("/watch l", ["/watch list "]),
        ("/list", ["/watch list "]),
        ("/nonsense", []),
        ("/summary", ["/summary "]),
        ("/summary ", ["/summary period:"]),
        ("/summary pe", ["/summary period:"]),
        ("/summary cecot pe", ["/summary cecot period:"]),
        ("/summary cecot period:6", ["/summary cecot period:6h "]),
        ("/summary period:6h ", []),
    ],
)
def test_what_may_stand_next_is_offered(typed: str, offered: list[str]) -> None:
    assert lines(typed) == offered


def test_all_commands_are_offered_after_the_slash() -> None:
    assert len(lines("/")) == len(USAGES)


def test_the_value_of_the_free_words_is_asked_for() -> None:
    """The bot knows the stories and watches: it is asked with what was typed so far."""
    at = place("/summary court or", USAGES)
    assert at.param is not None
    assert (at.param.name, at.typed) == ("target", "court or")
    assert [offer.line for offer in value_offers(("court order",), at)] == ["/summary court order "]


def test_words_that_stand_there_already_are_not_offered_again() -> None:
    assert value_offers(("cecot",), place("/summary cecot ", USAGES)) == ()
    assert place("/summary cecot period:6h ", USAGES).param is None


def test_named_values_are_kept_apart_from_the_free_words() -> None:
    at = place("/summary period:6h ce", USAGES)
    assert (at.args, at.typed, at.head) == ({"period": "6h"}, "ce", "/summary period:6h ")


def test_a_command_is_spelled_with_its_choices() -> None:
    assert spelled(USAGES[0]) == "/summary [target] [period:1h|6h|24h|7d]"
