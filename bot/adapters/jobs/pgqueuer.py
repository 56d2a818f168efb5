"""Jobs through PgQueuer: hints in PostgreSQL, put in by any process and followed by any other.

Its tables are made by our migrations. `LISTEN` tells of new hints at once; a worker that gives no
sign of life loses its job to another. What only PgQueuer needs of a database is here.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.adapters.jobs.following import FailedError, follow
from bot.domain.errors import StoreError
from bot.domain.hints import DeadHint, Hint, HintCount
from bot.ports.jobs import FORGET, Begun, Endurance, Follow

LOOK = timedelta(seconds=2)
"""How often is looked for jobs that nobody told of, or whose worker gives no sign of life."""
LOGGED = timedelta(hours=1)
"""For how long it is noted what became of a job."""
_BATCH = 10
_CONNECTION: dict[str, Any] = {
    "autocommit": True,  # PgQueuer demands it
    "application_name": "newsthread jobs",
    "connect_timeout": 5,
    # A network that was cut is noticed within half a minute, and not in two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    # And by the server, which else would keep the connections of a host that is gone.
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=20000",
}
# PgQueuer writes $1, SQLAlchemy's driver wants %(p1)s.
_PLACEHOLDER = re.compile(r"\$(\d+)")


def settings() -> DBSettings:
    """Return PgQueuer's names as our migrations made them, whatever the environment says."""
    return DBSettings(
        prefix="",
        db_schema=None,
        channel=Channel("ch_pgqueuer"),
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
        durability=Durability.balanced,
        widen_id=False,
    )


class PgQueuerJobs:
    """Hints in PostgreSQL; see `bot.ports.jobs.Jobs`."""

    def __init__(self, url: str, endurance: Endurance | None = None) -> None:
        """Use the database at `url`: `postgresql+psycopg://user:password@host/database`."""
        self._url = url
        self._endurance = endurance or Endurance()
        self._settings = settings()
        self._queues = QueryQueueBuilder(self._settings)
        self._managers: list[QueueManager] = []
        self._stopping = False

    async def enqueue(self, tx: Begun, hints: Sequence[Hint]) -> None:
        """See `bot.ports.jobs.Jobs.enqueue`."""
        number = len(hints)
        given = (
            [0] * number,  # priority
            [hint.queue for hint in hints],
            [hint.about.encode() for hint in hints],
            [timedelta(0)] * number,  # execute_after
            [f"{hint.queue}: {hint.about}" for hint in hints],  # dedupe_key
            ["null"] * number,  # headers
        )
        query = _PLACEHOLDER.sub(r"%(p\1)s", self._queues.build_enqueue_query("skip"))
        values = {f"p{place}": value for place, value in enumerate(given, start=1)}
        await tx.connection.exec_driver_sql(query, values)

    async def work(self, followers: Mapping[str, Follow], at_once: int) -> None:
        """See `bot.ports.jobs.Jobs.work`."""
        try:
            async with connected(self._url) as asking, connected(self._url) as hearing:
                await self._work(_Driver(asking, hearing), followers, at_once)
        except (psycopg.Error, OSError) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise StoreError(f"Jobs cannot be had from the database: {said}") from error

    def stop(self) -> None:
        """See `bot.ports.jobs.Jobs.stop`."""
        self._stopping = True
        for manager in self._managers:
            manager.shutdown.set()

    async def waiting(self, tx: Begun, /, queue: str) -> int:
        """See `bot.ports.jobs.Jobs.waiting`."""
        waiting = "SELECT count(*) FROM pgqueuer WHERE entrypoint = :queue AND status = 'queued'"
        return int(await tx.connection.scalar(text(waiting), {"queue": queue}))

    async def dead(self, tx: Begun, /, limit: int) -> tuple[DeadHint, ...]:
        """See `bot.ports.jobs.Jobs.dead`."""
        rows = await tx.connection.execute(text(_DEAD), {"limit": limit})
        return tuple(
            DeadHint(
                hint=Hint(queue=row.entrypoint, about=bytes(row.payload).decode()),
                at=row.updated,
                reason=row.reason or "",
            )
            for row in rows
        )

    async def counts(self, tx: Begun, /) -> tuple[HintCount, ...]:
        """See `bot.ports.jobs.Jobs.counts`."""
        rows = await tx.connection.execute(text(_COUNTS))
        return tuple(
            HintCount(queue=row.entrypoint, waiting=row.waiting, dead=row.dead) for row in rows
        )

    async def prune(self, tx: Begun, /, now: datetime) -> None:
        """See `bot.ports.jobs.Jobs.prune`."""
        await tx.connection.execute(
            text("DELETE FROM pgqueuer WHERE status = 'failed' AND updated < :before"),
            {"before": now - FORGET},
        )
        await tx.connection.execute(text(_PRUNED), {"before": now - LOGGED})

    async def _work(self, driver: "_Driver", followers: Mapping[str, Follow], at_once: int) -> None:
        queries = self._queries(driver)
        manager = QueueManager(queries, self._settings.channel)
        driver.when_deaf = manager.shutdown.set
        following: set[asyncio.Task[Any]] = set()

        async def run(job: Job) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - we are in one
            following.add(task)
            task.add_done_callback(following.discard)
            await self._follow(queries, followers, job)

        for queue in followers:
            manager.entrypoint(queue, on_failure="hold")(run)
        if self._stopping:
            return
        self._managers.append(manager)
        running = asyncio.create_task(
            manager.run(
                dequeue_timeout=LOOK,
                batch_size=min(_BATCH, at_once // 2),
                max_concurrent_tasks=at_once,
                # It would take a process that has much to compute for one that hears nothing, and
                # end its work. A connection that is lost says so itself, and we look anyway.
                shutdown_on_listener_failure=False,
                heartbeat_timeout=self._endurance.silence,
                log_aggregation_interval=timedelta(0),  # nobody reads its statistics
            )
        )
        try:
            await asyncio.wait([running])
        finally:  # cancelled: what is under way is handed over, which takes the connections
            manager.shutdown.set()
            for task in following:
                task.cancel()
            await asyncio.wait([running])
            self._managers.remove(manager)
        running.result()
        if driver.deaf is not None:
            raise driver.deaf

    async def _follow(self, queries: Queries, followers: Mapping[str, Follow], job: Job) -> None:
        """Follow a job's hint.

        Raises:
            RetryRequested: It is to be followed again.
            FailedError: It is given up.
        """
        (row,) = await queries.driver.fetch(_TRIES, job.id)
        tries = int(str(row["tries"]))
        if tries > self._endurance.tries:
            raise FailedError("whoever followed it died, again and again")
        try:
            await follow(followers, Hint(queue=job.entrypoint, about=(job.payload or b"").decode()))
        except asyncio.CancelledError:
            raise RetryRequested(reason="its worker was stopped") from None
        except FailedError as error:
            if tries == self._endurance.tries:
                raise
            raise RetryRequested(self._endurance.after(tries), reason=str(error)) from None

    def _queries(self, driver: Driver) -> Queries:
        return Queries(
            driver,
            QueryBuilderEnvironment(self._settings),
            self._queues,
            QuerySchedulerBuilder(self._settings),
        )


class _Driver(PsycopgDriver):
    """Listens on a connection of its own: PgQueuer's would have each query wait for a second."""

    def __init__(
        self, asking: psycopg.AsyncConnection[Any], hearing: psycopg.AsyncConnection[Any]
    ) -> None:
        super().__init__(hearing)
        self._asking = PsycopgDriver(asking)
        self.deaf: psycopg.Error | None = None  # why nothing is heard any more
        self.when_deaf: Callable[[], None] = lambda: None

    async def watch_notifies(self) -> None:
        try:
            await super().watch_notifies()
        except psycopg.Error as error:
            self.deaf = error
            self.when_deaf()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return await self._asking.fetch(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        return await self._asking.execute(query, *args)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Connect to the database at `url`, as PgQueuer needs it, until the block ends.

    What the address itself says of a connection (`?connect_timeout=…`) wins.

    Raises:
        psycopg.Error: It cannot be reached.
    """
    address = make_url(url).set(drivername="postgresql")
    named = {key: to for key, to in _CONNECTION.items() if key not in address.query}
    connection = await psycopg.AsyncConnection.connect(
        address.render_as_string(hide_password=False), **named
    )
    try:
        yield connection
    finally:
        await connection.close()


_TRIES = "SELECT count(*) AS tries FROM pgqueuer_log WHERE job_id = $1 AND status = 'picked'"
_COUNTS = """
SELECT entrypoint, count(*) FILTER (WHERE status = 'queued') AS waiting,
    count(*) FILTER (WHERE status = 'failed') AS dead
FROM pgqueuer GROUP BY entrypoint ORDER BY entrypoint
"""
_DEAD = """
SELECT entrypoint, payload, updated, (
    SELECT traceback ->> 'exception_message' FROM pgqueuer_log
    WHERE job_id = pgqueuer.id AND pgqueuer_log.status = 'failed' ORDER BY created DESC LIMIT 1
) AS reason
FROM pgqueuer WHERE status = 'failed' ORDER BY id DESC LIMIT :limit
"""
_PRUNED = """
DELETE FROM pgqueuer_log WHERE created < :before
AND job_id NOT IN (SELECT id FROM pgqueuer)
"""
