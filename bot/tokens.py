"""Whether each platform that is posted to has the secrets that it needs, in their form.

Whether a platform takes them is for the platform to say; the secrets themselves are never told.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from bot.environment import Environment
from bot.findings import Finding, Verdict

_APP = "your app at api.slack.com/apps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A secret that a platform takes."""

    variable: str
    form: re.Pattern[str]
    remedy: str
    instead: str = ""  # the variable with which it is not needed
    along: str = ""  # the only variable with which it is needed
    extra: bool = False  # never needed


TOKENS: Mapping[str, tuple[Token, ...]] = {
    "sandbox": (),
    "discord": (
        Token(
            variable="DISCORD_TOKEN",
            form=re.compile(r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"),
            remedy="Copy it from discord.com/developers, your application, Bot, Reset Token",
        ),
    ),
    "slack": (
        Token(
            variable="SLACK_BOT_TOKEN",
            form=re.compile(r"xoxb-[\w-]{8,}"),
            remedy=f"Copy it from {_APP}, Install App; or set SLACK_CLIENT_ID: see docs/slack.md",
            instead="SLACK_CLIENT_ID",
        ),
        Token(
            variable="SLACK_APP_TOKEN",
            form=re.compile(r"xapp-[\w-]{8,}"),
            remedy=f"Make one at {_APP}, Basic Information, App-Level Tokens, with the scope"
            " connections:write; or set SLACK_SIGNING_SECRET: see docs/slack.md",
            instead="SLACK_SIGNING_SECRET",
        ),
        Token(
            variable="SLACK_SIGNING_SECRET",
            form=re.compile(r"[0-9a-f]{32}"),
            remedy=f"Copy it from {_APP}, Basic Information, Signing Secret",
            extra=True,
        ),
        Token(
            variable="SLACK_CLIENT_ID",
            form=re.compile(r"\d+\.\d+"),
            remedy=f"Copy it from {_APP}, Basic Information, Client ID",
            extra=True,
        ),
        Token(
            variable="SLACK_CLIENT_SECRET",
            form=re.compile(r"[0-9a-f]{32}"),
            remedy=f"Copy it from {_APP}, Basic Information, Client Secret; or unset"
            " SLACK_CLIENT_ID",
            along="SLACK_CLIENT_ID",
        ),
    ),
}
"""Of each platform that this version speaks to."""


def looked_at(environment: Environment, platforms: Collection[str]) -> list[Finding]:
    """Return a finding for each token, and one for each platform that there is not.

    Args:
        environment: Where tokens are.
        platforms: Those that the configuration posts to.
    """
    unknown = [
        Finding(
            part="tokens",
            what=platform,
            verdict=Verdict.WRONG,
            said=f"there is no platform {platform!r}",
            remedy=f"Channels may be of {', '.join(TOKENS)}",
        )
        for platform in sorted(set(platforms) - TOKENS.keys())
    ]
    values = {name: _plain(value) for name, value in environment.model_dump(by_alias=True).items()}
    return unknown + [
        _finding(token, values, used=platform in platforms)
        for platform, taken in TOKENS.items()
        for token in taken
    ]


def missing(platform: str) -> Finding:
    """Return that a platform was asked for whose first token is not there."""
    token = TOKENS[platform][0]
    return Finding(
        part=platform,
        what=token.variable,
        verdict=Verdict.WRONG,
        said="is not set",
        remedy=token.remedy,
    )


def _finding(token: Token, values: Mapping[str, str], *, used: bool) -> Finding:
    value = values[token.variable]
    if value and token.form.fullmatch(value) is None:
        said = "does not look like a token; was all of it copied?"
        return _of(token, Verdict.NOTE, said, token.remedy)
    if value and not used:
        return _of(token, Verdict.NOTE, "is set; no configured channel is of the platform")
    if value:
        return _of(token, Verdict.OK, "is set")
    if token.along and values[token.along]:
        return _of(token, Verdict.WRONG, f"is not set, but {token.along} is", token.remedy)
    replaced = bool(token.instead and values[token.instead])
    if used and not (token.extra or token.along or replaced):
        said = "is not set, but channels of the platform are"
        return _of(token, Verdict.WRONG, said, token.remedy)
    return _of(token, Verdict.OK, "is not set, and not needed")


def _of(token: Token, verdict: Verdict, said: str, remedy: str = "") -> Finding:
    return Finding(part="tokens", what=token.variable, verdict=verdict, said=said, remedy=remedy)


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
