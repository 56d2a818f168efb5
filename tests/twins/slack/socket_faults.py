"""Faults of Socket Mode: what happens at which moment of its protocol."""

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When."""

    CONNECT = "before hello"
    HELLO = "after hello"
    SENT = "after an envelope was sent"
    ACK = "before an ack is read"
    ACKED = "after an ack was read"
    RECONNECT = "during a reconnect"
    PING = "instead of a pong"


class Action(StrEnum):
    """What."""

    CLOSE = "close"
    ABORT = "abort"
    SILENCE = "silence"
    DISCONNECT = "disconnect"
    REPEAT = "repeat"
    """The same envelope once more; only after one was sent."""


@dataclass(slots=True, kw_only=True)
class SocketFault:
    """One planned fault: the `nth` time the moment comes (from 1), `times` times running."""

    moment: Moment
    action: Action
    code: int = 1011
    reason: str = "refresh_requested"
    nth: int = 1
    times: int = 1
    seen: int = 0


class SocketFaults:
    """The faults to come."""

    def __init__(self) -> None:
        """Start with none."""
        self.planned: list[SocketFault] = []

    def add(
        self,
        moment: Moment,
        action: Action,
        *,
        code: int = 1011,
        reason: str = "refresh_requested",
        nth: int = 1,
        times: int = 1,
    ) -> SocketFault:
        """Plan a fault and return it.

        Args:
            moment: When it comes.
            action: What happens then.
            code: The code of a close.
            reason: The reason of a disconnect frame: warning, refresh_requested, link_disabled.
            nth: The first coming of the moment that is struck, from 1.
            times: How many are, running.

        Raises:
            ValueError: An envelope can only be repeated after one was sent.
        """
        if action is Action.REPEAT and moment is not Moment.SENT:
            raise ValueError("only an envelope that was sent can be repeated")
        fault = SocketFault(
            moment=moment, action=action, code=code, reason=reason, nth=nth, times=times
        )
        self.planned.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all."""
        self.planned.clear()

    def strike(self, moment: Moment) -> SocketFault | None:
        """Return what is planned for this coming of a moment, or None."""
        struck = None
        for fault in self.planned:
            if fault.moment is moment:
                fault.seen += 1
                if struck is None and fault.nth <= fault.seen < fault.nth + fault.times:
                    struck = fault
        return struck
