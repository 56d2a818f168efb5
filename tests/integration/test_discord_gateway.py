"""The gateway ends, stalls and dies in every way; people are answered, once, all the same."""

import threading
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.integration.discord_desk import DiscordDesk, desk, until
from tests.twins.discord.gateway_faults import Action, Moment
from tests.twins.discord.limits import Limits
from tests.twins.discord.twin import DiscordTwin

MOMENTS: tuple[tuple[Moment, Action, int], ...] = (
    (Moment.BEFORE_INTERACTION, Action.CLOSE, 4000),
    (Moment.BEFORE_INTERACTION, Action.ABORT, 1006),
    (Moment.BEFORE_INTERACTION, Action.RECONNECT, 4000),
    (Moment.AFTER_INTERACTION, Action.CLOSE, 4008),
    (Moment.AFTER_INTERACTION, Action.ABORT, 1006),
    (Moment.AFTER_INTERACTION, Action.RECONNECT, 4000),
)
"""The moments at which a session that can be resumed is dropped."""


def running() -> AbstractAsyncContextManager[DiscordTwin]:
    """Return a twin on which a session may begin right after another."""
    return DiscordTwin.running(limits=Limits(identify=(1, 0)))


@pytest.fixture
async def world() -> AsyncIterator[DiscordDesk]:
    async with running() as twin:
        twin.channel("deportations")
        async with desk(twin) as made:
            yield made


@pytest.mark.parametrize(("moment", "action", "code"), MOMENTS)
async def test_a_drop_around_a_command_loses_none_and_answers_none_twice(
    world: DiscordDesk, moment: Moment, action: Action, code: int
) -> None:
    world.twin.gateway.faults.add(moment, action, code=code)
    answer = await world.twin.user("reader").slash("/summary", target="cecot")
    await world.connected()
    assert "summary" in answer.text
    assert world.verbs == ["summary"]
    assert len(world.twin.journal.of("answer")) == 1


async def drops(world: DiscordDesk, count: int) -> None:
    """Ask `count` times, with a drop each time, and check that each was carried out once."""
    reader = world.twin.user("reader")
    for number in range(count):
        moment, action, code = MOMENTS[number % len(MOMENTS)]
        world.twin.gateway.faults.add(moment, action, code=code)
        await reader.slash("/summary", target=f"story {number}")
        await world.connected()
        await until(lambda: len(world.dispatcher.calls) > number)  # noqa: B023 -- called at once
    asked = [call.args["target"] for call in world.dispatcher.calls]
    assert sorted(asked) == sorted(f"story {number}" for number in range(count))
    answered = [one["interaction"] for one in world.twin.journal.of("answer")]
    assert len(answered) == len(set(answered))


async def test_a_hundred_drops_lose_no_command_and_answer_none_twice(world: DiscordDesk) -> None:
    await drops(world, 100)


async def test_a_session_that_cannot_be_resumed_is_begun_anew(world: DiscordDesk) -> None:
    world.twin.gateway.faults.add(Moment.AFTER_INTERACTION, Action.INVALID)
    await world.twin.user("reader").slash("/why")
    await until(lambda: len(world.twin.journal.of("ready")) == 2)
    await world.connected()
    assert "summary" in (await world.twin.user("reader").slash("/summary")).text


async def test_a_resume_that_hangs_is_given_up(world: DiscordDesk) -> None:
    """discord.py would wait for ever: the heartbeats are answered, and nothing else comes."""
    faults = world.twin.gateway.faults
    faults.add(Moment.RESUME, Action.SILENCE)
    faults.add(Moment.AFTER_INTERACTION, Action.ABORT)
    await world.twin.user("reader").slash("/why")
    await until(lambda: len(world.twin.journal.of("ready")) == 2)
    await world.connected()
    assert not (await world.twin.user("reader").slash("/summary")).failed


async def test_a_refused_token_is_named_and_tried_seldom() -> None:
    with capture_logs() as logs:
        async with running() as twin, desk(twin, token="wrong.token.of-mine"):  # noqa: S106
            await until(lambda: "the token is refused: set DISCORD_TOKEN anew" in troubles(logs))


@pytest.mark.parametrize(
    ("code", "reason"), [(4004, "4004"), (4014, "intents are refused: none privileged is needed")]
)
async def test_a_close_code_that_ends_all_is_survived(code: int, reason: str) -> None:
    with capture_logs() as logs:
        async with running() as twin:
            twin.channel("deportations")
            async with desk(twin) as world:
                twin.gateway.faults.add(Moment.RESUME, Action.CLOSE, code=code)
                twin.gateway.faults.add(Moment.AFTER_INTERACTION, Action.ABORT)
                await twin.user("reader").slash("/why")
                await until(lambda: reason in troubles(logs))
                await world.connected()
                assert not (await twin.user("reader").slash("/summary")).failed


def troubles(logs: list[MutableMapping[str, Any]]) -> str:
    """Return why the gateway went down, all times."""
    return "; ".join(str(one["reason"]) for one in logs if one["event"] == "discord_gateway_down")


async def test_no_heartbeat_goes_on_after_the_end() -> None:
    """discord.py leaves the thread of a session that was refused."""
    async with running() as twin:
        twin.channel("deportations")
        async with desk(twin) as world:
            twin.gateway.faults.add(Moment.AFTER_INTERACTION, Action.INVALID)
            await twin.user("reader").slash("/why")
            await until(lambda: len(twin.journal.of("ready")) == 2)
            await world.connected()
    beating = [one for one in threading.enumerate() if one.name.startswith("keep-alive-handler")]
    for thread in beating:
        thread.join(2)
    assert not any(thread.is_alive() for thread in beating)
