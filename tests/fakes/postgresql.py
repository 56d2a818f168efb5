"""A PostgreSQL for tests: the one that is given, else the machine's, else one that is started here.

`DATABASE_URL_TEST` names a server and a database on it, by a user that may make others. One that is
started here is shared by all processes of a test run, and ends with the run, however that ends.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from bot.adapters.store.database import migrate
from tests.fakes.run_folder import NO_SERVER, locked, owner, run_folder

GIVEN = "DATABASE_URL_TEST"
USER = "postgres"
_USUAL = f"postgresql+psycopg://{USER}@127.0.0.1:5432/postgres"
# Nothing is kept, so nothing is made safe. Where it can be, in a language that sorts otherwise than
# code points do, as most servers are.
_INITDB = ("-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync", "--locale=C")
_SORTING = ("--locale-provider=icu", "--icu-locale=en-US")
_SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "log_min_messages=fatal",
)


class Cluster:
    """A server of our own, which a test may stop and start."""

    def __init__(self, folder: Path, programs: Path, memory: str = "32MB") -> None:
        """Make its files in an empty folder.

        Args:
            folder: The folder.
            programs: Where `initdb` is.
            memory: What it keeps its pages in.
        """
        self._memory = memory
        self._data = folder / "data"
        self._programs = programs
        self._port = _free_port()
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        if not self._made(*_SORTING) and not self._made():
            raise RuntimeError("initdb failed")

    def _made(self, *more: str) -> bool:
        return self._run("initdb", *_INITDB, *more, "-D", str(self._data)).returncode == 0

    @property
    def url(self) -> URL:
        """The address of its first database."""
        return make_url(_USUAL).set(port=self._port)

    def start(self, watched: int = os.getpid()) -> None:
        """Start it, and wait until it answers; it ends with the process `watched`."""
        given = (*_SETTINGS, f"shared_buffers={self._memory}")
        settings = [part for one in given for part in ("-c", one)]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self._port)]
        command += ["-k", str(self._data), *settings]
        # In the background of a shell that ends at once, so that it is nobody's child.
        program = (
            'watched=$1; shift; { "$@" & server=$!; '
            "while [ -e /proc/$watched ] && kill -0 $server 2>/dev/null; do sleep 1; done; "
            "kill -INT $server; wait; } >/dev/null 2>&1 &"
        )
        self._run("/bin/sh", "-c", program, "sh", str(watched), *command)
        _until(lambda: _answers(self.url), "PostgreSQL did not start")

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        _stop(self._data)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        user = USER if os.geteuid() == 0 else None  # it refuses root
        return subprocess.run(  # noqa: S603 - a server's programs
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C is the tests'
            user=user,
            group=user,
            extra_groups=() if user else None,
            cwd="/",
        )


def programs() -> Path | None:
    """Return the folder of the newest server's programs on this machine, if there is one."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3])
    )
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return None if named is None else Path(named).resolve().parent


def own_cluster() -> Cluster:
    """Return a server of the test's own, not started; the test is skipped where none can be."""
    where = programs()
    if where is None:
        pytest.skip(f"{NO_SERVER} can be started here: install PostgreSQL")
    folder = run_folder() / f"cluster-{secrets.token_hex(4)}"
    folder.mkdir()  # not in pytest's, which is closed to the server's user
    return Cluster(folder, where)


async def borrowed() -> str:
    """Return the address of an empty database with the schema in place; `give_back` it after use.

    The test is skipped where there is no server. Making one takes longer than most tests.
    """
    with locked():
        for free in run_folder().glob("free-*"):
            url = free.read_text()
            free.unlink()
            return url
    return await new_database()


def give_back(url: str) -> None:
    """Empty a database for the next test, whoever is still connected to it."""
    with _connected(make_url(url)) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP TABLE IF EXISTS copying")  # half a copy
        tables = connection.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE relname <> 'alembic_version'"
        )
        emptied = [
            sql.SQL("DELETE FROM {}").format(sql.Identifier(str(name))) for (name,) in tables
        ]
        connection.execute(sql.SQL(";").join(emptied))
    (run_folder() / f"free-{make_url(url).database}").write_text(url)


async def new_database() -> str:
    """Return the address of a new database with the schema in place, for a test that changes it.

    The test is skipped where there is no server.
    """
    url = empty_database()
    await migrate(url)
    return url


def empty_database() -> str:
    """Return the address of a new database with nothing in it; see `new_database`."""
    server = _server()
    name = f"newsthread_test_{secrets.token_hex(6)}"
    execute(_text(server), f"CREATE DATABASE {name} TEMPLATE template0")
    (run_folder() / f"made-{name}").touch()
    return _text(server.set(database=name))


def clear_up() -> None:
    """Leave the server as it was found; one that was started here is stopped."""
    if not (run_folder() / "started").exists():
        for made in run_folder().glob("made-*"):
            name = made.name.removeprefix("made-")
            execute(_text(_server()), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        return
    _stop(run_folder() / "server" / "data")


def _server() -> URL:
    """Return a database of the server to use; the first process that asks finds or starts it."""
    file = run_folder() / "url"
    with locked():
        if not file.exists():
            file.write_text(_found(run_folder()))
    url = file.read_text()
    if not url:
        pytest.skip(f"{NO_SERVER}: install Debian's package postgresql, or name one in {GIVEN}")
    return make_url(url)


def _found(folder: Path) -> str:
    """Return the address of a server; "" where there is none."""
    if given := os.environ.get(GIVEN):
        return given
    if _answers(make_url(_USUAL)):
        return _USUAL
    where = programs()
    if where is None:
        return ""
    (folder / "server").mkdir()
    cluster = Cluster(folder / "server", where)
    cluster.start(owner())
    (folder / "started").touch()
    return _text(cluster.url)


def _stop(data: Path) -> None:
    file = data / "postmaster.pid"
    os.kill(int(file.read_text().split()[0]), signal.SIGINT)
    _until(lambda: not file.exists(), "PostgreSQL did not stop")


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def execute(url: str, statement: str) -> None:
    """Execute a statement of the test's own."""
    with _connected(make_url(url)) as connection:
        connection.execute(statement.encode())


def _answers(server: URL) -> bool:
    try:
        with _connected(server):
            return True
    except psycopg.OperationalError:
        return False


def _connected(server: URL) -> psycopg.Connection[tuple[object, ...]]:
    plain = _text(server.set(drivername="postgresql"))
    return psycopg.connect(plain, autocommit=True, connect_timeout=5)


def _until(done: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + 30
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(otherwise)
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])
