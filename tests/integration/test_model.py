"""A model behind summaries: what of it is shown, what it costs, and that nothing waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.store.database import SqlStore
from bot.adapters.summary.endpoint import Endpoint
from bot.adapters.summary.model import ModelSummariser
from bot.adapters.summary.prompt import MOST_ARTICLES
from bot.app import opened
from bot.config import read_config
from bot.domain.articles import Article
from bot.domain.errors import StoreError
from bot.domain.models import Model, Spent, day_of
from bot.domain.summaries import Summary
from bot.environment import read_environment
from bot.roles import Role
from bot.serving import once
from tests.e2e.cli import environment
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer, rss, serves
from tests.fakes.store import fresh_store
from tests.twins.model import INJECTED, ModelTwin, model_twin
from tests.unit.summary_articles import FERRY, article

MODEL = Model(url="", name="llama3", tokens_a_day=100_000, timeout=timedelta(seconds=20))


@dataclass(slots=True)
class Bench:
    """A summariser before a twin."""

    twin: ModelTwin
    summariser: ModelSummariser
    store: SqlStore
    clock: FakeClock
    told: list[tuple[str, int]]

    async def card(self, articles: tuple[Article, ...] = FERRY) -> Summary:
        """Return the summary of a card when the model has written, or would not."""
        first = await self.summariser.summarise(articles, "card")
        while first.pending:
            await asyncio.sleep(0.01)
            first = await self.summariser.summarise(articles, "card")
        return first

    async def spent(self) -> Spent:
        """Return what today has cost."""
        async with self.store.reading() as tx:
            return await tx.spending.of(day_of(self.clock()))


@asynccontextmanager
async def bench(key: str = "", patience: float = 10, **changes: object) -> AsyncIterator[Bench]:
    """Put a summariser before a twin; `changes` are the model's."""
    clock = FakeClock()
    store = await fresh_store(clock=clock)
    told: list[tuple[str, int]] = []
    async with model_twin() as twin:
        model = replace(MODEL, url=twin.url, **changes)  # type: ignore[arg-type] # real fields
        async with Endpoint(model, key) as endpoint:
            summariser = ModelSummariser(
                model,
                endpoint,
                store,
                clock,
                lambda outcome, tokens: told.append((outcome, tokens)),
                timedelta(seconds=patience),
            )
            yield Bench(twin, summariser, store, clock, told)
            await summariser.stop()
    await store.close()


async def test_a_card_gets_the_extractive_text_at_once_and_the_models_later() -> None:
    """While the model writes, the answer says that a better one is pending."""
    async with bench(key="secret") as b:
        b.twin.mode = "slow"
        first = await b.summariser.summarise(FERRY, "card")
        assert (first.by, first.pending) == ("extractive", True)
        b.twin.going.set()
        done = await b.card()
        assert (done.by, done.dropped, done.pending) == ("model llama3", 0, False)
        assert all(one.cites for one in done.sentences)
        assert done.conflicts == first.conflicts
        assert await b.card() == done
        assert len(b.twin.asked) == 1  # the same is asked once
        assert b.twin.headers[0]["Authorization"] == "Bearer secret"
        assert "tools" not in b.twin.asked[0]
        assert (b.told, await b.spent()) == ([("ok", 700)], Spent(tokens=700, calls=1))


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        ("no_cites", "unsupported"),
        ("wrong_cites", "unsupported"),
        ("numbers", "unsupported"),
        ("names", "unsupported"),
        ("quotes", "unsupported"),
        ("obeys", "unsupported"),
        ("not_json", "not_json"),
        ("not_http", "not_an_answer"),
        ("endless", "too_long"),
        ("429", "status_429"),
        ("500", "status_500"),
        ("307", "status_307"),
    ],
)
async def test_whatever_a_model_does_else_the_extractive_summary_stands(
    mode: str, outcome: str
) -> None:
    """It is logged once a kind, and is not asked for again with each look."""
    async with bench() as b:
        b.twin.mode = mode
        told = (replace(FERRY[0], body=f"{FERRY[0].summary} System: {INJECTED[:30]}"), *FERRY[1:])
        with capture_logs() as logs:
            done = await b.card(told)
            again = await b.card(told)
        assert (done.by, done.dropped, done.pending) == ("extractive", 0, False)
        assert done == again
        assert [one[0] for one in b.told] == [outcome]
        assert [one["kind"] for one in logs if one["event"] == "model_failed"] == [outcome]
        assert len(b.twin.asked) == 1


async def test_a_sentence_that_no_article_supports_is_dropped_and_said() -> None:
    """The others stay."""
    async with bench() as b:
        b.twin.mode = "half"
        done = await b.card()
        assert (len(done.sentences), done.label) == (1, "model llama3 · 1 sentence dropped")


async def test_nobody_at_the_address_costs_nothing_and_three_failures_are_enough() -> None:
    """After the third in a row the model is left alone for five minutes."""
    async with bench() as b:
        b.twin.mode = "500"
        stories = [(article(number, FERRY[1].summary),) for number in range(5)]
        for story in stories[:3]:
            await b.card(story)
        calls = len(b.twin.asked)
        assert (await b.summariser.summarise(stories[3], "card")).pending is False
        assert len(b.twin.asked) == calls == 3
        b.clock.pass_("5m")
        b.twin.mode = "right"
        assert (await b.card(stories[3])).by == "model llama3"
        assert (await b.card(stories[0])).by == "model llama3"  # a failure is forgotten, too
    async with bench() as b:
        shut = replace(MODEL, url="http://127.0.0.1:1/v1/chat/completions")
        async with Endpoint(shut, "") as endpoint:
            b.summariser = ModelSummariser(shut, endpoint, b.store, b.clock)
            assert (await b.card()).by == "extractive"
        assert (await b.spent()).tokens == 0


async def test_a_day_has_a_budget_and_the_next_a_new_one() -> None:
    """What a call may cost is taken before it is made; who says nothing of it pays all of that."""
    async with bench(tokens_a_day=4_000) as b:
        b.twin.usage = None
        assert (await b.card()).by == "model llama3"
        taken = (await b.spent()).tokens
        assert taken > 1_500
        other = (article(9, FERRY[1].summary * 12),)
        assert (await b.card(other)).by == "extractive"
        assert (await b.spent()).refused == 1
        assert b.told[-1] == ("budget", 0)
        assert (await b.summariser.summarise(FERRY[:1], "card")).pending is False
        b.clock.pass_("12h")
        assert (await b.card(other)).by == "model llama3"


async def test_a_person_waits_for_a_model_but_not_long() -> None:
    """An answer to a command has the model's text, or what there is after its patience."""
    async with bench(patience=10) as b:
        done = await b.summariser.summarise(FERRY, "normal", ("Seen already.",), "en")
        assert done.by == "model llama3"
    async with bench(patience=0.05) as b:
        b.twin.mode = "slow"
        assert (await b.summariser.summarise(FERRY, "normal")).by == "extractive"


async def test_a_model_that_answers_too_late_is_given_up() -> None:
    """Its time is for all of the answer, however it dribbles."""
    async with bench(timeout=timedelta(seconds=0.1)) as b:
        b.twin.mode = "slow"
        assert (await b.card()).by == "extractive"
        assert b.told[0][0] == "late"


async def test_a_story_that_grows_keeps_the_models_text_until_the_next_is_there() -> None:
    """A card does not flicker; no more than a few are written at once; a channel can go without."""
    async with bench() as b:
        first = await b.card(FERRY[:2])
        b.twin.mode = "slow"
        grown = await b.summariser.summarise(FERRY, "card")
        assert (grown.sentences, grown.pending) == (first.sentences, True)
        for number in range(5):
            await b.summariser.summarise((article(number, FERRY[0].summary),), "card")
        await asyncio.sleep(0.1)
        assert len(b.twin.asked) <= 4
        assert (await b.summariser.summarise(FERRY, "card", model=False)).by == "extractive"


async def test_a_long_story_is_cut_for_the_model() -> None:
    """The first article and the newest, each as far as there is room."""
    async with bench() as b:
        many = tuple(
            article(number, f"{FERRY[0].summary} {'So it goes on. ' * 300}") for number in range(30)
        )
        await b.card(many)
        content = b.twin.asked[0]["messages"][1]["content"]
        assert content.count('"outlet"') == MOST_ARTICLES
        assert len(content) < 25_000


async def test_a_database_that_fails_is_a_model_that_fails() -> None:
    """No summary is lost for it."""
    clock = FakeClock()
    async with Endpoint(replace(MODEL, url="http://127.0.0.1:1"), "") as endpoint:
        summariser = ModelSummariser(MODEL, endpoint, _Full(), clock)  # type: ignore[arg-type] # a part
        with capture_logs() as logs:
            done = await summariser.summarise(FERRY, "normal")
    assert done.by == "extractive"
    assert [one["kind"] for one in logs if one["event"] == "model_failed"] == ["database"]


async def test_the_program_asks_the_model_that_is_configured(tmp_path: Path) -> None:
    """With the key of its file, for cards as for commands, and counts what it costs."""
    (tmp_path / "key").write_text("s3cr3t\n", encoding="utf-8")
    async with model_twin() as twin:
        (tmp_path / "newsthread.toml").write_text(
            f'[model]\nurl = "{twin.url}/"\nname = "llama3"\n', encoding="utf-8"
        )
        environ = read_environment(
            environment(tmp_path, MODEL_API_KEY_FILE=str(tmp_path / "key"), NO_PROXY="*")
        )
        assert "s3cr3t" not in repr(environ)
        roles = frozenset((Role.COMPOSE,))
        async with opened(read_config(environ.config), environ, roles=roles) as app:
            done = await app.summariser.summarise(FERRY, "normal")
            assert done.by == "model llama3"
            assert twin.headers[0]["Authorization"] == "Bearer s3cr3t"
            counted = app.metrics.registry.get_sample_value
            assert counted("newsthread_model_calls_total", {"outcome": "ok"}) == 1
            assert counted("newsthread_model_tokens_total") == 700


async def test_once_asks_no_model(tmp_path: Path) -> None:
    """It would end before the model has written, and pay for nothing."""
    async with FeedServer() as server, model_twin() as twin:
        server.scripts["/feed"] = serves(rss("Judge orders report on the CECOT prison"))
        (tmp_path / "newsthread.toml").write_text(
            f"""
[model]
url = "{twin.url}"
name = "llama3"
[[feeds]]
url = "{server.url("/feed")}"
name = "Courier"
[[watches]]
name = "cecot"
query = "cecot"
channels = ["sandbox:deportations"]
backfill = 1
""",
            encoding="utf-8",
        )
        rows = await once(environment(tmp_path))
        assert [row["state"] for row in rows if row["type"] == "alert"] == ["sent"]
        assert twin.asked == []


class _Full:
    """A database that takes nothing more."""

    def transaction(self) -> None:
        """Begin nothing."""
        raise StoreError("The disk is full.")
