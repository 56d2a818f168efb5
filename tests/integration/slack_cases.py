"""The faults of Slack's that everything that is sent has to come through."""

from dataclasses import dataclass, field
from typing import Any

from bot.domain.messages import AlertState

DUE, UNKNOWN, SENT = AlertState.DUE, AlertState.UNKNOWN, AlertState.SENT
FAILED, DROPPED = AlertState.FAILED, AlertState.DROPPED


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, and what it comes to."""

    fault: str
    about: dict[str, Any] = field(default_factory=dict)
    first: AlertState = UNKNOWN
    last: AlertState = SENT
    says: str = ""


def error(word: str, *, first: AlertState = DUE, last: AlertState = SENT, says: str = "") -> Case:
    return Case(fault="error", about={"error": word}, first=first, last=last, says=says or word)


CASES = {
    "429": Case(
        fault="rate limit", about={"retry_after": 1}, first=DUE, says="rate limited for 1 s"
    ),
    "rate_limited": error("rate_limited", says="rate limited for 30 s"),
    "invalid_auth": error("invalid_auth"),
    "token_revoked": error("token_revoked"),
    "account_inactive": error("account_inactive"),
    "missing_scope": error("missing_scope"),
    "not_in_channel": error("not_in_channel", says="/invite"),
    "invalid_blocks": error("invalid_blocks", first=FAILED, last=FAILED),
    "an unknown word": error("a_word_of_tomorrow", first=UNKNOWN),
    **{
        f"{word}{' after it was taken' * taken}": Case(
            fault="error", about={"error": word, "taken": taken}, says=word
        )
        for word in ("internal_error", "fatal_error")
        for taken in (False, True)
    },
    **{
        f"{code}{' after it was taken' * taken}": Case(
            fault="status", about={"status": code, "taken": taken}, says=f"HTTP {code}"
        )
        for code in (500, 502, 503, 504)
        for taken in (False, True)
    },
    "HTML": Case(fault="html", about={"status": 502}, says="HTTP 502"),
    "HTML after it was taken": Case(
        fault="html", about={"status": 200, "taken": True}, says="no JSON"
    ),
    "403 of a proxy": Case(fault="html", about={"status": 403}, first=DUE, says="HTTP 403"),
    **{
        f"{fault}{' after it was taken' * taken}": Case(fault=fault, about={"taken": taken})
        for fault in ("drop", "reset")
        for taken in (False, True)
    },
}
