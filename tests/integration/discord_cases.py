"""Each fault of Discord's: how the twin is told to make it, and what it comes to."""

from dataclasses import dataclass, field
from typing import Any

from bot.domain.messages import AlertState

DUE, UNKNOWN, SENT = AlertState.DUE, AlertState.UNKNOWN, AlertState.SENT
FAILED = AlertState.FAILED


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, and what it comes to."""

    fault: str
    about: dict[str, Any] = field(default_factory=dict)
    first: AlertState = UNKNOWN
    last: AlertState = SENT
    says: str = ""


def status(number: int, *, taken: bool = False, **more: Any) -> dict[str, Any]:
    return {"status": number, "taken": taken, **more}


CASES = {
    "429 route": Case(
        fault="rate limit",
        about={"scope": "user", "retry_after": 0.4},
        first=DUE,
        says="rate limited",
    ),
    "429 shared": Case(
        fault="rate limit",
        about={"scope": "shared", "retry_after": 0.4},
        first=DUE,
        says="rate limited",
    ),
    "429 global": Case(
        fault="rate limit",
        about={"scope": "global", "retry_after": 0.4},
        first=DUE,
        says="rate limited",
    ),
    "429 without Via": Case(
        fault="rate limit", about={"via": False, "retry_after": 0.4}, first=DUE, says="rate limited"
    ),
    "401": Case(fault="status", about=status(401), first=DUE, says="DISCORD_TOKEN"),
    "403": Case(fault="status", about=status(403, code=50013), first=DUE, says="50013"),
    "403 HTML": Case(fault="html", about=status(403), first=DUE, says="HTTP 403"),
    "400 50035": Case(
        fault="status", about=status(400, code=50035), first=FAILED, last=FAILED, says="50035"
    ),
    **{
        f"{code}{' after it was taken' * taken}": Case(
            fault="status", about=status(code, taken=taken), says=f"HTTP {code}"
        )
        for code in (500, 502, 503, 504, 524)
        for taken in (False, True)
    },
    "HTML": Case(fault="html", about=status(502), says="HTTP 502"),
    "HTML after it was taken": Case(fault="html", about=status(200, taken=True), says="JSON"),
    "dropped before": Case(fault="drop", about={"taken": False}),
    "dropped after it was taken": Case(fault="drop", about={"taken": True}),
    "reset before": Case(fault="reset", about={"taken": False}),
    "reset after it was taken": Case(fault="reset", about={"taken": True}),
}
