"""The demo as a person meets it: the real program as a process, the sample wire, the chat."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def demo(folder: Path, port: int, wire: int) -> Iterator[httpx.Client]:
    """Run the demo; give a client of its page."""
    environ = {
        **os.environ,
        "PORT": str(port),
        "NEWSTHREAD_WIRE_PORT": str(wire),
        "NEWSTHREAD_DEMO_DIR": str(folder),
        "LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "bot", "demo"]
    with (
        TemporaryFile("w+", encoding="utf-8") as said,  # a pipe that nobody reads would stop it
        subprocess.Popen(command, env=environ, stderr=said) as process,  # noqa: S603
    ):
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(15)
            said.seek(0)
            errors = said.read()
    assert code == 0, errors[-2_000:]
    assert "Traceback" not in errors, errors[-2_000:]


def wait_for(what: Callable[[], Any], seconds: float = 40) -> Any:
    """Return the first thing that `what` finds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if found := what():
                return found
        except (httpx.HTTPError, KeyError):
            pass
        time.sleep(0.3)
    raise AssertionError(f"nothing after {seconds} s")


def messages(client: httpx.Client, thread: str = "") -> list[dict[str, Any]]:
    query = f"?thread={thread}" if thread else ""
    answer = client.get(f"/api/channels/deportations/messages{query}")
    found: list[dict[str, Any]] = answer.json()["messages"]
    return found


def say(client: httpx.Client, text: str, user: str = "reader") -> str:
    answer = client.post(
        "/api/channels/deportations/messages", json={"text": text, "user": user, "thread": None}
    )
    assert answer.status_code == 200, answer.text
    return "\n".join(one["text"] for one in answer.json()["answers"])


def test_cards_come_threads_grow_and_a_restart_posts_nothing_twice(tmp_path: Path) -> None:
    """The main job, seen from the chat."""
    port, wire = free_port(), free_port()
    with demo(tmp_path, port, wire) as client:
        card = wait_for(lambda: next((m for m in messages(client) if m["buttons"]), None))
        assert card["url"].startswith("http")
        grown = wait_for(lambda: next((m for m in messages(client) if m["replies"]), None))
        assert messages(client, grown["id"])
        assert "[1]" in say(client, "/summary cecot")
        assert grown["title"] in say(client, f"/why {grown['url']}")
        pressed = client.post(f"/api/messages/{card['id']}/actions/mute", json={"user": "editor"})
        assert pressed.status_code == 200
        assert "uted" in pressed.text
        before = {m["id"]: m["title"] for m in messages(client)}
    with demo(tmp_path, port, wire) as client:
        wait_for(lambda: client.get("/healthz").status_code == 200)
        time.sleep(8)
        after = {m["id"]: m["title"] for m in messages(client)}
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after)


def test_a_port_in_use_is_said_with_a_remedy(tmp_path: Path) -> None:
    """And the exit code is that of a wrong environment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environ = {
            **os.environ,
            "PORT": str(taken.getsockname()[1]),
            "NEWSTHREAD_WIRE_PORT": str(free_port()),
            "NEWSTHREAD_DEMO_DIR": str(tmp_path),
        }
        done = subprocess.run(
            [sys.executable, "-m", "bot", "demo"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert "in use" in done.stderr
    assert "PORT=8081" in done.stderr
