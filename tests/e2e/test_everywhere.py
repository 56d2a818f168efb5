"""One story, followed on every platform at once: the real program, the sample wire, both twins."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.messages import alert_key
from bot.domain.watches import Channel
from tests.e2e import slack_program, test_discord, test_slack
from tests.e2e.slack_program import program, until
from tests.twins.discord.twin import DiscordTwin
from tests.twins.slack import SlackTwin

pytestmark = pytest.mark.slow
MOST = 40
"""Replies of one story that are told apart."""


class Place:
    """A channel, and the keys of what stands under the card of a story there."""

    def __init__(self, channel: str, under: Callable[[str], list[str] | None]) -> None:
        """Look by `under`: the replies' keys by the key of their card; None where there is none."""
        self.channel = Channel.parse(channel)
        self._under = under

    def replies(self, code: str) -> list[str] | None:
        """Return the keys of a story's replies; None where it has no card."""
        return self._under(alert_key(self.channel, code, "card"))

    def expected(self, code: str) -> set[str]:
        """Return the keys that a story's replies may have: no other story's are among them."""
        return {alert_key(self.channel, code, f"reply/{number}") for number in range(MOST)}


def on_slack(twin: SlackTwin) -> Place:
    channel = twin.channel("deportations")

    def under(card: str) -> list[str] | None:
        for one in slack_program.cards(twin, channel):
            if key(one.metadata) == card:
                return [key(reply.metadata) for reply in slack_program.replies(channel, one)]
        return None

    def key(metadata: dict[str, dict[str, str]] | None) -> str:
        return "" if metadata is None else metadata["event_payload"]["key"]

    return Place(f"slack:{channel.team}/{channel.id}", under)


def on_discord(twin: DiscordTwin) -> Place:
    channel = twin.channel("deportations")

    def under(card: str) -> list[str] | None:
        for one in test_discord.cards(twin, channel):
            if one.nonce == card:
                return [str(reply.nonce) for reply in test_discord.replies(twin, one)]
        return None

    return Place(f"discord:{channel.guild_id}/{channel.id}", under)


def in_the_sandbox(folder: Path) -> Place:
    def under(card: str) -> list[str] | None:
        with closing(sqlite3.connect(folder / "sandbox.db")) as connection:
            found = connection.execute("SELECT id FROM message WHERE key = ?", (card,)).fetchone()
            if found is None:
                return None
            rows = connection.execute(
                "SELECT key FROM message WHERE thread = ? AND viewer = ''", found
            ).fetchall()
        return [row[0] for row in rows]

    return Place("sandbox:deportations", under)


async def test_a_story_has_one_thread_on_each_platform_and_replies_never_cross(
    tmp_path: Path,
) -> None:
    """The same story by its code, three cards, three threads, each with its own replies."""
    async with DiscordTwin.running() as discord, SlackTwin.running() as slack:
        places = (on_slack(slack), on_discord(discord), in_the_sandbox(tmp_path))
        async with program(slack, tmp_path, more=discord.environment()):
            await test_slack.watch(slack, slack.channel("deportations"))
            await test_discord.watch(discord, discord.channel("deportations"))

            def codes() -> Iterator[str]:
                for card in slack_program.cards(slack, slack.channel("deportations")):
                    yield slack_program.story(card)

            def grown() -> list[str]:
                """Return the stories that have a thread everywhere."""
                return [code for code in codes() if all(one.replies(code) for one in places)]

            await until(grown, 200)
            together = grown()
            followed = list(codes())
        assert len(followed) == len(set(followed))
        for place in places:
            for code in followed:
                found = place.replies(code) or []
                assert len(found) == len(set(found))
                assert set(found) <= place.expected(code), (place.channel, code)
        assert together
        slack_program.nothing_twice(slack)
        test_discord.nothing_twice(discord)
