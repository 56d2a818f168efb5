"""How a process says how it is, and which of the parts it has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.app import App, opened, utc_now
from bot.config import read_config
from bot.domain.hints import Hint, alerts_queue
from bot.domain.messages import Alert, AlertState, Part, say
from bot.domain.watches import Channel
from bot.environment import read_environment
from bot.health import Health
from bot.pulse import Pulses
from bot.roles import ALL, Role
from tests.e2e.cli import environment
from tests.fakes.clock import FakeClock

TOKENS = {
    "DISCORD_TOKEN": "MTA.x.y",
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
}
OWN = {
    Role.COLLECT: {"collect", "backfill", "pages"},
    Role.COMPOSE: {"compose", "mutes", "prune"},
    Role.DELIVER: {"deliver_discord", "deliver_slack", "measure"},
    Role.CHAT: set[str](),
    Role.WEB: {"deliver_sandbox", "measure", "prune_sandbox"},
}


@asynccontextmanager
async def app_of(folder: Path, *roles: Role, **more: str) -> AsyncIterator[App]:
    environ = read_environment(environment(folder, **more))
    async with opened(read_config(environ.config), environ, roles=frozenset(roles)) as app:
        yield app


def spoil(folder: Path) -> None:
    """Put something in the database's place that is none."""
    for file in folder.glob("newsthread.db*"):
        file.unlink()
    (folder / "newsthread.db").mkdir()


def client(app: App, pulses: Pulses, host: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Health(app, pulses, host).web)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


@pytest.mark.parametrize("role", Role)
async def test_a_role_has_its_own_steps_and_no_other(tmp_path: Path, role: Role) -> None:
    """Together they are all there is; only the page's process keeps the sandbox's file."""
    async with app_of(tmp_path, role, **TOKENS) as app:
        assert set(app.steps()) == OWN[role]
        assert set(app.listeners) == ({"discord", "slack"} if role is Role.CHAT else set())
        assert (app.page is not None) == (role is Role.WEB)
    assert (tmp_path / "sandbox.db").exists() == (role is Role.WEB)


async def test_all_roles_together_are_all_steps(tmp_path: Path) -> None:
    async with app_of(tmp_path, *ALL, **TOKENS) as app:
        assert set(app.steps()) == set().union(*OWN.values())


async def test_only_who_collects_takes_the_configuration_over(tmp_path: Path) -> None:
    """So that two machines with files of two versions do not undo each other's work."""
    for role, feeds in ((Role.COMPOSE, 0), (Role.COLLECT, 1)):
        async with app_of(tmp_path, role) as app, app.store.reading() as tx:
            assert len(await tx.feeds.list()) == feeds


async def test_health_says_which_step_is_in_trouble(tmp_path: Path) -> None:
    clock = FakeClock()
    pulses = Pulses(clock)
    async with app_of(tmp_path, Role.COLLECT) as app, client(app, pulses) as web:
        pulses.began("collect")
        pulses.ended("collect", "the disk is full")
        well = await web.get("/healthz")
        clock.pass_("1m")
        ill = await web.get("/healthz")
    assert (well.status_code, well.json()["state"]) == (200, "ok")
    assert well.json()["roles"] == ["collect"]
    assert (ill.status_code, ill.json()["database"]) == (503, "ok")
    assert ill.json()["steps"]["collect"]["reason"] == "the disk is full"


async def test_health_says_that_the_database_is_away(tmp_path: Path) -> None:
    """And the counters are still to be had, marked as what they are."""
    async with app_of(tmp_path, Role.COMPOSE) as app, client(app, Pulses(utc_now)) as web:
        await app.store.close()
        spoil(tmp_path)
        said = await web.get("/healthz")
        metrics = await web.get("/metrics")
    assert said.status_code == 503
    assert "cannot be opened" in said.json()["database"]
    assert "newsthread_database_reached 0.0" in metrics.text


async def test_metrics_are_counted_in_the_database_now_and_then(tmp_path: Path) -> None:
    """However often they are asked for."""
    async with app_of(tmp_path, Role.COLLECT) as app, client(app, Pulses(utc_now)) as web:
        async with app.store.transaction() as tx:
            tx.hints.tell([Hint(queue=alerts_queue("slack"), about="T1")])
        first = await web.get("/metrics")
        async with app.store.transaction() as tx:
            (line,) = await tx.feeds.list()
            await tx.feeds.remove(line.feed.id)
        second = await web.get("/metrics")
    assert first.headers["content-type"].startswith("text/plain")
    for answer in (first, second):
        assert 'newsthread_feeds{state="well"} 1.0' in answer.text
        assert 'newsthread_jobs{role="deliver",state="waiting"} 1.0' in answer.text


async def test_the_lag_of_what_was_posted_is_measured(tmp_path: Path) -> None:
    """By a step of its own; what tells of no article has none."""
    async with app_of(tmp_path, Role.WEB) as app:
        step, _ = app.steps()["measure"]
        await step()
        alert = Alert(
            key="k",
            channel=Channel.parse("sandbox:a"),
            part=Part.CARD,
            message=say("x"),
            state=AlertState.SENT,
            due_at=utc_now(),
            created_at=utc_now() - timedelta(seconds=1),
        )
        app.metrics.settled(alert)
        await step()
        assert app.metrics.to_measure() == ()


@pytest.mark.parametrize(
    ("listening", "asked", "status"),
    [
        ("127.0.0.1", "127.0.0.1:9100", 200),
        ("::1", "localhost:9100", 200),
        ("127.0.0.1", "evil.example", 400),
        ("0.0.0.0", "worker:9100", 200),  # noqa: S104 - what a container listens on
        ("worker", "worker:9100", 200),
    ],
)
async def test_on_loopback_only_loopbacks_names_are_answered(
    tmp_path: Path, listening: str, asked: str, status: int
) -> None:
    """A page in a browser cannot read along under a name that it points here."""
    async with (
        app_of(tmp_path, Role.COLLECT) as app,
        client(app, Pulses(utc_now), listening) as web,
    ):
        assert (await web.get("/healthz", headers={"host": asked})).status_code == status
        assert (await web.post("/healthz", headers={"host": asked})).status_code != 200
