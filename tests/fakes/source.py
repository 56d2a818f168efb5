"""A feed source that gives what it is told to."""

from bot.domain.articles import Entry
from bot.domain.polls import Outcome, PollRequest, PollResult, Validators


class FakeSource:
    """Set `entries` by URL, or `failing`, or `unchanged`; counts the polls."""

    def __init__(self) -> None:
        """Begin with no feeds."""
        self.entries: dict[str, tuple[Entry, ...]] = {}
        self.failing: set[str] = set()
        self.unchanged: set[str] = set()
        self.polls: list[PollRequest] = []

    async def poll(self, request: PollRequest) -> PollResult:
        """See `bot.ports.world.FeedSource.poll`."""
        self.polls.append(request)
        if request.url in self.failing:
            return PollResult(
                url=request.url,
                final_url=request.url,
                status=500,
                outcome=Outcome.ERROR,
                reason="The server failed (500).",
            )
        if request.url in self.unchanged:
            return PollResult(
                url=request.url,
                final_url=request.url,
                status=304,
                outcome=Outcome.NOT_MODIFIED,
                validators=request.validators,
            )
        return PollResult(
            url=request.url,
            final_url=request.url,
            status=200,
            outcome=Outcome.OK,
            entries=self.entries.get(request.url, ()),
            validators=Validators(etag=f'"{len(self.polls)}"'),
        )
