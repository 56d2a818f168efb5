"""The twin as a program of its own."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import aiohttp

from tests.twins.discord.journal import read_journal

ROOT = Path(__file__).parents[2]


async def test_it_prints_what_to_set_serves_and_keeps_its_journal_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.twins.discord", "--journal", str(path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    printed = ""
    while "DISCORD_GATEWAY_URL" not in printed:
        line = await asyncio.wait_for(program.stdout.readline(), 30)
        assert line, printed
        printed += line.decode()
    settings = dict(re.findall(r"^export (\w+)=(.*)$", printed, re.MULTILINE))
    channel = re.findall(r"^# channel #deportations: (\d+)$", printed, re.MULTILINE)[0]
    headers = {"Authorization": f"Bot {settings['DISCORD_TOKEN']}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        url = f"{settings['DISCORD_API_BASE']}/channels/{channel}/messages"
        async with session.post(url, json={"content": "hello"}) as answer:
            assert answer.status == 200
    program.send_signal(signal.SIGKILL)
    await program.wait()
    kept = read_journal(path)
    assert [e["content"] for e in kept if e["kind"] == "message"] == ["hello"]
