"""What the command line does with the database alone, in one process with the test."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import stored
from bot.adapters.store.database import SqlStore
from bot.app import prepare, utc_now
from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.errors import ConfigError, QueryError, StoreError
from tests.contract.rows import article, feed
from tests.e2e.cli import environment

TITLES = (
    "Judge orders a report on transfers to the CECOT prison",
    "Football: the final is moved to Sunday",
)


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    return environment(tmp_path)


async def filled(environ: Mapping[str, str]) -> None:
    """Store two feeds, one of a guild's, and two articles of today and one of last month."""
    await prepare(environ["DATABASE_URL"])
    store = await SqlStore.open(environ["DATABASE_URL"])
    now = utc_now()
    async with store.transaction() as tx:
        one = await tx.feeds.add(feed("one"), now)
        await tx.feeds.add(feed("guild", workspace="discord/1"), now)
        drafts = [dated(title, one.id, 0) for title in TITLES]
        old = dated("CECOT, a month ago", one.id, 30)
        gone = dated("CECOT, of a feed that is gone", FeedId(7), 0)
        await tx.articles.add([old, *drafts, gone])
    await store.close()


def dated(title: str, of: FeedId, days: int) -> Article:
    seen = utc_now() - timedelta(days=days)
    return replace(article(title), id=ArticleId(0), feed=of, first_seen=seen, published=None)


async def test_a_query_is_tried_on_the_articles_of_the_days(environ: Mapping[str, str]) -> None:
    """With samples and the words that matched; of feeds that are read, whoever sees them."""
    await filled(environ)
    found = await stored.try_query("cecot", 14, environ)
    assert (found["tried"], found["articles"], found["stories"]) == (2, 1, 1)
    (sample,) = found["samples"]
    assert (sample["title"], sample["matched"]) == (TITLES[0], ["cecot"])
    longer = await stored.try_query("cecot", 60, environ)
    assert (longer["tried"], longer["articles"]) == (3, 2)
    assert found["alerts_per_day"] == 1.0
    pages = await stored.try_query("absent body:full", 14, environ)
    assert (found["unsure"], pages["articles"], pages["unsure"]) == (0, 0, 2)


async def test_a_wrong_query_is_an_error(environ: Mapping[str, str]) -> None:
    with pytest.raises(QueryError):
        await stored.try_query("cecot OR", 14, environ)


async def test_a_guilds_feed_does_not_stand_in_the_way_of_an_import(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    """Others do not see it; it keeps what is the guild's."""
    await filled(environ)
    file = tmp_path / "list.opml"
    outlines = '<outline text="one" xmlUrl="https://guild.example/feed"/>'
    file.write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
    (row,) = await stored.import_feeds(file, environ)
    assert (row["outcome"], row["name"]) == ("added", "one (2)")
    text = stored.as_opml(await stored.feeds_kept(environ))
    assert text.count("https://guild.example/feed") == 2
    assert '<outline text="discord/1"' in text


async def test_a_long_list_is_stored_in_parts_and_can_be_given_again(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    """Each part is whole, so that a run that was stopped is simply repeated."""
    file = tmp_path / "list.opml"
    outlines = "".join(f'<outline xmlUrl="https://{n}.example/"/>' for n in range(450))
    file.write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
    first = await stored.import_feeds(file, environ)
    again = await stored.import_feeds(file, environ)
    assert {row["outcome"] for row in first} == {"added"}
    assert {row["outcome"] for row in again} == {"known"}
    assert len(again) == 450


async def test_what_is_written_out_is_masked_unless_it_is_asked_for(
    environ: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """And says so, on stderr: a file that lacks something must not look whole."""
    await filled(environ)
    await private(environ)
    kept = await stored.feeds_kept(environ)
    assert "canary" not in stored.as_opml(stored.shown(kept, secrets=False))
    assert "of 1 feed; --secrets" in capsys.readouterr().err
    assert "ana:canary@" in stored.as_opml(stored.shown(kept, secrets=True))
    assert "canary" not in await stored.export_config(environ)
    assert "ana:canary@" in await stored.export_config(environ, secrets=True)


async def private(environ: Mapping[str, str]) -> None:
    """Store a private feed."""
    store = await SqlStore.open(environ["DATABASE_URL"])
    async with store.transaction() as tx:
        await tx.feeds.add(feed("paid", url="https://ana:canary@paid.example/"), utc_now())
    await store.close()


async def test_a_list_without_its_secrets_is_not_taken_on(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    """Its servers would be asked with *** for a password."""
    file = tmp_path / "list.opml"
    outline = '<outline text="{0}" xmlUrl="{0}"/>'
    urls = ("https://***@a.example/", "https://a.example/?token=canary")
    file.write_text(f"<opml><body>{''.join(map(outline.format, urls))}</body></opml>", "utf-8")
    rows = await stored.import_feeds(file, environ)
    assert [row["outcome"] for row in rows] == ["unusable", "added"]
    assert "canary" not in str(rows)


async def test_a_guilds_feed_is_not_removed_on_the_server(environ: Mapping[str, str]) -> None:
    """Its editors do that; the name of another's feed is unknown."""
    await filled(environ)
    assert (await stored.remove_feed("guild", environ))["outcome"] == "unknown"
    assert (await stored.remove_feed("one", environ))["outcome"] == "removed"


async def test_an_export_needs_a_database(environ: Mapping[str, str]) -> None:
    with pytest.raises(StoreError, match="python -m bot migrate"):
        await stored.export_config(environ)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    """Nothing of the attempt stays behind."""
    file = tmp_path / "out.toml"
    stored.write(file, "one")
    stored.write(file, "two")
    assert file.read_text(encoding="utf-8") == "two"
    with pytest.raises(ConfigError, match="cannot be written"):
        stored.write(tmp_path, "three")
    assert [one.name for one in tmp_path.iterdir()] == ["out.toml"]


def test_without_a_file_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    stored.write(None, "one\n")
    assert capsys.readouterr().out == "one\n"
