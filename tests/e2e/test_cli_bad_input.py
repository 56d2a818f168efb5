"""What goes wrong on the command line: one clear message with a remedy, the exit code, no loss."""

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.e2e.cli import CONFIG, bot, environment, rows
from tests.fakes.serving import serving

pytestmark = pytest.mark.slow
SOAK = pytest.mark.soak  # the same again, in another way: a process each
OTHER_SPELLINGS = ("http://127.0.0.1:9/", "http://[::1]/", "http://2130706433/")


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Check that it ended with the code, and says these words without a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


# -- configuration and environment


@pytest.mark.parametrize(
    "verb", ["run", *(pytest.param(verb, marks=SOAK) for verb in ("once", "export-config"))]
)
def test_a_query_that_does_not_parse_is_marked_and_nothing_is_made(
    tmp_path: Path, verb: str
) -> None:
    """The same words whichever command reads the file."""
    text = CONFIG.replace("pack:cecot", "cecot OR")
    (tmp_path / "newsthread.toml").write_text(text, encoding="utf-8")
    refused(bot(tmp_path, verb), 2, "newsthread.toml: watches[0].query", "^", "Did you mean: cecot")
    assert not (tmp_path / "newsthread.db").exists()


def test_an_unknown_key_is_named_with_those_that_are_known(tmp_path: Path) -> None:
    """A misspelt key must not be ignored."""
    text = CONFIG.replace("query =", "qeury =")
    (tmp_path / "newsthread.toml").write_text(text, encoding="utf-8")
    refused(bot(tmp_path, "once"), 2, "watches[0].qeury: is no known key", "name, query, channels")


def test_a_variable_that_cannot_be_is_named(tmp_path: Path) -> None:
    """Also the one that only the demo reads."""
    refused(bot(tmp_path, "once", env={"PORT": "web"}), 2, "PORT", "Mend or unset the variable")
    demo = bot(tmp_path, "demo", env={"NEWSTHREAD_WIRE_PORT": "web"})
    refused(demo, 2, "NEWSTHREAD_WIRE_PORT: 'web' is no port", "Write 0 to 65535")


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    """With the way to another; what is stored stays as it is."""
    assert bot(tmp_path, "migrate").returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = bot(tmp_path, "run", env={"PORT": str(taken.getsockname()[1])})
        wire = bot(tmp_path, "demo", env={"NEWSTHREAD_WIRE_PORT": str(taken.getsockname()[1])})
    refused(done, 2, "is it in use", "PORT=8081")
    refused(wire, 2, "is it in use", "NEWSTHREAD_WIRE_PORT=8098")
    intact(tmp_path / "newsthread.db")


# -- feeds


async def answers(request: Request) -> Response:
    """Answer as the path says."""
    match request.url.path:
        case "/page":
            link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
            return HTMLResponse(f"<html><head>{link}</head><body>News</body></html>")
        case "/text":
            return PlainTextResponse("This is neither XML nor JSON.")
        case _:
            return PlainTextResponse("nothing here", status_code=404)


@pytest.mark.parametrize(
    ("path", "outcome", "words"),
    [
        ("/page", "error", "web page, not a feed"),
        ("/text", "error", "not a feed"),
        ("/missing", "error", "404"),
    ],
)
async def test_an_address_that_is_no_feed_is_told_as_what_it_is(
    tmp_path: Path, path: str, outcome: str, words: str
) -> None:
    """Exit code 1: the command worked, the feed does not."""
    async with serving(Starlette(routes=[Route("/{path}", answers)])) as base:
        done = await asyncio.to_thread(bot, tmp_path, "feeds", "check", f"{base}{path}", "--json")
    (report,) = rows(done.stdout)
    assert (done.returncode, report["outcome"]) == (1, outcome)
    assert words in report["reason"]
    offered = [feed["url"] for feed in report["feeds"]]
    assert offered == ([f"{base}/feed"] if path == "/page" else [])


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", *(pytest.param(url, marks=SOAK) for url in OTHER_SPELLINGS)]
)
def test_a_private_address_is_refused_without_being_asked(tmp_path: Path, url: str) -> None:
    """A feed's address comes from strangers."""
    env = {"NEWSTHREAD_ALLOW_ADDRESSES": ""}
    done = bot(tmp_path, "feeds", "check", url, "--json", env=env)
    (report,) = rows(done.stdout)
    assert (done.returncode, report["outcome"]) == (1, "refused")
    assert report["reason"]


# -- the database


def intact(file: Path) -> None:
    """Check that a database is whole."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    "verb", ["run", *(pytest.param(v, marks=SOAK) for v in ("once", "migrate"))]
)
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, verb: str) -> None:
    """It is somebody's."""
    file = tmp_path / "newsthread.db"
    file.write_text("My notes. " * 1_000, encoding="utf-8")
    refused(bot(tmp_path, verb), 3, "is not a SQLite database: move the file away")
    assert file.read_text(encoding="utf-8") == "My notes. " * 1_000


def test_a_sandbox_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """Its messages may be moved away; the bot's database is not touched by that."""
    file = tmp_path / "sandbox.db"
    file.write_text("My notes. " * 1_000, encoding="utf-8")
    refused(bot(tmp_path, "once"), 3, "sandbox.db", "move it away to begin a new one")
    assert file.read_text(encoding="utf-8") == "My notes. " * 1_000


def test_a_cut_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    """A copy that broke off; `check` finds it, and so does what writes."""
    assert bot(tmp_path, "migrate").returncode == 0
    file = tmp_path / "newsthread.db"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    refused(bot(tmp_path, "once"), 3, "is damaged: restore a backup")
    checked = bot(tmp_path, "check", "--json")
    assert checked.returncode == 3
    (found,) = [row for row in rows(checked.stdout) if row["state"] == "wrong"]
    assert "estore a backup" in found["remedy"]


@pytest.mark.parametrize(
    "variable", ["DATABASE_URL", pytest.param("NEWSTHREAD_SANDBOX", marks=SOAK)]
)
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, variable: str) -> None:
    """A file stands where the folder should."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "x.db"
    value = f"sqlite+aiosqlite:///{path}" if variable == "DATABASE_URL" else str(path)
    refused(bot(tmp_path, "once", env={variable: value}), 3, "cannot be made", variable)


@pytest.mark.parametrize("which", ["newsthread.db", "sandbox.db"])
def test_a_read_only_database_says_whom_to_give_access(tmp_path: Path, which: str) -> None:
    """As another user: root may write everywhere."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become another user")
    assert bot(tmp_path, "once").returncode in (0, 1)
    for file in tmp_path.glob("*.db*"):
        file.chmod(0o444 if file.name == which else 0o666)
    before = (tmp_path / which).read_bytes()
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents:  # of pytest, and of its workers, which are root's alone
        if folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(0o755)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",  # noqa: S607
         sys.executable, "-B", "-m", "bot", "once"],
        # Nor is coverage measured there: that user may not write down what it saw.
        env=environment(tmp_path, HOME=str(tmp_path), COVERAGE_PROCESS_CONFIG=""),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    refused(done, 3, which, "writ")
    assert (tmp_path / which).read_bytes() == before


SCRIPT = """
mount -t tmpfs -o size=2m none "$1" && cd "$2" || exit 77
"$3" -m bot migrate
dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null
truncate -s "-$(($4 * 4))k" "$1/filler"
"$3" -m bot feeds import "$1/../list.opml"; echo "full $?"
rm "$1/filler"
"$3" -m bot feeds export --json | wc -l
"$3" -m bot feeds import "$1/../list.opml" | grep -c outcome=added; echo "freed $?"
"$3" -m bot check >/dev/null; echo "check $?"
"""


@pytest.mark.parametrize("room", [12, pytest.param(0, marks=SOAK)])
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, room: int) -> None:
    """A disk of its own, filled but for so many blocks, then emptied: nothing is half there.

    With no room SQLite cannot even make its shared memory, which it calls an I/O error.
    """
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare to have a disk of its own")
    disk = tmp_path / "disk"
    disk.mkdir()
    outlines = "".join(f'<outline xmlUrl="https://a.example/{n}"/>' for n in range(100))
    (tmp_path / "list.opml").write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
    env = environment(tmp_path, DATABASE_URL=f"sqlite+aiosqlite:///{disk / 'newsthread.db'}")
    done = subprocess.run(  # noqa: S603
        [  # noqa: S607 - as found on the path
            "unshare",
            "-rm",
            "sh",
            "-c",
            SCRIPT,
            "sh",
            str(disk),
            str(Path.cwd()),
            sys.executable,
            str(room),
        ],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("this machine gives no disk of its own (no user namespaces)")
    assert (
        "no room left on its disk: free some" if room else "has its disk room left"
    ) in done.stderr
    assert "Traceback" not in done.stderr
    told = done.stdout.splitlines()[1:]
    assert told == ["full 3", "0", "100", "freed 0", "check 0"]
