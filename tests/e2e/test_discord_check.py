"""`check --discord` as somebody who sets Newsthread up meets it."""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.twins.discord.permissions import Can
from tests.twins.discord.twin import DiscordTwin


async def checked(twin: DiscordTwin, folder: Path, **more: str) -> tuple[int, list[dict[str, str]]]:
    """Run the check with a configuration that posts to two channels."""
    config = folder / "newsthread.toml"
    places = [f'"discord:{one.guild_id}/{one.id}"' for one in (twin.channel(), twin.channel("two"))]
    config.write_text(
        f'[[watches]]\nname = "cecot"\nquery = "cecot"\nchannels = [{", ".join(places)}]\n'
    )
    environ = {
        **os.environ,
        **twin.environment(),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'a.db'}",
        "NEWSTHREAD_CONFIG": str(config),
        **more,
    }
    command = (sys.executable, "-m", "bot", "check", "--discord", "--json")
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    rows = [json.loads(line) for line in out.decode().splitlines()]
    return int(process.returncode or 0), [row for row in rows if row["part"] == "discord"]


async def test_the_set_up_is_checked_and_the_invite_is_printed(tmp_path: Path) -> None:
    async with DiscordTwin.running() as twin:
        twin.channel()
        twin.set_bot(twin.channel("two"), deny=int(Can.SEND_MESSAGES))
        code, rows = await checked(twin, tmp_path)
        said = {row["what"]: row for row in rows}
        assert said["token"]["state"] == "ok"
        assert "oauth2/authorize?client_id=" in said["invite"]["said"]
        wrong = [row for row in rows if row["state"] == "wrong"]
        assert [row["what"] for row in wrong] == [
            f"discord:{twin.guild().id}/{twin.channel('two').id}"
        ]
        assert "Send Messages" in wrong[0]["said"]
        assert wrong[0]["remedy"]
        assert code == 1
        assert not twin.messages()


async def test_a_wrong_token_is_named_with_its_remedy(tmp_path: Path) -> None:
    async with DiscordTwin.running() as twin:
        code, rows = await checked(twin, tmp_path, DISCORD_TOKEN="not.the.token")  # noqa: S106
        assert [(row["what"], row["state"]) for row in rows] == [("token", "wrong")]
        assert "developer portal" in rows[0]["remedy"]
        assert code == 1
