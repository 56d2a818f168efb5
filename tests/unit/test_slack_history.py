"""How a message of ours is known again on Slack, within what Slack lets us look at."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.adapters.chat.slack.history import MOST_LOOKS, MOST_PAGES, PAGE, History, is_it, stamp
from bot.adapters.chat.slack.web import Identity
from bot.domain.errors import ForbiddenError, NotSentError, RateLimitError
from bot.domain.messages import Posted
from bot.domain.watches import Channel

HERE = Channel.parse("slack:T1/C1")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = Identity(team="T1", name="", url="", user="U1", bot="B1", scopes=frozenset())


def ours(key: str, **changes: Any) -> dict[str, Any]:
    payload = {"event_type": "newsthread_alert", "event_payload": {"key": key}}
    return {"user": "U1", "bot_id": "B1", "ts": "1.000001", "metadata": payload} | changes


class Pages:
    """A Slack whose history has these pages, of which it shows so many before it wants a rest."""

    def __init__(self, pages: Sequence[Sequence[dict[str, Any]]], at_once: int = 1_000) -> None:
        self.pages = pages
        self.at_once = at_once
        self.left = at_once
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def identity(self, team: str) -> Identity:
        return ME

    async def call(self, team: str, method: str, /, **arguments: Any) -> dict[str, Any]:
        if self.left == 0:
            self.left = self.at_once
            raise RateLimitError("slack:T1/C1", timedelta(seconds=60))
        self.left -= 1
        self.asked.append((method, arguments))
        at = int(arguments["cursor"] or 0)
        more = at + 1 < len(self.pages)
        about = {"next_cursor": str(at + 1)} if more else None
        return {"messages": list(self.pages[at]), "response_metadata": about}


def looking(pages: Pages) -> History:
    return History(pages)  # type: ignore[arg-type]  # as much of `Web` as is used


@pytest.mark.parametrize(
    "other",
    [
        ours("k2"),
        ours("k1", user="U2", bot_id="B2"),
        ours("k1", user="U2", bot_id=None),
        ours("k1", metadata=None),
        ours("k1", metadata={}),
        ours("k1", metadata={"event_payload": "k1"}),
        {},
    ],
)
def test_another_message_is_not_it(other: dict[str, Any]) -> None:
    """Also not another app's with our key: metadata is for everybody to set."""
    assert not is_it(other, "k1", ME)


def test_it_is_known_by_its_key_and_its_author() -> None:
    assert is_it(ours("k1"), "k1", ME)
    assert is_it(ours("k1", user=None), "k1", ME)
    assert is_it(ours("k1", bot_id=None), "k1", ME)


def test_a_clock_that_is_ahead_overlooks_nothing() -> None:
    assert stamp(NOON) == f"{(NOON - timedelta(minutes=2)).timestamp():.6f}"
    assert stamp(datetime(1970, 1, 1, tzinfo=UTC)) == "0.000000"


async def test_one_small_page_is_asked_for_with_all_that_decides() -> None:
    pages = Pages([[ours("k0"), ours("k1", ts="7.000001")]])
    found = await looking(pages).find(HERE, None, "k1", NOON)
    assert found is not None
    assert found["ts"] == "7.000001"
    ((method, asked),) = pages.asked
    assert method == "conversations.history"
    assert asked == {
        "channel": "C1",
        "ts": None,
        "oldest": stamp(NOON),
        "limit": PAGE,
        "cursor": None,
        "include_all_metadata": True,
    }


async def test_a_reply_is_looked_for_in_its_thread() -> None:
    pages = Pages([[ours("k1")]])
    assert await looking(pages).find(HERE, Posted(HERE, "3.000001"), "k1", NOON) is not None
    ((method, asked),) = pages.asked
    assert (method, asked["ts"]) == ("conversations.replies", "3.000001")


async def test_where_slack_hides_our_keys_nobody_claims_that_an_alert_is_not_there() -> None:
    """It has shown an alert's type without its key; it would be posted twice."""
    hidden = ours("k1", metadata={"event_type": "newsthread_alert"})
    with pytest.raises(ForbiddenError, match="metadata"):
        await looking(Pages([[hidden]])).find(HERE, None, "k1", NOON)
    theirs = hidden | {"user": "U2", "bot_id": "B2"}
    assert await looking(Pages([[theirs]])).find(HERE, None, "k1", NOON) is None
    found = await looking(Pages([[hidden, ours("k1")]])).find(HERE, None, "k1", NOON)
    assert found is not None


async def test_what_is_nowhere_is_not_there_only_when_all_was_seen() -> None:
    pages = Pages([[ours("a")], [ours("b")], []])
    assert await looking(pages).find(HERE, None, "k1", NOON) is None
    assert len(pages.asked) == 3


async def test_a_look_goes_on_where_slack_stopped_it() -> None:
    """Once a minute, 15 messages: nobody says before the end that the alert is not there."""
    pages = Pages([[ours("a")] * 15, [ours("b")] * 15, [ours("k1")]], at_once=1)
    history = looking(pages)
    for seen in (15, 30):
        with pytest.raises(RateLimitError) as caught:
            await history.find(HERE, None, "k1", NOON)
        assert f"not among the {seen} messages" in caught.value.reason
        assert caught.value.wait == timedelta(seconds=60)
    assert await history.find(HERE, None, "k1", NOON) is not None
    assert [asked["cursor"] for _, asked in pages.asked] == [None, "1", "2"]


async def test_a_look_that_has_ended_begins_anew_when_it_is_needed_again() -> None:
    """In between the alert was sent once more, and may stand where nobody has looked."""
    pages = Pages([[ours("a")], [ours("b")]])
    history = looking(pages)
    for _ in range(2):
        assert await history.find(HERE, None, "k1", NOON) is None
    assert [asked["cursor"] for _, asked in pages.asked] == [None, "1"] * 2


async def test_a_look_from_another_time_on_begins_anew() -> None:
    pages = Pages([[ours("a")], [ours("b")]], at_once=1)
    history = looking(pages)
    for since in (NOON, NOON - timedelta(hours=1)):
        with pytest.raises(RateLimitError):
            await history.find(HERE, None, "k1", since)
    assert [asked["cursor"] for _, asked in pages.asked] == [None, None]


async def test_a_long_look_is_taken_in_parts() -> None:
    pages = Pages([[ours("a")]] * (MOST_PAGES + 1) + [[ours("k1")]])
    history = looking(pages)
    with pytest.raises(NotSentError):
        await history.find(HERE, None, "k1", NOON)
    assert len(pages.asked) == MOST_PAGES
    assert await history.find(HERE, None, "k1", NOON) is not None


async def test_looks_that_nobody_goes_on_with_are_forgotten() -> None:
    pages = Pages([[ours("a")]] * 2, at_once=1)
    history = looking(pages)
    for number in range(MOST_LOOKS + 1):
        pages.left = 0
        with pytest.raises(RateLimitError):
            await history.find(HERE, None, f"x{number}", NOON)
    assert len(history._looks) == 1  # noqa: SLF001 -- its size is not to be seen otherwise
