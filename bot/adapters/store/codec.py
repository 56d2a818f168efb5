"""Domain values as JSON, times and scopes as columns: what is stored comes back equal.

A dataclass becomes an object of its fields, and a field that a stored row does not have yet takes
its default, so that adding one needs no migration. Where several dataclasses may stand, each
carries its name under `""`.
"""

import base64
import json
import re
import types
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import (
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from bot.domain.watches import Scope

_T = TypeVar("_T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KIND = ""  # no field is called that
_UNFIT = re.compile("[\x00\ud800-\udfff]")


class _Codec(NamedTuple):
    out: Callable[[Any], Any]  # a value → what `json` takes
    back: Callable[[Any], Any]


def dump(kind: type[_T], value: _T) -> str:
    """Return a value of `kind` as JSON, in ASCII: any text fits."""
    return json.dumps(_codec(cast("Hashable", kind)).out(value), separators=(",", ":"))


def load(kind: type[_T], text: str) -> _T:
    """Return the value that `dump` stored."""
    value: _T = _codec(cast("Hashable", kind)).back(json.loads(text))
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


def clean(text: str) -> str:
    """Return a text that a text column can hold: half a surrogate pair and NUL become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNFIT.sub("\ufffd", text)


_SAME = _Codec(lambda value: value, lambda value: value)
_PLAIN: dict[object, _Codec] = {
    **dict.fromkeys((str, int, bool, float, types.NoneType), _SAME),
    datetime: _Codec(micros, moment),
    time: _Codec(time.isoformat, time.fromisoformat),
    timedelta: _Codec(lambda span: span // _MICROSECOND, lambda us: timedelta(microseconds=us)),
    bytes: _Codec(lambda data: base64.b64encode(data).decode(), base64.b64decode),
}


@cache  # working out a type takes a millisecond; there are a few dozen
def _codec(kind: Hashable) -> _Codec:
    if (plain := _PLAIN.get(kind)) is not None:
        return plain
    if (base := getattr(kind, "__supertype__", None)) is not None:  # a NewType
        return _codec(base)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _Codec(lambda member: member.value, kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _SAME
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin in (tuple, frozenset) and arguments:
        return _collection(origin, _codec(arguments[0]))
    raise TypeError(f"{kind!r} cannot be stored")


def _dataclass(kind: type) -> _Codec:
    hints = get_type_hints(kind)
    codecs = {field.name: _codec(hints[field.name]) for field in fields(kind)}

    def out(value: object) -> dict[str, object]:
        return {name: codec.out(getattr(value, name)) for name, codec in codecs.items()}

    def back(stored: dict[str, object]) -> object:
        return kind(
            **{name: codec.back(stored[name]) for name, codec in codecs.items() if name in stored}
        )

    return _Codec(out, back)


def _union(kinds: tuple[Any, ...]) -> _Codec:
    some = tuple(kind for kind in kinds if kind is not types.NoneType)
    if len(some) == 1:
        only = _codec(some[0])
        return _Codec(
            lambda value: None if value is None else only.out(value),
            lambda stored: None if stored is None else only.back(stored),
        )
    codecs = {kind.__name__: _codec(kind) for kind in some}

    def out(value: object) -> dict[str, object]:
        name = type(value).__name__
        return {_KIND: name, **codecs[name].out(value)}

    def back(stored: dict[str, str]) -> object:
        return codecs[stored[_KIND]].back(stored)

    return _Codec(out, back)


def _collection(kind: type, item: _Codec) -> _Codec:
    if item is _SAME:
        return _Codec(sorted if kind is frozenset else list, kind)
    order: Callable[[Any], list[Any]] = sorted if kind is frozenset else list
    return _Codec(
        lambda values: order([item.out(value) for value in values]),
        lambda stored: kind([item.back(value) for value in stored]),
    )
