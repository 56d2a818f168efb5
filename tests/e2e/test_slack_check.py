"""`check --slack` as somebody who sets Newsthread up meets it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from slack_sdk.oauth.installation_store import Installation

from bot.adapters.chat.slack.installs import Installed
from bot.adapters.store.database import make_engine, migrate
from tests.e2e.cli import bot
from tests.e2e.test_demo import free_port
from tests.twins.slack import SlackTwin

ONE = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_BASE")
MANY = ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_SIGNING_SECRET", "SLACK_API_BASE")


def database(folder: Path) -> str:
    """Return where the bot keeps everything."""
    return f"sqlite+aiosqlite:///{folder / 'a.db'}"


async def checked(
    twin: SlackTwin, folder: Path, names: tuple[str, ...], **more: str
) -> tuple[int, list[dict[str, str]]]:
    """Run the check with a configuration that posts to two channels."""
    config = folder / "newsthread.toml"
    found = (twin.channel(), twin.channel("outside", member=False))
    places = [f'"slack:{one.team}/{one.id}"' for one in found]
    config.write_text(
        f'[[watches]]\nname = "cecot"\nquery = "cecot"\nchannels = [{", ".join(places)}]\n'
    )
    given = twin.environment()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLACK_")},
        **{name: given[name] for name in names},
        "DATABASE_URL": database(folder),
        "NEWSTHREAD_CONFIG": str(config),
        **more,
    }
    command = (sys.executable, "-m", "bot", "check", "--slack", "--json")
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    rows = [json.loads(line) for line in out.decode().splitlines()]
    return int(process.returncode or 0), [row for row in rows if row["part"] == "slack"]


async def install(twin: SlackTwin, folder: Path) -> None:
    """Have the app installed in the first workspace, as far as the bot knows."""
    await migrate(database(folder))
    engine = make_engine(database(folder))
    known = Installed(twin.state.client_id, twin.state.client_secret, engine)
    store = known.flow(twin.api_base, ()).settings.installation_store
    made = Installation(
        app_id=twin.state.app_id,
        team_id=twin.workspace().id,
        bot_token=twin.bot_token,
        user_id="U1",
    )
    await store.async_save(made)
    await engine.dispose()


async def test_tokens_scopes_and_channels_are_checked(tmp_path: Path) -> None:
    async with SlackTwin.running() as twin:
        code, rows = await checked(twin, tmp_path, ONE)
        wrong = [row for row in rows if row["state"] == "wrong"]
        assert [row["what"] for row in wrong if row["what"].startswith("slack:")] == [
            f"slack:{twin.workspace().id}/{twin.channel('outside').id}"
        ]
        assert "/invite" in wrong[0]["remedy"]
        assert {row["what"] for row in rows} >= {"bot token", "app-level token"}
        assert code == 1
        assert not twin.messages()


async def test_a_wrong_token_is_named_with_its_remedy(tmp_path: Path) -> None:
    async with SlackTwin.running() as twin:
        twin.workspace()
        code, rows = await checked(twin, tmp_path, ONE, SLACK_BOT_TOKEN="xoxb-not-the-token")  # noqa: S106
        wrong = [row for row in rows if row["state"] == "wrong"]
        assert "OAuth & Permissions" in wrong[0]["remedy"]
        assert code == 1


async def test_without_a_token_it_says_where_to_get_one(tmp_path: Path) -> None:
    async with SlackTwin.running() as twin:
        code, rows = await checked(twin, tmp_path, ("SLACK_API_BASE",))
        assert [(row["what"], row["state"]) for row in rows] == [("SLACK_BOT_TOKEN", "wrong")]
        assert "api.slack.com/apps" in rows[0]["remedy"]
        assert code == 2


async def test_workspaces_that_installed_the_app_are_checked(tmp_path: Path) -> None:
    """Before there is a database, before anybody installed it, and after."""
    async with SlackTwin.running() as twin:
        _, before = await checked(twin, tmp_path, MANY)
        await migrate(database(tmp_path))
        _, empty = await checked(twin, tmp_path, MANY)
        await install(twin, tmp_path)
        _, after = await checked(twin, tmp_path, MANY)
    assert [(row["what"], row["state"]) for row in before] == [("workspaces", "wrong")]
    assert "/slack/install" in empty[0]["remedy"]
    assert twin.workspace().name in after[0]["said"]


def test_a_client_id_without_its_secret_stops_the_start(tmp_path: Path) -> None:
    """Workspaces could be added, and their tokens not sealed."""
    ended = bot(tmp_path, "once", env={"SLACK_CLIENT_ID": "1.2"})
    assert ended.returncode == 2
    assert "SLACK_CLIENT_SECRET: is not set, but SLACK_CLIENT_ID is" in ended.stderr
    assert "Basic Information" in ended.stderr


async def test_the_demo_uses_no_token_of_the_real_slack(tmp_path: Path) -> None:
    """It speaks to nobody outside, whatever is set; else this start would be refused."""
    environ = {
        **{name: value for name, value in os.environ.items() if name != "SLACK_API_BASE"},
        "SLACK_CLIENT_ID": "1.2",
        "PORT": str(free_port()),
        "NEWSTHREAD_WIRE_PORT": str(free_port()),
        "NEWSTHREAD_DEMO_DIR": str(tmp_path),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo"),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    said = await asyncio.wait_for(process.stdout.readline(), 60)
    process.terminate()
    await process.communicate()
    assert b"Sample news is playing" in said


def test_the_command_line_loads_nothing_heavy_that_it_may_not_need() -> None:
    """A start is quick, `once` every few minutes; what is heavy is loaded where it is used."""
    platforms = {"slack_bolt", "slack_sdk", "cryptography", "discord"}
    libraries = {"alembic", "apscheduler", "matplotlib", "numpy", "pgqueuer", "trafilatura"}
    heavy = platforms | libraries | {"sqlalchemy.dialects.postgresql"}
    program = f"import sys, bot.serving, bot.checking, bot.cli; print({heavy} & sys.modules.keys())"
    loaded = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "set()"


def test_a_command_throws_away_what_it_has_done_with() -> None:
    """Nothing is looked for while modules are loaded; a program that runs for weeks has to."""
    program = (
        "import atexit, gc, sys; from bot.__main__ import main;"
        " atexit.register(lambda: print(gc.isenabled()));"
        " sys.argv = ['bot', 'replay', 'no-such-file']; main()"
    )
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout.strip() == "True"
