"""What the app is told: each command, interaction and event, until it is acknowledged or given up.

A command or interaction is sent once and must be acknowledged within 3 s, or the person reads
that the app did not respond. An event is sent up to four times. Either way in, sockets or HTTP,
carries one attempt at a time; the journal has each attempt and each acknowledgement.
Sources: https://docs.slack.dev/apis/events-api/#error-handling and
https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

import asyncio
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from tests.twins.slack.core import Core
from tests.twins.slack.manifest import EVENT_SCOPES, Manifest, subscription
from tests.twins.slack.payloads import event_payload
from tests.twins.slack.state import Json, Workspace

ANSWER_WITHIN = 3.0
"""Seconds in which the app must acknowledge."""
RETRIES = (0.0, 60.0, 300.0)
"""Seconds before each further attempt at an event: at once, after a minute, after five."""


class Kind(StrEnum):
    """The type of a Socket Mode envelope; over HTTP they differ by what the form holds."""

    SLASH = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to tell the app something; `id` is the same for all attempts."""

    id: str
    kind: Kind
    payload: Json
    answers: bool = False
    """Whether the acknowledgement may carry a payload."""
    attempt: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended: acknowledged with a payload or without, or why not."""

    acked: bool
    payload: Any = None
    why: str = ""
    retry: bool = True
    """Whether an event is tried again."""


class Way(Protocol):
    """A way in to the app."""

    async def carry(self, delivery: Delivery, within: float) -> Outcome:
        """Make one attempt, in at most so many twin seconds."""
        ...


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """Everything that is told to the app, over the way that it has chosen.

    Attributes:
        core: The twin's parts.
        way: Sockets or HTTP.
        manifest: What the app has configured.
        retries: Twin seconds before each further attempt at an event.
    """

    core: Core
    way: Way
    manifest: Manifest = field(default_factory=Manifest)
    retries: tuple[float, ...] = RETRIES
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def ask(self, kind: Kind, payload: Json, *, answers: bool, id_: str) -> Outcome:
        """Tell the app of a command or an interaction, once."""
        delivery = Delivery(id=id_, kind=kind, payload=payload, answers=answers)
        outcome = await self.way.carry(delivery, ANSWER_WITHIN)
        if not outcome.acked:
            self.core.note("unanswered", delivery=id_, type=kind, why=outcome.why)
        return outcome

    def tell(self, team: str, event: Json) -> None:
        """Tell the app of an event in a workspace, if it has subscribed to it and may know."""
        workspace = self.core.world.workspaces[team]
        if not self._wanted(workspace, event):
            return
        id_ = self.core.world.id("Ev")
        payload = event_payload(self.core.world, workspace, event, id_, self.core.clock.now())
        self.core.note("event", delivery=id_, type=event["type"], team=team, event=event)
        delivery = Delivery(id=id_, kind=Kind.EVENT, payload=payload)
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def lost(self) -> list[str]:
        """Return the ids of all that was told and never acknowledged, events under way included.

        With `core.journal.of("response", asked=id)` and what the app posted, this judges whether
        anything was lost, or handled twice.
        """
        acked = {entry["delivery"] for entry in self.core.journal.of("ack")}
        told = dict.fromkeys(entry["delivery"] for entry in self._told())
        return [number for number in told if number not in acked]

    async def settled(self) -> None:
        """Wait until every event has been acknowledged or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _told(self) -> list[Json]:
        journal = self.core.journal
        return [*journal.of("delivery"), *journal.of("unanswered"), *journal.of("event")]

    async def _deliver(self, delivery: Delivery) -> None:
        """Try until it is acknowledged, refused for good, or tried often enough."""
        outcome = await self.way.carry(delivery, ANSWER_WITHIN)
        for attempt, wait in enumerate(self.retries, 1):
            if outcome.acked or not outcome.retry:
                break
            await asyncio.sleep(self.core.clock.real(wait))
            again = replace(delivery, attempt=attempt, reason=outcome.why)
            outcome = await self.way.carry(again, ANSWER_WITHIN)
        if not outcome.acked:
            self.core.note("unanswered", delivery=delivery.id, type=delivery.kind, why=outcome.why)

    def _wanted(self, workspace: Workspace, event: Json) -> bool:
        name = subscription(event)
        if name not in self.manifest.events:
            return False
        if name in ("app_uninstalled", "tokens_revoked"):
            return True
        scope = EVENT_SCOPES[name]
        tokens = [
            t
            for t in self.core.world.tokens.values()
            if t.kind == "bot" and t.team == workspace.id and not t.revoked
        ]
        return workspace.installed and any(scope is None or scope in t.scopes for t in tokens)
