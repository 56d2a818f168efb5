"""The default summariser: the articles' own sentences, with no network and no model."""

import asyncio
from collections.abc import Sequence

from bot.domain.articles import Article
from bot.domain.summaries import Length, Summary, summarise


class ExtractiveSummariser:
    """See `bot.ports.world.Summariser`; always gives the same for the same articles."""

    async def summarise(
        self,
        articles: Sequence[Article],
        length: Length,
        shown: Sequence[str] = (),
        lang: str | None = None,
        *,
        model: bool = True,  # noqa: ARG002 -- there is none
    ) -> Summary:
        """See `bot.ports.world.Summariser.summarise`; in a thread: a large story takes 0.1 s."""
        return await asyncio.to_thread(summarise, articles, length, shown, lang)
