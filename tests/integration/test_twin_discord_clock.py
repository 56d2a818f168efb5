"""The twin's time moves as told, and never back."""

from tests.twins.discord.clock import TwinClock


def test_a_change_of_speed_is_no_jump() -> None:
    clock = TwinClock(speed=1000.0)
    before = clock.now()
    clock.speed = 0.001
    after = clock.now()
    assert after >= before
    assert clock.now() - after < 1


def test_it_moves_on_when_told_and_says_how_long_that_really_is() -> None:
    clock = TwinClock(speed=10.0)
    before = clock.now()
    clock.advance(120)
    assert clock.now() - before >= 120
    assert clock.real(3) == 0.3
