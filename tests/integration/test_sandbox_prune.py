"""The sandbox's memory does not grow for ever: what is old goes, and what is in use stays."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.chat.sandbox.records import MissingError
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.domain.messages import say
from bot.pipeline import prune as pruning
from tests.fakes.clock import FakeClock


async def texts(rooms: Rooms, thread: int | None = None) -> list[str]:
    """Return what stands in the channel, or in a thread."""
    return [post.message.notice for post in await rooms.read("news", thread=thread)]


async def test_messages_go_a_month_after_their_last_change(tmp_path: Path) -> None:
    """In small steps; a card stays as long as it is edited, or replied to."""
    clock = FakeClock()
    async with Rooms.at(tmp_path / "sandbox.db") as rooms:
        await rooms.open("news")
        old, _ = await rooms.add(say("old"), "news", clock())
        await rooms.add(say("its reply"), "news", clock(), thread=old)
        edited, _ = await rooms.add(say("edited"), "news", clock())
        replied, _ = await rooms.add(say("replied to"), "news", clock())
        asked, _ = await rooms.add(say("asked"), "news", clock())
        clock.pass_("20d")
        await rooms.change(edited, say("edited lately"), clock())
        await rooms.add(say("young reply"), "news", clock(), thread=replied)
        await rooms.add(say("young answer"), "news", clock(), viewer="reader", under=asked)
        clock.pass_("11d")
        before = clock() - timedelta(days=30)
        assert [await rooms.prune(before, 1) for _ in range(3)] == [1, 1, 0]
        assert await texts(rooms) == ["edited lately", "replied to", "asked"]
        assert await texts(rooms, replied) == ["young reply"]
        with pytest.raises(MissingError):
            await rooms.get(old)
        clock.pass_("30d")
        assert await rooms.prune(clock() - timedelta(days=30), 9) == 3
        assert await rooms.prune(clock() - timedelta(days=30), 9) == 2
        assert await texts(rooms) == []


async def test_the_hourly_prune_empties_the_sandbox_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same step, however much there is."""
    monkeypatch.setattr(pruning, "STEP", 2)
    clock = FakeClock()
    async with Rooms.at(None) as rooms:
        await rooms.open("news")
        for number in range(5):
            await rooms.add(say(f"{number}"), "news", clock())
        clock.pass_("29d")
        await rooms.add(say("young"), "news", clock())
        await pruning.prune_messages(rooms.prune, clock())
        assert len(await texts(rooms)) == 6
        clock.pass_("2d")
        assert await pruning.prune_messages(rooms.prune, clock()) == 5
        assert await texts(rooms) == ["young"]


async def test_pruning_reads_no_table_from_end_to_end() -> None:
    """Also where a year of messages is young enough to stay."""
    async with Rooms.at(None) as rooms:
        plan = await rooms._database.execute_fetchall(  # noqa: SLF001 -- the plan is its business
            "EXPLAIN QUERY PLAN SELECT m.id FROM message m WHERE coalesce(m.edited_at, m.at) < ''"
            " AND NOT EXISTS (SELECT 1 FROM message r WHERE r.thread = m.id)"
            " AND NOT EXISTS (SELECT 1 FROM message r WHERE r.under = m.id)"
            " ORDER BY coalesce(m.edited_at, m.at) LIMIT 1"
        )
    assert not [row["detail"] for row in plan if row["detail"].startswith("SCAN")]
