"""Ctrl-C at any moment: exit code 130 at once, no traceback, and databases that are whole."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.cli import environment
from tests.e2e.test_demo import free_port

pytestmark = pytest.mark.slow

EARLIEST = 0.25
"""Seconds: before that the interpreter itself is starting, and ends by the signal in silence."""


@pytest.mark.parametrize(
    ("verb", "latest"), [("run", 5.0), ("demo", 7.0), ("once", 4.0), ("replay", 5.0)]
)
@pytest.mark.parametrize("seed", range(4))
def test_an_interrupt_ends_it_in_order(tmp_path: Path, verb: str, latest: float, seed: int) -> None:
    """While it loads, migrates, polls, posts or waits; a terminal sends it to the whole group."""
    after = random.Random(f"{verb} {seed}").uniform(EARLIEST, latest)  # noqa: S311 - no secret
    silent = socket.create_server(("127.0.0.1", 0))  # a feed's server that takes its time
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "bot", *arguments(tmp_path, verb)],
        env=surroundings(tmp_path) | (slow(tmp_path, silent) if verb == "once" else {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(after)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    silent.close()
    assert errors == "", f"after {after:.2f} s"
    assert process.returncode == 130
    for file in tmp_path.glob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_pressing_it_again_breaks_nothing(tmp_path: Path) -> None:
    """People are impatient; what is in flight keeps its time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        env=surroundings(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "Ctrl-C ends it" in process.stdout.readline()
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "")


def arguments(folder: Path, verb: str) -> list[str]:
    if verb != "replay":
        return [verb]
    file = folder / "articles.jsonl"
    article = {"title": "Judge orders a report on CECOT", "description": "By Friday, she said."}
    lines = (json.dumps(article | {"link": f"https://a.example/{n}"}) for n in range(20_000))
    file.write_text("\n".join(lines), encoding="utf-8")
    return [verb, str(file)]


def slow(folder: Path, server: socket.socket) -> dict[str, str]:
    """Return what has the program poll one feed, whose server does not answer."""
    config = folder / "slow.toml"
    config.write_text(
        f'[[feeds]]\nurl = "http://127.0.0.1:{server.getsockname()[1]}/feed"\nname = "Slow"\n',
        encoding="utf-8",
    )
    return {"NEWSTHREAD_CONFIG": str(config), "NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/8"}


def surroundings(folder: Path) -> dict[str, str]:
    return environment(
        folder,
        PORT=str(free_port()),
        NEWSTHREAD_WIRE_PORT=str(free_port()),
        NEWSTHREAD_DEMO_DIR=str(folder),
        NEWSTHREAD_ALLOW_ADDRESSES="",
        DATABASE_URL=f"sqlite+aiosqlite:///{folder / 'newsthread.db'}",
    )
