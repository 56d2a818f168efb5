"""How many children read documents."""

import asyncio

import pytest

from bot.adapters.feeds.children import Children, UnreadableError


def pool(patience: float) -> Children:
    return Children("tests.fakes.child", count=2, seconds=60, memory=1 << 30, patience=patience)


async def test_one_child_reads_as_long_as_it_keeps_up() -> None:
    """Each takes some 25 MiB; a second one would be idle."""
    children = pool(patience=60)
    try:
        said = await asyncio.gather(*(children.ask({"held": False}, b"") for _ in range(8)))
    finally:
        await children.close()
    assert len({one["process"] for one in said}) == 1


async def test_a_document_that_holds_a_child_up_holds_up_no_other() -> None:
    """Of two children one remains; a third is not started, however long others wait."""
    children = pool(patience=0.01)
    held = asyncio.create_task(children.ask({"held": True}, b""))
    try:
        said = await asyncio.gather(*(children.ask({"held": False}, b"") for _ in range(8)))
        over = held.done()
    finally:
        await children.close()
    with pytest.raises(UnreadableError):
        await held
    assert not over
    assert len({one["process"] for one in said}) == 1
