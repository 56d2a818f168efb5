"""Domain values as JSON, times and scopes as columns: what is stored comes back equal."""

import types
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter

from bot.domain.watches import Scope

_T = TypeVar("_T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@cache  # building an adapter takes milliseconds; there are a dozen
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    # A dataclass takes no configuration of its own, a tuple around it does.
    config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
    around: Any = types.GenericAlias(tuple, (kind,))
    return TypeAdapter(around, config=config)


def dump(kind: type[_T], value: _T) -> str:
    """Return a value as JSON."""
    return _adapter(cast(Hashable, kind)).dump_json((value,)).decode()


def load(kind: type[_T], text: str) -> _T:
    """Return the value that `dump` stored."""
    value: _T = _adapter(cast(Hashable, kind)).validate_json(text)[0]
    return value


def micros(at: datetime) -> int:
    """Return an aware time as whole microseconds since 1970, UTC."""
    return (at - _EPOCH) // _MICROSECOND


def micros_or_none(at: datetime | None) -> int | None:
    """Return `micros`, or None for None."""
    return None if at is None else micros(at)


def moment(value: int) -> datetime:
    """Return the time that `micros` stored, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def moment_or_none(value: int | None) -> datetime | None:
    """Return `moment`, or None for None."""
    return None if value is None else moment(value)


def scope_text(scope: Scope | None) -> str:
    """Return a scope as a column's text; "" for None."""
    return "" if scope is None else f"{scope.platform}/{scope.workspace}"
