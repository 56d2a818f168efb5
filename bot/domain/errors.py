"""The error tree: what happened, and what follows from it.

BotError
├── ConfigError            the start is refused: names file, key and remedy
├── QueryError             a query does not parse: place and suggestion
├── CallError              a command cannot be carried out: words for the person
├── FeedError              a poll gave no feed: the reason, and whether to ask again soon
├── DeliveryError          a platform did not take a message, or could not say so
│   ├── NotSentError       proof that it was not taken: try again later
│   │   └── RateLimitError     the platform asked us to wait
│   └── ChannelGoneError   proof that no retry can help
└── StoreError             the database is read-only, full, corrupt, or from a newer version
"""

from datetime import timedelta


class BotError(Exception):
    """Anything that Newsthread itself raises."""


class ConfigError(BotError):
    """A setting is wrong, so the start is refused."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        """Keep all three, for a person: the file and key, what is wrong, how to mend it."""
        super().__init__(f"{where}: {problem}. {remedy}")
        self.where = where
        self.problem = problem
        self.remedy = remedy


class QueryError(BotError):
    """A watch's query does not parse; it is never half-applied."""

    def __init__(self, query: str, at: int, problem: str, suggestion: str | None = None) -> None:
        """Mark the place.

        Args:
            query: The query as it was given.
            at: Where the trouble begins, in characters from 0; `len(query)` is its end.
            problem: What is wrong there, a phrase without a full stop.
            suggestion: A query that would parse and is probably meant, or None.
        """
        super().__init__(f"{problem} (at character {at + 1})")
        self.query = query
        self.at = at
        self.problem = problem
        self.suggestion = suggestion

    def explained(self) -> str:
        """Return the query with a caret under the place, the problem, and the suggestion."""
        lines = [self.query, " " * self.at + "^", self.problem[:1].upper() + self.problem[1:] + "."]
        if self.suggestion is not None:
            lines.append(f"Did you mean: {self.suggestion}")
        return "\n".join(lines)


class CallError(BotError):
    """A command cannot be carried out; the text is for the person who called it."""

    def __init__(self, text: str, *, param: str = "") -> None:
        """Keep the `text`, and the argument that is missing or wrong, where it is one."""
        super().__init__(text)
        self.param = param


class FeedError(BotError):
    """A poll gave no feed."""


class DeliveryError(BotError):
    """A platform did not take a message, or did and could not say so: the outcome is unknown."""

    def __init__(self, channel: str, reason: str) -> None:
        """Keep the platform's own `reason`, for the log and for `/why`."""
        super().__init__(f"{channel}: {reason}")
        self.channel = channel
        self.reason = reason


class NotSentError(DeliveryError):
    """Proof that the message was not taken; sending it again later is safe."""


class RateLimitError(NotSentError):
    """The platform asked us to wait."""

    def __init__(
        self, channel: str, wait: timedelta, *, everywhere: bool = False, reason: str = ""
    ) -> None:
        """Keep how long to `wait`, and whether in all channels (`everywhere`) or in this one."""
        super().__init__(channel, reason or f"rate limited for {wait.total_seconds():.0f} s")
        self.wait = wait
        self.everywhere = everywhere


class ForbiddenError(NotSentError):
    """The bot may not post there at present: it waits until somebody gives it the right back."""


class RefusedError(DeliveryError):
    """The platform will never take this message, whatever is done; others it may take."""


class ChannelGoneError(DeliveryError):
    """The channel is deleted, or the bot was removed from it: nothing sent there can arrive."""


class CardGoneError(DeliveryError):
    """The card, or the thread under it, was deleted in the channel: its story is not wanted."""


class ThreadLockedError(NotSentError):
    """The card's thread is locked: what is still to be said needs a new card."""


class StoreError(BotError):
    """The database cannot be used; the text says why and how to mend it."""
