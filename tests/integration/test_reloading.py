"""A changed configuration while the program runs: taken over when it is whole, or refused."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.store.database import SqlStore
from bot.config import Config, read_config
from bot.domain.errors import ConfigError, StoreError
from bot.domain.messages import Alert, AlertState
from bot.domain.watches import Channel, ChannelSettings
from bot.reloading import Reloader
from tests.fakes.clock import FakeClock
from tests.fakes.store import fresh_store

ADMIN = Channel.parse("sandbox:bot-health")
GOOD = """
[[watches]]
name = "cecot"
query = "cecot"
channels = ["sandbox:a"]
"""
BETTER = GOOD.replace('"cecot"\nch', '"cecot OR prison"\nch')
BAD = GOOD.replace('"cecot"\nch', '"cecot OR"\nch')


@dataclass
class Desk:
    """A configuration file, what watches it, and what was taken over."""

    file: Path
    store: SqlStore
    clock: FakeClock
    taken: list[Config] = field(default_factory=list)
    error: Exception | None = None

    def __post_init__(self) -> None:
        running = read_config(self.file)
        self.reloader = Reloader(self.file, running, self.take, self.store, self.clock)

    async def take(self, config: Config) -> None:
        if self.error is not None:
            raise self.error
        self.taken.append(config)

    def write(self, text: str, name: str = "newsthread.toml") -> None:
        path = self.file.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    async def look(self, times: int = 2) -> None:
        for _ in range(times):
            await self.reloader.tick()

    async def told(self) -> list[str]:
        """Return what the admin channel is told, and take it out of the outbox."""
        now = self.clock()
        alerts: list[Alert] = []
        async with self.store.transaction() as tx:
            while found := await tx.outbox.claim("sandbox", "w", now, now, 9):
                alerts += found
                for alert in found:
                    await tx.outbox.settle(replace(alert, state=AlertState.SENT), "w")
        return [alert.message.notice for alert in alerts]

    @property
    def queries(self) -> list[str]:
        return [config.watches[0].query for config in self.taken]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    file = tmp_path / "newsthread.toml"
    file.write_text(GOOD, encoding="utf-8")
    clock = FakeClock()
    store = await fresh_store(clock=clock)
    async with store.transaction() as tx:
        await tx.channels.save(ChannelSettings(channel=ADMIN, admin=True))
    desk = Desk(file, store, clock)
    await desk.look()
    yield desk
    await store.close()


async def test_a_file_that_does_not_change_is_not_taken_over(desk: Desk) -> None:
    """Nor one that was saved again as it was."""
    desk.write(GOOD)
    await desk.look(5)
    assert desk.taken == []


async def test_a_change_is_taken_over_once(desk: Desk) -> None:
    desk.write(BETTER)
    await desk.look(5)
    assert desk.queries == ["cecot OR prison"]
    assert await desk.told() == []


async def test_that_a_changed_model_waits_for_a_restart_is_said(desk: Desk) -> None:
    """The rest of the file is taken over."""
    desk.write(f'{BETTER}[model]\nurl = "http://127.0.0.1:11434/v1"\nname = "llama3"\n')
    with capture_logs() as logs:
        await desk.look(5)
    assert desk.queries == ["cecot OR prison"]
    assert [one["remedy"] for one in logs if one["event"] == "model_unchanged"] == ["restart"]


async def test_a_file_that_is_being_written_is_left_until_it_rests(desk: Desk) -> None:
    """Half a file may well be a valid one, without the watches that follow."""
    desk.write("# half")
    await desk.look(1)
    desk.write(BETTER)
    await desk.look(2)
    assert desk.queries == ["cecot OR prison"]


async def test_a_change_between_reading_and_watching_is_found(tmp_path: Path, desk: Desk) -> None:
    """The start takes a while."""
    late = Desk(desk.file, desk.store, desk.clock)
    late.write(BETTER)
    await late.look()
    assert late.queries == ["cecot OR prison"]


async def test_a_new_pack_beside_it_is_taken_over(desk: Desk) -> None:
    desk.write('name = "own"\n[terms]\nnames = ["cecot"]\n', "packs/own.toml")
    await desk.look()
    assert "own" in desk.taken[0].packs


@pytest.mark.parametrize("text", [BAD, "[[watches]", 'nmae = "x"', None])
async def test_a_faulty_file_is_refused_logged_and_told_once(desk: Desk, text: str | None) -> None:
    """What runs goes on; the admin channel learns of it, and is not told every two seconds."""
    if text is None:
        desk.file.unlink()
    else:
        desk.write(text)
    with capture_logs() as logs:
        await desk.look(6)
    assert desk.taken == []
    assert [log["event"] for log in logs] == ["configuration_refused"]
    assert "newsthread.toml" in logs[0]["where"]
    assert logs[0]["remedy"]
    (told,) = await desk.told()
    assert told.startswith("The changed configuration is refused, and the one before it stays")


async def test_each_new_fault_is_told_and_so_is_its_end(desk: Desk) -> None:
    desk.write(BAD)
    await desk.look()
    desk.write("[broken")
    await desk.look()
    desk.write(GOOD)
    await desk.look()
    told = await desk.told()
    assert len(told) == 3
    assert told[-1] == "The configuration is in order again."
    assert desk.taken == []  # it is as it was


async def test_secrets_in_what_is_wrong_are_not_told(desk: Desk) -> None:
    """The line that is wrong may hold a token."""
    url = "ftp://user:hunter2secret@a.example/?token=s3cr3t"
    desk.write(GOOD + f'[[feeds]]\nname = "a"\nurl = "{url}"\n')
    await desk.look()
    (told,) = await desk.told()
    assert "s3cr3t" not in told
    assert "hunter2secret" not in told


async def test_what_taking_over_refuses_is_told_too(desk: Desk) -> None:
    """A watch of chat whose pack is gone is known only to the database."""
    desk.error = ConfigError("the watch 'x'", "its query cannot be read", "Bring back the pack")
    desk.write(BETTER)
    await desk.look(4)
    assert "Bring back the pack" in (await desk.told())[0]
    desk.error = None
    desk.write(BETTER + "\n")
    await desk.look()
    assert desk.queries == ["cecot OR prison"]


async def test_a_database_that_fails_meanwhile_is_tried_again(desk: Desk) -> None:
    """The change is not lost."""
    desk.error = StoreError("full")
    desk.write(BETTER)
    await desk.look(1)
    with pytest.raises(StoreError):
        await desk.look(1)
    desk.error = None
    await desk.look(1)
    assert desk.queries == ["cecot OR prison"]
