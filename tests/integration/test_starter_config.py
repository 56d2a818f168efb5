"""The files a newcomer starts from: they parse, agree with one another, and repeat nothing."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from bot.adapters.demo.wire import ScriptedArticle, Wire
from bot.adapters.feeds.opml import read_opml, unusable
from bot.config import read_config
from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.query import parse
from bot.domain.query_subject import Subject
from bot.domain.urls import feed_address, url_key

CONFIG = Path(__file__).parents[2] / "config"
LISTS = sorted((CONFIG / "feeds").glob("*.opml"))


def settings(name: str) -> dict[str, Any]:
    return tomllib.loads((CONFIG / name).read_text("utf-8"))


def outlines(path: Path) -> list[dict[str, str]]:
    tree = ElementTree.parse(path)  # noqa: S314 — our own file
    return [o.attrib for o in tree.iter("outline") if "xmlUrl" in o.attrib]


def subject(scripted: ScriptedArticle, lang: str) -> Subject:
    article = Article(
        id=ArticleId(1),
        feed=FeedId(1),
        url="https://outlet.example/sample/x",
        outlet=scripted.outlet,
        site="outlet.example",
        title=scripted.title,
        summary=scripted.text,
        lang=lang,
        first_seen=datetime(2026, 1, 5, tzinfo=UTC),
    )
    return Subject.of(article, scripted.outlet, lang)


@pytest.mark.parametrize("name", ["newsthread.toml", "demo.toml"])
def test_the_program_takes_the_file(name: str) -> None:
    """What a newcomer starts from must start."""
    config = read_config(CONFIG / name)
    assert len(config.feeds) == len(settings(name)["feeds"])


def test_the_starter_packs_find_the_demos_stories_and_nothing_else() -> None:
    """Each watch finds the stories that the script means for it; no trap is taken for news."""
    config, wire = read_config(CONFIG / "demo.toml"), Wire.load()
    queries = {watch.name: parse(watch.query, config.packs) for watch in config.watches}
    meant = {story.slug: set(story.watches) for story in wire.stories}
    found: dict[str, set[str]] = {slug: set() for slug in meant}
    langs = {outlet.slug: outlet.lang for outlet in wire.outlets}
    for scripted in wire.articles:
        text = subject(scripted, langs[scripted.outlet])
        names = {name for name, query in queries.items() if query.match(text) is not None}
        assert bool(names) == bool(scripted.story), (scripted.title, names)
        if scripted.story:
            found[scripted.story] |= names
    assert all(meant[slug] <= found[slug] for slug in meant)


@pytest.mark.parametrize("name", ["newsthread.toml", "demo.toml"])
def test_each_watch_posts_where_a_channel_is_set_up(name: str) -> None:
    """A newcomer's first alert must not vanish for a misspelt channel."""
    config = settings(name)
    channels = {channel["id"] for channel in config["channels"]}
    assert {watch["name"] for watch in config["watches"]} == {"cecot", "bukele", "deportation"}
    for watch in config["watches"]:
        assert watch["query"] == f"pack:{watch['name']}"
        assert set(watch["channels"]) <= channels
    assert [c["id"] for c in config["channels"] if c.get("admin")] == ["sandbox:bot-health"]


def test_the_starter_posts_the_newest_three_stories_of_a_new_watch() -> None:
    """So that a first run is not silent."""
    assert settings("newsthread.toml")["defaults"]["backfill"] == 3


def test_the_starter_reads_in_both_languages_over_https() -> None:
    """About half of the coverage of these topics is in Spanish."""
    feeds = settings("newsthread.toml")["feeds"]
    assert 20 <= len(feeds) <= 35
    assert len({feed["url"] for feed in feeds}) == len({f["name"] for f in feeds}) == len(feeds)
    assert all(feed["url"].startswith("https://") for feed in feeds)
    assert min(sum(feed["lang"] == lang for feed in feeds) for lang in ("en", "es")) >= 8


def test_no_host_of_the_starter_is_asked_for_many_feeds() -> None:
    """Politeness: few feeds a host, but for Google's searches."""
    hosts = [urlsplit(feed["url"]).hostname for feed in settings("newsthread.toml")["feeds"]]
    counts = {host: hosts.count(host) for host in hosts if host != "news.google.com"}
    assert max(counts.values()) <= 3


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_a_starter_list_is_an_opml_of_one_language(path: Path) -> None:
    """Its name says region and language, and each row has a name, a language and an address."""
    lang = path.name.split(".")[1]
    rows = outlines(path)
    assert rows
    for row in rows:
        assert row["type"] == "rss"
        assert row["text"]
        assert row["language"] == lang
        assert row["xmlUrl"].startswith("https://")


def test_no_feed_is_in_two_lists() -> None:
    """Importing all of them imports each feed once."""
    urls = [row["xmlUrl"] for path in LISTS for row in outlines(path)]
    assert len(urls) == len(set(urls)) > 80


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_a_starter_list_is_imported_whole_and_says_what_it_is(path: Path) -> None:
    """By what reads every list; its heading says its region and its language, as its name does."""
    body = path.read_bytes()
    feeds = read_opml(body)
    (heading,) = {feed.folder for feed in feeds}
    lang = {"en": "English", "es": "Spanish"}[path.name.split(".")[1]]
    assert len(feeds) == len(outlines(path))
    assert unusable(body) == ()
    assert len({feed.title.casefold() for feed in feeds}) == len(feeds)
    assert f"<title>{heading}, in {lang}: a starter list for Newsthread</title>" in body.decode()


def test_no_address_of_the_lists_is_another_s_in_other_words() -> None:
    """With or without `www`, a slash or https, it would be one feed polled twice."""
    feeds = [feed for path in LISTS for feed in read_opml(path.read_bytes())]
    assert len({url_key(feed.url) for feed in feeds}) == len(feeds)
    assert all(feed.url == feed_address(feed.url) for feed in feeds)
