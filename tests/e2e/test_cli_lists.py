"""Lists of feeds, the export and a try of a query, as a person at a terminal meets them."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.e2e.cli import CONFIG, bot, rows

pytestmark = pytest.mark.slow

OPML = """<opml version="2.0"><body>
<outline text="News"><outline text="One &amp; only" xmlUrl="https://one.example/feed"/></outline>
<outline text="Twin" xmlUrl="https://one.example/feed/"/>
<outline text="Configured" xmlUrl="http://127.0.0.1:9/feed.xml"/>
<outline text="Script" xmlUrl="javascript:alert(1)"/>
<outline text="Secret" xmlUrl="https://two.example/feed?token=s3cr3tvalue"/>
</body></opml>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder where the program has run once, and a list of feeds."""
    (tmp_path / "list.opml").write_text(OPML, encoding="utf-8")
    assert bot(tmp_path, "once").returncode == 0
    return tmp_path


def test_a_list_is_taken_on_and_given_back(folder: Path) -> None:
    """A row a feed; doubles are skipped, what is no address is named, a restart keeps it all."""
    done = bot(folder, "feeds", "import", str(folder / "list.opml"), "--json")
    told = {row["url"]: row["outcome"] for row in rows(done.stdout)}
    assert told == {
        "https://one.example/feed": "added",
        "https://one.example/feed/": "known",
        "http://127.0.0.1:9/feed.xml": "known",
        "javascript:alert(1)": "unusable",
        "https://two.example/feed?token=***": "added",
    }
    assert done.returncode == 1
    assert bot(folder, "once").returncode == 0
    exported = folder / "out.opml"
    masked = bot(folder, "feeds", "export", str(exported))
    assert (masked.returncode, "token=***" in exported.read_text(encoding="utf-8")) == (0, True)
    assert "--secrets writes them whole" in masked.stderr
    assert bot(folder, "feeds", "export", "--secrets", str(exported)).returncode == 0
    assert "token=s3cr3tvalue" in exported.read_text(encoding="utf-8")
    again = bot(folder, "feeds", "import", str(exported))
    assert again.returncode == 0
    assert again.stdout.count("outcome=known") == 3
    listed = {
        row["name"]: row["configured"]
        for row in rows(bot(folder, "feeds", "export", "--json").stdout)
    }
    assert listed == {"Example": True, "One & only": False, "Secret": False}


@pytest.mark.parametrize(
    ("feed", "code", "outcome"),
    [
        ("One & only", 0, "removed"),
        pytest.param("one.example/feed", 0, "removed", marks=pytest.mark.soak),
        pytest.param("Nowhere", 1, "unknown", marks=pytest.mark.soak),
    ],
)
def test_an_imported_feed_is_removed_by_name_or_address(
    folder: Path, feed: str, code: int, outcome: str
) -> None:
    bot(folder, "feeds", "import", str(folder / "list.opml"))
    done = bot(folder, "feeds", "remove", feed, "--json")
    assert (done.returncode, rows(done.stdout)[0]["outcome"]) == (code, outcome)
    again = bot(folder, "feeds", "remove", feed)
    assert again.returncode == 1


def test_a_feed_of_the_file_is_removed_there(folder: Path) -> None:
    """Or it would be back at the next start."""
    done = bot(folder, "feeds", "remove", "Example")
    assert done.returncode == 2
    assert "Remove its [[feeds]] table there" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"), [("<opml><body/></opml>", "lists no feed"), (None, "cannot be read")]
)
def test_a_file_that_is_no_list_is_said(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "list.opml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    done = bot(tmp_path, "feeds", "import", str(file))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_set_up_moves_to_another_machine_by_one_file(folder: Path, tmp_path: Path) -> None:
    """`check` accepts it, the new machine has the same, and writes the same bytes."""
    bot(folder, "feeds", "import", str(folder / "list.opml"))
    out = folder / "exported.toml"
    assert bot(folder, "export-config", "--secrets", str(out)).returncode == 0
    text = out.read_text(encoding="utf-8")
    assert [feed["name"] for feed in tomllib.loads(text)["feeds"]] == [
        "Example", "One & only", "Secret",
    ]  # fmt: skip
    there = tmp_path / "there"
    there.mkdir()
    (there / "newsthread.toml").write_text(text, encoding="utf-8")
    assert bot(there, "check").returncode == 0
    assert bot(there, "once").returncode == 0
    assert bot(there, "export-config", "--secrets").stdout == text


def test_a_target_that_cannot_be_written_is_said(folder: Path) -> None:
    """The old file stays whole: the new one takes its place only when it is there."""
    done = bot(folder, "export-config", str(folder / "none" / "x.toml"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_an_export_without_a_database_says_what_to_run(tmp_path: Path) -> None:
    done = bot(tmp_path, "feeds", "export")
    assert done.returncode == 3
    assert "run `python -m bot migrate`" in done.stderr


def test_migrate_says_what_it_did(tmp_path: Path) -> None:
    first = json.loads(bot(tmp_path, "migrate", "--json").stdout)
    second = json.loads(bot(tmp_path, "migrate", "--json").stdout)
    assert (first["before"], first["changed"], second["changed"]) == (None, True, False)
    assert "already at schema" in bot(tmp_path, "migrate").stdout


def test_a_query_is_explained_also_without_articles(tmp_path: Path) -> None:
    """Trying makes no database; packs beside the configuration count."""
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "own.toml").write_text(
        'name = "own"\n[terms]\nnames = ["cecot"]\n', encoding="utf-8"
    )
    done = bot(tmp_path, "watch", "test", "pack:own -football")
    assert done.returncode == 0
    assert "No articles of the last 14 days are stored" in done.stdout
    assert not (tmp_path / "newsthread.db").exists()


def test_a_wrong_query_is_marked(tmp_path: Path) -> None:
    done = bot(tmp_path, "watch", "test", "cecot OR", "--json")
    assert done.returncode == 2
    assert "^" in done.stderr
    assert bot(tmp_path, "watch", "test", "cecot", "--days", "0").returncode == 2


def test_check_tells_each_part_and_polls_feeds_if_asked(folder: Path) -> None:
    """Exit code 1: all is set up well, but a feed does not answer."""
    assert bot(folder, "check").returncode == 0
    done = bot(folder, "check", "--feeds", "--json")
    told = {(row["part"], row["what"]): row for row in rows(done.stdout)}
    feed = told["feed", "Example (http://127.0.0.1:9/feed.xml)"]
    assert done.returncode == 1
    assert feed["state"] == "wrong"
    assert feed["said"]
    assert feed["remedy"]
    assert told["database", "file"]


def test_check_says_which_token_is_missing(tmp_path: Path) -> None:
    """Before the first start says it."""
    config = CONFIG.replace("sandbox:deportations", "discord:1/2")
    (tmp_path / "newsthread.toml").write_text(config, encoding="utf-8")
    done = bot(tmp_path, "check", env={"DISCORD_TOKEN": ""})
    assert done.returncode == 2
    assert "DISCORD_TOKEN" in done.stdout
    assert "is not set, but channels of the platform are" in " ".join(done.stdout.split())
