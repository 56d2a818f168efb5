"""What platforms said is kept for a while, and not for ever."""

import asyncio

from bot.adapters.chat.fresh import Fresh


async def test_an_answer_is_good_for_a_while_and_can_be_dropped() -> None:
    kept: Fresh[str] = Fresh(60)
    kept.keep("a", "first")
    kept.keep("a", "second")
    assert (kept.get("a"), kept.get("b")) == ("second", None)
    kept.drop("a")
    kept.drop("b")
    assert kept.get("a") is None


async def test_answers_that_are_too_old_are_given_no_more_and_let_go() -> None:
    """Each server's channels weigh some hundred kilobytes: a bot in thousands would be full."""
    kept: Fresh[int] = Fresh(0.01)
    for number in range(10):
        kept.keep(str(number), number)
    await asyncio.sleep(0.02)
    assert kept.get("9") is None
    kept.keep("new", 1)
    assert (len(kept), kept.get("new")) == (1, 1)


async def test_the_oldest_make_room() -> None:
    kept: Fresh[int] = Fresh(60, most=2)
    for number in range(3):
        kept.keep(str(number), number)
    assert [kept.get(str(number)) for number in range(3)] == [None, 1, 2]
