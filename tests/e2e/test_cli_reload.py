"""The configuration file is edited while the program runs, faults and all."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.cli import CONFIG, environment
from tests.e2e.test_demo import free_port, wait_for

pytestmark = pytest.mark.slow

WATCH = '[[watches]]\nname = "prison"\nquery = "{}"\nchannels = ["sandbox:prisons"]\n'
PACK = 'name = "own"\n[terms]\nnames = ["prison"]\n'


@contextmanager
def running(folder: Path) -> Iterator[httpx.Client]:
    """Run the program; give a client of its page."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        env=environment(folder, PORT=str(port)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                wait_for(lambda: channels(client))
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0


def channels(client: httpx.Client) -> list[str]:
    return [one["id"] for one in client.get("/api/channels").json()["channels"]]


def say(client: httpx.Client, text: str) -> str:
    answer = client.post(
        "/api/channels/deportations/messages", json={"text": text, "user": "admin", "thread": None}
    )
    return "\n".join(one["text"] for one in answer.json()["answers"])


def told(client: httpx.Client) -> list[str]:
    answer: dict[str, Any] = client.get("/api/channels/bot-health/messages").json()
    return [message["text"] for message in answer["messages"]]


def test_an_edit_takes_effect_and_a_faulty_one_is_refused_and_told(tmp_path: Path) -> None:
    """Channels, watches and packs of the new file are there; a fault changes nothing."""
    with running(tmp_path) as client:
        file = tmp_path / "newsthread.toml"
        assert "prisons" not in channels(client)
        (tmp_path / "packs").mkdir()
        (tmp_path / "packs" / "own.toml").write_text(PACK, encoding="utf-8")
        file.write_text(CONFIG + WATCH.format("pack:own"), encoding="utf-8")
        assert wait_for(lambda: "prisons" in channels(client))
        assert "prison" in say(client, "/watch list")
        assert "own" in say(client, "/watch test pack:own")

        file.write_text(CONFIG + WATCH.format("pack:own OR"), encoding="utf-8")
        assert wait_for(lambda: any("is refused" in text for text in told(client)))
        assert "prisons" in channels(client)
        assert "prison" in say(client, "/watch list")

        file.write_text(CONFIG, encoding="utf-8")
        assert wait_for(lambda: any("in order again" in text for text in told(client)))
        assert "prison" not in say(client, "/watch list")
        assert sum("is refused" in text for text in told(client)) == 1
