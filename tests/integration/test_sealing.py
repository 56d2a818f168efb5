"""Private feeds in the database's file, and where the key that seals them comes from."""

import stat
from pathlib import Path

import pytest
import structlog
from sqlalchemy import update

from bot import stored
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.store import sealing
from bot.adapters.store.copying import copying
from bot.adapters.store.database import SqlStore, migrate
from bot.adapters.store.sealing import Kept, key_file, sealer
from bot.adapters.store.tables import feeds
from bot.domain.errors import StoreError
from bot.domain.polls import Outcome
from bot.pipeline.collect import Collector
from bot.pipeline.sorter import Sorter
from tests.contract.rows import NOON, feed
from tests.e2e.cli import environment
from tests.fakes import postgresql
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer, serves
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.integration.test_fetch import NOW, settings

SERVER = "postgresql+psycopg://bot@127.0.0.1/news"
LONG = "canary0123456789abcdef0123456789"
PATH = f"/{LONG}/feed?token=canarytoken"
CANARIES = (b"canaryuser", b"canaryword", b"canarytoken", LONG.encode())
TALKATIVE = (
    f"<rss version='2.0'><channel><title>canarytoken</title><link>#top</link><item><title>One"
    f"</title><link>#one</link><guid>?token=canarytoken</guid><description>canaryword, {LONG}"
    f"</description></item></channel></rss>"
).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "newsthread.db"


async def opened(file: Path, key: str = "") -> SqlStore:
    url = f"sqlite+aiosqlite:///{file}"
    await migrate(url)
    return await SqlStore.open(url, FakeClock(), key)


def held(folder: Path) -> list[bytes]:
    """Return the canaries that any file of a folder holds, but for the program's own."""
    data = b"".join(one.read_bytes() for one in folder.iterdir())
    return [one for one in CANARIES if one in data]


async def polled(store: SqlStore, url: str) -> Outcome:
    """Add a feed and poll it once, as the program does."""
    sorter, clock = Sorter(shipped_packs(), new_window, shipped_detector()), FakeClock()
    async with HttpFeedSource(settings(), lambda: NOW) as source:
        async with store.transaction() as tx:
            await tx.feeds.add(feed(url=url), clock())
        collector = Collector(store, source, sorter, clock, lambda: 0.5, "w")
        (poll,) = await collector.once()
    return poll.result.outcome


async def test_no_byte_of_the_file_tells_a_private_feeds_secret(file: Path) -> None:
    """Whatever the feed says of itself; the server alone is told, and another start reads it."""
    store = await opened(file)
    async with FeedServer() as server:
        server.scripts[PATH] = serves(TALKATIVE)
        url = server.url(PATH).replace("http://", "http://canaryuser:canaryword@")
        outcome = await polled(store, url)
        while_open = held(file.parent)
        (asked,) = server.asked(PATH)
    await store.close()
    assert (outcome, "authorization" in asked.headers) == (Outcome.OK, True)
    assert while_open == held(file.parent) == []
    store = await opened(file)
    async with store.reading() as tx:
        (line,) = await tx.feeds.list()
        (article,) = await tx.articles.since(NOON.replace(year=2000), 9)
    await store.close()
    assert line.feed.url == url
    assert article.summary == "***, ***"


async def test_the_key_is_made_when_it_is_needed_and_is_its_owners_alone(file: Path) -> None:
    """Nobody has to set anything; a database without private feeds has no key."""
    store = await opened(file)
    async with store.transaction() as tx:
        await tx.feeds.add(feed("public"), NOON)
    assert not key_file(file).exists()
    async with store.transaction() as tx:
        await tx.feeds.add(feed(url="https://a.example/?token=a"), NOON)
    await store.close()
    key = sealing._made(key_file(file))  # noqa: SLF001 - one that another process just made stays
    assert key == key_file(file).read_text(encoding="ascii").strip()
    assert stat.S_IMODE(key_file(file).stat().st_mode) == 0o600
    assert sorted(one.name for one in file.parent.iterdir()) == [file.name, key_file(file).name]


async def test_what_an_earlier_version_stored_is_gone_from_the_file_after_a_start(
    file: Path,
) -> None:
    """Not only from the rows: what was replaced is overwritten."""
    store = await opened(file)
    async with store.transaction() as tx:
        made = await tx.feeds.add(feed(), NOON)
        plain = update(feeds).where(feeds.c.id == made.id)
        await tx.connection.execute(plain.values(url="https://a.example/?token=canarytoken"))
    await store.close()
    assert held(file.parent) == [b"canarytoken"]
    store = await opened(file)
    async with store.transaction() as tx:
        await tx.feeds.reseal()
    await store.close()
    assert held(file.parent) == []


def test_a_servers_database_needs_a_key_for_what_is_certainly_secret() -> None:
    """There is no place beside it; what only looks like a secret is stored as it is."""
    without, given = sealer(SERVER, ""), sealer(SERVER, "a-key-of-many-characters")
    with pytest.raises(StoreError, match=r"NEWSTHREAD_KEY is not set.*token_urlsafe"):
        without.kept("https://a.example/?token=a")
    guessed = f"https://a.example/{LONG}"
    assert without.kept(guessed) == Kept(guessed, None)
    assert without.address(given.kept(guessed)) is None
    assert without.text("draft", private=True) == "draft"
    assert given.address(given.kept(guessed)) == guessed


@pytest.mark.parametrize("content", ["", "short\n", "n\u00f3t-ascii-but-long-enough"])
def test_a_damaged_key_file_is_no_key(file: Path, content: str) -> None:
    """What it sealed would be lost if another took its place."""
    key_file(file).write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match="key file"):
        sealer(f"sqlite+aiosqlite:///{file}", "").kept("https://a.example/?token=a")


def test_a_key_that_cannot_be_kept_or_is_none_is_refused(file: Path) -> None:
    """Before anything is sealed with it."""
    nowhere = file.parent / "missing" / file.name
    with pytest.raises(StoreError, match=r"cannot be made.*NEWSTHREAD_KEY"):
        sealer(f"sqlite+aiosqlite:///{nowhere}", "").kept("https://a.example/?token=a")
    with pytest.raises(StoreError, match="shorter than 16"):
        sealer(SERVER, "a-key-of-many-characters short")


async def test_a_copy_needs_the_key_of_what_is_copied(file: Path) -> None:
    """Else nobody could read it there; with it the copy reads as before."""
    store = await opened(file)
    private = "https://ana:pw@a.example/feed"
    async with store.transaction() as tx:
        await tx.feeds.add(feed("a", url=private), NOON)
        await tx.feeds.add(feed("b"), NOON)
    await store.close()
    url = await postgresql.borrowed()
    with pytest.raises(StoreError, match=f"“a”.*NEWSTHREAD_KEY_FILE={key_file(file)}"):
        async with copying(f"sqlite:///{file}", url):
            pass
    key = key_file(file).read_text(encoding="ascii").strip()
    environ = environment(file.parent, DATABASE_URL=url, NEWSTHREAD_KEY_FILE=str(key_file(file)))
    await stored.copy_from(f"sqlite:///{file}", environ)
    store = await SqlStore.open(url, key=key)
    async with store.reading() as tx:
        lines = await tx.feeds.list()
    await store.close()
    postgresql.give_back(url)
    assert lines[0].feed.url == private


async def test_an_address_whose_key_is_gone_is_not_asked_for(file: Path) -> None:
    """Its server would be asked with *** for a password; the reason says what to do."""
    store = await opened(file, "one-key-of-many-characters")
    async with store.transaction() as tx:
        await tx.feeds.add(feed(url="https://a.example/?token=a"), NOON)
    await store.close()
    store = await opened(file, "another-key-of-characters")
    with structlog.testing.capture_logs() as logged:
        async with store.transaction() as tx:
            await tx.feeds.reseal()
    sorter = Sorter(shipped_packs(), new_window, shipped_detector())
    async with HttpFeedSource(settings(), lambda: NOW) as source:
        (poll,) = await Collector(store, source, sorter, FakeClock(), lambda: 0.5, "w").once()
    await store.close()
    assert [one["event"] for one in logged] == ["feed_address_unreadable"]
    assert (poll.result.outcome, "*** in place of a secret" in poll.result.reason) == (
        Outcome.REFUSED,
        True,
    )
