"""Many processes on PostgreSQL, and everything that can befall them: 0 lost, 0 twice.

Two that compose, three that collect, two that deliver and one that chats, before a Discord and a
Slack with faults. Killed at any instruction, stopped past their leases, cut off from the network,
and their database restarted under them.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.adapters.store import tables
from bot.adapters.store.database import SqlStore, migrate
from bot.domain.errors import StoreError
from bot.domain.messages import AlertState, Part
from bot.domain.records import Fate
from tests.e2e import cluster
from tests.e2e.cli import environment
from tests.e2e.cluster import Cable, Farm, Here, Host, Nursery, Worker
from tests.fakes import postgresql
from tests.fakes.postgresql import Cluster
from tests.integration.simulated_news import new_words
from tests.twins.discord.limits import Limits as DiscordLimits
from tests.twins.discord.twin import DiscordTwin
from tests.twins.slack.limits import Limits as SlackLimits
from tests.twins.slack.twin import SlackTwin

pytestmark = pytest.mark.slow

ROLES = (*("compose",) * 2, *("collect",) * 3, *("deliver",) * 2, "chat")
FEW = ("collect,compose", "collect", "compose", "deliver", "deliver", "chat")
SETTLES_WITHIN = 60
"""Seconds after the last fault; what is promised, not how fast it is."""
PAST_THE_LEASE = 8.0
CONFIG = """
{feeds}
[[watches]]
name = "court"
query = "court"
channels = [{channels}]
"""
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"status": 503}),
    ("status", {"status": 502, "taken": True}),
    ("drop", {}),
    ("drop", {"taken": True}),
    ("reset", {"taken": True}),
)


@dataclass(slots=True)
class World:
    """The cluster, what it works for, and what it was given to tell."""

    server: Cluster
    nursery: Nursery
    workers: list[Worker]
    farm: Farm
    discord: DiscordTwin
    slack: SlackTwin
    chance: random.Random
    channels: int
    words: Iterator[str]
    events: int = 0
    articles: int = 0
    troubles: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return self.server.url.render_as_string(hide_password=False)

    def publish(self) -> None:
        """Let something happen that is like nothing before, but for a word that all news has."""
        self.events += 1
        words = [next(self.words) for _ in range(7)]
        self.articles += self.farm.publish(self.events, f"{' '.join(words).capitalize()} court")

    def begin(self, trouble: Coroutine[Any, Any, None]) -> None:
        """Let some trouble begin, which goes on meanwhile."""
        task = asyncio.create_task(trouble)
        self.troubles.add(task)
        task.add_done_callback(self.troubles.discard)

    async def restart_database(self) -> None:
        """Stop PostgreSQL under everybody, and start it again."""
        await asyncio.to_thread(self.server.stop)
        await asyncio.sleep(2)
        await asyncio.to_thread(self.server.start)

    async def over(self) -> None:
        """Wait until all troubles are over."""
        await asyncio.gather(*self.troubles)
        for twin in (self.discord, self.slack):
            twin.faults.clear()
        self.farm.faults = 0

    def posted(self) -> Counter[str]:
        """Return how often each key was really taken, as the platforms' journals have it."""
        keys = [str(taken["nonce"]) for taken in self.discord.messages()]
        return Counter([*keys, *(str(taken["key"]) for taken in self.slack.messages())])


@asynccontextmanager
async def world(
    folder: Path, roles: Sequence[str], *, channels: int, feeds: int, seed: int, apart: bool = False
) -> AsyncIterator[World]:
    """Open a cluster whose feeds have all been read once.

    Args:
        folder: Where its files are.
        roles: Of each process.
        channels: How many on each platform.
        feeds: How many there are.
        seed: Of what happens.
        apart: Each process on a host of its own.
    """
    server = postgresql.own_cluster()
    await asyncio.to_thread(server.start)
    chance = random.Random(seed)  # noqa: S311 - to be repeatable is its point
    async with AsyncExitStack() as stack:
        stack.callback(server.stop)
        url = server.url.render_as_string(hide_password=False)
        await migrate(url)
        here = await stack.enter_async_context(cluster.bridge()) if apart else "127.0.0.1"
        discord = await stack.enter_async_context(
            DiscordTwin.running(limits=DiscordLimits(enabled=False))
        )
        slack = await stack.enter_async_context(
            SlackTwin.running(limits=SlackLimits(enabled=False))
        )
        guild, team = discord.guild().id, slack.workspace().id
        names = [f'"discord:{guild}/{discord.channel(f"c{n}").id}"' for n in range(channels)]
        names += [f'"slack:{team}/{slack.channel(f"c{n}").id}"' for n in range(channels)]
        farm = Farm(feeds, chance)
        tables_ = [
            f'[[feeds]]\nurl = "{feed}"\nname = "Outlet {n}"\nlang = "en"'
            for n, feed in enumerate(await farm.serve(stack, here))
        ]
        config = CONFIG.format(feeds="\n".join(tables_), channels=", ".join(names))
        (folder / "newsthread.toml").write_text(config, encoding="utf-8")

        async def way(port: int) -> Cable:
            return await stack.enter_async_context(Cable(port).laid(here))

        ways = {
            "DISCORD_API_BASE": (discord.api_base, "api/v10"),
            "SLACK_API_BASE": (slack.api_base, "api/"),
        }
        addresses = {}
        for name, (base, path) in ways.items():
            cable = await way(int(base.split(":")[2].split("/")[0]))
            addresses[name] = f"http://{here}:{cable.port}/{path}"
        nursery = await stack.enter_async_context(Nursery.running(str(folder / "log")))
        workers = []
        for number, role in enumerate(roles):
            cable = await way(server.url.port or 0)
            host: Host = (
                await stack.enter_async_context(cluster.host_of_its_own(number))
                if apart and role != "chat"
                else Here(cable)
            )
            at = server.url.set(host=here, port=cable.port)
            environ = environment(
                folder,
                **discord.environment() | slack.environment() | addresses,
                DATABASE_URL=at.render_as_string(hide_password=False),
                NEWSTHREAD_ALLOW_ADDRESSES="127.0.0.0/8,10.77.0.0/24",
            )
            for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
                del environ[name]
            workers.append(Worker(role, host, environ))
        for worker in workers:
            await nursery.start(worker)
        made = World(
            server=server,
            nursery=nursery,
            workers=workers,
            farm=farm,
            discord=discord,
            slack=slack,
            chance=chance,
            channels=2 * channels,
            words=new_words(chance),
        )
        await until(made, all_seeded, 90)
        for twin in (discord, slack):
            for number, (kind, about) in enumerate(FAULTS):
                twin.faults.add(kind, rate=0.02, seed=number, times=None, **about)
        try:
            yield made
        finally:
            print((folder / "log").read_text(errors="replace")[-5_000:])  # noqa: T201 -- where it fails


Found = Callable[[World, SqlStore], Awaitable[str]]


async def until(made: World, missing: Found, seconds: float) -> None:
    """Wait until nothing is missing."""
    last = "everything"
    store: SqlStore | None = None
    try:
        async with asyncio.timeout(seconds):
            while last:
                try:
                    store = store or await SqlStore.open(made.url)
                    last = await missing(made, store)
                except StoreError as error:
                    last = str(error)
                await asyncio.sleep(0.3)
    except TimeoutError:
        pytest.fail(f"after {seconds} s: {last}")
    finally:
        if store is not None:
            await store.close()


async def all_seeded(made: World, store: SqlStore) -> str:
    """Say how many feeds have not been read yet."""
    async with store.reading() as tx:
        lines = await tx.feeds.list()
    read = sum(line.state.seeded_at is not None for line in lines)
    return "" if read == made.farm.feeds else f"{read} feeds were read"


async def all_told(made: World, store: SqlStore) -> str:
    """Say what is still to be polled, filed, composed or sent."""
    latest = tables.decisions.c.latest.is_(True)
    busy = tables.alerts.c.state.in_([AlertState.DUE.value, AlertState.UNKNOWN.value])
    ends = [Fate.POSTED.value, Fate.MERGED.value]
    async with store.reading() as tx:
        found = {}
        for name, table, where in (
            ("articles", tables.articles, tables.articles.c.id > 0),
            ("stories", tables.stories, tables.stories.c.last_at > 0),
            ("fates", tables.decisions, latest & tables.decisions.c.fate.in_(ends)),
            ("alerts under way", tables.alerts, busy),
            ("alerts failed", tables.alerts, tables.alerts.c.state == AlertState.FAILED.value),
        ):
            count = select(func.count()).select_from(table).where(where)
            found[name] = await tx.connection.scalar(count)
        shown = tables.alerts.c
        some = select(shown.platform, shown.state, shown.attempt, shown.reason, shown.lease_until)
        waiting = (await tx.connection.execute(some.where(busy).limit(3))).all()
    wanted = {
        "articles": made.articles + made.farm.feeds,
        "stories": made.events,
        "fates": made.articles * made.channels,
        "alerts under way": 0,
        "alerts failed": 0,
    }
    return "" if found == wanted else f"{found} and not {wanted}: {waiting}"


async def judged(made: World, within: float = SETTLES_WITHIN) -> None:
    """Check that what the platforms took is what was to be told, each once."""
    await until(made, all_told, within)
    await asyncio.sleep(2)  # for what would be one too many
    store = await SqlStore.open(made.url)
    async with store.reading() as tx:
        wanted = select(tables.alerts.c.key).where(tables.alerts.c.part != Part.EDIT.value)
        keys = set((await tx.connection.execute(wanted)).scalars())
        decisions = select(tables.decisions.c.alert).where(tables.decisions.c.latest.is_(True))
        carried = set((await tx.connection.execute(decisions)).scalars()) - {None}
    await store.close()
    taken = made.posted()
    assert [key for key, times in taken.items() if times > 1] == []
    assert taken.keys() == keys
    assert carried <= keys
    assert made.discord.journal.violations == made.slack.journal.violations == []


async def answered(made: World) -> None:
    """Check that people are answered on Discord, by a process that neither polls nor posts."""
    answer = await made.discord.user("reader").slash("/help", within=SETTLES_WITHIN)
    assert not answer.failed


async def test_killed_processes_of_a_cluster_lose_nothing_and_tell_nothing_twice(
    tmp_path: Path,
) -> None:
    """The short form: of each role one is killed, while another is cut off."""
    async with world(tmp_path, FEW, channels=1, feeds=3, seed=1) as made:
        made.begin(cluster.cut_off(made.workers[1], 2))
        for worker in (made.workers[0], *made.workers[2:4]):
            made.publish()
            await asyncio.sleep(0.5)
            await made.nursery.kill(worker)
        await made.over()
        await judged(made, 150)  # other tests have the machine meanwhile
        await answered(made)


async def all_that_can_happen(made: World, kills: int, restarts: int) -> None:
    """Let so many kills happen, with everything else in between."""
    for number in range(kills):
        await asyncio.sleep(made.chance.uniform(0.1, 1.2))
        if number % 4 == 0:
            made.publish()
        await made.nursery.kill(made.chance.choice(made.workers))
        if number % 10 == 5:
            stopped = made.chance.choice(made.workers)
            made.begin(cluster.stand_still(stopped, PAST_THE_LEASE + made.chance.uniform(0, 6)))
        if number % 10 == 0:
            far = made.chance.choice(made.workers)
            made.begin(cluster.cut_off(far, made.chance.uniform(2, 14)))
        if number % (kills // restarts) == kills // restarts // 2:
            made.begin(made.restart_database())
    await made.over()


@pytest.mark.soak
@pytest.mark.parametrize("apart", [False, True], ids=["one host", "many hosts"])
async def test_whatever_befalls_a_cluster_nothing_is_lost_and_nothing_told_twice(
    tmp_path: Path,
    apart: bool,  # noqa: FBT001 - a table's column
) -> None:
    """200 kills, twenty that stand still, twenty cut off, three restarts of PostgreSQL.

    On many hosts each is a network namespace with a cable of its own, which takes root.
    """
    if apart and os.geteuid() != 0:
        pytest.skip("network namespaces are made by root alone")
    async with world(tmp_path, ROLES, channels=2, feeds=12, seed=7, apart=apart) as made:
        await all_that_can_happen(made, kills=200, restarts=3)
        await judged(made)
        await answered(made)
