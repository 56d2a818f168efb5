"""A message as the sandbox keeps it, with everything filled in that a test does not care about."""

from datetime import UTC, datetime

from bot.adapters.chat.sandbox.records import BOT, Post
from bot.domain.messages import Message

AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)


def post(message: Message, author: str = BOT, **more: object) -> Post:
    values: dict[str, object] = {"id": 7, "channel": "c", "author": author, "at": AT, "rev": 1}
    return Post(**{**values, "message": message, **more})  # type: ignore[arg-type]  # a test's short cut
