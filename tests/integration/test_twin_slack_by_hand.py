"""The twin as a program of its own."""

import asyncio
import re
import signal
import sys
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from tests.twins.slack.journal import read_journal

ROOT = Path(__file__).parents[2]


async def test_it_prints_what_to_set_serves_and_keeps_its_journal_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.twins.slack", "--journal", str(path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    printed = ""
    while "SLACK_API_BASE" not in printed:
        line = await asyncio.wait_for(program.stdout.readline(), 30)
        assert line, printed
        printed += line.decode()
    settings = dict(re.findall(r"^export (\w+)=(.*)$", printed, re.MULTILINE))
    channel = re.findall(r"^# channel #deportations: (\w+)$", printed, re.MULTILINE)[0]
    person = re.findall(r"^# person editor: (\w+)$", printed, re.MULTILINE)[0]
    client = AsyncWebClient(
        settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_BASE"], retry_handlers=[]
    )
    await client.chat_postMessage(channel=channel, text="hello")
    await client.chat_postEphemeral(channel=channel, user=person, text="only you")
    program.send_signal(signal.SIGKILL)
    await program.wait()
    kept = read_journal(path)
    assert [e["text"] for e in kept if e["kind"] == "message"] == ["hello"]
    assert [e["text"] for e in kept if e["kind"] == "ephemeral"] == ["only you"]
