"""Whatever is stored as JSON comes back equal."""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, time, timedelta
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.store.codec import clean, dump, load, micros, moment
from bot.domain.messages import Block, Message
from bot.domain.polls import Validators
from bot.domain.query import Hit
from bot.domain.records import Decision, Edit, FeedState, Thread, WatchHit
from bot.domain.watches import ChannelSettings, Mute, Watch

# Any text at all: half surrogate pairs and NUL too, which feeds do contain.
TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    datetime: TIMES,
    time: st.times(),
    bytes: st.binary(max_size=8),
}
KINDS = (ChannelSettings, Decision, Edit, FeedState, Message, Mute, Thread, Watch, WatchHit)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for any value of a type that is stored."""
    if kind in PLAIN:
        return PLAIN[kind]
    if (base := getattr(kind, "__supertype__", None)) is not None:
        return values(base)
    arguments = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return st.one_of([values(one) for one in arguments])
    if get_origin(kind) is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if get_origin(kind) is frozenset:
        return st.frozensets(values(arguments[0]), max_size=3)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        made: st.SearchStrategy[Any] = st.builds(
            kind, **{field.name: values(hints[field.name]) for field in fields(kind)}
        )
        return made
    return st.from_type(kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_value_comes_back_equal(kind: type, data: st.DataObject) -> None:
    """A retry must send the same bytes, a thread must know all that it has shown."""
    value = data.draw(values(kind))
    text = dump(kind, value)
    assert load(kind, text) == value
    assert text.isascii()


@settings(deadline=None, max_examples=100)
@given(block=values(Block))
def test_blocks_are_never_taken_for_one_another(block: Block) -> None:
    """Several kinds have a `text`, so each carries its name."""
    message = Message(title="", notice="", blocks=(block,))
    assert load(Message, dump(Message, message)) == message


@given(at=TIMES)
def test_times_keep_order_and_microseconds(at: datetime) -> None:
    """As numbers they sort like times on every database."""
    assert moment(micros(at)) == at
    assert micros(at + timedelta(microseconds=1)) == micros(at) + 1


@given(text=TEXT)
def test_a_cleaned_text_fits_any_database_and_an_ordinary_one_is_unchanged(text: str) -> None:
    """UTF-8 can hold it, and no NUL ends it early."""
    cleaned = clean(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned


def test_a_field_that_an_old_row_does_not_have_takes_its_default() -> None:
    """A new field needs no migration; one that was dropped is no error."""
    assert load(Validators, '{"etag": "x", "dropped": 1}') == Validators(etag="x")


def test_every_field_is_stored() -> None:
    """A default that changes later must not change what was said."""
    stored = json.loads(dump(Validators, Validators()))
    assert set(stored) == {field.name for field in fields(Validators)}


def test_what_cannot_be_stored_is_refused() -> None:
    """A new kind of field is found by the first test that stores it, not by a reader later."""
    with pytest.raises(TypeError, match="cannot be stored"):
        dump(complex, 1j)


def test_hits_keep_their_field() -> None:
    """The field is a literal, stored as it is."""
    hit = Hit(field="tag", start=1, end=2, text="a", term="b")
    assert load(Hit, dump(Hit, hit)) == hit
