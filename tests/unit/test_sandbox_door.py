"""Who is let in to the sandbox page, and under which names."""

import base64

import pytest

from bot.adapters.chat.sandbox.door import Door, door
from bot.domain.errors import ConfigError

TOKEN = "a-token-of-24-characters"  # noqa: S105 -- a test's


def basic(words: str) -> str:
    """Return what a browser sends."""
    return f"Basic {base64.b64encode(words.encode()).decode()}"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
def test_loopback_needs_no_token(host: str) -> None:
    """Whoever reaches it is on this machine."""
    made = door(host, "", "")
    assert made.admits("")
    assert made.serves("127.0.0.1:8080")
    assert not made.serves("192.0.2.7")


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.0.2.7", "news.example.org", "", "127.0.0.1.x"],  # noqa: S104
)
def test_any_other_address_is_refused_without_a_token(host: str) -> None:
    """The remedy is part of the refusal."""
    with pytest.raises(ConfigError, match=r"open to the network\. Set NEWSTHREAD_WEB_TOKEN"):
        door(host, "", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])  # noqa: S104
def test_a_token_that_can_be_guessed_is_refused(host: str) -> None:
    """Also where none would be needed: whoever sets one counts on it."""
    with pytest.raises(ConfigError, match="shorter than 16 characters"):
        door(host, "short", "")


@pytest.mark.parametrize(
    ("shown", "admitted"),
    [
        (basic(f"anyone:{TOKEN}"), True),
        (basic(f":{TOKEN}"), True),
        (f"Bearer {TOKEN}", True),
        (f"bearer {TOKEN}", True),
        ("", False),
        (TOKEN, False),
        ("Bearer", False),
        ("Bearer nonsense", False),
        (basic(TOKEN), False),
        (basic(f"{TOKEN}:wrong"), False),
        ("Basic !!!", False),
        (f"Basic {base64.b64encode(bytes([255, 254])).decode()}", False),
    ],
)
def test_only_who_shows_the_token_is_admitted(shown: str, admitted: bool) -> None:  # noqa: FBT001 - a table's column
    """As a browser shows it, or a script."""
    assert door("0.0.0.0", TOKEN, "").admits(shown) is admitted  # noqa: S104


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("192.0.2.7", True),
        ("192.0.2.7:8080", True),
        ("[2001:db8::1]:8080", True),
        ("News.Example.org", True),
        ("other.example.org:80", True),
        ("localhost:8080", True),
        ("evil.example", False),
        ("192.0.2.7.evil.example", False),
        ("", False),
    ],
)
def test_a_published_page_answers_to_addresses_and_to_its_names(
    host: str,
    served: bool,  # noqa: FBT001 - a table's column
) -> None:
    """A rebound name of an attacker is neither."""
    made = door("0.0.0.0", TOKEN, " news.example.org, other.example.org ,")  # noqa: S104
    assert made.serves(host) is served


def test_without_a_door_of_its_own_a_page_is_for_loopback() -> None:
    """The safe way is the one that needs no thought."""
    assert not Door().serves("192.0.2.7")
