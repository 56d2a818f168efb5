"""The bot's side of Slack's conversations, against the twin: bolt over a socket, and answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import yaml

from bot.adapters.chat.slack.listeners import register
from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.showing import Haste
from bot.adapters.chat.slack.talk import Talk
from bot.adapters.chat.slack.tokens import OneToken
from bot.adapters.chat.slack.web import Web
from bot.adapters.chat.slack.wire import Wire
from bot.commands.dispatch import DeskDispatcher
from bot.domain.calls import Call, Reply
from bot.domain.watches import Channel
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock
from tests.fakes.dispatcher import FakeDispatcher
from tests.integration.desk_world import Office
from tests.integration.slack_bolt_bot import bolt_app, socket_of
from tests.twins.slack import SlackTwin
from tests.twins.slack.answer import Answer
from tests.twins.slack.manifest import Manifest

HASTE = Haste(
    at_once=timedelta(seconds=1),
    form=timedelta(seconds=1.5),
    options=timedelta(seconds=0.5),
    again=timedelta(seconds=0.05),
    last=timedelta(seconds=5),
)
PATIENT = Haste(
    at_once=timedelta(seconds=30),
    form=timedelta(seconds=2.5),
    options=timedelta(seconds=2.5),
    trigger=timedelta(seconds=3),
)
"""For the real commands, which may take their time on a busy machine."""
MANIFEST = Path(__file__).parents[2] / "config" / "slack-manifest.yaml"


class SlowDispatcher(FakeDispatcher):
    """Takes its time over `summary` and over offers, as long as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.takes = 0.0

    async def answer(self, call: Call) -> Reply:
        if call.verb == "summary":
            await asyncio.sleep(self.takes)
        return await super().answer(call)

    async def complete(self, call: Call, param: str) -> tuple[str, ...]:
        await asyncio.sleep(self.takes)
        return await super().complete(call, param)


@dataclass(slots=True)
class SlackDesk:
    """All that answers people, and what else it was told."""

    twin: SlackTwin
    web: Web
    greeted: list[Channel] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


async def says(answer: Answer, *words: str) -> str:
    """Wait until an answer says these words; return all that it says."""
    await answer.until(lambda seen: all(one in seen.text for one in words))
    return answer.text


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is true; fail if it never is."""
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not true within {seconds} s")


def manifest() -> Manifest:
    """Return what a person pastes into Slack."""
    return Manifest.read(yaml.safe_load(MANIFEST.read_text(encoding="utf-8")))


@asynccontextmanager
async def desk(
    twin: SlackTwin, dispatcher: Dispatcher, haste: Haste = HASTE, clock: Clock | None = None
) -> AsyncIterator[SlackDesk]:
    """Answer people on a twin until the block ends."""
    twin.manifest = manifest()
    wire = Wire(twin.api_base)
    tokens = OneToken(twin.bot_token, wire)
    web = Web(tokens, wire)
    app = bolt_app(twin)
    made = SlackDesk(twin, web)

    async def bot(team: str) -> str:
        return (await web.identity(team)).user

    async def greet(channel: Channel) -> None:
        made.greeted.append(channel)

    async def gone(team: str, _at: datetime) -> None:
        made.gone.append(team)

    async with httpx.AsyncClient(trust_env=False) as http:
        talk = Talk.of(
            dispatcher,
            web,
            SlackPlaces(web),
            tokens,
            http,
            twin.api_base,
            clock or (lambda: datetime.now(UTC)),
            haste,
        )
        register(app, talk, bot=bot, greet=greet, changed=made.changed.append, gone=gone)
        try:
            async with socket_of(twin, app):
                yield made
        finally:
            await talk.stop()
            await wire.close()


@asynccontextmanager
async def real_desk(twin: SlackTwin, place: Office) -> AsyncIterator[SlackDesk]:
    """Answer people with the real commands, on an office's stored articles."""
    wire = Wire(twin.api_base)
    places: Mapping[str, SlackPlaces] = {
        "slack": SlackPlaces(Web(OneToken(twin.bot_token, wire), wire))
    }
    dispatcher = DeskDispatcher(replace(place.desk, places=places))
    try:
        async with desk(twin, dispatcher, PATIENT, clock=place.world.clock) as made:
            yield made
    finally:
        await wire.close()
