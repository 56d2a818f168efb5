"""Workspaces that install the app: what is kept of them, sealed, and what is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_bolt.error import BoltError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy import MetaData, select
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from bot.adapters.chat.slack import installs
from bot.adapters.chat.slack.installs import Either, Installed
from bot.adapters.chat.slack.tokens import OneToken
from bot.adapters.chat.slack.wire import Wire
from bot.adapters.store import tables
from bot.domain.errors import NotSentError, StoreError
from tests.fakes.clock import FakeClock
from tests.fakes.store import DATABASES, fresh_store
from tests.twins.slack import SlackTwin

TOKEN = "xoxb-1-secret"  # noqa: S105 -- of nobody


@pytest.fixture(params=DATABASES)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    store = await fresh_store(request.param, FakeClock())
    yield store.engine
    await store.close()


@pytest.fixture
def installed(engine: AsyncEngine) -> Installed:
    return Installed("1.2", "secret", engine)


def installation(team: str | None = "T1", token: str | None = TOKEN, **more: Any) -> Installation:
    """Return what a workspace's consent comes to."""
    return Installation(
        app_id="A1", team_id=team, team_name="Newsroom", bot_token=token, user_id="U1", **more
    )


async def save(installed: Installed, made: Installation) -> None:
    """Save as bolt does when the browser comes back."""
    flow = installed.flow("https://slack.com/api/", ["chat:write"])
    await flow.settings.installation_store.async_save(made)


async def rows(engine: AsyncEngine, *columns: Any) -> list[Any]:
    """Return what stands in the database."""
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(select(*columns))]


def test_the_tables_have_the_columns_that_bolts_stores_use() -> None:
    """A new version of slack_sdk with another column needs a migration."""
    theirs = MetaData()
    store = AsyncSQLAlchemyInstallationStore
    wanted = [
        store.build_bots_table(theirs, "slack_bots"),
        store.build_installations_table(theirs, "slack_installations"),
        AsyncSQLAlchemyOAuthStateStore.build_oauth_states_table(theirs, "slack_oauth_states"),
    ]
    for table in wanted:
        assert set(table.c.keys()) == set(tables.metadata.tables[table.name].c.keys())


async def test_a_workspaces_token_is_found_and_stands_nowhere_in_the_clear(
    engine: AsyncEngine, installed: Installed
) -> None:
    assert await installed.of("T1") is None
    await save(installed, installation(enterprise_id="E1", user_token="xoxp-theirs"))  # noqa: S106
    assert await installed.of("T1") == TOKEN
    assert await installed.of("T2") is None
    assert await installed.teams() == ["T1"]
    kept = await rows(engine, tables.slack_bots) + await rows(engine, tables.slack_installations)
    assert TOKEN not in str(kept)
    assert "xoxp" not in str(kept)


async def test_another_app_on_the_same_database_has_its_own_workspaces(
    engine: AsyncEngine, installed: Installed
) -> None:
    await save(installed, installation())
    other = Installed("9.9", "secret", engine)
    assert await other.of("T1") is None
    assert await other.teams() == []


async def test_a_token_sealed_with_another_secret_counts_as_none_and_the_remedy_is_said(
    engine: AsyncEngine, installed: Installed
) -> None:
    await save(installed, installation())
    with capture_logs() as logs:
        assert await Installed("1.2", "changed", engine).of("T1") is None
    assert "SLACK_CLIENT_SECRET" in str(logs)


async def test_installing_again_leaves_one_row(engine: AsyncEngine, installed: Installed) -> None:
    await save(installed, installation(installed_at=1_000.0))
    await save(installed, installation(token="xoxb-2-second", installed_at=2_000.0))  # noqa: S106
    assert await installed.of("T1") == "xoxb-2-second"
    assert len(await rows(engine, tables.slack_bots.c.id)) == 1
    assert len(await rows(engine, tables.slack_installations.c.id)) == 1


async def test_what_cannot_be_served_is_refused_with_its_reason(installed: Installed) -> None:
    with pytest.raises(BoltError, match="whole organisation"):
        await save(installed, installation(team=None, is_enterprise_install=True))
    with pytest.raises(BoltError, match="token rotation"):
        await save(installed, installation(bot_refresh_token="xoxe-1"))  # noqa: S106
    assert await installed.teams() == []


async def test_a_workspace_that_removed_the_app_is_forgotten(
    engine: AsyncEngine, installed: Installed
) -> None:
    await save(installed, installation())
    await save(installed, installation(team="T2", token="xoxb-other"))  # noqa: S106
    assert await installed.of("T1") == TOKEN
    await installed.forget("T1", datetime.now(UTC))
    assert await installed.of("T1") is None
    assert await installed.of("T2") == "xoxb-other"
    assert await rows(engine, tables.slack_bots.c.team_id) == [("T2",)]


async def test_what_is_installed_again_outlives_late_news_of_the_removal(
    installed: Installed,
) -> None:
    """Slack tells again after one and after five minutes, where it was not heard at once."""
    again = datetime.now(UTC) + timedelta(minutes=1)
    await save(installed, installation(installed_at=again.timestamp()))
    await installed.forget("T1", datetime.now(UTC))
    assert await installed.of("T1") == TOKEN


async def test_the_token_of_the_environment_serves_its_own_workspace_beside(
    installed: Installed,
) -> None:
    """So that adding a second workspace needs nothing new in the first."""
    async with SlackTwin.running() as twin:
        home = twin.workspace().id
        wire = Wire(twin.api_base)
        both = Either(installed, OneToken(twin.bot_token, wire))
        await save(installed, installation())
        assert [await both.of(team) for team in ("T1", home, "T0")] == [TOKEN, twin.bot_token, None]
        assert await both.teams() == sorted(["T1", home])
        await save(installed, installation(team=home, token="xoxb-newer"))  # noqa: S106
        assert await both.of(home) == "xoxb-newer"
        await wire.close()


async def test_a_token_is_kept_for_a_while(
    engine: AsyncEngine, installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request needs it; another process's change is seen within half a minute."""
    await save(installed, installation())
    assert await installed.of("T1") == TOKEN
    await Installed("1.2", "secret", engine).forget("T1", datetime.now(UTC))
    assert await installed.of("T1") == TOKEN
    monkeypatch.setattr(installs, "KEPT", 0.0)
    assert await installed.of("T1") is None


async def test_a_slow_database_holds_up_nobody_whose_token_is_known(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack waits 3 s for an acknowledgement, for which the token is needed."""
    await save(installed, installation())
    await installed.of("T1")

    async def slow(_store: object, _team: str) -> str:
        await asyncio.sleep(10)
        return "xoxb-late"

    monkeypatch.setattr("bot.adapters.chat.slack.installs._Installations.token", slow)
    monkeypatch.setattr(installs, "KEPT", 0.0)
    monkeypatch.setattr(installs, "PATIENCE", 0.01)
    async with asyncio.timeout(5):
        assert await installed.of("T1") == TOKEN


async def test_a_state_is_good_once(installed: Installed) -> None:
    states = installed.flow("https://slack.com/api/", []).settings.state_store
    state = await states.async_issue()
    assert await states.async_consume(state)
    assert not await states.async_consume(state)


async def test_states_do_not_pile_up(
    engine: AsyncEngine, installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody who reaches the page adds one."""
    monkeypatch.setattr(installs, "MOST_STATES", 3)
    states = installed.flow("https://slack.com/api/", []).settings.state_store
    issued = [await states.async_issue() for _ in range(5)]
    left = await rows(engine, tables.slack_oauth_states.c.state)
    assert left == [(state,) for state in issued[-3:]]


@asynccontextmanager
async def gone(engine: AsyncEngine, table: str) -> AsyncIterator[None]:
    """Have no table of a name until the block ends: other tests get the same database."""
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO hidden_{table}")
    yield
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE hidden_{table} RENAME TO {table}")


async def test_a_database_that_fails_is_no_proof_of_anything(
    engine: AsyncEngine, installed: Installed
) -> None:
    """Alerts wait; whoever installs is told."""
    async with gone(engine, "slack_bots"), gone(engine, "slack_oauth_states"):
        with pytest.raises(NotSentError, match="installations cannot be read"):
            await installed.of("T1")
        with pytest.raises(NotSentError, match="installations cannot be read"):
            await installed.teams()
        with pytest.raises(StoreError, match="cannot be removed"):
            await installed.forget("T1", datetime.now(UTC))
        with pytest.raises(StoreError, match="cannot be begun"):
            await installed.flow("https://slack.com/api/", []).settings.state_store.async_issue()
        with pytest.raises(BoltError, match="could not be stored"):
            await save(installed, installation())


def test_people_are_sent_to_the_server_that_the_web_api_is_on(installed: Installed) -> None:
    flow = installed.flow("http://127.0.0.1:9/api/", ["chat:write", "commands"])
    address = flow.settings.authorize_url_generator.generate("s")
    assert address.startswith("http://127.0.0.1:9/oauth/v2/authorize?state=s&client_id=1.2&")
    assert "scope=chat:write,commands" in address
