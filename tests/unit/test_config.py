"""Each mistake in the configuration or the environment stops the start, and says how to mend it."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.config import read_config
from bot.domain.errors import ConfigError
from bot.domain.models import Model
from bot.environment import read_environment
from bot.exporting import Kept, to_toml

GOOD = """
[defaults]
every = "10m"
backfill = 2
[[feeds]]
url = "https://example.org/feed.xml"
name = "Example"
[[watches]]
name = "cecot"
query = "pack:cecot"
channels = ["sandbox:deportations", "discord:1/2"]
[[channels]]
id = "sandbox:deportations"
tz = "Europe/Madrid"
quiet = "22:00-07:00"
"""


def config_file(folder: Path, text: str) -> Path:
    path = folder / "newsthread.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_becomes_domain_types(tmp_path: Path) -> None:
    """No pydantic past this point."""
    config = read_config(config_file(tmp_path, GOOD))
    assert [feed.name for feed in config.feeds] == ["Example"]
    assert config.watches[0].backfill == 2
    assert str(config.watches[0].channels[1]) == "discord:1/2"
    assert str(config.channels[0].quiet) == "22:00-07:00"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("backfill = 2", "backfil = 2", "defaults.backfil: is no known key"),
        ('query = "pack:cecot"', 'query = "cecot OR"', "watches[0].query"),
        ('query = "pack:cecot"', 'query = "pack:nope"', "watches[0].query"),
        ('name = "Example"', "", "feeds[0].name"),
        ('every = "10m"', 'every = "10 parsecs"', "defaults.every"),
        ('every = "10m"', 'every = "1m"', "defaults.every"),
        ("https://example.org/feed.xml", "ftp://example.org/feed", "feeds[0].url"),
        ("sandbox:deportations", "deportations", "watches[0].channels"),
        ("Europe/Madrid", "Europe/Madird", "channels[0].tz"),
        ("22:00-07:00", "22:00-22:00", "channels[0].quiet"),
        ('tz = "Europe/Madrid"', 'digest = ["8am"]', "'8am' is no time of day"),
        ('tz = "Europe/Madrid"', 'digest = ["24:00"]', "'24:00' is no time of day"),
        ('tz = "Europe/Madrid"', 'digest_days = ["today"]', "'today' is no day: write mon, tue"),
        ('name = "Example"', 'name = "A"\nworkspace = "discord"', "write it as discord/ID"),
        ('name = "cecot"', 'name = "Cecot!"', "watches[0].name"),
        ("[defaults]", "[defaults", "is not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    """File, key, what is wrong, and how to mend it."""
    path = config_file(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.remedy


def test_two_watches_of_one_name_are_refused(tmp_path: Path) -> None:
    """People call a watch by its name."""
    again = GOOD + '[[watches]]\nname = "cecot"\nquery = "x"\nchannels = ["sandbox:a"]\n'
    with pytest.raises(ConfigError, match="stands there twice"):
        read_config(config_file(tmp_path, again))


def test_a_watch_cannot_be_limited_to_a_feed_that_is_not_there(tmp_path: Path) -> None:
    """A misspelt name would make the watch silent."""
    limited = GOOD.replace('query = "pack:cecot"', 'query = "pack:cecot"\nfeeds = ["Exmaple"]')
    with pytest.raises(ConfigError, match="no feed is called 'Exmaple'"):
        read_config(config_file(tmp_path, limited))


def private(tmp_path: Path, url: str, **environ: str) -> str:
    """Return the address of a feed that the file gives as `url`."""
    file = config_file(tmp_path, GOOD.replace("https://example.org/feed.xml", url))
    environment = read_environment({"NEWSTHREAD_CONFIG": str(file), **environ})
    return read_config(environment.config, environment.feed_secrets).feeds[0].url


def test_a_feeds_secrets_come_from_the_environment(tmp_path: Path) -> None:
    """The file is reviewed like code; what they hold cannot change where the address leads."""
    login = tmp_path / "login"
    login.write_text("ana:p@ss/w%rd\n", encoding="utf-8")
    given = {
        "FEED_LOGIN_FILE": str(login),
        "FEED_TOKEN": "a&b=c",
        "FEED_ALL": "https://b.example/?k=%41",
    }
    url = private(tmp_path, "https://${FEED_LOGIN}@example.org/f?token=${FEED_TOKEN}", **given)
    assert url == "https://ana:p%40ss%2Fw%25rd@example.org/f?token=a%26b%3Dc"
    assert private(tmp_path, "${FEED_ALL}", **given) == "https://b.example/?k=%41"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://a.example/?token=${FEED_NONE}", "names ${FEED_NONE}, which is not set"),
        ("https://a.example/?token=${DISCORD_TOKEN}", "which is not set"),
        ("https://***@a.example/", "has *** in place of a secret"),
        ("ftp://ana:canary@a.example/", "'ftp://***@a.example/' is no web address"),
    ],
)
def test_a_private_feed_that_cannot_be_read_is_refused(tmp_path: Path, url: str, said: str) -> None:
    """The bot's own tokens are no feed's, and a secret is shown in no error."""
    with pytest.raises(ConfigError) as caught:
        private(tmp_path, url, DISCORD_TOKEN="canary")  # noqa: S106 - no password
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_private_feed_that_stands_there_twice_is_named_without_its_secret(
    tmp_path: Path,
) -> None:
    twice = '[[feeds]]\nname = "{}"\nurl = "https://ana:canary@a.example/"\n'
    with pytest.raises(ConfigError, match="twice") as caught:
        read_config(config_file(tmp_path, twice.format("a") + twice.format("b")))
    assert "canary" not in str(caught.value)


def test_the_public_address_is_one_that_hubs_could_send_to() -> None:
    """Without it nobody is asked to send anything."""

    def public(given: str) -> str:
        return read_environment({"NEWSTHREAD_PUBLIC_URL": given}).public()

    assert public("") == ""
    assert public("https://News.Example.org/nt/") == "https://news.example.org/nt"
    for wrong in ("news.example.org", "https://", "https://a.example/?x", "https://u:p@a.example"):
        with pytest.raises(ConfigError, match="NEWSTHREAD_PUBLIC_URL"):
            public(wrong)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        read_config(tmp_path / "nowhere.toml")


def test_the_environment_has_defaults() -> None:
    """`make run` needs no variable."""
    environment = read_environment({})
    assert environment.port == 8080
    assert environment.networks() == ()


def test_a_variable_may_stand_in_a_file(tmp_path: Path) -> None:
    """Secrets are mounted as files."""
    path = tmp_path / "url"
    path.write_text("sqlite+aiosqlite:///elsewhere.db\n", encoding="utf-8")
    environment = read_environment({"DATABASE_URL_FILE": str(path)})
    assert environment.database_url == "sqlite+aiosqlite:///elsewhere.db"


@pytest.mark.parametrize("port", ["web", "99999", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    """By the variable's name."""
    with pytest.raises(ConfigError, match="PORT"):
        read_environment({"PORT": port})


def test_networks_are_read_and_mistakes_named() -> None:
    """The address guard's one off switch must not be misread."""
    allowed = read_environment({"NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/8, 10.0.0.0/8"})
    assert allowed.networks() == (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))
    wrong = read_environment({"NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/99"})
    with pytest.raises(ConfigError, match="NEWSTHREAD_ALLOW_ADDRESSES"):
        wrong.networks()


def test_what_is_not_given_is_not_looked_up_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo gives an environment without tokens, and must not find a real one all the same."""
    monkeypatch.setenv("DISCORD_TOKEN", "a-real-one")
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    found = read_environment({})
    assert not found.discord_token.get_secret_value()
    assert not found.slack_client_id


MODEL = """
[model]
url = "http://127.0.0.1:11434/v1"
name = "llama3.1:8b"
tokens_a_day = 50_000
timeout = "20s"

[[channels]]
id = "sandbox:quiet"
pings = "off"
model = false

[[channels]]
id = "sandbox:loud"
pings = 20
"""


def test_a_model_and_the_cap_of_pings_are_read_and_written_out_again(tmp_path: Path) -> None:
    """An export says the same."""
    file = tmp_path / "newsthread.toml"
    file.write_text(MODEL, encoding="utf-8")
    read = read_config(file)
    kept = Kept(
        feeds=(),
        watches=(),
        channels=read.channels,
        every=read.every,
        backfill=read.backfill,
        pages=read.pages,
        model=read.model,
    )
    file.write_text(to_toml(kept), encoding="utf-8")
    again = read_config(file)
    assert read.model == Model(
        url="http://127.0.0.1:11434/v1",
        name="llama3.1:8b",
        tokens_a_day=50_000,
        timeout=timedelta(seconds=20),
    )
    assert [(one.pings, one.model) for one in read.channels] == [(None, False), (20, True)]
    assert again.model == read.model
    assert set(again.channels) == set(read.channels)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://models.example/v1", "no web address"),
        ("http://", "no web address"),
        ("https://me:secret@models.example/v1", "MODEL_API_KEY"),
        ("https://models.example/v1?key=secret", "MODEL_API_KEY"),
    ],
)
def test_a_models_address_is_an_address_and_no_more(tmp_path: Path, url: str, problem: str) -> None:
    """A key in it would stand in the file, and in the log."""
    file = tmp_path / "newsthread.toml"
    file.write_text(f'[model]\nurl = "{url}"\nname = "m"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=problem) as raised:
        read_config(file)
    assert "secret" not in str(raised.value)
