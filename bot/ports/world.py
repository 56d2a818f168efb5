"""What the bot needs of the world outside: feeds, chat platforms, a summariser, the clock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.articles import Article, Feed
from bot.domain.messages import Message, Posted
from bot.domain.pages import Page
from bot.domain.polls import PollRequest, PollResult
from bot.domain.subscriptions import Subscription
from bot.domain.summaries import Length, Summary
from bot.domain.trends import Trend
from bot.domain.watches import Channel, Scope

Clock = Callable[[], datetime]
"""Returns the present time, aware, in UTC."""


class FeedSource(Protocol):
    """Where feeds are polled."""

    async def poll(self, request: PollRequest) -> PollResult:
        """Ask for a feed once; whatever a server does is an outcome, never an error."""
        ...


class PushReader(Protocol):
    """Where documents are read that a feed's hub sent."""

    async def pushed(self, url: str, kind: str, body: bytes) -> PollResult:
        """Read a document as if the feed at `url` had been polled; never raises for what it is.

        Args:
            url: The feed's address.
            kind: The document's Content-Type.
            body: The document.
        """
        ...


class Hubs(Protocol):
    """The hubs that tell of changes in feeds (WebSub)."""

    async def ask(self, one: Subscription) -> str:
        """Ask a hub for what a subscription intends; return why it would not, or ""."""
        ...


class PageSource(Protocol):
    """Where article pages are read."""

    async def read(self, url: str) -> Page:
        """Ask for an article's page once; whatever a server does is an outcome, never an error."""
        ...


class ListedFeed(Protocol):
    """A feed of a list, as somebody else wrote it."""

    @property
    def url(self) -> str:
        """Its address, http or https."""
        ...

    @property
    def title(self) -> str:
        """What the list calls it; "" where it does not say."""
        ...


class FeedLists(Protocol):
    """Lists of feeds, as readers exchange them (OPML)."""

    async def fetch(self, url: str) -> bytes:
        """Return the document at an address.

        Raises:
            FeedError: There is none; the text says why.
        """
        ...

    async def read(self, body: bytes) -> tuple[Sequence[ListedFeed], Sequence[str]]:
        """Return a list's feeds, each address once, and what is given as an address but is none."""
        ...

    def write(self, feeds: Iterable[Feed]) -> bytes:
        """Return a list of feeds as a file."""
        ...


class Summariser(Protocol):
    """Writes sentences about a story, each with the articles that support it."""

    async def summarise(
        self,
        articles: Sequence[Article],
        length: Length,
        shown: Sequence[str] = (),
        lang: str | None = None,
        *,
        model: bool = True,
    ) -> Summary:
        """Summarise `articles`; never fails: a model that does falls back to extraction.

        Args:
            articles: In order of arrival; never empty.
            length: How much is wanted. `card` is answered at once: where a model has still to
                write, with what there is, and `pending`. The others may take ten seconds.
            shown: Sentences that the reader has seen already.
            lang: The language that is wanted, where the articles have it.
            model: Whether a model may be asked, where there is one.
        """
        ...


class Charts(Protocol):
    """Draws charts as pictures."""

    async def trend(self, trend: Trend) -> bytes:
        """Return a trend as a PNG that reads in a light and in a dark theme."""
        ...


class Places(Protocol):
    """The channels of a chat platform, as far as the bot can post there."""

    async def names(self, scope: Scope) -> Mapping[str, str]:
        """Return the names of a workspace's channels where the bot can post, by id."""
        ...

    async def check(self, channel: Channel) -> str:
        """Return why the bot cannot post in a channel and what to do; "" where it can."""
        ...


class Chat(Protocol):
    """A chat platform, as delivery sees it.

    An implementation turns every error of its library into a `DeliveryError`,
    and never retries: only the outbox knows what else is waiting.
    """

    @property
    def platform(self) -> str:
        """The platform's name, as in `Scope.platform`."""
        ...

    @property
    def holds_in_quiet_hours(self) -> bool:
        """Whether the platform has no silent messages, so that quiet hours hold alerts back."""
        ...

    @property
    def gap(self) -> timedelta:
        """How far apart sends to one channel begin; zero where that does not matter."""
        ...

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        """Post `message`, in `thread` if given; for a `key` it took lately, return that post.

        Raises:
            RateLimitError: The platform asked us to wait.
            ForbiddenError: The bot may not post there at present.
            ThreadLockedError: Nothing can be posted in `thread` any more.
            NotSentError: It certainly did not take the message; later it may.
            RefusedError: It will never take this message.
            ChannelGoneError: It will never take any message there.
            CardGoneError: The card, or its thread, was deleted.
            DeliveryError: Anything else; the message may have arrived.
        """
        ...

    async def find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        """Look whether `message` was posted with `key` after `since` (UTC).

        Where a platform keeps the key, it decides; where it forgets it, the same words do, whether
        they rang for somebody or not.

        Raises:
            DeliveryError: The platform would not say.
        """
        ...

    async def edit(self, posted: Posted, message: Message) -> None:
        """Change a message in place; doing it twice does no harm.

        Raises:
            As for `post`; CardGoneError if the message is gone.
        """
        ...
