"""SQLite files for real: migrations, processes, kills, cancellation, and what an operator reads."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import bot.adapters.store as package
from bot.adapters.store.database import SqlStore, file_of, migrate, sqlite_warning
from bot.adapters.store.engine import make_engine
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import SCHEMA, metadata
from bot.domain.errors import StoreError
from tests.contract.rows import NOON, article, feed
from tests.fakes.clock import FakeClock
from tests.fakes.store import memory_store

NOBODY = 65534  # a user that every system has and that owns nothing
MIGRATIONS = Path(package.__path__[0]) / "migrations"


def url_of(file: Path) -> str:
    """Return a file's database address."""
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Return a migrated database's file."""
    made = tmp_path / "newsthread.db"
    await migrate(url_of(made))
    return made


@pytest.fixture
async def store(file: Path) -> AsyncIterator[SqlStore]:
    """Return a store on a file."""
    opened = await SqlStore.open(url_of(file))
    yield opened
    await opened.close()


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask a database from outside."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


async def names(store: SqlStore) -> list[str]:
    """Return the stored feeds' names."""
    async with store.reading() as tx:
        return [line.feed.name for line in await tx.feeds.list()]


async def add(store: SqlStore, *these: str) -> None:
    """Store feeds in one transaction."""
    async with store.transaction() as tx:
        for name in these:
            await tx.feeds.add(feed(name), NOON)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that any user can reach, for tests that give up root's power."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextmanager
def as_someone_else(*owned: Path) -> Iterator[None]:
    """Be a user without root's power for a while, who owns these paths."""
    user = os.geteuid()
    if user == 0:
        for path in owned:
            os.chown(path, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


# Migrations


async def test_migrating_an_empty_folder_makes_the_database(tmp_path: Path) -> None:
    """The release step of a first deployment."""
    done = await migrate(url_of(tmp_path / "new.db"))
    assert (done.before, done.after, done.changed) == (None, SCHEMA, True)


async def test_migrating_again_changes_nothing(store: SqlStore, file: Path) -> None:
    """Every start may run it."""
    await add(store, "a")
    done = await migrate(url_of(file))
    assert not done.changed
    assert await names(store) == ["a"]


async def test_two_migrations_at_once_make_one_database(tmp_path: Path) -> None:
    """Two machines are started together; one waits, and finds nothing to do."""
    url = url_of(tmp_path / "both.db")
    done = await asyncio.gather(*(migrate(url) for _ in range(3)))
    assert sorted(one.changed for one in done) == [False, False, True]


async def test_a_migration_killed_half_way_leaves_nothing_and_can_be_run_again(
    tmp_path: Path,
) -> None:
    """All of it is one transaction, so there is no half-made schema to mend."""
    file = tmp_path / "killed.db"
    program = (
        "import asyncio, os, signal, sys\n"
        "from sqlalchemy import event\n"
        "from sqlalchemy.engine import Engine\n"
        "from bot.adapters.store.migrate import migrate\n"
        "@event.listens_for(Engine, 'before_cursor_execute')\n"
        "def kill(connection, cursor, statement, *rest):\n"
        "    if 'TABLE members' in statement:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(migrate(sys.argv[1]))\n"
    )
    ended = await _run(program, url_of(file))
    assert ended == -signal.SIGKILL
    assert rows(file, "SELECT count(*) FROM sqlite_master") == [(0,)]
    assert (await migrate(url_of(file))).changed


async def test_a_newer_database_is_refused(store: SqlStore, file: Path) -> None:
    """An older version must not write into what it does not know."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StoreError, match=r"written by a newer version.*9999"):
        await migrate(url_of(file))
    with pytest.raises(StoreError, match="written by a newer version"):
        await SqlStore.open(url_of(file))


async def test_an_older_database_says_what_to_run(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is started before the release step must not guess."""
    monkeypatch.setattr("bot.adapters.store.migrate.SCHEMA", "9999")
    with pytest.raises(StoreError, match="older version: run `python -m bot migrate`"):
        await SqlStore.open(url_of(file))


async def test_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    """Opening runs no migration."""
    with pytest.raises(StoreError, match=r"no database .*missing\.db yet: run `python -m bot migr"):
        await SqlStore.open(url_of(tmp_path / "missing.db"))
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="no tables yet: run `python -m bot migrate`"):
        await SqlStore.open(url_of(tmp_path / "empty.db"))


async def test_the_migrations_make_exactly_the_tables(file: Path) -> None:
    """The tests' databases in memory are made from the tables, real ones by the migrations."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, *_: not str(name).startswith("article_search")},
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()
    store = await memory_store()
    sql = "SELECT sql FROM sqlite_master WHERE name = 'article_search'"
    async with store.reading() as tx:
        search = (await tx.connection.exec_driver_sql(sql)).scalar_one()
    await store.close()
    assert differences == []
    assert rows(file, sql) == [(search,)]


def test_there_is_one_chain_of_migrations_and_its_head_is_the_schema() -> None:
    """`SCHEMA` is what opening compares with, without loading the chain."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]


# Transactions


async def test_a_connection_is_set_up_for_safety(store: SqlStore) -> None:
    """Each pragma is one promise: readers beside a writer, no loss at a power cut, waiting."""
    async with store.reading() as tx:
        found = [
            (await tx.connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 8_000]


async def test_an_error_rolls_everything_back(store: SqlStore) -> None:
    """Whatever a transaction wrote is there when it ends, or nothing is."""
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the transaction is the statement
        async with store.transaction() as tx:
            await tx.feeds.add(feed("a"), NOON)
            raise ZeroDivisionError
    assert await names(store) == []


async def test_a_reader_sees_one_moment_and_holds_up_no_writer(store: SqlStore) -> None:
    """A page is drawn from one state of the database, while polls go on."""
    await add(store, "a")
    async with store.reading() as tx:
        before = await tx.feeds.list()
        await asyncio.wait_for(add(store, "b"), 5)
        after = await tx.feeds.list()
    assert before == after
    assert await names(store) == ["a", "b"]


async def test_a_transaction_inside_a_transaction_is_an_error(store: SqlStore) -> None:
    """It would wait for itself for ever; the outer one is undone, and the store goes on."""
    with pytest.raises(RuntimeError, match="inside a transaction"):
        async with store.transaction():
            await add(store, "a")
    await add(store, "b")
    assert await names(store) == ["b"]


async def test_read_then_write_loses_no_update(store: SqlStore) -> None:
    """Without BEGIN IMMEDIATE most of these were lost or locked."""
    await add(store, "n0")

    async def count_up() -> None:
        async with store.transaction() as tx:
            (line,) = await tx.feeds.list()
            await asyncio.sleep(0)
            number = int(line.feed.name[1:]) + 1
            await tx.feeds.change(feed("n0", id=line.feed.id, name=f"n{number}"))

    await asyncio.gather(*(count_up() for _ in range(20)))
    assert await names(store) == ["n20"]


async def test_a_task_that_is_cancelled_anywhere_leaves_all_or_nothing(store: SqlStore) -> None:
    """Cancelled at every await in turn: no transaction stays open, the next one goes on."""
    whole = 0
    for steps in range(60):
        task = asyncio.ensure_future(add(store, f"a{steps}", f"b{steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(5):
            found = {name for name in await names(store) if name[1:] == str(steps)}
            await add(store, f"next{steps}")
        assert found in (set(), {f"a{steps}", f"b{steps}"})
        whole += bool(found)
    assert len(await names(store)) == 60 + 2 * whole


@pytest.mark.parametrize("wait", [0.0005, 0.001, 0.002, 0.004, 0.008])
async def test_a_task_that_is_cancelled_again_while_it_ends_is_as_clean(
    store: SqlStore, wait: float
) -> None:
    """A shutdown may cancel twice; the database thread is then in the middle of something."""
    for number in range(4):
        task = asyncio.ensure_future(add(store, f"a{number}", f"b{number}"))
        await asyncio.sleep(wait)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5):
        found = await names(store)
        await add(store, "next")
    assert [name[1:] for name in found if name[0] == "a"] == [
        name[1:] for name in found if name[0] == "b"
    ]


async def test_a_cancelled_task_in_memory_keeps_the_database() -> None:
    """There is one connection in memory, and the database is gone when that is."""
    store = await memory_store()
    await add(store, "kept")
    for steps in range(40):
        task = asyncio.ensure_future(add(store, f"a{steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert "kept" in await names(store)
    await store.close()


# Processes


async def _run(program: str, *arguments: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", program, *arguments
    )
    return await process.wait()


WRITER = (
    "import asyncio, sys\n"
    "from bot.adapters.store.database import SqlStore\n"
    "from tests.contract.rows import NOON, feed\n"
    "async def main():\n"
    "    store = await SqlStore.open(sys.argv[1])\n"
    "    number = 0\n"
    "    while number < int(sys.argv[3]):\n"
    "        async with store.transaction() as tx:\n"
    "            for half in 'ab':\n"
    "                await tx.feeds.add(feed(f'{half}{sys.argv[2]}{number}'), NOON)\n"
    "        print(number, flush=True)\n"
    "        number += 1\n"
    "    await store.close()\n"
    "asyncio.run(main())\n"
)


async def test_two_processes_write_one_file(file: Path) -> None:
    """Two of any role are safe: each waits for the other's transaction."""
    url = url_of(file)
    ended = await asyncio.gather(*(_run(WRITER, url, name, "40") for name in ("x", "y")))
    assert ended == [0, 0]
    assert rows(file, "SELECT count(*) FROM feeds") == [(160,)]
    assert rows(file, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("after", [1, 7, 23])
def test_a_killed_writer_leaves_whole_transactions(file: Path, after: int) -> None:
    """SIGKILL at any moment: what was said to be stored is there, half of one never is."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", WRITER, url_of(file), "x", "100000"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        said = [int(process.stdout.readline()) for _ in range(after)]
        process.kill()
        said += [int(line) for line in process.stdout.read().split(b"\n") if line]
    process.wait()
    found = rows(file, "SELECT name FROM feeds")
    halves = [{str(name)[1:] for (name,) in found if str(name)[0] == half} for half in "ab"]
    assert halves[0] == halves[1]
    assert {f"x{number}" for number in said} <= halves[0]


# What an operator reads


async def _open_and_add(file: Path) -> None:
    """Open a store and write: which of the two finds what is wrong depends on SQLite."""
    store = await SqlStore.open(url_of(file))
    try:
        await add(store, "a")
    finally:
        await store.close()


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """A wrong path in DATABASE_URL must not be written to."""
    wrong = tmp_path / "notes.txt"
    wrong.write_text("My notes. " * 200)
    with pytest.raises(StoreError, match=r"notes\.txt is not a SQLite database: move"):
        await SqlStore.open(url_of(wrong))
    with pytest.raises(StoreError, match="is not a SQLite database"):
        await migrate(url_of(wrong))
    assert wrong.read_text() == "My notes. " * 200


def _spoil(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = b"\x55" * (len(data) - 4096)
    file.write_bytes(data)


async def test_a_damaged_database_says_how_to_mend_it(file: Path) -> None:
    """The first page is whole, what follows is not."""
    for name in ("a", "b"):
        store = await SqlStore.open(url_of(file))
        async with store.transaction() as tx:
            await tx.articles.add([article(f"{name}{n}", body="x" * 500) for n in range(200)])
        await store.close()
    _spoil(file)
    with pytest.raises(StoreError, match="is damaged: restore a backup"):
        await _open_and_add(file)


async def test_a_full_disk_loses_nothing_that_was_stored(store: SqlStore) -> None:
    """The transaction that did not fit is undone whole; the next that fits is stored."""
    await add(store, "kept")
    async with store.transaction() as tx:
        pages = (await tx.connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="no room left on its disk"):  # noqa: PT012 - the transaction is the statement
        async with store.transaction() as tx:
            await tx.feeds.add(feed("lost"), NOON)
            await tx.articles.add([article(f"n{n}", body="x" * 5_000) for n in range(50)])
    assert await names(store) == ["kept"]
    await add(store, "next")


async def test_a_read_only_file_says_whom_to_give_access(folder: Path) -> None:
    """Deployed as another user than the one that made the file."""
    file = folder / "newsthread.db"
    await migrate(url_of(file))
    file.chmod(0o400)
    with as_someone_else(folder, file), pytest.raises(StoreError, match="is read-only: give the"):
        await _open_and_add(file)


async def test_an_unwritable_folder_is_named(folder: Path) -> None:
    """SQLite makes its files beside the database."""
    folder.chmod(0o555)  # noqa: ASYNC240 - a moment, in a test
    with (
        as_someone_else(folder),
        pytest.raises(StoreError, match="cannot be opened: does its folder"),
    ):
        await migrate(url_of(folder / "new.db"))
    folder.chmod(0o755)  # noqa: ASYNC240 - a moment, in a test


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A typing error in DATABASE_URL must not make folders."""
    with pytest.raises(StoreError, match=r"The folder .*/typo of the database does not exist"):
        await migrate(url_of(tmp_path / "typo" / "new.db"))
    assert not (tmp_path / "typo").exists()


async def test_a_database_locked_for_too_long_is_said(file: Path) -> None:
    """Someone left a transaction open in another program."""
    engine = make_engine(url_of(file) + "?timeout=0.05")
    store = SqlStore(engine, Ids(FakeClock()))
    async with store.reading() as tx:  # this connection is taken again below
        await tx.connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked by another program for too long"):
            await add(store, "a")
        other.execute("ROLLBACK")
    await add(store, "b")
    assert await names(store) == ["b"]
    await store.close()


async def test_an_error_of_no_known_kind_is_told_as_it_is(store: SqlStore) -> None:
    """Better the database's own words than none."""
    with pytest.raises(StoreError, match=r"newsthread\.db failed: .*syntax error"):
        async with store.transaction() as tx:
            await tx.connection.exec_driver_sql("SELEKT")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "no database address"),
        ("mysql://localhost/x", "'mysql', which is not supported"),
        ("sqlite:///x.db", "'sqlite', which is not supported"),
    ],
)
async def test_a_wrong_address_says_what_to_write(url: str, says: str) -> None:
    """The remedy is an example to copy; no password is repeated."""
    with pytest.raises(StoreError, match=says) as caught:
        await SqlStore.open(url)
    assert "Write sqlite+aiosqlite:///" in str(caught.value)


@pytest.mark.parametrize(
    ("version", "warned"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)]
)
def test_an_sqlite_with_the_wal_fault_is_warned_of(
    version: tuple[int, ...],
    warned: bool,  # noqa: FBT001 - a table's column
) -> None:
    """`check` shows it; one process on the file is not affected."""
    assert (sqlite_warning(version) is not None) is warned


async def test_a_store_in_memory_is_ready_at_once() -> None:
    """`replay` leaves no database behind."""
    assert file_of(":memory:") is None
    store = await SqlStore.open(":memory:")
    await add(store, "a")
    assert await names(store) == ["a"]
    await store.close()


def test_ids_grow_even_when_the_clock_goes_back() -> None:
    """Ids are the order of arrival; they fit 63 bits until 2039."""
    clock = FakeClock()
    ids = Ids(clock)
    made = [ids.next()]
    clock.pass_("1m")
    made += [ids.next(), ids.next()]
    clock.now = NOON
    made.append(ids.next())
    assert made == sorted(set(made))
    assert made[-1] < 2**63
