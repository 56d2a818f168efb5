"""Trigger ids: what an interaction gives out so that the app may open one modal in the next 3 s.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
"""

import secrets
from dataclasses import dataclass

from tests.twins.discord.clock import TwinClock
from tests.twins.slack.errors import ApiError

LIFE = 3.0
"""Seconds for which a trigger is good."""


@dataclass(slots=True, kw_only=True)
class _Given:
    team: str
    user: str
    at: float
    used: bool = False


class GivenTriggers:
    """All triggers that were given out, each good once, for 3 s."""

    def __init__(self, clock: TwinClock) -> None:
        """Start with none."""
        self._clock = clock
        self._given: dict[str, _Given] = {}

    def give(self, team: str, user: str) -> str:
        """Return a new trigger for what a person just did."""
        trigger = f"{len(self._given) + 1}.{team}.{secrets.token_hex(16)}"
        self._given[trigger] = _Given(team=team, user=user, at=self._clock.now())
        return trigger

    def take(self, team: str, trigger_id: str) -> str:
        """Use a trigger up and return the id of the user who caused it.

        Raises:
            ApiError: invalid_trigger_id, expired_trigger_id or exchanged_trigger_id.
        """
        given = self._given.get(trigger_id)
        if given is None or given.team != team:
            raise ApiError("invalid_trigger_id")
        if given.used:
            raise ApiError("exchanged_trigger_id")
        if self._clock.now() - given.at > LIFE:
            raise ApiError("expired_trigger_id")
        given.used = True
        return given.user
