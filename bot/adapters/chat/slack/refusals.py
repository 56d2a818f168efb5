"""What Slack's refusals mean for delivery: one table, pure.

Slack answers nearly all with status 200, and says in `error` what is wrong.
Sources: https://docs.slack.dev/reference/methods/chat.postMessage (errors), the same pages of
chat.update, conversations.history and conversations.replies, and
https://docs.slack.dev/apis/web-api/rate-limits
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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

DEFAULT_WAIT = timedelta(seconds=30)
"""How long to wait where Slack does not say."""
LONGEST_WAIT = timedelta(hours=24)
SHORTEST_WAIT = timedelta(seconds=1)  # Retry-After counts whole seconds

LIMITS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
TOKEN_ERRORS = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)
"""The app was removed from the workspace, or its token is none."""
TOKEN_REFUSED = "Slack refuses the app's token of this workspace: install the app there again"  # noqa: S105 -- words

UNKNOWN = (
    "fatal_error",  # "it's possible some aspect of the operation succeeded before the error"
    "internal_error",
    "service_unavailable",
)
"""Slack's words for failures that prove nothing; what is not in the tables counts among them."""

_KINDS: Mapping[type[DeliveryError], tuple[str, ...]] = {
    ChannelGoneError: (
        "channel_not_found",  # deleted, or private and without the bot
        "channel_type_not_supported",
        "is_archived",
        "is_inactive",
        "team_not_found",
    ),
    CardGoneError: ("invalid_thread_ts", "message_not_found", "thread_not_found"),
    ThreadLockedError: ("restricted_action_thread_locked",),
    ForbiddenError: (
        "access_denied",
        "accesslimited",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_in_channel",  # somebody removed the bot, and may invite it again
        "org_login_required",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "team_access_not_granted",
        "two_factor_setup_required",
        *TOKEN_ERRORS,
    ),
    NotSentError: (
        "request_timeout",  # the body did not arrive whole
        "team_added_to_org",  # the workspace is being moved
    ),
    RefusedError: (
        "attachment_payload_limit_exceeded",
        "cannot_reply_to_message",
        "cant_delete_message",
        "cant_update_message",
        "deprecated_endpoint",
        "duplicate_external_id",
        "edit_window_closed",
        "exchanged_trigger_id",
        "expired_trigger_id",
        "file_not_found",
        "hash_conflict",
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_charset",
        "invalid_form_data",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "invalid_post_type",
        "invalid_trigger_id",
        "markdown_text_conflict",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "method_deprecated",
        "missing_post_type",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "not_found",
        "push_limit_reached",
        "too_many_attachments",
        "trigger_expired",
        "trigger_exchanged",
        "unknown_method",
        "user_not_found",
        "user_not_in_channel",
        "view_too_large",
    ),
}
_IN_WORDS: Mapping[str, str] = {
    "account_inactive": "the app was removed from the workspace",
    "channel_not_found": "it is deleted, or private and without the bot",
    "file_not_found": "Slack does not find the file",
    "is_archived": "it is archived",
    "is_inactive": "it is archived",
    "not_in_channel": "the bot is not in it",
    "restricted_action": "the workspace's admins do not let the bot do that",
    "restricted_action_read_only_channel": "only some may post there",
    "restricted_action_thread_only_channel": "only replies may be posted there",
    "user_not_in_channel": "the person is not in it",
}
"""What admins read of a channel's trouble, before Slack's own word."""
ERRORS: Mapping[str, type[DeliveryError]] = {
    error: kind for kind, errors in _KINDS.items() for error in errors
}
"""What Slack's words mean."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request."""

    status: int
    headers: Mapping[str, str]  # names in any case
    data: Any  # as it was read from JSON; None where it was none

    @property
    def said(self) -> Mapping[str, Any]:
        """The body as an object, empty where it is none."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def ok(self) -> bool:
        """Whether Slack did what it was asked."""
        return self.status == 200 and self.said.get("ok") is True

    @property
    def error(self) -> str:
        """Slack's word for what is wrong; "" where it gives none."""
        error = self.said.get("error")
        return error if isinstance(error, str) and self.said.get("ok") is False else ""


class AnswerError(Exception):
    """Slack answered, and not with success; the cause of what `refusal` makes of it."""

    def __init__(self, answer: Answer) -> None:
        """Keep the answer."""
        super().__init__(words(answer))
        self.answer = answer


def refusal(answer: Answer, where: str) -> DeliveryError:
    """Return what an answer that is no success means.

    A word of Slack's that is known proves whether the request was carried out. Another one, a 3xx
    and a 5xx leave that open, as does an answer that is not Slack's.

    Args:
        answer: It is not `ok`.
        where: The channel, for the error's text.
    """
    if answer.status == 429 or answer.error in LIMITS:
        return RateLimitError(where, wait(answer.headers))
    reason = words(answer)
    if answer.error in TOKEN_ERRORS:
        return ForbiddenError(where, f"{TOKEN_REFUSED} ({answer.error})")
    if not answer.error:
        refused = 400 <= answer.status < 500  # a proxy's word is none about the message
        return NotSentError(where, reason) if refused else DeliveryError(where, reason)
    if answer.status >= 500:
        return DeliveryError(where, reason)
    return ERRORS.get(answer.error, DeliveryError)(where, reason)


def error_of(error: DeliveryError) -> str:
    """Return Slack's own word behind an error; "" where there is none."""
    cause = error.__cause__
    return cause.answer.error if isinstance(cause, AnswerError) else ""


def wait(headers: Mapping[str, str]) -> timedelta:
    """Return how long Slack asks us to wait: between `SHORTEST_WAIT` and `LONGEST_WAIT`."""
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if math.isnan(seconds):
        return DEFAULT_WAIT
    longest, shortest = LONGEST_WAIT.total_seconds(), SHORTEST_WAIT.total_seconds()
    return timedelta(seconds=min(max(seconds, shortest), longest))


def words(answer: Answer) -> str:
    """Return what Slack says is wrong, in a line for the log and for `/why`."""
    if not answer.error:
        missing = "" if answer.said else ": an answer of no JSON"
        return f"HTTP {answer.status}{missing}"
    plain = _IN_WORDS.get(answer.error)
    parts = [f"{plain} ({answer.error})" if plain else answer.error]
    if needed := answer.said.get("needed"):
        parts.append(f"needs the scope {needed}")
    about = answer.said.get("response_metadata")
    told = about.get("messages") if isinstance(about, dict) else None
    if isinstance(told, list):
        parts += [str(one) for one in told[:3]]
    if answer.status != 200:
        parts.insert(0, f"HTTP {answer.status}")
    return ": ".join(parts)[:300]
