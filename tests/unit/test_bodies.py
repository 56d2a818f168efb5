"""What is read of a stranger's request, and what is refused."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message

from bot.adapters.bodies import BodyError, whole_body


def sent(*pieces: Message | None) -> tuple[Request, list[int]]:
    """Return a request that arrives in `pieces` (None: never), and how many were taken."""
    left: list[Message | None] = list(pieces)
    taken: list[int] = []

    async def receive() -> Message:
        piece = left.pop(0)
        taken.append(1)
        if piece is None:
            await asyncio.Event().wait()
            raise AssertionError
        return piece

    return Request({"type": "http", "method": "POST", "headers": []}, receive), taken


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_at_the_bound_is_read_whole() -> None:
    request, _ = sent(piece(b"abc"), piece(b"de", more=False))
    assert await whole_body(request, 5, 10) == b"abcde"


async def test_what_is_too_large_is_refused_before_the_rest_is_read() -> None:
    request, taken = sent(piece(b"abc"), piece(b"def"), piece(b"ghi", more=False))
    with pytest.raises(BodyError, match="too large") as refused:
        await whole_body(request, 5, 10)
    assert (refused.value.status, len(taken)) == (413, 2)


@pytest.mark.parametrize(
    "pieces",
    [[piece(b"a"), None], [piece(b"a"), {"type": "http.disconnect"}]],
    ids=["slow", "broken off"],
)
async def test_what_does_not_arrive_whole_is_refused(pieces: Sequence[Message | None]) -> None:
    request, _ = sent(*pieces)
    with pytest.raises(BodyError, match="did not arrive whole") as refused:
        await whole_body(request, 5, 0.01)
    assert refused.value.status == 408
