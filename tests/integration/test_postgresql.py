"""PostgreSQL for real: migrations, faults, and what only it would do otherwise than SQLite."""

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.adapters.store.codec import dump
from bot.adapters.store.database import SqlStore, make_engine, migrate
from bot.adapters.store.tables import SCHEMA, metadata
from bot.domain.articles import FeedId
from bot.domain.errors import StoreError
from bot.domain.records import FeedState
from tests.contract.rows import LOCAL, NOON, alert, article, at, feed, filed, stored
from tests.fakes import postgresql
from tests.fakes.clock import FakeClock
from tests.fakes.store import memory_store


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Return the address of a database with the schema in place."""
    made = await postgresql.borrowed()
    yield made
    await asyncio.to_thread(postgresql.give_back, made)


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    """Return a store on it."""
    opened = await SqlStore.open(url, FakeClock())
    yield opened
    await opened.close()


@pytest.fixture
def empty() -> str:
    """Return the address of a database with nothing in it."""
    return postgresql.empty_database()


def asked(url: str, sql: str) -> list[tuple[object, ...]]:
    """Ask a database from outside."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        found = connection.execute(sql.encode())
        return found.fetchall() if found.description else []


# Migrations


async def test_two_migrations_at_once_make_one_schema(empty: str) -> None:
    """The release step of two machines: one waits, and finds nothing to do."""
    done = await asyncio.gather(*(migrate(empty) for _ in range(3)))
    assert sorted(one.changed for one in done) == [False, False, True]
    assert {one.after for one in done} == {SCHEMA}


async def test_a_migration_killed_half_way_leaves_nothing_and_can_be_run_again(empty: str) -> None:
    """All of it is one transaction, and its lock goes with it."""
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
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, empty)
    assert await process.wait() == -signal.SIGKILL
    assert asked(empty, "SELECT relname FROM pg_stat_user_tables") == []
    async with asyncio.timeout(20):
        assert (await migrate(empty)).changed


async def test_the_migrations_make_the_tables(url: str) -> None:
    """One chain for both; what differs is the search, and how addresses are unique."""
    engine = make_engine(url)
    opts = {"include_name": lambda name, *_: not str(name).startswith("pgqueuer")}
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda plain: compare_metadata(MigrationContext.configure(plain, opts=opts), metadata)
        )
    await engine.dispose()
    named = [(what, getattr(thing, "name", "")) for what, thing, *_ in differences]
    assert sorted(named) == [
        ("add_index", "articles_url"),
        ("add_index", "feeds_url"),
        ("remove_index", "article_search_words"),
        ("remove_index", "feeds_address"),
        ("remove_table", "article_search"),
    ]


async def test_a_claim_of_feeds_writes_to_their_pages_alone(url: str, store: SqlStore) -> None:
    """There is room in them; an entry in each index would take three times as long."""
    async with store.transaction() as tx:
        columns = "id, url, workspace, name, every_us, lang, due_at, stopped, failures, state"
        await tx.connection.execute(
            text(
                f"INSERT INTO feeds ({columns}) SELECT n, 'https://a.example/' || n, '', '', 1, '',"  # noqa: S608 - ours
                " CASE WHEN n % 8 = 0 THEN 0 ELSE :later END, false, 0, :state"
                " FROM generate_series(1, 400) AS n"
            ),
            {"later": 1 << 60, "state": dump(FeedState, FeedState(due_at=at(0)))},
        )
    async with store.transaction() as tx:
        assert len(await tx.feeds.reserve("holder", at(1), at(2), 100)) == 50
        changed = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables"
        rows = await tx.connection.execute(text(f"{changed} WHERE relname = 'feeds'"))
        assert rows.one() == (50, 50)


async def test_an_empty_database_says_what_to_run(empty: str) -> None:
    """Opening runs no migration."""
    with pytest.raises(StoreError, match="no tables yet: run `python -m bot migrate`"):
        await SqlStore.open(empty)


async def test_a_newer_database_is_refused(empty: str) -> None:
    """An older version must not write into what it does not know; there is no way back."""
    await migrate(empty)
    asked(empty, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"written by a newer version.*9999.*restore a backup"):
        await migrate(empty)
    with pytest.raises(StoreError, match="written by a newer version"):
        await SqlStore.open(empty)


# What it would do otherwise


def test_every_text_sorts_by_code_point(url: str) -> None:
    """Lists, ranges of channels and pages would else depend on the language of the server."""
    sql = (
        "SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND atttypid = 'text'::regtype AND attcollation <> '\"C\"'::regcollation"
    )
    assert asked(url, sql) == []


async def test_lists_come_in_the_same_order_as_on_sqlite(store: SqlStore) -> None:
    """The test's server sorts as English does, where it can."""
    other = await memory_store()
    for one in (store, other):
        async with one.transaction() as tx:
            for name in ("éa", "Zb", "a c", "ab", "_d", "🌊", "ζ"):
                await tx.feeds.add(feed("x", name=name, url=f"https://{name}.example/"), NOON)
    async with store.reading() as here, other.reading() as there:
        assert await here.feeds.names(LOCAL) == await there.feeds.names(LOCAL)
    await other.close()


SECRET = secrets.token_hex(4)
TITLES = (
    "Deportación: 252 venezolanos en el CECOT",
    "Bukele's prison — “mega-cárcel” (video) a:b !& 'x' \\",
    "大統領がCECOTを訪問",
    "Straße, STRASSE; Łódź 2,5 %",
    "हिन्दी समाचार",
    "Zürich 🌊 flood",
    "xxxx" * 400,
    "",
)
SEARCHES = (
    "cecot", "deporta", "DEPORTACION venezolanos", "mega carcel", "bukele s", "大統領", "訪問 c",
    "strasse", "lodz 2", "हिन्दी", "🌊", "'x'", "a:b", "!&", "\\", "x" * 1_000, "x" * 2_000, "-",
    "video:*", "no such", "cecot -prison", "\0cecot",
)  # fmt: skip


async def test_the_search_finds_the_same_as_on_sqlite(store: SqlStore) -> None:
    """Words are told apart and folded by us, and by no database."""
    other = await memory_store()
    found = []
    for one in (store, other):
        await stored(
            one, *(article(title, url=f"https://a.example/{title[:9]}") for title in TITLES)
        )
        async with one.reading() as tx:
            found.append(
                [
                    [hit.title for hit in await tx.articles.search(words, at(-1), 9, 0)]
                    for words in SEARCHES
                ]
            )
    await other.close()
    assert found[0] == found[1]
    assert sum(map(bool, found[0])) > 12


async def test_text_that_postgresql_has_no_place_for_is_stored_and_found(store: SqlStore) -> None:
    """A NUL is a character of SQLite's, and of whoever types it."""
    async with store.transaction() as tx:
        await tx.people.saw(LOCAL, "a\0b", NOON)
        assert await tx.people.seen(LOCAL, "a\0b") == NOON


async def test_what_is_too_long_for_its_indexes_is_stored_and_found(store: SqlStore) -> None:
    """Addresses have 4,096 characters at most, ids 2,000: a hostile feed sends just those."""
    long = "https://a.example/" + "".join(f"{n:x}{n * n:x}" for n in range(600))[:4_000]
    key = "ключ" * 500
    (one,) = await stored(store, article(url=long))
    async with store.transaction() as tx:
        await tx.articles.add([article("again", url=long)])
        await tx.articles.remember(FeedId(1), {key: one.id, key + "2": one.id}, NOON)
        await tx.articles.remember(FeedId(1), {key: one.id}, at(1))
        known = await tx.articles.known(FeedId(1), [key, key + "3"])
        kept = await tx.feeds.add(feed(url=long), NOON)
        again = await tx.feeds.add(feed(url=long), NOON)
        assert await tx.articles.by_urls([long]) == {long: one.id}
    assert list(known.by_key) == [key]
    assert kept == again


# Turns


async def test_a_writer_waits_for_another_and_polls_that_bring_nothing_do_not(url: str) -> None:
    """One writer at a time, as on SQLite; most polls only put the feed's next time down."""
    one, other = [await SqlStore.open(url, FakeClock()) for _ in range(2)]
    async with one.transaction() as tx:
        kept = await tx.feeds.add(feed(), NOON)
    async with one.transaction() as tx:
        await tx.outbox.add([alert("k")])

        async def write() -> None:
            async with other.transaction() as its:
                await its.outbox.add([alert("l")])

        async with asyncio.timeout(5), other.transaction() as its:
            (due,) = await its.feeds.claim("w", NOON, at(1), 9)
            assert await its.feeds.settle(kept.id, due.owner, FeedState(due_at=at(5)))
        writing = asyncio.ensure_future(write())
        assert await asyncio.wait([writing], timeout=0.3) == (set(), {writing})
    await asyncio.wait_for(writing, 5)
    await one.close()
    await other.close()


async def test_two_that_wait_for_one_another_end_and_one_of_them_has_done_it(url: str) -> None:
    """A feed is removed while its poll is stored: the poll has the feed and wants its turn."""
    one, other = [await SqlStore.open(url, FakeClock()) for _ in range(2)]
    async with one.transaction() as tx:
        kept = await tx.feeds.add(feed(), NOON)
        await tx.feeds.claim("w", NOON, at(1), 9)
    has_feed, has_turn = asyncio.Event(), asyncio.Event()

    async def store_poll() -> None:
        async with one.transaction() as tx:
            assert await tx.feeds.settle(kept.id, "w", FeedState(due_at=at(5)))
            has_feed.set()
            await has_turn.wait()
            await tx.outbox.add([alert("poll")])

    async def remove() -> None:
        async with other.transaction() as tx:
            await tx.outbox.add([alert("removed")])
            has_turn.set()
            await has_feed.wait()
            await tx.feeds.remove(kept.id)

    async with asyncio.timeout(10):
        ended = await asyncio.gather(store_poll(), remove(), return_exceptions=True)
    (failed,) = (error for error in ended if error is not None)
    assert isinstance(failed, StoreError)
    assert "the other went first: it is tried again" in str(failed)
    async with one.reading() as tx:
        done = [await tx.outbox.get(key) is not None for key in ("poll", "removed")]
    assert sorted(done) == [False, True]
    await one.close()
    await other.close()


async def test_a_writer_that_stands_still_loses_its_turn(url: str) -> None:
    """A process that was stopped, or cut off, must not hold up the others for ever."""
    hasty = f"{url}?options=-c idle_in_transaction_session_timeout=300 -c lock_timeout=5000"
    one, other = await SqlStore.open(hasty), await SqlStore.open(url)
    with pytest.raises(StoreError, match="stood still: it is tried again"):  # noqa: PT012 - the transaction is the statement
        async with one.transaction() as tx:
            await tx.outbox.add([alert("k")])
            async with asyncio.timeout(5), other.transaction() as its:
                await its.outbox.add([alert("l")])
            await tx.outbox.add([alert("m")])
    async with one.transaction() as tx:  # which goes on with a new connection
        assert await tx.outbox.get("k") is None
        assert await tx.outbox.get("l") is not None
    await one.close()
    await other.close()


async def test_a_writer_that_computes_keeps_its_turn(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a start, what was filed in two weeks is read again; that takes longer."""
    monkeypatch.setattr("bot.adapters.store.postgresql.BEAT", 0.1)
    store = await SqlStore.open(f"{url}?options=-c idle_in_transaction_session_timeout=500")
    async with store.transaction() as tx:
        await tx.outbox.add([alert("k")])
        await asyncio.sleep(1.2)
        await tx.outbox.add([alert("l")])
    async with store.reading() as tx:
        assert await tx.outbox.get("l") is not None
    await store.close()


async def test_an_article_whose_poll_waited_for_its_turn_is_not_overlooked(url: str) -> None:
    """Its time is from before; who filed later articles meanwhile would never look there again."""
    clock = FakeClock()
    store = await SqlStore.open(url, clock)
    begun = clock()
    clock.pass_("3s")
    await filed(store, "AAAA", article("first to have its turn", first_seen=clock()))
    async with store.reading() as tx:
        looked_to = max(one.article.first_seen for one in await tx.stories.filed_since(at(-1)))
    clock.pass_("2s")
    await filed(store, "BBBB", article("had to wait", first_seen=begun))
    async with store.reading() as tx:
        new = {one.article.title for one in await tx.stories.filed_since(looked_to)}
    assert "had to wait" in new
    await store.close()


async def test_a_turn_that_never_comes_is_said(url: str) -> None:
    """Somebody left a transaction open in another program."""
    store = await SqlStore.open(f"{url}?options=-c lock_timeout=100")
    other = await SqlStore.open(url)
    async with other.transaction() as tx:
        await tx.outbox.add([alert("k")])
        with pytest.raises(StoreError, match="held by another process for too long"):
            async with store.transaction() as its:
                await its.outbox.add([alert("l")])
    await store.close()
    await other.close()


# What an operator reads


async def test_a_server_that_goes_away_is_said_and_work_goes_on_when_it_is_back() -> None:
    """Stopped in the middle of a transaction: that one is undone, the next ones say why."""
    cluster = postgresql.own_cluster()
    cluster.start()
    url = cluster.url.render_as_string(hide_password=False)
    await migrate(url)
    store = await SqlStore.open(url)
    async with store.transaction() as tx:
        await tx.outbox.add([alert("kept")])
    with pytest.raises(StoreError, match=r"postgres on 127\.0\.0\.1:\d+ is away: is the server"):  # noqa: PT012 - the transaction is the statement
        async with store.transaction() as tx:
            await tx.outbox.add([alert("lost")])
            await asyncio.to_thread(cluster.stop)
            await tx.outbox.get("kept")
    for _ in range(2):
        with pytest.raises(StoreError, match="is away: is the server running"):
            async with store.transaction():
                raise AssertionError  # there is none to be in
    with pytest.raises(StoreError, match="is away"):
        await migrate(url)
    await asyncio.to_thread(cluster.start)
    async with store.transaction() as tx:
        assert await tx.outbox.get("kept") is not None
        assert await tx.outbox.get("lost") is None
    await store.close()
    cluster.stop()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"database": "nowhere"}, "is not as it should be: make it"),
        ({"username": "nobody_here"}, "knows no such user"),
        ({"port": 1}, "is away: is the server running"),
    ],
)
async def test_a_wrong_address_says_what_is_wrong(
    url: str, change: dict[str, str | int], says: str
) -> None:
    """Each is another line of the address; its password is never repeated."""
    wrong = make_url(url).set(password=SECRET, **change)  # type: ignore[arg-type] # as above
    with pytest.raises(StoreError, match=says) as caught:
        await SqlStore.open(wrong.render_as_string(hide_password=False))
    assert SECRET not in str(caught.value)


async def test_an_address_without_a_database_is_refused() -> None:
    """The driver would take the user's name for it."""
    with pytest.raises(StoreError, match="names no database on its server"):
        await SqlStore.open("postgresql+psycopg://bot@127.0.0.1")


async def test_the_address_of_a_hosting_company_is_taken(url: str) -> None:
    """They set DATABASE_URL themselves, without our driver's name."""
    for scheme in ("postgres", "postgresql"):
        store = await SqlStore.open(url.replace("postgresql+psycopg", scheme))
        await store.check()
        await store.close()


async def test_an_error_of_no_known_kind_is_told_as_it_is(store: SqlStore) -> None:
    """Better the database's own words than none."""
    with pytest.raises(StoreError, match=r"failed: .*syntax error"):
        async with store.transaction() as tx:
            await tx.connection.execute(text("SELEKT"))
