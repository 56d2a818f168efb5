"""Lists that are read a page at a time, by cursor."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from tests.twins.slack.errors import ApiError
from tests.twins.slack.state import Json

T = TypeVar("T")


def page(everything: Sequence[T], cursor: str | None, limit: int) -> tuple[list[T], Json]:
    """Return one page, and the `response_metadata` that leads to the next.

    Raises:
        ApiError: invalid_cursor.
    """
    start = 0 if cursor is None else int(opened(cursor))
    end = start + limit
    following = sealed(str(end)) if end < len(everything) else ""
    return list(everything[start:end]), {"response_metadata": {"next_cursor": following}}


def sealed(where: str) -> str:
    """Return a cursor that stands for a place; it means nothing to a client."""
    return base64.b64encode(f"next:{where}".encode()).decode()


def opened(cursor: str) -> str:
    """Return the place that a cursor stands for.

    Raises:
        ApiError: invalid_cursor.
    """
    try:
        name, _, where = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ApiError("invalid_cursor") from error
    if name != "next" or not where.replace(".", "").isdecimal():
        raise ApiError("invalid_cursor")
    return where
