"""What `check` finds of each part, and what it says to do."""

import io
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot import checking
from bot.adapters.store.database import SqlStore
from bot.app import prepare
from bot.config import read_config
from bot.domain.polls import FoundFeed, Outcome, PollResult
from bot.domain.watches import Channel, Scope, Watch, WatchId
from bot.environment import read_environment
from bot.findings import Finding, Verdict, exit_code, show
from tests.contract.rows import NOON, feed
from tests.e2e.cli import CONFIG, environment
from tests.twins.model import model_twin

TOKEN = f"{'a' * 24}.{'b' * 6}.{'c' * 38}"
RESULT = PollResult(url="https://a.example/", final_url="", status=200, outcome=Outcome.OK)


async def wrong(environ: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong."""
    found = await checking.look(environ, None)
    return [finding for finding in found if finding.verdict is Verdict.WRONG]


async def test_all_is_well_before_the_first_start(tmp_path: Path) -> None:
    """Looking makes nothing."""
    found = await checking.look(environment(tmp_path), None)
    assert exit_code(found) == 0
    assert {finding.part for finding in found} == {
        "environment", "configuration", "tokens", "database",
    }  # fmt: skip
    assert not (tmp_path / "newsthread.db").exists()


async def test_a_wrong_environment_is_the_only_finding(tmp_path: Path) -> None:
    """Nothing else could be trusted."""
    found = await checking.look(environment(tmp_path, NEWSTHREAD_ALLOW_ADDRESSES="here"), None)
    assert [(one.part, exit_code(found)) for one in found] == [("environment", 2)]
    assert found[0].remedy


async def test_a_wrong_configuration_does_not_hide_the_database(tmp_path: Path) -> None:
    """All that is wrong is told at once; the configuration's code comes first."""
    (tmp_path / "newsthread.toml").write_text("[x", encoding="utf-8")
    (tmp_path / "newsthread.db").write_text("My notes. " * 200, encoding="utf-8")
    found = await wrong(environment(tmp_path))
    assert [one.part for one in found] == ["configuration", "database"]
    assert [exit_code(found), exit_code(found[1:])] == [2, 3]
    assert found[1].remedy.startswith("Move the file away, or restore a backup")


@pytest.mark.parametrize(
    ("channel", "token", "verdict", "said"),
    [
        ("discord:1/2", TOKEN, Verdict.OK, "is set"),
        ("discord:1/2", "", Verdict.WRONG, "is not set, but channels"),
        ("discord:1/2", "Bot abc", Verdict.NOTE, "does not look like a token"),
        ("sandbox:a", TOKEN, Verdict.NOTE, "no configured channel is of the platform"),
        ("sandbox:a", "", Verdict.OK, "not needed"),
    ],
)
async def test_a_token_is_there_where_it_is_needed_and_looks_like_one(
    tmp_path: Path, channel: str, token: str, verdict: Verdict, said: str
) -> None:
    """The token itself is never told."""
    text = CONFIG.replace("sandbox:deportations", channel)
    (tmp_path / "newsthread.toml").write_text(text, encoding="utf-8")
    found = await checking.look(environment(tmp_path, DISCORD_TOKEN=token), None)
    (row,) = [one for one in found if one.what == "DISCORD_TOKEN"]
    assert row.verdict is verdict
    assert said in row.said
    assert bool(row.remedy) == (channel == "discord:1/2" and token != TOKEN)
    assert not token or token not in repr(found)


SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-12345678-abc",
    "SLACK_APP_TOKEN": "xapp-1-A1-abcdefgh",
    "SLACK_SIGNING_SECRET": "0" * 32,
    "SLACK_CLIENT_ID": "12.34",
    "SLACK_CLIENT_SECRET": "f" * 32,
}


@pytest.mark.parametrize(
    ("given", "complaints"),
    [
        ("", {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}),
        ("SLACK_BOT_TOKEN SLACK_APP_TOKEN", set()),
        ("SLACK_BOT_TOKEN SLACK_SIGNING_SECRET", set()),
        ("SLACK_CLIENT_ID SLACK_CLIENT_SECRET SLACK_SIGNING_SECRET", set()),
        ("SLACK_CLIENT_ID SLACK_APP_TOKEN", {"SLACK_CLIENT_SECRET"}),
        ("SLACK_BOT_TOKEN", {"SLACK_APP_TOKEN"}),
    ],
)
async def test_slack_needs_a_way_to_post_and_a_way_to_listen(
    tmp_path: Path, given: str, complaints: set[str]
) -> None:
    """Which of its five variables are needed depends on the others."""
    text = CONFIG.replace("sandbox:deportations", "slack:T1/C1")
    (tmp_path / "newsthread.toml").write_text(text, encoding="utf-8")
    chosen = {name: SLACK[name] for name in given.split()}
    found = await wrong(environment(tmp_path, **chosen))
    assert {one.what for one in found} == complaints
    assert all(one.remedy for one in found)
    assert not any(secret in repr(found) for secret in SLACK.values())


SERVER = "postgresql+psycopg://newsthread@127.0.0.1:1/none"


@pytest.mark.parametrize(
    ("url", "key", "feed_url", "verdict"),
    [
        (SERVER, "", "https://a.example/feed", Verdict.NOTE),
        (SERVER, "", "https://reader:word@a.example/feed", Verdict.WRONG),
        (SERVER, "k" * 32, "https://reader:word@a.example/feed", None),
        ("sqlite+aiosqlite:///x.db", "", "https://reader:word@a.example/feed", None),
    ],
)
async def test_a_server_without_a_key_cannot_keep_private_feeds(
    tmp_path: Path, url: str, key: str, feed_url: str, verdict: Verdict | None
) -> None:
    """It is told before the first such feed is refused; beside a file a key is made when needed."""
    text = CONFIG.replace("http://127.0.0.1:9/feed.xml", feed_url)
    (tmp_path / "newsthread.toml").write_text(text, encoding="utf-8")
    environ = environment(tmp_path, DATABASE_URL=url, NEWSTHREAD_KEY=key)
    environ.pop("DATABASE_URL_TEST", None)
    given = checking.Given(
        environment=read_environment(environ), config=read_config(tmp_path / "newsthread.toml")
    )
    found = await checking.sealing(given)
    assert [one.verdict for one in found] == ([] if verdict is None else [verdict])
    assert all("token_urlsafe" in one.remedy and "word" not in one.said for one in found)


@pytest.mark.parametrize(
    ("mode", "refusal", "key", "said", "remedy"),
    [
        ("right", "", "secret", "it answers", ""),
        ("401", "wrong key: secret", "secret", "does not take the key", "MODEL_API_KEY"),
        ("401", "", "", "it wants a key", "MODEL_API_KEY"),
        ("404", "the model `llama3` does not exist", "", "knows no model", "name of [model]"),
        ("404", "404 page not found", "", "nothing is at its address", "url of [model]"),
        ("400", "bad max_tokens", "", "the request (400)", "answer_key"),
        ("429", "", "", "no more requests", "quota"),
        ("503", "", "", "it fails (status 503)", "later"),
        ("not_http", "", "", "no chat completion", "url of [model]"),
        ("slow", "", "", "no answer in time", "timeout"),
        ("shut", "", "", "nothing answers", "url of [model]"),
    ],
)
async def test_the_model_is_asked_once_and_its_trouble_named(
    tmp_path: Path, mode: str, refusal: str, key: str, said: str, remedy: str
) -> None:
    """Without, nobody would know: summaries are extractive where the model fails."""
    async with model_twin() as twin:
        twin.mode, twin.refusal = mode, refusal
        url = "http://127.0.0.1:1/v1" if mode == "shut" else twin.url
        (row,) = await asked_model(tmp_path, url, key)
        assert len(twin.asked) == (mode != "shut")
    assert said in row.said
    assert remedy in row.remedy
    assert row.verdict is (Verdict.WRONG if remedy else Verdict.OK)
    assert "secret" not in repr(row)


async def asked_model(tmp_path: Path, url: str, key: str = "", more: str = "") -> list[Finding]:
    """Return what is found of a model that the configuration names."""
    table = f'[model]\nurl = "{url}"\nname = "llama3"\ntimeout = "1s"\n{more}\n'
    (tmp_path / "newsthread.toml").write_text(table + CONFIG, encoding="utf-8")
    found = await checking.look(environment(tmp_path, MODEL_API_KEY=key), None)
    return [finding for finding in found if finding.part == "model"]


async def test_a_model_without_a_budget_is_not_asked(tmp_path: Path) -> None:
    (row,) = await asked_model(tmp_path, "http://127.0.0.1:1/v1", more="tokens_a_day = 0")
    assert (row.verdict, row.said) == (Verdict.NOTE, "is never asked: tokens_a_day is 0")


async def test_a_platform_that_there_is_not_is_named(tmp_path: Path) -> None:
    """Its alerts would wait for ever."""
    text = CONFIG.replace("sandbox:deportations", "discrod:1/2")
    (tmp_path / "newsthread.toml").write_text(text, encoding="utf-8")
    (row,) = await wrong(environment(tmp_path))
    assert "'discrod'" in row.said
    assert "discord" in row.remedy


async def test_a_database_with_damage_deep_inside_is_found(tmp_path: Path) -> None:
    """Opening reads only the beginning."""
    environ = environment(tmp_path)
    await prepare(environ["DATABASE_URL"])
    file = tmp_path / "newsthread.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'hits'")
        page, size = root.fetchone()[0], connection.execute("PRAGMA page_size").fetchone()[0]
    data = bytearray(file.read_bytes())
    data[(page - 1) * size : page * size] = b"\x55" * size
    file.write_bytes(data)
    (row,) = await wrong(environ)
    assert (row.part, row.code) == ("database", 3)
    assert "estore a backup" in row.remedy


async def test_a_watch_of_chat_whose_pack_is_gone_is_found(tmp_path: Path) -> None:
    """The start would be refused."""
    environ = environment(tmp_path)
    await prepare(environ["DATABASE_URL"])
    store = await SqlStore.open(environ["DATABASE_URL"])
    watch = Watch(
        id=WatchId(0),
        scope=Scope("discord", "1"),
        name="own",
        query="pack:own",
        channels=(Channel.parse("discord:1/2"),),
        created_at=NOON,
    )
    async with store.transaction() as tx:
        await tx.watches.add(watch)
    await store.close()
    (row,) = await wrong(environ)
    assert "'own', set up in chat" in row.said
    assert "Bring back the pack" in row.remedy


async def test_a_database_that_cannot_be_made_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    url = f"sqlite+aiosqlite:///{tmp_path / 'file' / 'x.db'}"
    (row,) = await wrong(environment(tmp_path, DATABASE_URL=url))
    assert "cannot be made in" in row.said
    assert "change DATABASE_URL" in row.remedy


@pytest.mark.parametrize(
    ("result", "verdict", "remedy"),
    [
        (RESULT, Verdict.OK, ""),
        (replace(RESULT, outcome=Outcome.NOT_MODIFIED), Verdict.OK, ""),
        (replace(RESULT, outcome=Outcome.OK_LOOSE), Verdict.NOTE, ""),
        (replace(RESULT, outcome=Outcome.DEFERRED, reason="later"), Verdict.NOTE, ""),
        (
            replace(RESULT, outcome=Outcome.MOVED, moved_to="https://b.example/"),
            Verdict.NOTE,
            "Use https://b.example/",
        ),
        (replace(RESULT, outcome=Outcome.GONE, reason="410"), Verdict.WRONG, "Remove the feed"),
        (replace(RESULT, outcome=Outcome.REFUSED, reason="x"), Verdict.WRONG, "ALLOW_ADDRESSES"),
        (replace(RESULT, outcome=Outcome.ERROR, reason="x"), Verdict.WRONG, "in a browser"),
        (
            replace(RESULT, outcome=Outcome.ERROR, feeds=(FoundFeed(url="https://c.example/"),)),
            Verdict.WRONG,
            "It links feeds: https://c.example/",
        ),
    ],
)
def test_each_end_of_a_poll_has_its_words(
    result: PollResult, verdict: Verdict, remedy: str
) -> None:
    found = checking.polled(feed("a"), result)
    assert (found.verdict, found.code) == (verdict, 1)
    assert remedy in found.remedy
    assert bool(found.remedy) == bool(remedy)


def test_the_table_says_the_state_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colour alone is lost in a pipe; a stranger's brackets are text, not style."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    show([Finding(part="feed", what="[red]A", verdict=Verdict.WRONG, said="404", remedy="Mend")])
    (line,) = [line for line in out.getvalue().splitlines() if "404" in line]
    assert line.split() == ["feed", "[red]A", "wrong", "404", "Mend"]
