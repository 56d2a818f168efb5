"""Summaries by a model, checked; the extractive one wherever that is not to be had.

A card is never waited for: it gets what there is, and the model writes behind it. What a model
costs is taken from the day's budget, which the database keeps for all processes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.adapters.summary.endpoint import Endpoint, ModelError
from bot.adapters.summary.prompt import given, prompt, read_answer
from bot.domain.articles import Article, ArticleId
from bot.domain.claims import Checked, check
from bot.domain.errors import StoreError
from bot.domain.models import Model, day_of, next_day
from bot.domain.summaries import Length, Summary, summarise
from bot.ports.store import Store
from bot.ports.world import Clock

log = structlog.get_logger()

PATIENCE = timedelta(seconds=10)
"""For so long an answer to a person waits for a model."""
CARDS_AT_ONCE = 3
"""Summaries of cards that a model is asked for at a time; what else is due comes after."""
AT_ONCE = 6
"""Summaries at all, so that cards leave room for people who wait."""
FAILURES = 3
"""Failures in a row after which the model is left alone."""
REST = timedelta(minutes=5)
"""For so long; and for so long what failed is not asked for again."""
KEPT = 500
"""Answers that are remembered."""

Version = tuple[ArticleId, int, bool]  # an article as it was read, with its page or without


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is asked for: the same is asked once."""

    articles: tuple[Version, ...]
    length: Length
    lang: str | None
    shown: tuple[str, ...]

    def goes_on(self, earlier: "_Wanted") -> bool:
        """Whether it is the same, of more articles than `earlier`."""
        return (earlier.length, earlier.lang, earlier.shown) == (
            self.length,
            self.lang,
            self.shown,
        ) and frozenset(earlier.articles) <= frozenset(self.articles)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What came of it: `checked` without sentences where the extractive summary is better."""

    checked: Checked
    until: datetime | None  # UTC; a failure is forgotten then; None: it is good


class ModelSummariser:
    """See `bot.ports.world.Summariser`; never fails, and gives its reasons to the log."""

    def __init__(
        self,
        model: Model,
        endpoint: Endpoint,
        store: Store,
        clock: Clock,
        told: Callable[[str, int], None] = lambda _outcome, _tokens: None,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Summarise by a model.

        Args:
            model: Which one, and what it may cost.
            endpoint: Where it is asked.
            store: Keeps what it has cost.
            clock: The time.
            told: Called after each call with its outcome and the tokens that it cost.
            patience: How long a person waits.
        """
        self._model = model
        self._endpoint = endpoint
        self._store = store
        self._clock = clock
        self._told = told
        self._patience = patience
        self._found: OrderedDict[_Wanted, _Found] = OrderedDict()
        self._running: dict[_Wanted, asyncio.Task[None]] = {}
        self._failures = 0
        self._rests_until: datetime | None = None
        self._logged: set[str] = set()

    async def summarise(
        self,
        articles: Sequence[Article],
        length: Length,
        shown: Sequence[str] = (),
        lang: str | None = None,
        *,
        model: bool = True,
    ) -> Summary:
        """See `bot.ports.world.Summariser.summarise`."""
        plain = await asyncio.to_thread(summarise, articles, length, shown, lang)
        if not model or not plain.sentences:
            return plain
        read = tuple((one.id, one.version, bool(one.page)) for one in articles)
        wanted = _Wanted(articles=read, length=length, lang=lang, shown=tuple(shown))
        if self._known(wanted) is None and not self._rests():
            self._begin(wanted, articles)
            if length != "card" and (task := self._running.get(wanted)) is not None:
                await asyncio.wait({task}, timeout=self._patience.total_seconds())
        found = self._known(wanted)
        if found is not None:
            return self._written(plain, found.checked)
        if self._rests():
            return plain
        return replace(self._earlier(plain, wanted), pending=True)

    async def stop(self) -> None:
        """End what is being written."""
        running = tuple(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _known(self, wanted: _Wanted) -> _Found | None:
        found = self._found.get(wanted)
        if found is None or (found.until is not None and found.until <= self._clock()):
            return None
        self._found.move_to_end(wanted)
        return found

    def _rests(self) -> bool:
        return self._rests_until is not None and self._clock() < self._rests_until

    def _written(self, plain: Summary, checked: Checked) -> Summary:
        if not checked.sentences:
            return plain
        by = f"model {self._model.name}"
        return replace(plain, sentences=checked.sentences, by=by, dropped=checked.dropped)

    def _earlier(self, plain: Summary, wanted: _Wanted) -> Summary:
        """Return what the model wrote of the story before it grew: a card does not flicker."""
        for known, found in reversed(self._found.items()):
            if found.checked.sentences and wanted.goes_on(known):
                return self._written(plain, found.checked)
        return plain

    def _begin(self, wanted: _Wanted, articles: Sequence[Article]) -> None:
        """Have the model write, if it does not yet and is not busy."""
        most = CARDS_AT_ONCE if wanted.length == "card" else AT_ONCE
        if wanted in self._running or len(self._running) >= most:
            return
        task = asyncio.create_task(self._write(wanted, articles), name="model summary")
        self._running[wanted] = task
        task.add_done_callback(lambda _: self._running.pop(wanted, None))

    async def _write(self, wanted: _Wanted, articles: Sequence[Article]) -> None:
        """Ask the model, check what it says, and remember it, good or not."""
        try:
            checked = await self._asked(given(articles), wanted)
        except (ModelError, StoreError) as error:
            kind = error.kind if isinstance(error, ModelError) else "database"
            self._failed(kind)
            nothing = Checked(sentences=(), dropped=0)
            self._keep(wanted, _Found(checked=nothing, until=self._clock() + REST))
            return
        self._failures = 0
        if checked.sentences:
            self._logged.clear()
        else:
            self._say("unsupported")
        self._keep(wanted, _Found(checked=checked, until=None))

    async def _asked(self, articles: Sequence[Article], wanted: _Wanted) -> Checked:
        messages = prompt(articles, wanted.length, wanted.shown, wanted.lang)
        size = sum(len(one["content"].encode()) for one in messages)
        most = size // 3 + self._model.answer_tokens  # about 3 bytes a token at least
        day = day_of(self._clock())
        async with self._store.transaction() as tx:
            taken = await tx.spending.take(day, most, self._model.tokens_a_day)
        if not taken:
            self._rests_until = next_day(self._clock())
            self._told("budget", 0)
            raise ModelError("budget", free=True)
        try:
            answer = await self._endpoint.ask(messages)
        except ModelError as error:
            await self._spent(day, most, 0 if error.free else most)
            self._told(error.kind, 0 if error.free else most)
            raise
        tokens = most if answer.tokens is None else answer.tokens
        await self._spent(day, most, tokens)
        try:
            written = read_answer(answer.text, articles)
        except ValueError as error:
            self._told("not_json", tokens)
            raise ModelError("not_json") from error
        checked = await asyncio.to_thread(check, written, articles, wanted.length)
        self._told("ok" if checked.sentences else "unsupported", tokens)
        return checked

    async def _spent(self, day: str, taken: int, tokens: int) -> None:
        if tokens != taken:
            async with self._store.transaction() as tx:
                await tx.spending.correct(day, tokens - taken)

    def _failed(self, kind: str) -> None:
        if kind != "budget":
            self._failures += 1
        if self._failures >= FAILURES:
            self._failures = 0
            self._rests_until = self._clock() + REST
        self._say(kind)

    def _say(self, kind: str) -> None:
        """Log what goes wrong once a kind, until the model works again."""
        if kind not in self._logged:
            self._logged.add(kind)
            log.warning("model_failed", kind=kind, model=self._model.name, instead="extractive")

    def _keep(self, wanted: _Wanted, found: _Found) -> None:
        self._found[wanted] = found
        self._found.move_to_end(wanted)
        while len(self._found) > KEPT:
            self._found.popitem(last=False)
