"""What Slack answers instead of `ok: true`."""

from typing import Any


class ApiError(Exception):
    """A refusal: status 200, `ok: false` and Slack's word for it, with what else it says."""

    def __init__(self, error: str, messages: list[str] | None = None, **more: Any) -> None:
        """Keep the word, `response_metadata.messages` where there are any, and other fields."""
        super().__init__(error)
        self.error = error
        self.messages = messages
        self.more = more

    def body(self) -> dict[str, Any]:
        """Return the answer."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": self.messages}
        return body


class TooManyError(ApiError):
    """A refusal with status 429: so many real seconds have to pass."""

    def __init__(self, wait: int) -> None:
        """Keep what Retry-After says."""
        super().__init__("ratelimited")
        self.wait = wait
