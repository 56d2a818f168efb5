"""Hints followed: what collecting, delivering and `/health` do with jobs."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bot.adapters.jobs.local import LocalJobs
from bot.adapters.store.database import SqlStore
from bot.app import opened, utc_now
from bot.config import read_config
from bot.domain.calls import Role
from bot.domain.errors import BotError, StoreError
from bot.domain.hints import FEEDS, Hint, alert_hints, feed_hints
from bot.domain.messages import AlertState
from bot.domain.polls import PollRequest, PollResult
from bot.environment import read_environment
from bot.health import Health
from bot.pipeline import deliver, dispatch
from bot.pipeline.dispatch import Dispatcher
from bot.pipeline.prune import prune
from bot.ports.jobs import Endurance
from bot.pulse import Pulses
from bot.roles import ALL
from tests.contract.rows import alert
from tests.e2e.cli import environment
from tests.fakes.store import fresh_store
from tests.integration.desk_world import office
from tests.integration.pipeline_world import CHANNEL, feed, world

ONE_TRY = Endurance(tries=1)
HINT = Hint(queue=FEEDS, about=" 1")


async def given_up(store: SqlStore, hint: Hint = HINT) -> LocalJobs:
    """Have a job given up, and return who knows."""
    jobs, began = LocalJobs(utc_now, ONE_TRY), asyncio.Event()

    async def fail(_: Hint) -> None:
        began.set()
        raise StoreError("The disk is full.")

    store.tell(jobs)
    async with store.transaction() as tx:
        tx.hints.tell([hint])
    working = asyncio.create_task(jobs.work({hint.queue: fail}, 2))
    await began.wait()
    jobs.stop()
    await working
    return jobs


async def dead(store: SqlStore) -> int:
    """Return how many jobs are given up."""
    async with store.reading() as tx:
        return len(await tx.hints.dead(5))


async def test_a_hint_has_its_feeds_polled_and_again_for_nothing() -> None:
    """What it names is looked up: a hint that comes twice polls nothing twice."""
    async with world("one", "two") as it:
        async with it.store.reading() as tx:
            lines = await tx.feeds.list()
        (hint,) = feed_hints((line.feed.id, line.feed.url) for line in lines)
        await it.collector.follow(hint)
        await it.collector.follow(hint)
        assert len(it.source.polls) == 2


async def test_a_poll_that_fails_has_its_hint_followed_again_for_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others of the hint are polled, and are not asked again."""
    async with world() as it:
        async with it.store.transaction() as tx:
            ids = [(await tx.feeds.add(feed(name), it.clock())).id for name in ("good", "bad")]
            await tx.feeds.reserve("h", it.clock(), it.clock.pass_("1s"), 5)
        (hint,) = feed_hints(((one, "https://a.example/") for one in ids), "h")
        broken = Broken(it.source.poll)
        monkeypatch.setattr(it.source, "poll", broken.poll)
        with pytest.raises(BotError, match="1 of 2 polls failed"):
            await it.collector.follow(hint)
        broken.mended = True
        await it.collector.follow(hint)
        assert [request.url for request in it.source.polls] == [
            "https://good.example/feed",
            "https://bad.example/feed",
        ]


class Broken:
    """A source that cannot poll one feed, until it is mended."""

    def __init__(self, poll: Callable[[PollRequest], object]) -> None:
        self._poll = poll
        self.mended = False

    async def poll(self, request: PollRequest) -> PollResult:
        """Poll, or fail as a full disk does."""
        if "bad" in request.url and not self.mended:
            raise StoreError("The disk is full.")
        return await self._poll(request)  # type: ignore[misc,no-any-return] # the fake's own


async def test_a_hint_has_one_workspace_posted_to() -> None:
    """Another's alerts are another worker's."""
    async with world() as it:
        async with it.store.transaction() as tx:
            await tx.outbox.add([alert("a", channel=CHANNEL)])
        (other,) = alert_hints([CHANNEL.scope])
        await it.deliverer.follow(Hint(queue=other.queue, about="elsewhere"))
        assert await state(it.store, "a") is AlertState.DUE
        await it.deliverer.follow(other)
        assert await state(it.store, "a") is AlertState.SENT


async def state(store: SqlStore, key: str) -> AlertState:
    """Return an alert's state."""
    async with store.reading() as tx:
        found = await tx.outbox.get(key)
    assert found is not None
    return found.state


async def test_a_sweep_finds_the_alerts_that_no_hint_covers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that waited for their time, and those whose hint was lost; unless many wait anyway."""
    async with world() as it:
        async with it.store.transaction() as tx:
            await tx.outbox.add([alert("a", channel=CHANNEL)])
        it.store.tell(LocalJobs(it.clock))
        (hint,) = alert_hints([CHANNEL.scope])
        monkeypatch.setattr(deliver, "AHEAD", 0)
        await it.deliverer.sweep()
        assert await waiting(it.store, hint.queue) == 0
        monkeypatch.undo()
        await it.deliverer.sweep()
        assert await waiting(it.store, hint.queue) == 1


async def waiting(store: SqlStore, queue: str) -> int:
    """Return how many hints of a queue wait."""
    async with store.reading() as tx:
        return await tx.hints.waiting(queue)


async def test_a_sweep_gives_up_what_can_never_be_sent() -> None:
    """A reply whose card failed would wait for ever."""
    async with world() as it:
        async with it.store.transaction() as tx:
            await tx.outbox.add([alert("reply", channel=CHANNEL, card="lost")])
        await it.deliverer.sweep()
        assert await state(it.store, "reply") is AlertState.FAILED


async def test_what_is_due_is_handed_out_in_small_transactions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However much it is, until all of it is on its way."""
    monkeypatch.setattr(dispatch, "SOME", 2)
    async with world("a", "b", "c") as it:
        it.store.tell(LocalJobs(it.clock))
        names = iter("xyz")
        await Dispatcher(it.store, it.clock, lambda: next(names)).tick()
        assert await waiting(it.store, FEEDS) == 2
        assert list(names) == ["z"]


async def test_a_store_without_jobs_tells_nobody() -> None:
    """Commands of the command line have none."""
    store = await fresh_store()
    async with store.transaction() as tx:
        tx.hints.tell([HINT])
        await tx.hints.prune(utc_now())
        assert (await tx.hints.waiting(FEEDS), await tx.hints.dead(5)) == (0, ())
    await store.close()


async def test_pruning_forgets_jobs_that_were_given_up() -> None:
    store = await fresh_store()
    jobs = await given_up(store)
    await prune(store, utc_now())
    assert await dead(store) == 1
    async with store.transaction() as tx:
        (one,) = await jobs.dead(tx, 5)
    await prune(store, one.at.replace(year=one.at.year + 1))
    assert await dead(store) == 0
    await store.close()


@pytest.mark.parametrize(("queue", "what"), [(FEEDS, "polling feeds"), ("alerts slack", "posting")])
async def test_health_shows_admins_the_jobs_that_were_given_up(queue: str, what: str) -> None:
    """With their reason, and not what they were about: that may be another workspace's."""
    async with office("one") as place:
        place.role = Role.ADMIN
        await given_up(place.world.store, Hint(queue=queue, about="T0SECRET"))
        said = await place.call("health")
    assert "Something fails" in said
    assert f"Job given up: {what}" in said
    assert "The disk is full." in said
    assert "T0SECRET" not in said


async def test_the_page_and_healthz_show_the_jobs_that_were_given_up(tmp_path: Path) -> None:
    """A process is well all the same: to start it anew would not help."""
    environ = read_environment(environment(tmp_path))
    async with opened(read_config(environ.config), environ, roles=ALL) as app:
        await given_up(app.store)
        transport = httpx.ASGITransport(Health(app, Pulses(utc_now), "127.0.0.1").web)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
            answer = await web.get("/healthz")
        assert app.page is not None
        transport = httpx.ASGITransport(app.page.app)
        here = f"http://127.0.0.1:{environ.port}"
        async with httpx.AsyncClient(transport=transport, base_url=here) as web:
            page = await web.get("/healthz")
        assert page.status_code == 200, page.text
    assert answer.status_code == 200
    (job,) = answer.json()["jobs"]
    assert (job["queue"], job["reason"]) == (FEEDS, "The disk is full.")
    assert page.json()["line"] == "1 feeds, 1 job given up"
    assert page.json()["state"] == "trouble"
