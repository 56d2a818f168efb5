"""Reads the body of a request that a stranger sends: bounded in size and in time.

For what is served outside the page's door, where a body has to be read before its signature can be
checked. What a body may have, and what follows of one that was refused, is for those who serve it.
"""

import asyncio

from starlette.requests import ClientDisconnect, Request


class BodyError(Exception):
    """A body was refused unread.

    Attributes:
        status: What to answer by HTTP.
    """

    def __init__(self, status: int, words: str) -> None:
        """Say why, in words for whoever sent it."""
        super().__init__(words)
        self.status = status


async def whole_body(request: Request, most: int, slowest: float) -> bytes:
    """Return the whole body of a request.

    Args:
        request: Whose body was not read yet.
        most: Bytes that it may have; no more than these and one piece are ever held.
        slowest: Seconds in which it is to arrive.

    Raises:
        BodyError: It is too large (413), or did not arrive whole in time (408).
    """
    body = bytearray()
    try:
        async with asyncio.timeout(slowest):
            async for piece in request.stream():
                body += piece
                if len(body) > most:
                    raise BodyError(413, "The request is too large.")
    except (ClientDisconnect, TimeoutError) as error:
        raise BodyError(408, "The request did not arrive whole.") from error
    return bytes(body)
