"""What all platforms agree on: addresses that are none, and texts cut to a length."""

import pytest

from bot.adapters.chat.harmless import fitted, safe_url


@pytest.mark.parametrize(
    "url",
    ["https://e!x.example/", "https://e,x/", "https://e.example:x/", "//e.example"],
)
def test_an_address_without_a_host_that_can_be_asked_is_not_linked(url: str) -> None:
    assert safe_url(url) == ""


def test_a_text_is_cut_so_that_it_fits_when_it_is_written() -> None:
    doubled = fitted("one two three", 14, lambda kept: kept.replace("e", "ee"))
    assert doubled == "onee two…"
    assert fitted("one two", 7, str) == "one two"
    assert fitted("one two", 0, str) == ""


def test_how_long_a_text_is_may_be_measured_otherwise() -> None:
    """Slack counts what stands in JSON, where a quotation mark takes two."""
    assert fitted('a" b" c"', 9, str, lambda kept: len(kept) + kept.count('"')) == 'a" b…'
