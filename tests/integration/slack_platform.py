"""Slack as the program runs it, against the twin, with commands that only note what is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from bot.adapters.chat.slack.platform import Keys, Slack
from bot.adapters.chat.slack.socket import Vigil
from bot.adapters.store.database import make_engine
from bot.domain.watches import Channel
from tests.fakes.dispatcher import FakeDispatcher
from tests.integration.slack_desk import manifest
from tests.twins.slack import SlackTwin

VIGIL = Vigil(
    silence=timedelta(seconds=2),
    ping_every=timedelta(seconds=0.25),
    connect=timedelta(seconds=1),
    drain=timedelta(seconds=0.3),
    steady=timedelta(seconds=0.2),
    look_every=timedelta(seconds=0.02),
    first_wait=timedelta(seconds=0.05),
    longest_wait=timedelta(seconds=0.2),
    hopeless_wait=timedelta(seconds=0.3),
)


class Forgetful(FakeDispatcher):
    """Believes of everything that it is heard for the first time."""

    async def first(self, platform: str, call: str) -> bool:
        return True


@asynccontextmanager
async def slack(
    twin: SlackTwin,
    dispatcher: FakeDispatcher,
    *,
    app_token: str | None = None,
    signing_secret: str = "",
    vigil: Vigil = VIGIL,
) -> AsyncIterator[Slack]:
    """Listen on a twin until the block ends; by sockets, unless `app_token` is ""."""
    twin.manifest = manifest()
    engine = make_engine(":memory:")
    keys = Keys(
        api_base=twin.api_base,
        bot_token=twin.bot_token,
        app_token=twin.app_token if app_token is None else app_token,
        signing_secret=signing_secret,
    )

    async def greet(_: Channel) -> None:
        pass

    async with Slack.opened(keys, engine) as made:
        made.attend(dispatcher, greet, lambda: datetime.now(UTC))
        listening = asyncio.create_task(made.listen(vigil)) if made.by_socket else None
        try:
            yield made
        finally:
            if listening is not None:
                listening.cancel()
                await asyncio.wait({listening})
            await engine.dispose()
