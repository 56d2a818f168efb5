"""The programs that poll feeds, for `benchmarks.peers`: how each is had, set up, run and counted.

Each is run as its own users run it, one process a cycle; only `reader`, a library, is driven by a
few lines of its own documentation. What cannot be had on this machine says so in `missing`.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

AT_ONCE = 20
"""Requests in flight, as many as Newsthread has; of those that can be told."""
_READER = (
    "import sys; from reader import make_reader\n"
    "with make_reader('reader.db') as reader:\n"
    "    for url in sys.stdin.read().split(): reader.add_feed(url)\n"
    "    if sys.argv[1] == 'update': reader.update_feeds(scheduled=False, workers=20)\n"
)
_STARTER = ("cecot", "bukele", "deportation")


class Program(Protocol):
    """A program that polls feeds; each works in a folder of its own."""

    name: str

    def missing(self) -> str:
        """Return why it cannot be had here; "" if it can."""
        ...

    def set_up(self, folder: Path, urls: Sequence[str]) -> None:
        """Make it know the feeds; not measured."""
        ...

    def make_due(self, folder: Path) -> None:
        """Have every feed asked in the next run, whatever its interval; not measured."""
        ...

    def command(self, folder: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        """Return what is run for a cycle, and the environment that it is run in."""
        ...

    def stored(self, folder: Path) -> int:
        """Return how many items it has stored."""
        ...


class Newsthread:
    """This program: `python -m bot once`, a cycle of everything it does."""

    def __init__(self, name: str, watches: Sequence[str] = ()) -> None:
        """Run it with some of the starter's watches."""
        self.name = name
        self._watches = watches

    def missing(self) -> str:
        """See `Program`."""
        return ""

    def set_up(self, folder: Path, urls: Sequence[str]) -> None:
        """See `Program`."""
        feeds = (f'[[feeds]]\nurl = "{url}"\nname = "Site {n}"\n' for n, url in enumerate(urls))
        watches = (
            f'[[watches]]\nname = "{name}"\nquery = "pack:{name}"\nchannels = ["sandbox:news"]\n'
            for name in self._watches
        )
        (folder / "newsthread.toml").write_text("\n".join((*feeds, *watches)))
        if self._watches:
            shutil.copytree("config/packs", folder / "packs")
        _done([sys.executable, "-m", "bot", "migrate"], Path.cwd(), self.command(folder)[1])

    def make_due(self, folder: Path) -> None:
        """See `Program`."""
        with closing(sqlite3.connect(folder / "newsthread.db")) as database, database:
            database.execute("UPDATE feeds SET due_at = 0")

    def command(self, folder: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        """See `Program`."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path.cwd()),
            "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'newsthread.db'}",
            "NEWSTHREAD_SANDBOX": str(folder / "sandbox.db"),
            "NEWSTHREAD_CONFIG": str(folder / "newsthread.toml"),
            "NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/8",
            "LOG_LEVEL": "warning",  # as on a terminal
            "PYTHONDONTWRITEBYTECODE": "",  # modules are compiled once, not at each start
        }
        return [sys.executable, "-m", "bot", "once", "--json"], environment

    def stored(self, folder: Path) -> int:
        """See `Program`."""
        return _count(folder / "newsthread.db", "SELECT count(*) FROM articles")


class Reader:
    """The library `reader` of PyPI, in an environment of its own."""

    name = "reader"

    def __init__(self, home: Path) -> None:
        """Keep its environment in `home`; made when it is first asked for."""
        self._python = home / "bin" / "python"
        self._home = home

    def missing(self) -> str:
        """See `Program`."""
        pip = [str(self._python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        try:
            if not self._python.exists():
                _done([sys.executable, "-m", "venv", str(self._home)], Path.cwd())
            _done([*pip, "reader", "sgmllib3k"], Path.cwd())  # it needs that, too
        except subprocess.CalledProcessError as error:
            return f"`pip install reader` failed: {_last_line(error.stderr)}"
        return ""

    def set_up(self, folder: Path, urls: Sequence[str]) -> None:
        """See `Program`."""
        _done([str(self._python), "-c", _READER, "add"], folder, said="\n".join(urls))

    def make_due(self, folder: Path) -> None:
        """See `Program`; it asks for all feeds each time."""

    def command(self, folder: Path) -> tuple[Sequence[str], Mapping[str, str]]:  # noqa: ARG002 - asked of each
        """See `Program`."""
        return [str(self._python), "-c", _READER, "update"], os.environ

    def stored(self, folder: Path) -> int:
        """See `Program`."""
        return _count(folder / "reader.db", "SELECT count(*) FROM entries")


class Debian:
    """What the programs from Debian have in common."""

    name: str
    binary: str

    def missing(self) -> str:
        """See `Program`; installs it where we are root and it can be had."""
        if shutil.which(self.binary) is None and os.geteuid() == 0 and shutil.which("apt-get"):
            command = ["apt-get", "install", "--yes", "--no-install-recommends", self.name]
            subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a fixed name
        return "" if shutil.which(self.binary) else f"`apt-get install {self.name}` is needed"

    def make_due(self, folder: Path) -> None:
        """See `Program`; they ask for all feeds each time."""


class Newsboat(Debian):
    """newsboat, reloading without its screen."""

    name, binary = "newsboat", "newsboat"

    def set_up(self, folder: Path, urls: Sequence[str]) -> None:
        """See `Program`."""
        (folder / "urls").write_text("\n".join(urls))
        (folder / "config").write_text(f"reload-threads {AT_ONCE}\n")

    def command(self, folder: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        """See `Program`."""
        files = ["-u", "urls", "-C", "config", "-c", "cache.db"]
        return ["newsboat", *files, "-x", "reload"], {**os.environ, "HOME": str(folder)}

    def stored(self, folder: Path) -> int:
        """See `Program`."""
        return _count(folder / "cache.db", "SELECT count(*) FROM rss_item")


class Sfeed(Debian):
    """sfeed_update, a shell script around small programs and curl."""

    name, binary = "sfeed", "sfeed_update"

    def missing(self) -> str:
        """See `Program`; it fetches by curl."""
        return super().missing() or ("" if shutil.which("curl") else "curl is needed")

    def set_up(self, folder: Path, urls: Sequence[str]) -> None:
        """See `Program`."""
        feeds = "\n".join(f'feed "site{n}" "{url}"' for n, url in enumerate(urls))
        (folder / "sfeedrc").write_text(
            f'sfeedpath="{folder}/feeds"\nmaxjobs={AT_ONCE}\nfeeds() {{\n{feeds}\n}}\n'
        )

    def command(self, folder: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        """See `Program`."""
        return ["sfeed_update", str(folder / "sfeedrc")], os.environ

    def stored(self, folder: Path) -> int:
        """See `Program`."""
        return sum(len(one.read_bytes().splitlines()) for one in (folder / "feeds").iterdir())


class Rss2email(Debian):
    """rss2email, without sending: it remembers what it would have sent."""

    name, binary = "rss2email", "r2e"

    def set_up(self, folder: Path, urls: Sequence[str]) -> None:
        """See `Program`."""
        feeds = "".join(f"[feed.site{n}]\nurl = {url}\n\n" for n, url in enumerate(urls))
        (folder / "r2e.cfg").write_text(f"[DEFAULT]\nto = nobody@example.org\n\n{feeds}")
        (folder / "r2e.json").write_text('{"version": 2, "feeds": []}')

    def command(self, folder: Path) -> tuple[Sequence[str], Mapping[str, str]]:
        """See `Program`."""
        files = ["-c", str(folder / "r2e.cfg"), "-d", str(folder / "r2e.json")]
        return ["r2e", *files, "run", "--no-send"], {**os.environ, "HOME": str(folder)}

    def stored(self, folder: Path) -> int:
        """See `Program`."""
        feeds = json.loads((folder / "r2e.json").read_text())["feeds"]
        return sum(len(feed["seen"]) for feed in feeds)


def programs(home: Path) -> tuple[Program, ...]:
    """Return the programs that are compared, ours first.

    Args:
        home: Where the environment of `reader` is kept.
    """
    return (
        Newsthread("newsthread"),
        Newsthread("newsthread, 3 watches", _STARTER),
        Reader(home),
        Newsboat(),
        Sfeed(),
        Rss2email(),
    )


def _count(database: Path, query: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(query).fetchone()[0])


def _done(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    said: str = "",
) -> None:
    subprocess.run(  # noqa: S603 - commands of this file
        command, cwd=folder, env=environment, input=said, check=True, capture_output=True, text=True
    )


def _last_line(said: str) -> str:
    return (said.strip().splitlines() or ["it said nothing"])[-1]
