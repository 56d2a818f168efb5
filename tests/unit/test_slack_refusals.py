"""What Slack says, sorted into what follows for delivery."""

from datetime import timedelta

import pytest

from bot.adapters.chat.slack.refusals import (
    DEFAULT_WAIT,
    ERRORS,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    TOKEN_ERRORS,
    UNKNOWN,
    Answer,
    AnswerError,
    error_of,
    refusal,
    wait,
)
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
    ThreadLockedError,
)


def said(error: str, status: int = 200, **more: object) -> DeliveryError:
    return refusal(Answer(status, {}, {"ok": False, "error": error, **more}), "here")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("channel_not_found", ChannelGoneError),
        ("is_archived", ChannelGoneError),
        ("message_not_found", CardGoneError),
        ("thread_not_found", CardGoneError),
        ("restricted_action_thread_locked", ThreadLockedError),
        ("not_in_channel", ForbiddenError),
        ("missing_scope", ForbiddenError),
        ("restricted_action", ForbiddenError),
        ("invalid_auth", ForbiddenError),
        ("token_revoked", ForbiddenError),
        ("account_inactive", ForbiddenError),
        ("request_timeout", NotSentError),
        ("invalid_blocks", RefusedError),
        ("msg_blocks_too_long", RefusedError),
        ("edit_window_closed", RefusedError),
        ("ratelimited", RateLimitError),
        ("rate_limited", RateLimitError),
        ("message_limit_exceeded", RateLimitError),
        ("internal_error", DeliveryError),
        ("fatal_error", DeliveryError),
        ("service_unavailable", DeliveryError),
        ("a_word_of_tomorrow", DeliveryError),
    ],
)
def test_each_word_has_one_meaning(error: str, kind: type[DeliveryError]) -> None:
    """A word that is not known proves nothing: whoever sends again looks first."""
    assert type(said(error)) is kind


def test_no_word_that_proves_nothing_is_in_the_table() -> None:
    assert not set(UNKNOWN) & set(ERRORS)


@pytest.mark.parametrize(
    ("status", "data", "kind"),
    [
        (500, None, DeliveryError),
        (502, None, DeliveryError),
        (503, "", DeliveryError),
        (504, {}, DeliveryError),
        (302, None, DeliveryError),
        (200, None, DeliveryError),
        (200, ["ok"], DeliveryError),
        (200, {"error": "is_archived"}, DeliveryError),
        (200, {"ok": False, "error": 7}, DeliveryError),
        (403, None, NotSentError),
        (404, {}, NotSentError),
        (413, None, NotSentError),
        (429, None, RateLimitError),
        (500, {"ok": False, "error": "channel_not_found"}, DeliveryError),
    ],
)
def test_an_answer_that_is_not_slacks_says_nothing_for_good(
    status: int, data: object, kind: type[DeliveryError]
) -> None:
    """Whoever stands before Slack may refuse with HTML; the channel is not gone for that."""
    assert type(refusal(Answer(status, {}, data), "here")) is kind


@pytest.mark.parametrize("error", sorted(TOKEN_ERRORS))
def test_a_refused_token_says_what_to_do(error: str) -> None:
    found = said(error)
    assert "install the app there again" in found.reason
    assert error in found.reason


def test_what_an_admin_reads_of_a_channel_is_said_in_words() -> None:
    assert said("is_archived").reason == "it is archived (is_archived)"


def test_a_missing_scope_is_named() -> None:
    found = said("missing_scope", needed="channels:history", provided="chat:write")
    assert found.reason == "missing_scope: needs the scope channels:history"


def test_what_is_wrong_with_a_block_is_said() -> None:
    about = {"messages": ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/0]"]}
    found = said("invalid_blocks", response_metadata=about)
    assert found.reason.startswith("invalid_blocks: [ERROR] must be less than 3001")


@pytest.mark.parametrize(
    ("status", "data", "words"),
    [
        (502, None, "HTTP 502: an answer of no JSON"),
        (502, {"x": 1}, "HTTP 502"),
        (503, {"ok": False, "error": "internal_error"}, "HTTP 503: internal_error"),
        (200, {"ok": False, "error": "internal_error", "response_metadata": 3}, "internal_error"),
    ],
)
def test_the_reason_is_what_slack_said(status: int, data: object, words: str) -> None:
    assert refusal(Answer(status, {}, data), "here").reason == words


def test_a_reason_is_no_longer_than_a_line() -> None:
    assert len(said("x" * 5_000).reason) == 300


def test_slacks_word_can_be_asked_for_by_who_knows_what_to_do_about_it() -> None:
    found = said("not_in_channel")
    found.__cause__ = AnswerError(Answer(200, {}, {"ok": False, "error": "not_in_channel"}))
    assert error_of(found) == "not_in_channel"
    assert error_of(DeliveryError("here", "reset")) == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("7", timedelta(seconds=7)),
        ("7200", timedelta(hours=2)),
        ("0", SHORTEST_WAIT),
        ("-5", SHORTEST_WAIT),
        ("inf", LONGEST_WAIT),
        ("nan", DEFAULT_WAIT),
        ("Wed, 21 Oct 2026 07:28:00 GMT", DEFAULT_WAIT),
        ("", DEFAULT_WAIT),
    ],
)
def test_any_retry_after_is_read_as_a_sane_wait(given: str, expected: timedelta) -> None:
    assert wait({"retry-after": given}) == wait({"Retry-After": given}) == expected
    assert wait({}) == DEFAULT_WAIT
