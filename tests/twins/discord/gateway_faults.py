"""Faults of the gateway: what happens at which moment of its protocol."""

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When."""

    CONNECT = "before hello"
    HELLO = "after hello"
    IDENTIFY = "after identify, before ready"
    READY = "after ready, before the guilds"
    GUILDS = "after the guilds"
    HEARTBEAT = "instead of a heartbeat's answer"
    BEFORE_INTERACTION = "instead of an interaction, which is replayed"
    AFTER_INTERACTION = "right after an interaction"
    RESUME = "after resume, before the replay"
    RESUMED = "right after the replay"


class Action(StrEnum):
    """What."""

    CLOSE = "close"
    ABORT = "abort"
    SILENCE = "silence"
    RECONNECT = "op 7"
    INVALID = "op 9"


@dataclass(slots=True, kw_only=True)
class GatewayFault:
    """One planned fault: the `nth` time the moment comes (from 1), `times` times running."""

    moment: Moment
    action: Action
    code: int = 4000
    resumable: bool = False
    nth: int = 1
    times: int = 1
    seen: int = 0


class GatewayFaults:
    """The faults to come."""

    def __init__(self) -> None:
        """Start with none."""
        self.planned: list[GatewayFault] = []

    def add(
        self,
        moment: Moment,
        action: Action,
        *,
        code: int = 4000,
        resumable: bool = False,
        nth: int = 1,
        times: int = 1,
    ) -> GatewayFault:
        """Plan a fault and return it."""
        fault = GatewayFault(
            moment=moment, action=action, code=code, resumable=resumable, nth=nth, times=times
        )
        self.planned.append(fault)
        return fault

    def strike(self, moment: Moment) -> GatewayFault | None:
        """Return what is planned for this coming of a moment, or None."""
        struck = None
        for fault in self.planned:
            if fault.moment is moment:
                fault.seen += 1
                if struck is None and fault.nth <= fault.seen < fault.nth + fault.times:
                    struck = fault
        return struck
