"""What every part of the twin shares: the world, its clock, limits, journal, and who is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.twins.discord.clock import TwinClock
from tests.twins.slack.errors import ApiError
from tests.twins.slack.faults import FaultPlan
from tests.twins.slack.journal import Journal
from tests.twins.slack.limits import Limiter
from tests.twins.slack.state import Channel, Json, Token, Workspace, World


class Triggers(Protocol):
    """The trigger ids that interactions gave out: each is good for one view, for 3 s."""

    def take(self, team: str, trigger_id: str) -> str:
        """Use a trigger up and return the id of the user who caused it.

        Raises:
            ApiError: invalid_trigger_id, expired_trigger_id or exchanged_trigger_id.
        """
        ...


class NoTriggers:
    """No interaction has happened."""

    def take(self, team: str, trigger_id: str) -> str:
        """Refuse."""
        raise ApiError("invalid_trigger_id")


@dataclass(slots=True, kw_only=True)
class Core:
    """The twin's parts; `emit(team, event)` tells the app of an event it may have subscribed to.

    `socket_url(app token)` returns the address that apps.connections.open hands out.
    """

    world: World
    clock: TwinClock
    journal: Journal
    limiter: Limiter
    faults: FaultPlan
    emit: Callable[[str, Json], None] = field(default=lambda *_: None)
    triggers: Triggers = field(default_factory=NoTriggers)
    socket_url: Callable[[Token], str] | None = None
    address: str = ""
    unthreads: bool = True
    """Whether a reply to a message that was deleted is posted into the channel, as users of the
    real one report (https://github.com/slack-go/slack/issues/1571), or refused."""

    def note(self, kind: str, **fields: object) -> None:
        """Write into the journal."""
        self.journal.write(kind, self.clock.now(), **fields)

    def workspace(self, team: str) -> Workspace:
        """Return a workspace by its id."""
        return self.world.workspaces[team]

    def channel(self, team: str, channel: str) -> Channel:
        """Return a channel by its id; KeyError where there is none."""
        return self.world.workspaces[team].channels[channel]
