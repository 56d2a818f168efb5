"""Who waits at a terminal sees how far it is; elsewhere there is nothing but the output."""

import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.e2e.cli import bot, environment, rows

pytestmark = pytest.mark.slow

ARTICLE = {"title": "Judge orders a report on CECOT", "link": "https://a.example/1"}


def at_a_terminal(folder: Path, *arguments: str) -> tuple[str, str]:
    """Run the program with a terminal as its stderr; return what went to stdout, and to it."""
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        try:
            while part := os.read(ours, 4_096):
                shown.append(part)
        except OSError:  # Linux says so when the other side is closed
            return

    reader = threading.Thread(target=read)
    reader.start()
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *arguments],
        env=environment(folder, TERM="xterm-256color", COLUMNS="100"),
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=90,
        check=False,
    )
    os.close(theirs)
    reader.join(10)
    os.close(ours)
    return done.stdout, b"".join(shown).decode()


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        ("Replaying", ("replay", "articles.jsonl", "--watch", "c=cecot")),
        ("Importing", ("feeds", "import", "list.opml", "--json")),
        ("Polling", ("once", "--json")),
        ("Polling", ("check", "--feeds", "--json")),
    ],
)
def test_long_work_shows_a_bar_on_a_terminal_and_nowhere_else(
    tmp_path: Path, what: str, arguments: tuple[str, ...]
) -> None:
    """What is printed for programs stays whole JSON lines."""
    (tmp_path / "articles.jsonl").write_text(json.dumps(ARTICLE), encoding="utf-8")
    list_ = '<opml><body><outline xmlUrl="https://a.example/"/></body></opml>'
    (tmp_path / "list.opml").write_text(list_, encoding="utf-8")
    given = [str(tmp_path / one) if "." in one else one for one in arguments]
    out, shown = at_a_terminal(tmp_path, *given)
    assert what in shown
    assert "Traceback" not in shown
    assert rows(out)
    assert what not in bot(tmp_path, *given).stderr
