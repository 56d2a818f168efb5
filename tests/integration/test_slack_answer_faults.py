"""Each fault of Slack's on the way of a private answer: the command is carried out once.

Slack has no key for an answer and no way to look for one that a person alone has seen. So one that
may have been taken comes again: whoever asked rather reads it twice than never.
"""

import asyncio
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from tests.integration.slack_cases import CASES
from tests.integration.slack_desk import SlowDispatcher, desk, until
from tests.twins.slack import SlackTwin

pytestmark = pytest.mark.slow

TAKEN = [name for name, case in CASES.items() if case.about.get("taken")]
FOR_GOOD = ("account_inactive", "invalid_auth", "token_revoked")
"""What no second request can mend."""
ELSEWHERE = ("invalid_blocks", "missing_scope", "not_in_channel", "rate_limited")
"""What is refused there for good, or for longer than anybody waits for an answer (Slack does not
say for how long): the answer comes in direct messages."""


@pytest.mark.parametrize("name", CASES)
async def test_an_answer_to_a_mention_comes_though_slack_fails(name: str) -> None:
    """By chat.postEphemeral."""
    case, dispatcher = CASES[name], SlowDispatcher()
    async with SlackTwin.running() as twin:
        twin.channel("deportations")
        fault = twin.faults.add(case.fault, "chat.postEphemeral", **case.about)
        with capture_logs() as logs:
            async with desk(twin, dispatcher):
                asked = asyncio.create_task(twin.user("reader").mention("summary cecot"))
                done = name in FOR_GOOD
                expected = int(not done and name not in ELSEWHERE) + (name in TAKEN)

                def over() -> bool:
                    if name in ELSEWHERE:
                        return bool(twin.user("reader").im.messages)
                    lost = any(one["event"] == "answer_lost" for one in logs)
                    return lost if done else len(twin.journal.of("ephemeral")) == expected

                await until(over)
                asked.cancel()
                with suppress(asyncio.CancelledError):
                    await asked
        assert fault.hits == 1
        assert [call.verb for call in dispatcher.calls] == ["summary"]
        assert len(twin.journal.of("ephemeral")) == expected
        assert twin.journal.violations == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.fault != "error"])
async def test_an_answer_to_a_command_comes_though_slack_fails(name: str) -> None:
    """By the address that came with the command."""
    case, dispatcher = CASES[name], SlowDispatcher()
    async with SlackTwin.running() as twin:
        twin.channel("deportations")
        fault = twin.faults.add(case.fault, "response_url", **case.about)
        async with desk(twin, dispatcher):
            answer = await twin.user("reader").slash("/news summary cecot")
            expected = 2 if name in TAKEN and name != "HTML after it was taken" else 1
            await answer.until(lambda seen: len(seen.messages) == expected)
        assert fault.hits == 1
        assert [call.verb for call in dispatcher.calls] == ["summary"]
        assert len(twin.journal.of("ephemeral")) == expected
        assert twin.journal.violations == []
