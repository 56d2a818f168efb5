"""What Slack makes of what people type: links, people and channels marked, the rest escaped.

Source: https://docs.slack.dev/messaging/formatting-message-text (Retrieving formatted messages)
and https://docs.slack.dev/interactivity/implementing-slash-commands (escaping)
"""

import re

from tests.twins.slack.state import Workspace

_TYPED = re.compile(
    r"""(?P<link>https?://[^\s<>|"]*[^\s<>|".,;:!?)])
    |(?<![\w.@/])(?P<bare>(?:[a-z0-9-]+\.)+(?:com|org|net|example)\b(?:/[^\s<>|"]*)?)
    |(?<!\S)@(?P<user>[\w.-]+)
    |(?<!\S)\#(?P<channel>[\w-]+)
    |(?P<sign>[&<>])""",
    re.IGNORECASE | re.VERBOSE,
)
_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def marked(workspace: Workspace, text: str, *, named: bool = False) -> str:
    """Return typed text as Slack passes it on.

    Args:
        workspace: Where; `@name` and `#name` become ids if there is somebody, or a channel.
        text: As it was typed.
        named: Whether a person's name stands beside their id, as in commands.
    """

    def mark(found: re.Match[str]) -> str:
        kind, typed = found.lastgroup, found[0]
        user = workspace.person(found["user"]) if kind == "user" else None
        channel = workspace.named(found["channel"]) if kind == "channel" else None
        if user is not None:
            return f"<@{user.id}|{user.name}>" if named else f"<@{user.id}>"
        if channel is not None:
            return f"<#{channel.id}|{channel.name}>"
        escaped = escape(typed)
        if kind == "link":
            return f"<{escaped}>"
        return f"<http://{escaped}|{escaped}>" if kind == "bare" else escaped

    return _TYPED.sub(mark, text)


def escape(text: str) -> str:
    """Return text with the three signs that Slack escapes."""
    return re.sub("[&<>]", lambda sign: _SIGNS[sign[0]], text)
