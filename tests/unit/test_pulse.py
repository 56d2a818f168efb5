"""When a step that fails counts as trouble."""

from bot.pulse import Pulses
from tests.fakes.clock import FakeClock


def state(pulses: Pulses) -> str:
    return pulses.steps()["collect"]["state"]


def failed(pulses: Pulses) -> None:
    pulses.began("collect")
    pulses.ended("collect", "the database is away")


def test_one_failure_is_no_trouble_and_half_a_minute_of_them_is() -> None:
    """A restart of the database must not take the bot down with it."""
    clock = FakeClock()
    pulses = Pulses(clock)
    failed(pulses)
    assert state(pulses) == "ok"
    clock.pass_("29s")
    failed(pulses)
    assert state(pulses) == "ok"
    clock.pass_("1s")
    assert state(pulses) == "trouble"
    assert pulses.steps()["collect"]["reason"] == "the database is away"


def test_one_good_end_makes_it_well_again() -> None:
    """And says when that was."""
    clock = FakeClock()
    pulses = Pulses(clock)
    failed(pulses)
    clock.pass_("1m")
    assert state(pulses) == "trouble"
    pulses.began("collect")
    assert state(pulses) == "trouble"
    pulses.ended("collect")
    said = pulses.steps()["collect"]
    assert said == {"state": "ok", "well": clock().isoformat(), "reason": ""}


def test_what_has_been_running_for_a_while_is_well() -> None:
    """A listener has no end while all goes well."""
    clock = FakeClock()
    pulses = Pulses(clock)
    failed(pulses)
    clock.pass_("31s")
    pulses.began("collect")
    assert state(pulses) == "trouble"
    clock.pass_("30s")
    assert state(pulses) == "ok"
