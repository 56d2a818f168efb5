"""What a log line must never hold."""

import io
import json
import logging

import pytest
import structlog

from bot.logs import cleaned, configure_logs


def test_secrets_are_masked() -> None:
    """Tokens and passwords of addresses, in any value."""
    said = str(cleaned("GET https://me:pw12@example.org/?token=abcdef1 xoxb-123456789012-abcdef"))
    assert "pw12" not in said
    assert "abcdef" not in said
    assert said == "GET https://***@example.org/?[secret] [secret]"


@pytest.mark.parametrize(
    "secret",
    [
        "//s3cr3tuser@a.example",
        "//a.example/s3cr3t0123456789abcdef012345.rss",
        "//a.example?pwd=s3cr3t",
    ],
)
def test_addresses_are_masked_wherever_they_stand(secret: str) -> None:
    """As they are in answers: also a user alone, and a token that is part of the path."""
    assert "s3cr3t" not in str(cleaned(f"GET “https:{secret}” failed (http:{secret})"))


@pytest.mark.parametrize(
    "said",
    [
        "xapp-1-A0123-456-s3cr3t",
        "xoxe.xoxb-1-s3cr3ts3cr3t",
        "wss://wss-primary.slack.com/link/?ticket=s3cr3t&app_id=A1",
        "https://hooks.slack.com/commands/T1/22/s3cr3t",
        "GET /slack/oauth_redirect?code=s3cr3t&state=s3cr3t",
        "client_id=1&client_secret=s3cr3t",
    ],
)
def test_slacks_secrets_are_masked(said: str) -> None:
    """Tokens, addresses of sockets and of answers, codes of installations."""
    assert "s3cr3t" not in str(cleaned(said))


@pytest.mark.parametrize("said", ["sk-proj-s3cr3ts3cr3ts3cr3t", "authorization: Bearer s3cr3ts3"])
def test_a_models_key_is_masked(said: str) -> None:
    """As services write theirs, and as any is sent."""
    assert "s3cr3t" not in str(cleaned(f"failed with {said}"))


def test_control_characters_are_shown_and_not_obeyed() -> None:
    """A title must not write to the operator's terminal, nor forge a line."""
    assert cleaned("a\x1b[31mb\u202ec\r") == "a\\x1b[31mb\\x202ec\\x0d"


def test_long_values_are_cut_and_other_values_cleaned_within() -> None:
    """A body in a log is a mistake that must stay small."""
    assert len(str(cleaned("x" * 9_999))) == 2_001
    assert cleaned({"a": ["\x00"], "n": 1}) == {"a": ["\\x00"], "n": 1}
    assert cleaned(ValueError("\x07")) == "ValueError: \\x07"


def test_a_line_is_json_where_nobody_looks_on() -> None:
    """One event, its values as keys."""
    stream = io.StringIO()
    configure_logs("info", stream)
    try:
        structlog.get_logger().info("feed_polled", feed="A\x1b")
        structlog.get_logger().debug("unseen")
    finally:
        structlog.reset_defaults()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["feed"] == "A\\x1b"


def test_what_libraries_say_is_as_clean_and_in_the_same_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They quote what came from outside, in tracebacks too; a skipped tick is no trouble."""
    stream, root = io.StringIO(), logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    for name in ("apscheduler", "slack_bolt"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    configure_logs("info", stream)
    structlog.reset_defaults()
    logging.getLogger("apscheduler.scheduler").warning("skipped")
    logging.getLogger("asyncio").info("unseen")
    fault = ValueError("https://a.example/?token=s3cr3t")
    logging.getLogger("asyncio").error("A\x1b", exc_info=fault)
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"]) == ("A\\x1b", "error")
    assert "ValueError: https://a.example/?[secret]" in said["exception"]
