"""Slack's conversations on a Slack that is told what to refuse, without a network."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.adapters.chat.slack import modals
from bot.adapters.chat.slack.answers import Answerer
from bot.adapters.chat.slack.asked import Asked, Json, Where
from bot.adapters.chat.slack.carrying import Carrier
from bot.adapters.chat.slack.forms import Forms
from bot.adapters.chat.slack.people import People
from bot.adapters.chat.slack.showing import Haste, Showing
from bot.adapters.chat.slack.talk import Talk
from bot.domain.calls import Call, Kind, Param, Reply, Upload, Usage
from bot.domain.errors import DeliveryError
from bot.domain.messages import File
from bot.domain.watches import Scope
from tests.fakes.clock import FakeClock
from tests.fakes.dispatcher import FakeDispatcher
from tests.fakes.places import FakePlaces
from tests.fakes.slack_api import FakeSlack

HASTE = Haste(
    at_once=timedelta(seconds=0.05),
    form=timedelta(seconds=0.05),
    options=timedelta(seconds=0.05),
    whole=timedelta(seconds=0.3),
    last=timedelta(seconds=0.3),
    trigger=timedelta(seconds=0.1),
    again=timedelta(seconds=0.01),
)
HERE = Where(channel="C0NEWS0001")
URL = "https://hooks.slack.com/x"
UNKNOWN = DeliveryError("slack", "reset")
FILED = Usage(
    verb="feed import",
    summary="Read a list.",
    params=(
        Param(name="file", help="A list", kind=Kind.FILE),
        Param(name="editor", help="Somebody", kind=Kind.PERSON),
    ),
)
PICTURE = File("t.png", "image/png", b"x", "A chart")


class Dispatcher(FakeDispatcher):
    """Answers what the test says, as late as it says."""

    def __init__(self) -> None:
        super().__init__()
        self.usages = (*self.usages, FILED)
        self.reply: Reply | None = None
        self.takes = 0.0
        self.busy = 0.0  # seconds until the database says what was heard before
        self.offers = True

    async def first(self, platform: str, call: str) -> bool:
        await asyncio.sleep(self.busy)
        return await super().first(platform, call)

    async def answer(self, call: Call) -> Reply:
        await asyncio.sleep(self.takes)
        said = await super().answer(call)
        return said if self.reply is None else self.reply

    async def complete(self, call: Call, param: str) -> tuple[str, ...]:
        await asyncio.sleep(self.takes)
        return await super().complete(call, param)


class NoFiles:
    """Gives a file of the name that is asked for."""

    async def fetch(self, team: str, file: Json) -> Upload:
        return Upload(name=str(file["name"]), data=team.encode())


class World:
    """The conversations' parts, on a Slack that is told what to refuse."""

    def __init__(self) -> None:
        self.slack = FakeSlack()
        self.dispatcher = Dispatcher()
        self.acks: list[Any] = []
        self.places = FakePlaces({Scope("slack", self.slack.team): {"C0NEWS0001": "news"}})
        people = People(self.slack)
        showing = Showing(self.slack, self.slack, HASTE)
        carrier = Carrier(self.dispatcher, people, self.places, NoFiles(), FakeClock())
        self.answerer = Answerer(carrier, showing, HASTE)
        self.forms = Forms(carrier, self.answerer, showing, HASTE)
        self.talk = Talk(self.answerer, self.forms, people)

    async def ack(self, said: Any = "") -> None:
        self.acks.append(said)

    def asked(self, id_: str = "1", **more: Any) -> Asked:
        given: dict[str, Any] = {"where": HERE, "trigger": "t1", "response_url": URL} | more
        return Asked(id=id_, team=self.slack.team, user="U0ANNA0001", **given)

    def words(self, method: str = "respond") -> list[str]:
        """Return the notification's words of what was shown."""
        said = [str(one.get("text", "")) for one in self.slack.of(method)]
        return [one.replace("\u2060", "") for one in said]


def form(verb: str, world: World, **args: str) -> dict[str, Any]:
    """Return a form as Slack sends it, filled in."""
    usage = next(one for one in world.dispatcher.usages if one.verb == verb)
    view = modals.form(usage, {}, HERE)
    values = {f"param/{name}": {"value": {"value": value}} for name, value in args.items()}
    return view | {"id": "V0FORM0001", "state": {"values": values}}
